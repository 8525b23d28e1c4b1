"""When to ask next: fast just after filing, about hourly in office hours, sooner near the due date.

A plain schedule; simulation shows cleverer ones win nothing at this pattern of changes. Jitter of a
tenth spreads the load; nights and rest days are left alone.
"""

from datetime import datetime, time, timedelta

from django.utils import timezone

from opsa.core.spread import dice
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
    return _in_hours(now + gap * shake, calendar)


def _in_hours(at: datetime, calendar: WorkingCalendar) -> datetime:
    local = timezone.localtime(at)
    day = local.date()
    if local.time() >= CLOSES:
        day += timedelta(days=1)
    elif local.time() >= OPENS and calendar.is_working(day):
        return at
    while not calendar.is_working(day):
        day += timedelta(days=1)
    return timezone.make_aware(datetime.combine(day, OPENS)) + timedelta(
        minutes=dice.uniform(0, 10)
    )
