"""Due dates as the law and the city count them (F07)."""

from datetime import UTC, date, datetime, time, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from opsa.core.models import CalendarDay
from opsa.core.working_time import (
    SEED_YEARS,
    TimeUnit,
    WorkingCalendar,
    calendar_of,
    load_calendar,
    seed_days,
)

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
BUILT_IN = calendar_of([])


def at(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=HANOI)


WORKED = [
    # The worked checks of the brief.
    ("2026-11-23 10:00", 3, "working_day", "2026-11-27 17:00", "24 Nov is Culture Day"),
    ("2026-02-12 10:00", 7, "working_day", "2026-03-02 17:00", "Tết 16-20 Feb"),
    ("2026-08-21 10:00", 3, "working_day", "2026-08-25 17:00", "Sat 22 Aug is worked"),
    ("2026-04-28 10:00", 5, "working_day", "2026-05-07 17:00", "30 Apr, 1 May"),
    ("2027-02-02 10:00", 5, "working_day", "2027-02-16 17:00", "Tết, forecast"),
    ("2026-11-14 10:00", 10, "calendar_day", "2026-11-25 17:00", "ends on a holiday"),
    # Around the other holidays.
    ("2025-01-24 09:00", 1, "working_day", "2025-02-03 17:00", "Tết 2025, 27 Jan to 1 Feb"),
    ("2025-04-04 09:00", 1, "working_day", "2025-04-08 17:00", "Hung Kings on Monday 7 Apr"),
    ("2025-04-25 09:00", 1, "working_day", "2025-04-26 17:00", "Sat 26 Apr 2025 is worked"),
    ("2025-04-29 09:00", 1, "working_day", "2025-05-05 17:00", "30 Apr to 2 May off"),
    ("2025-08-29 09:00", 2, "working_day", "2025-09-04 17:00", "1 and 2 Sep off"),
    ("2025-12-31 09:00", 1, "working_day", "2026-01-05 17:00", "1 and 2 Jan 2026 off"),
    ("2026-01-09 09:00", 1, "working_day", "2026-01-10 17:00", "Sat 10 Jan 2026 is worked"),
    ("2026-02-13 14:00", 1, "working_day", "2026-02-23 17:00", "last day before Tết"),
    ("2026-02-13 09:00", 3, "calendar_day", "2026-02-23 17:00", "ends in Tết"),
    (
        "2026-04-24 09:00",
        1,
        "working_day",
        "2026-04-28 17:00",
        "Hung Kings on a Sunday, Monday off",
    ),
    ("2026-08-28 09:00", 1, "working_day", "2026-09-03 17:00", "31 Aug to 2 Sep off"),
    ("2026-11-20 09:00", 0, "calendar_day", "2026-11-20 17:00", "no days at all"),
    ("2026-11-21 09:00", 0, "calendar_day", "2026-11-23 17:00", "received on a Saturday"),
    ("2026-11-21 09:00", 1, "working_day", "2026-11-23 17:00", "Saturday isn't counted anyway"),
    # Same day, with the city's cut-off at 15:00.
    ("2026-11-20 09:00", 0, "same_day", "2026-11-20 17:00", "in the morning"),
    ("2026-11-20 15:00", 0, "same_day", "2026-11-20 17:00", "at 15:00 sharp isn't after"),
    ("2026-11-20 15:01", 0, "same_day", "2026-11-23 17:00", "Friday after the cut-off"),
    ("2026-11-23 16:00", 0, "same_day", "2026-11-25 17:00", "next day is a holiday"),
    ("2026-11-21 09:00", 0, "same_day", "2026-11-23 17:00", "received on a Saturday"),
    ("2026-11-21 16:00", 0, "same_day", "2026-11-23 17:00", "a rest day has no cut-off"),
    ("2026-08-22 09:00", 0, "same_day", "2026-08-22 17:00", "a worked Saturday"),
    # One-day results know the cut-off too, longer ones don't.
    ("2026-11-18 15:01", 1, "working_day", "2026-11-20 17:00", "one day after the cut-off"),
    ("2026-11-18 15:01", 2, "working_day", "2026-11-20 17:00", "two days: no cut-off"),
    # Hours: eight a day in two windows.
    ("2026-11-20 08:00", 4, "hour", "2026-11-20 12:00", "the morning"),
    ("2026-11-20 08:00", 5, "hour", "2026-11-20 14:00", "across lunch"),
    ("2026-11-20 11:30", 1, "hour", "2026-11-20 13:30", "half before, half after lunch"),
    ("2026-11-20 16:00", 2, "hour", "2026-11-23 09:00", "across the weekend"),
    ("2026-11-20 18:00", 1, "hour", "2026-11-23 09:00", "received after closing"),
    ("2026-11-20 06:00", 8, "hour", "2026-11-20 17:00", "one day is eight hours"),
    ("2026-11-23 13:00", 8, "hour", "2026-11-25 12:00", "across the holiday"),
    ("2026-11-20 12:15", 0, "hour", "2026-11-20 13:00", "no time, at lunch"),
]


