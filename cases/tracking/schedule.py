"""When to ask next: fast just after filing, about hourly in office hours, sooner near the due date.

A plain schedule; simulation shows cleverer ones win nothing at this pattern of changes. Jitter of a
tenth spreads the load; nights and rest days are left alone.
"""

from datetime import datetime, time, timedelta

from opsa.core.spread import dice, within_hours
from opsa.core.working_time import WorkingCalendar

FIRST_STEPS = (timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=20))
HOURLY = timedelta(hours=1)
NEAR_DUE = timedelta(minutes=20)
OPENS, CLOSES = time(7), time(18)


def next_ask(
    now: datetime,
    *,
    filed_at: datetime,
    due_at: datetime | None,
    misses: int,
    calendar: WorkingCalendar,
    jitter: float | None = None,
) -> datetime:
    """The next moment to ask about one filing. Pure but for the jitter, which may be given."""
    shake = dice.uniform(0.9, 1.1) if jitter is None else jitter
    if misses:
        return now + min(timedelta(hours=2), timedelta(minutes=2) * 2.0 ** min(misses, 6)) * shake
    age = now - filed_at
    for step in FIRST_STEPS:
        if age < step:
            return now + (step - age) * shake
    gap = HOURLY
    if due_at is not None and due_at - now < timedelta(hours=8):
        gap = NEAR_DUE
    return within_hours(now + gap * shake, OPENS, CLOSES, calendar.is_working)
