"""Every real call to a filing system, added up by the minute (F19). Never a ping: what counts is
what our own sendings, look-ups and questions met."""

import time
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import httpx
from django.conf import settings
from django.db import connection, transaction

from opsa.core import outside

#: Said by a system that is too busy, away, or broken. 501 is an honest "not offered".
_FAILED: Final = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(slots=True)
class Tally:
    """The calls of one errand, e.g. the uploads and the post of one dossier."""

    calls: int = 0
    failed: int = 0
    slow: int = 0
    seconds: float = 0.0
    longest: float = 0.0

    def add(self, seconds: float, *, failed: bool) -> None:
        """One call more; a failed one counts as failed however long it took."""
        self.calls += 1
        self.failed += failed
        self.slow += not failed and seconds > settings.WEATHER_SLOW_SECONDS
        self.seconds += seconds
        self.longest = max(self.longest, seconds)


class Counted(outside.Client):
    """A client that keeps a tally of what its calls met."""

    def __init__(self, base: str, tally: Tally, *, seconds: float | None = None) -> None:
        super().__init__(base, seconds=seconds)
        self._tally = tally

    def request(self, *args: Any, **kwargs: Any) -> httpx.Response:
        """As the client's own; the time runs until the whole answer was read."""
        began = time.monotonic()
        failed = True
        try:
            response = super().request(*args, **kwargs)
            failed = response.status_code in _FAILED
        finally:
            self._tally.add(time.monotonic() - began, failed=failed)
        return response


_ADD: Final = """
INSERT INTO cases_callminute AS held
    (channel, minute, calls, failed, slow, seconds, longest, good_at, bad_at)
VALUES (%(channel)s, date_trunc('minute', statement_timestamp()), %(calls)s, %(failed)s, %(slow)s,
    %(seconds)s, %(longest)s,
    CASE WHEN %(good)s THEN statement_timestamp() END,
    CASE WHEN %(bad)s THEN statement_timestamp() END)
ON CONFLICT (channel, minute) DO UPDATE SET
    calls = held.calls + excluded.calls,
    failed = held.failed + excluded.failed,
    slow = held.slow + excluded.slow,
    seconds = held.seconds + excluded.seconds,
    longest = greatest(held.longest, excluded.longest),
    good_at = coalesce(excluded.good_at, held.good_at),
    bad_at = coalesce(excluded.bad_at, held.bad_at)
"""


def note(channel: str, tally: Tally) -> None:
    """Add a tally to the channel's minute: one statement, after the transaction that may be open.

    Weather is never worth a sending: an error here is logged and forgotten.
    """
    if tally.calls:
        transaction.on_commit(partial(_write, channel, tally), robust=True)


def _write(channel: str, tally: Tally) -> None:
    bad = tally.failed + tally.slow
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD,
            {
                "channel": channel,
                "calls": tally.calls,
                "failed": tally.failed,
                "slow": tally.slow,
                "seconds": tally.seconds,
                "longest": tally.longest,
                "good": tally.calls > bad,
                "bad": bad > 0,
            },
        )
