"""One table decides every move, and the diagram is drawn from it."""

import pytest
from django.db.models import TextChoices

from opsa.core.actors import SYSTEM, Actor, ActorKind
from opsa.core.states import IllegalMove, Machine, Move, ReasonNeeded

CLERK = Actor(ActorKind.CLERK, 1)


class Work(TextChoices):
    DRAFT = "draft"
    READY = "ready"
    CLOSED = "closed"


MOVES = [
    Move(Work.DRAFT, Work.READY, frozenset({ActorKind.CLERK})),
    Move(
        Work.READY, Work.CLOSED, frozenset({ActorKind.SYSTEM, ActorKind.CLERK}), reason_needed=True
    ),
]
MACHINE = Machine("work", Work, MOVES)


@pytest.mark.parametrize("source", Work.values)
@pytest.mark.parametrize("target", Work.values)
@pytest.mark.parametrize("actor", [CLERK, SYSTEM])
def test_only_what_stands_in_the_table_is_allowed(source: str, target: str, actor: Actor) -> None:
    allowed = any((m.source, m.target) == (source, target) and actor.kind in m.who for m in MOVES)
    if allowed:
        assert MACHINE.check(source, target, actor, "vì sao").target == target
        assert target in MACHINE.targets(source, actor)
    else:
        with pytest.raises(IllegalMove):
            MACHINE.check(source, target, actor, "vì sao")
        assert target not in MACHINE.targets(source, actor)


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_move_that_needs_a_reason_does_not_go_without(reason: str) -> None:
    with pytest.raises(ReasonNeeded):
        MACHINE.check(Work.READY, Work.CLOSED, SYSTEM, reason)


def test_the_diagram_is_the_table() -> None:
    assert MACHINE.as_mermaid() == (
        "stateDiagram-v2\n    draft --> ready: clerk\n    ready --> closed: clerk, system *\n"
    )


@pytest.mark.parametrize(
    "moves",
    [
        [Move("draft", "nowhere", frozenset({ActorKind.CLERK}))],
        [Move("draft", "ready", frozenset())],
        [MOVES[0], MOVES[0]],
    ],
)
def test_a_faulty_table_is_refused_at_once(moves: list[Move]) -> None:
    with pytest.raises(ValueError, match="work"):
        Machine("work", Work, moves)
