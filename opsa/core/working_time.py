"""Working time: due dates as the law and the city count them.

* The day of receipt isn't counted; a last day that falls on a rest day moves to the next working
  day (Civil Code 2015, Art. 147-148).
* Same-day and one-day results move to the next working day when received after 15:00 in Hanoi
  (QĐ 1811/QĐ-TTPVHCC).
* A working day has eight hours, 8:00-12:00 and 13:00-17:00.
* The clock stands still while the citizen is asked for more (status classes 5 and 6).
* Holidays come from the `holidays` package, swapped Saturdays from the yearly decisions; rows of
  `CalendarDay` win.
"""

import threading
import time as clock
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from django.db import connection, transaction
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MORNING: Final = (time(8), time(12))
AFTERNOON: Final = (time(13), time(17))
WINDOWS: Final = (MORNING, AFTERNOON)
CLOSING: Final = AFTERNOON[1]
CUTOFF: Final = time(15)
HOURS_A_DAY: Final = 8
_DAY: Final = timedelta(days=1)
_LONGEST_BREAK: Final = 60


class TimeUnit(TextChoices):
    HOUR = "hour", _("giờ làm việc")
    SAME_DAY = "same_day", _("trong ngày")
    WORKING_DAY = "working_day", _("ngày làm việc")
    CALENDAR_DAY = "calendar_day", _("ngày")


Pause = tuple[datetime, datetime]


@dataclass(frozen=True)
class WorkingCalendar:
    """Which days are worked, and what follows from it. All moments are aware; due moments are in
    the local time zone. Pure: knows nothing of the database."""

    off: frozenset[date] = field(default_factory=frozenset)
    working: frozenset[date] = field(default_factory=frozenset)

    def is_working(self, day: date) -> bool:
        """Monday to Friday unless off; a weekend day only when declared a make-up day."""
        if day in self.working:
            return True
        return day.weekday() < 5 and day not in self.off

    def next_working(self, day: date) -> date:
        """`day` itself when it is worked, else the next one that is. Raises ValueError when none
        comes within sixty days: then the calendar is broken."""
        for _step in range(_LONGEST_BREAK):
            if self.is_working(day):
                return day
            day += _DAY
        raise ValueError("no working day within sixty days")

    def add_working_days(self, day: date, n: int) -> date:
        """The n-th working day after `day`, which isn't counted itself; n = 0 is the day itself
        or the next working one. Raises ValueError for a negative n."""
        if n < 0:
            raise ValueError("working days are added, not taken away")
        if n == 0:
            return self.next_working(day)
        for _step in range(n):
            day = self.next_working(day + _DAY)
        return day

    def working_days_between(self, a: date, b: date) -> int:
        """How many working days lie after `a`, up to `b` included; negative when b is earlier."""
        if b < a:
            return -self.working_days_between(b, a)
        return sum(self.is_working(a + _DAY * step) for step in range(1, (b - a).days + 1))

    def next_open(self, at: datetime) -> datetime:
        """`at` itself in working hours, else the next opening."""
        local = timezone.localtime(at)
        if self.is_working(local.date()):
            for start, end in WINDOWS:
                if local.time() < start:
                    return _at(local.date(), start)
                if local.time() < end:
                    return local
        return _at(self.next_working(local.date() + _DAY), MORNING[0])

    def due(
        self,
        received_at: datetime,
        value: int,
        unit: TimeUnit | str,
        *,
        cutoff: time | None = None,
        paused: Sequence[Pause] = (),
    ) -> datetime:
        """When the result is due at the latest.

        Days end at closing time (17:00); hours end at the minute. `cutoff` concerns same-day and
        one-working-day limits only; None is the city's 15:00, `time.max` switches it off. A pause
        pushes the end back by the working (for calendar days: all) days after the one it began on,
        up to and including the one it ended on; for hours by the exact working time. Pauses that
        begin after the end don't count. Raises ValueError for a negative value, or a naive moment.
        """
        if value < 0:
            raise ValueError("a time limit isn't negative")
        if timezone.is_naive(received_at):
            raise ValueError("received_at must be aware")
        unit = TimeUnit(unit)
        pauses = _merged(received_at, paused)
        if unit is TimeUnit.HOUR:
            return self._due_hours(received_at, value, pauses)
        local = timezone.localtime(received_at)
        day = local.date()
        if unit is TimeUnit.SAME_DAY:
            value, short = 0, True
        else:
            short = unit is TimeUnit.WORKING_DAY and value <= 1
        if short:
            late = local.time() > min(cutoff or CUTOFF, CLOSING)
            if value == 0 or (late and self.is_working(day)):
                day = self.next_working(day + _DAY if late and self.is_working(day) else day)
        return _at(self._due_day(day, value, unit, pauses), CLOSING)

    def _due_day(self, day: date, value: int, unit: TimeUnit, pauses: Iterable[Pause]) -> date:
        calendar_days = unit is TimeUnit.CALENDAR_DAY

        def end(extra: int) -> date:
            if calendar_days:
                return self.next_working(day + _DAY * (value + extra))
            return self.add_working_days(day, value + extra)

        extra = 0
        for start, stop in pauses:
            first, last = timezone.localdate(start), timezone.localdate(stop)
            if first > end(extra):
                break
            if calendar_days:
                extra += (last - first).days
            else:
                extra += self.working_days_between(max(first, day), max(last, day))
        return end(extra)

    def _due_hours(self, received_at: datetime, value: int, pauses: Iterable[Pause]) -> datetime:
        at = self.next_open(received_at)
        left = timedelta(hours=value)
        for start, stop in pauses:
            ran = self._worked(at, start)
            if ran >= left:
                break
            left -= ran
            at = self.next_open(stop)
        return self._after(at, left)

    def _after(self, at: datetime, left: timedelta) -> datetime:
        while True:
            at = self.next_open(at)
            room = self._window_end(at) - at
            if left <= room:
                return at + left
            left -= room
            at += room

    def _worked(self, a: datetime, b: datetime) -> timedelta:
        total = timedelta()
        at = self.next_open(a)
        while at < b:
            end = min(self._window_end(at), b)
            total += end - at
            at = self.next_open(end)
        return total

    @staticmethod
    def _window_end(at: datetime) -> datetime:
        local = timezone.localtime(at)
        start_of_afternoon = AFTERNOON[0]
        return _at(local.date(), CLOSING if local.time() >= start_of_afternoon else MORNING[1])


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, tzinfo=timezone.get_default_timezone())


