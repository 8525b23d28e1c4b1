"""Chance that spreads load over time, so that not everybody asks in the same second. The system's
own source, so that no process that was forked from another throws the same."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from random import SystemRandom
from typing import Final

from django.utils import timezone

dice: Final = SystemRandom()
#: What waited for the doors to open is spread over so long.
AFTER_OPENING = timedelta(minutes=10)


def within_hours(
    at: datetime, opens: time, closes: time, open_on: Callable[[date], bool]
) -> datetime:
    """`at` itself when it falls into the opening hours (local time) of an open day; else soon after
    the doors open next."""
    local = timezone.localtime(at)
    day = local.date()
    if local.time() >= closes:
        day += timedelta(days=1)
    elif local.time() >= opens and open_on(day):
        return at
    while not open_on(day):
        day += timedelta(days=1)
    return timezone.make_aware(datetime.combine(day, opens)) + AFTER_OPENING * dice.random()
