"""What one process keeps in memory for a while, so that a page does not ask the database again."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, Final
from weakref import WeakSet

_every: Final[WeakSet["Kept[Any, Any]"]] = WeakSet()


class Kept[K: Hashable, V]:
    """Answers by key, each for so many seconds; what `keep` refuses is asked anew every time.

    For what is the same whoever asks, and may be that many seconds old in another process. An
    answer is dropped with the next one that comes after its time, so keys may change freely.
    """

    def __init__(self, seconds: float, *, keep: Callable[[V], bool] = lambda _answer: True) -> None:
        self._seconds, self._keep = seconds, keep
        # Never changed, only replaced, so that a reader needs no lock.
        self._held: dict[K, tuple[float, V]] = {}
        self._writing = threading.Lock()
        _every.add(self)

    def get(self, key: K, ask: Callable[[], V]) -> V:
        """The answer kept for this key, else what `ask` says now."""
        held = self._held.get(key)
        if held is not None and self._fresh(held[0]):
            return held[1]
        answer = ask()
        if self._keep(answer):
            with self._writing:
                fresh = {other: one for other, one in self._held.items() if self._fresh(one[0])}
                self._held = {**fresh, key: (time.monotonic(), answer)}
        return answer

    def forget(self) -> None:
        """Ask anew at the next call."""
        with self._writing:
            self._held = {}

    def _fresh(self, since: float) -> bool:
        return time.monotonic() - since < self._seconds


def forget_all() -> None:
    """Let nothing be kept any more, whoever keeps it: another database is another truth."""
    for one in list(_every):
        one.forget()