def _merged(received_at: datetime, paused: Iterable[Pause]) -> list[Pause]:
    merged: list[Pause] = []
    for start, stop in sorted(paused):
        start = max(start, received_at)
        if stop <= start:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
        else:
            merged.append((start, stop))
    return merged


@dataclass(frozen=True, slots=True)
class SeedDay:
    """One row of the built-in list."""

    date: date
    kind: str
    name: str
    decided_by: str
    source: str


HOLIDAYS_SOURCE: Final = "PyPI holidays, country VN"
# What the package doesn't list. Saturdays worked in exchange for a bridge day, and 2 January 2026.
_UNSURE: Final = "cần đối chiếu với thông báo chính thức"
SWAPS: Final = tuple(
    SeedDay(day, kind, name, f"Hoán đổi ngày làm việc {day.year}", source)
    for day, kind, name, source in (
        (date(2025, 4, 26), "working", "Làm bù cho ngày 02/05/2025", HOLIDAYS_SOURCE),
        (date(2026, 1, 2), "off", "Nghỉ Tết Dương lịch (hoán đổi)", _UNSURE),
        (date(2026, 1, 10), "working", "Làm bù cho ngày 02/01/2026", _UNSURE),
        (date(2026, 8, 22), "working", "Làm bù cho ngày 31/08/2026", HOLIDAYS_SOURCE),
    )
)
SEED_YEARS: Final = range(2025, 2029)
_FORECAST_FROM: Final = 2027


def seed_days(years: Iterable[int] = SEED_YEARS) -> list[SeedDay]:
    """The built-in days off and make-up days of these years, by date.

    From 2027 on they are a forecast: the government decides each year, and swaps aren't known.
    """
    import holidays

    wanted = set(years)
    rows = {
        day: SeedDay(
            day,
            "off",
            name,
            "Dự kiến" if day.year >= _FORECAST_FROM else "Bộ luật Lao động 2019, Điều 112",
            HOLIDAYS_SOURCE,
        )
        for day, name in holidays.country_holidays("VN", years=wanted, language="vi").items()
        if day.year in wanted
    }
    rows |= {row.date: row for row in SWAPS if row.date.year in wanted}
    return [rows[day] for day in sorted(rows)]


_seed_cache: Mapping[int, tuple[SeedDay, ...]] | None = None
_cached: tuple[float, WorkingCalendar] | None = None
_uncached_until = 0.0
_lock = threading.Lock()
CACHE_SECONDS: Final = 30.0


def _seed_by_year() -> Mapping[int, tuple[SeedDay, ...]]:
    global _seed_cache
    if _seed_cache is None:
        days = seed_days()
        _seed_cache = {
            year: tuple(row for row in days if row.date.year == year) for year in SEED_YEARS
        }
    return _seed_cache


def calendar_of(rows: Iterable[tuple[date, str]]) -> WorkingCalendar:
    """The calendar these (date, kind) rows make; years without a row use the built-in list."""
    kinds = dict(rows)
    years = {day.year for day in kinds}
    for year, seeds in _seed_by_year().items():
        if year not in years:
            kinds |= {row.date: row.kind for row in seeds}
    return WorkingCalendar(
        off=frozenset(day for day, kind in kinds.items() if kind == "off"),
        working=frozenset(day for day, kind in kinds.items() if kind == "working"),
    )


def load_calendar() -> WorkingCalendar:
    """The calendar in force. Kept for half a minute; a change in this process shows at once, in
    the others within that time."""
    global _cached
    from opsa.core.models import CalendarDay

    with _lock:
        if _cached is not None and clock.monotonic() - _cached[0] < CACHE_SECONDS:
            return _cached[1]
    calendar = calendar_of(CalendarDay.objects.order_by().values_list("date", "kind"))
    with _lock:
        if clock.monotonic() >= _uncached_until:
            _cached = (clock.monotonic(), calendar)
    return calendar


def forget_calendar() -> None:
    """Read the table again at the next call.

    Within a transaction nothing is kept until it is committed: neither what only this transaction
    sees, nor what it is about to replace.
    """
    global _cached, _uncached_until
    with _lock:
        _cached = None
        _uncached_until = 0.0
        if connection.in_atomic_block:
            _uncached_until = clock.monotonic() + CACHE_SECONDS
    if connection.in_atomic_block:
        transaction.on_commit(forget_calendar)