@pytest.mark.parametrize(("received", "value", "unit", "due", "why"), WORKED)
def test_a_dated_case(received: str, value: int, unit: str, due: str, why: str) -> None:
    assert BUILT_IN.due(at(received), value, unit) == at(due), why


PAUSED = [
    ("16 09:00", 5, "working_day", [("17 10:00", "19 09:00")], "26 17:00"),
    ("16 09:00", 5, "working_day", [("17 10:00", "17 16:00")], "23 17:00"),
    ("16 09:00", 2, "working_day", [("18 10:00", "20 09:00")], "20 17:00"),
    ("16 09:00", 2, "working_day", [("19 10:00", "20 09:00")], "18 17:00"),
    (
        "16 09:00",
        3,
        "working_day",
        [("17 10:00", "18 09:00"), ("17 12:00", "19 09:00")],
        "23 17:00",
    ),
    ("16 09:00", 5, "calendar_day", [("17 10:00", "21 09:00")], "25 17:00"),
    ("16 09:00", 0, "same_day", [("16 10:00", "18 09:00")], "18 17:00"),
    ("20 08:00", 4, "hour", [("20 09:00", "20 11:00")], "20 15:00"),
    ("20 08:00", 4, "hour", [("20 09:00", "22 11:00")], "23 11:00"),
    ("20 08:00", 4, "hour", [("20 12:30", "22 11:00")], "20 12:00"),
    ("20 08:00", 2, "hour", [("19 08:00", "20 09:00")], "20 11:00"),
]


@pytest.mark.parametrize(("received", "value", "unit", "pauses", "due"), PAUSED)
def test_the_clock_stands_while_the_citizen_is_asked(
    received: str, value: int, unit: str, pauses: list[tuple[str, str]], due: str
) -> None:
    month = "2026-11-"
    paused = [(at(month + a), at(month + b)) for a, b in pauses]
    assert BUILT_IN.due(at(month + received), value, unit, paused=paused) == at(month + due)


def test_another_cutoff_can_be_given_and_switched_off() -> None:
    received = at("2026-11-19 11:30")
    assert BUILT_IN.due(received, 0, "same_day", cutoff=time(11)) == at("2026-11-20 17:00")
    received = at("2026-11-19 16:30")
    assert BUILT_IN.due(received, 0, "same_day", cutoff=time.max) == at("2026-11-19 17:00")
    received = at("2026-11-19 17:30")
    assert BUILT_IN.due(received, 0, "same_day", cutoff=time.max) == at("2026-11-20 17:00")


def test_the_zone_of_the_receipt_does_not_matter() -> None:
    received = datetime(2026, 11, 19, 18, 0, tzinfo=UTC)  # 01:00 on the 20th in Hanoi
    assert BUILT_IN.due(received, 1, "working_day") == at("2026-11-23 17:00")


def test_rubbish_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        BUILT_IN.due(at("2026-11-19 11:30"), -1, "hour")
    with pytest.raises(ValueError, match="aware"):
        BUILT_IN.due(at("2026-11-19 00:00").replace(tzinfo=None), 1, "hour")
    with pytest.raises(ValueError, match="fortnight"):
        BUILT_IN.due(at("2026-11-19 11:30"), 1, "fortnight")
    with pytest.raises(ValueError, match="sixty"):
        WorkingCalendar(
            off=frozenset(date(2026, 1, 1) + timedelta(n) for n in range(100))
        ).next_working(date(2026, 1, 1))


def test_counting_between_dates() -> None:
    assert BUILT_IN.working_days_between(date(2026, 11, 23), date(2026, 11, 27)) == 3
    assert BUILT_IN.working_days_between(date(2026, 11, 27), date(2026, 11, 23)) == -3
    assert BUILT_IN.working_days_between(date(2026, 11, 23), date(2026, 11, 23)) == 0


MOMENTS = st.datetimes(
    at("2025-01-01 00:00").replace(tzinfo=None),
    at("2028-10-01 00:00").replace(tzinfo=None),
    timezones=st.just(HANOI),
)
UNITS = st.sampled_from(list(TimeUnit))


@given(MOMENTS, st.integers(0, 60), UNITS)
def test_a_result_is_always_due_in_working_time_and_never_before_receipt(
    received: datetime, value: int, unit: TimeUnit
) -> None:
    due = BUILT_IN.due(received, value, unit)
    assert BUILT_IN.is_working(due.date())
    assert time(8) <= due.time() <= time(17)
    assert due.date() >= received.date()


