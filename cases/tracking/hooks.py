"""What higher rooms may hear from tracking, without tracking knowing them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ResultNews:
    """A result that the authority announced; `key` is the same each time it is told."""

    key: str
    name: str
    form: str
    number: str
    at: datetime


type ResultListener = Callable[[int, Sequence[ResultNews]], None]

_listeners: list[ResultListener] = []


def on_result(listener: ResultListener) -> None:
    """Register `listener(case_id, news)`; it runs inside the transaction that applied the report
    and must be idempotent by `news.key`."""
    if listener not in _listeners:
        _listeners.append(listener)


def announce(case_id: int, news: Sequence[ResultNews]) -> None:
    """Tell every listener."""
    for listener in _listeners:
        listener(case_id, news)
