"""What a kind of effect must know, and the words it answers with."""

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable


class Answer(enum.Enum):
    """What one send or look-up established."""

    DONE = "done"  # the other side has it, and it is what we sent
    REFUSED = "refused"  # a definite business refusal; repeating unchanged is pointless
    NOT_PROCESSED = "not_processed"  # definitely no effect (connection refused, 503, 429)
    LATER = "later"  # no effect, and no fault of the way: this one is asked to come again
    UNKNOWN = "unknown"  # may or may not have had its effect
    ABSENT = "absent"  # look-up only: certainly not there
    CANNOT_TELL = "cannot_tell"  # look-up only: the other side cannot be asked


@dataclass(frozen=True)
class Outcome:
    """An answer with what to write for it; `apply` runs inside the fenced transaction."""

    answer: Answer
    detail: str = ""
    retry_after: float | None = None
    apply: Callable[[], None] | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Claim:
    """A row held by this worker until its lease ends."""

    id: int
    kind: str
    channel: str
    key: str
    subject: int
    token: int
    tries: int
    deaths: int
    was: str
    probe: bool
    expired: bool


class Handler(Protocol):
    """What a kind of effect knows: how to send it, how to ask about it, and what giving up
    means."""

    def send(self, claim: Claim) -> Outcome: ...

    def look_up(self, claim: Claim) -> Outcome: ...

    def to_person(self, claim: Claim, why: str) -> None: ...


@dataclass(frozen=True)
class Later:
    """Not now, or not this way: nothing of it is at the other side, and no byte left."""

    channel: str
    seconds: float = 0.0
    why: str = ""


@runtime_checkable
class Chooser(Protocol):
    """A handler with several ways out. Asked right before a sending: of a row that was never sent,
    or whose other side just answered *absent*. Only such a row may change its channel."""

    def choose(self, claim: Claim) -> Later | None: ...


_handlers: dict[str, Handler] = {}


def handles(kind: str, handler: Handler) -> None:
    """Register the handler of a kind; rooms do this in their AppConfig.ready."""
    _handlers[kind] = handler


def handler_of(claim: Claim) -> Handler:
    """Who knows how to carry this one out."""
    return _handlers[claim.kind]
