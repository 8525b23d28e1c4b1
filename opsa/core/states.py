"""State machines as tables: one list of moves, checked in one place, drawn from itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import TextChoices

from opsa.core.actors import Actor, ActorKind


class IllegalMove(Exception):
    """The move isn't in the table, or isn't this actor's to make. Shown to people as 409."""

    def __init__(self, field: str, current: str, target: str) -> None:
        super().__init__(f"{field}: {current} → {target}")
        self.field, self.current, self.target = field, current, target


class ReasonNeeded(IllegalMove):
    """The move is allowed, but only with a reason in words."""


@dataclass(frozen=True, slots=True)
class Move:
    """One allowed step. `who` names the kinds of actor that may take it."""

    source: str
    target: str
    who: frozenset[ActorKind]
    reason_needed: bool = False


@dataclass(frozen=True)
class Machine:
    """All moves of one field.

    Raises ValueError at import when a move names an unknown state, stands in the table twice, or
    may be taken by nobody.
    """

    field: str
    choices: type[TextChoices]
    moves: Sequence[Move]
    start: str | None = None

    def __post_init__(self) -> None:
        for move in self.moves:
            for state in (move.source, move.target):
                if state not in self.choices.values:
                    raise ValueError(f"{self.field}: unknown state {state!r}")
            if not move.who:
                raise ValueError(f"{self.field}: nobody may go {move.source} → {move.target}")
        if len(self._table) != len(self.moves):
            raise ValueError(f"{self.field}: a move stands in the table twice")

    @cached_property
    def _table(self) -> dict[tuple[str, str], Move]:
        return {(str(move.source), str(move.target)): move for move in self.moves}

    def check(self, current: str, target: str, actor: Actor, reason: str = "") -> Move:
        """The move from `current` to `target`, if `actor` may take it now.

        Raises IllegalMove, or ReasonNeeded when the table wants a reason and `reason` is blank.
        """
        move = self._table.get((str(current), str(target)))
        if move is None or actor.kind not in move.who:
            raise IllegalMove(self.field, str(current), str(target))
        if move.reason_needed and not reason.strip():
            raise ReasonNeeded(self.field, str(current), str(target))
        return move

    def targets(self, current: str, actor: Actor) -> list[str]:
        """Where `actor` may go from `current`, in the order of the table."""
        return [
            str(move.target)
            for move in self.moves
            if str(move.source) == str(current) and actor.kind in move.who
        ]

    def as_mermaid(self) -> str:
        """The diagram for the docs: one line a move, `*` marks one that needs a reason."""
        lines = ["stateDiagram-v2"]
        if self.start is not None:
            lines.append(f"    [*] --> {self.start}")
        for move in self.moves:
            who = ", ".join(sorted(kind.value for kind in move.who))
            lines.append(
                f"    {move.source} --> {move.target}: {who}{' *' if move.reason_needed else ''}"
            )
        return "\n".join(lines) + "\n"