@given(MOMENTS, st.timedeltas(timedelta(), timedelta(days=9)), st.integers(0, 30), UNITS)
def test_who_comes_later_is_never_due_earlier(
    received: datetime, later: timedelta, value: int, unit: TimeUnit
) -> None:
    assert BUILT_IN.due(received, value, unit) <= BUILT_IN.due(received + later, value, unit)


@given(MOMENTS, st.integers(0, 30), UNITS)
def test_a_longer_limit_is_never_due_earlier(
    received: datetime, value: int, unit: TimeUnit
) -> None:
    # A one-day limit received late counts from the next day, two days don't: compare from two on.
    value += 2
    assert BUILT_IN.due(received, value, unit) <= BUILT_IN.due(received, value + 1, unit)


@given(
    MOMENTS,
    st.integers(0, 20),
    UNITS,
    st.lists(
        st.tuples(
            st.timedeltas(timedelta(-2), timedelta(30)), st.timedeltas(timedelta(), timedelta(9))
        ),
        max_size=4,
    ),
)
def test_a_pause_never_brings_the_end_nearer(
    received: datetime, value: int, unit: TimeUnit, pauses: list[tuple[timedelta, timedelta]]
) -> None:
    paused = [(received + start, received + start + length) for start, length in pauses]
    assert BUILT_IN.due(received, value, unit, paused=paused) >= BUILT_IN.due(received, value, unit)


@given(st.dates(date(2025, 1, 1), date(2028, 6, 1)), st.integers(1, 60))
def test_adding_and_counting_agree(day: date, n: int) -> None:
    assert BUILT_IN.working_days_between(day, BUILT_IN.add_working_days(day, n)) == n


@given(MOMENTS)
def test_the_next_opening_is_open_and_stays(moment: datetime) -> None:
    opening = BUILT_IN.next_open(moment)
    assert opening >= moment
    assert BUILT_IN.next_open(opening) == opening


@pytest.mark.django_db
def test_loading_twice_adds_nothing_and_keeps_what_people_changed() -> None:
    CalendarDay.objects.create(
        date=date(2026, 11, 24), kind="working", name="Làm việc", decided_by="x"
    )
    out = StringIO()
    call_command("load_calendar", stdout=out)
    first = CalendarDay.objects.count()
    call_command("load_calendar", stdout=out)
    assert CalendarDay.objects.count() == first > 50
    assert "0 days added" in out.getvalue()
    assert CalendarDay.objects.get(date=date(2026, 11, 24)).kind == "working"
    assert all(row.source and row.name for row in CalendarDay.objects.exclude(decided_by="x"))


@pytest.mark.django_db
def test_a_row_of_the_table_wins_over_the_list_at_once() -> None:
    call_command("load_calendar", stdout=StringIO())
    assert not load_calendar().is_working(date(2026, 11, 24))
    day = CalendarDay.objects.get(date=date(2026, 11, 24))
    day.kind = "working"
    day.save()
    assert load_calendar().is_working(date(2026, 11, 24))
    day.delete()
    assert load_calendar().is_working(date(2026, 11, 24))


@pytest.mark.django_db
def test_an_empty_table_still_knows_the_holidays() -> None:
    assert CalendarDay.objects.count() == 0
    assert load_calendar() == BUILT_IN
    assert not load_calendar().is_working(date(2026, 2, 17))


@pytest.mark.django_db
def test_the_calendar_is_read_once(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    load_calendar()
    with django_assert_num_queries(0):
        load_calendar()


def test_the_makeup_saturdays_are_rows_with_a_source() -> None:
    working = {row.date for row in seed_days() if row.kind == "working"}
    assert working == {date(2025, 4, 26), date(2026, 1, 10), date(2026, 8, 22)}
    assert all(day.weekday() == 5 for day in working)
    assert {row.date.year for row in seed_days()} == set(SEED_YEARS)


@pytest.mark.django_db
def test_a_calendar_that_was_never_committed_is_not_kept() -> None:
    with transaction.atomic():
        CalendarDay.objects.create(date=date(2026, 11, 24), kind="working", name="Làm việc")
        assert load_calendar().is_working(date(2026, 11, 24))
        transaction.set_rollback(True)
    assert not load_calendar().is_working(date(2026, 11, 24))


@pytest.mark.django_db(transaction=True)
def test_a_committed_change_is_seen_and_kept_by_others(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    load_calendar()
    with transaction.atomic():
        CalendarDay.objects.create(date=date(2026, 11, 24), kind="working", name="Làm việc")
    assert load_calendar().is_working(date(2026, 11, 24))
    with django_assert_num_queries(0):
        load_calendar()
