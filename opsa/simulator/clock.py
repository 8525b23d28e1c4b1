"""Simulated time: runs at a chosen speed, can be moved forward, never goes back."""

import threading
import time
from datetime import UTC, datetime, timedelta, timezone

#: Vietnam has had no clock changes since 1975; every time on the wire carries this offset.
VIETNAM = timezone(timedelta(hours=7))


def iso(at: float) -> str:
    """`at` (Unix seconds, simulated) as ISO 8601 with seconds and +07:00."""
    return datetime.fromtimestamp(at, VIETNAM).isoformat(timespec="seconds")


def local(at: float) -> datetime:
    """`at` (Unix seconds, simulated) as an aware datetime in Vietnam."""
    return datetime.fromtimestamp(at, VIETNAM)


def wall_iso() -> str:
    """The wall clock, UTC, with milliseconds: for the request log."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Clock:
    """Simulated seconds since 1970. `speed` is simulated seconds per real second, above 0."""

    def __init__(self, *, start: float = 0.0, speed: float = 1.0) -> None:
        self._lock = threading.Lock()
        self._speed = speed
        self._at = max(start, time.time())
        self._anchor = time.monotonic()

    def now(self) -> float:
        with self._lock:
            return self._now()

    def _now(self) -> float:
        return self._at + (time.monotonic() - self._anchor) * self._speed

    @property
    def speed(self) -> float:
        return self._speed

    def set_speed(self, speed: float) -> None:
        with self._lock:
            self._at, self._anchor = self._now(), time.monotonic()
            self._speed = speed

    def advance(self, seconds: float) -> None:
        """Moves time forward. Raises ValueError for a negative step: told news cannot be untold."""
        if seconds < 0:
            raise ValueError("simulated time never goes back")
        with self._lock:
            self._at += seconds

    def to_wall(self) -> None:
        """Back to the wall clock; only sound together with forgetting everything held."""
        with self._lock:
            self._at, self._anchor = time.time(), time.monotonic()
