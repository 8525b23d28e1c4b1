"""A case is silent when it stands longer than nine of ten like cases did, and says so (F08)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.models import AlarmRule, Case, Pace, StatusReport
from cases.tracking import pace
from cases.tracking.tasks import compute_paces
from cases.watch import alarms, measures
from cases.worklists import known
from opsa.core.working_time import load_calendar
from tests.support.cases import Counter
from tests.support.worklists import lay, make_supervisor, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def noon(clock: Any) -> datetime:
    """A Wednesday."""
    clock.at("2026-11-18 12:00")
    return timezone.now()


def went(counter: Counter, began: datetime, *news: tuple[str, int]) -> Case:
    """A case whose authority said these states, each so many calendar days after `began`."""
    case = lay(counter, dossier="9", moved_at=timezone.now())
    filing = case.filings.get()
    StatusReport.objects.bulk_create(
        StatusReport(
            filing=filing,
            external_id=f"{case.pk}-{place}",
            raw_code=state,
            dossier=state,
            occurred_at=began + timedelta(days=day),
        )
        for place, (state, day) in enumerate(news)
    )
    return case


def ninetieth(values: Sequence[int]) -> float:
    """Linear between the two neighbours, as the standard's continuous percentile is."""
    ordered = sorted(values)
    place = 0.9 * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def history(counter: Counter, now: datetime, number: int = 20) -> list[int]:
    """So many like cases in work for one to ten days; the working days each of them took."""
    calendar, took = load_calendar(), []
    for place in range(number):
        began, days = now - timedelta(days=60), 1 + place % 10
        went(counter, began, ("2", 0), ("4", 0), ("5", days), ("4", days + 30))
        first = timezone.localdate(began)
        took.append(calendar.working_days_between(first, first + timedelta(days=days)))
    return took


def silent(client: Client) -> dict[int, str]:
    page = client.get("/dieu-hanh/im-lang/")
    return {row.pk: row.next for row in page.context["rows"]}


@pytest.fixture
def boss() -> Client:
    return sign_in(Client(), make_supervisor())


def test_the_pace_is_the_ninetieth_percentile_of_the_working_days_like_cases_took(
    noon: datetime, counter: Counter
) -> None:
    took = history(counter, noon)
    assert compute_paces() >= 1
    found = Pace.objects.get(state="4")
    assert found.days == -int(-ninetieth(took) // 1)
    assert (found.cases, found.computed_at) == (20, noon)
    assert not Pace.objects.filter(state="5").exists(), "the citizen acts there"


def test_with_fewer_than_twenty_like_cases_three_working_days_are_the_bound(
    noon: datetime, counter: Counter, boss: Client
) -> None:
    history(counter, noon, number=19)
    assert compute_paces() == 0
    late = lay(counter, dossier="4", moved_at=noon - timedelta(days=6))  # Thursday: 4 days
    lay(counter, dossier="4", moved_at=noon - timedelta(days=5))
    found = silent(boss)
    assert found[late.pk] == "Chưa có tin 4 ngày làm việc"
    assert Case.objects.filter(dossier="4", pk__in=found).count() == 1


def test_a_state_told_twice_is_one_stay(noon: datetime, counter: Counter) -> None:
    for _number in range(20):
        went(counter, noon - timedelta(days=30), ("4", 0), ("4", 1), ("4", 6), ("9", 7))
    compute_paces()
    assert Pace.objects.get(state="4").days == 5


def test_the_board_calls_silent_what_stands_longer_than_its_like_and_says_why(
    noon: datetime, counter: Counter, boss: Client
) -> None:
    for _number in range(20):
        went(counter, noon - timedelta(days=30), ("4", 0), ("9", 7))
    slow = lay(counter, dossier="4", moved_at=noon - timedelta(days=8))
    usual = lay(counter, dossier="4", moved_at=noon - timedelta(days=7))
    asked = lay(counter, dossier="5", moved_at=noon - timedelta(days=40))
    assert {slow.pk, usual.pk} <= silent(boss).keys()
    compute_paces()
    found = silent(boss)
    assert found[slow.pk] == (
        "Chưa có tin 6 ngày làm việc; 9 trong 10 hồ sơ loại này qua bước này trong 5 ngày"
    )
    assert usual.pk not in found
    assert asked.pk not in found, "the citizen acts there"
    Case.objects.filter(pk=slow.pk).update(moved_at=noon)
    assert slow.pk not in silent(boss)


def test_a_pace_of_hours_never_calls_a_case_silent_the_same_or_the_next_working_day(
    noon: datetime, counter: Counter, boss: Client
) -> None:
    for _number in range(20):
        went(counter, noon - timedelta(days=30), ("4", 0), ("9", 0))
    compute_paces()
    assert Pace.objects.get(state="4").days == 1
    yesterday = lay(counter, dossier="4", moved_at=noon - timedelta(days=1))
    before = lay(counter, dossier="4", moved_at=noon - timedelta(days=2))
    found = silent(boss)
    assert before.pk in found
    assert yesterday.pk not in found


def test_the_night_forgets_what_has_too_few_cases_by_now_and_run_again_changes_nothing(
    noon: datetime, counter: Counter
) -> None:
    history(counter, noon)
    compute_paces()
    once = list(Pace.objects.order_by("state").values("state", "days", "cases"))
    compute_paces()
    assert list(Pace.objects.order_by("state").values("state", "days", "cases")) == once
    StatusReport.objects.update(occurred_at=noon - timedelta(days=200))
    compute_paces()
    assert not Pace.objects.exists()


def test_the_paces_cost_the_list_no_query(noon: datetime, counter: Counter, boss: Client) -> None:
    def queries() -> int:
        silent(boss)
        with CaptureQueriesContext(connection) as asked:
            silent(boss)
        return len(asked)

    before = queries()
    history(counter, noon)
    compute_paces()
    assert known.known().paces
    assert queries() == before


def test_silence_beyond_its_bound_is_an_alarm(noon: datetime, counter: Counter) -> None:
    alarms.load_rules()
    assert AlarmRule.objects.filter(measure="silence", role="supervisor").exists()
    lay(counter, dossier="4", moved_at=noon - timedelta(days=20))
    assert [one.value for one in measures.readings(noon) if one.measure == "silence"] == [1]


@pytest.mark.django_db(transaction=True)
def test_two_nights_at_once_leave_one_line_each(counter: Counter) -> None:
    history(counter, timezone.now())
    failed: list[Exception] = []

    def night() -> None:
        try:
            pace.compute()
        except DatabaseError as error:
            failed.append(error)
        finally:
            connection.close()

    nights = [Thread(target=night) for _number in range(2)]
    for one in nights:
        one.start()
    for one in nights:
        one.join()
    assert failed == []
    assert Pace.objects.filter(state="4").count() == 1
