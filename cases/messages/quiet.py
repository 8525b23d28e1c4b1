"""Quiet hours: nobody is woken by us (F10). One-time codes go at any hour: somebody waits."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

#: Events that carry a code: for the person's own phone only, and at once.
SECRET: Final = frozenset({"out", "code"})


def until_morning(event: str, now: datetime) -> timedelta:
    """How long a message of this event must wait from the local time `now`; zero by day."""
    hours = settings.MESSAGE_QUIET_HOURS
    if hours is None or event in SECRET:
        return timedelta()
    evening, morning = hours
    end = now.replace(hour=morning, minute=0, second=0, microsecond=0)
    if now.hour >= evening:
        return end + timedelta(days=1) - now
    return end - now if now.hour < morning else timedelta()
