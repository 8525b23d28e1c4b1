"""When to ask the carrier next: hourly in working hours, every 20 minutes on the day of
delivery."""

from datetime import date, datetime, time, timedelta

from delivery.models import Parcel
from opsa.core.spread import dice, within_hours
from opsa.core.working_time import WorkingCalendar

HOURLY = timedelta(hours=1)
OUT = timedelta(minutes=20)
DAILY = timedelta(days=1)
#: Postmen are on the road longer than offices are open, and on Saturdays too.
STARTS, ENDS = time(7), time(20)
SATURDAY = 5
SILENCE = timedelta(days=30)


def next_ask(
    now: datetime,
    *,
    state: str,
    misses: int,
    calendar: WorkingCalendar,
    jitter: float | None = None,
) -> datetime | None:
    """The next moment to ask about one parcel; None when there is nothing more to hear."""
    if state in (Parcel.State.DELIVERED, Parcel.State.RETURNED, Parcel.State.LABELLED):
        return None
    shake = dice.uniform(0.9, 1.1) if jitter is None else jitter
    if misses:
        return now + min(timedelta(hours=2), timedelta(minutes=2 << min(misses, 6))) * shake
    if state == Parcel.State.LOST:
        return now + DAILY * shake

    def delivers(day: date) -> bool:
        return calendar.is_working(day) or day.weekday() == SATURDAY

    gap = OUT if state == Parcel.State.OUT else HOURLY
    return within_hours(now + gap * shake, STARTS, ENDS, delivers)
