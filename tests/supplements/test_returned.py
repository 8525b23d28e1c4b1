"""F03's weekly measure of filings that come back, and F20's time from request to answer."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from agencies.models import Role, Staff
from cases.models import Case, StatusReport, Supplement
from cases.supplements import returned
from tests.support.cases import make_counter
from tests.support.worklists import PASSWORD, lay, make_supervisor, sign_in

NOON = "2026-11-25 12:00"


def came_back(case: Case, *, hours: float | None = None, again: bool = False) -> Supplement:
    """The authority asked for papers; the person brought them after so many hours."""
    filing, asked = case.filings.get(), timezone.now() - timedelta(days=1)
    number = Supplement.objects.filter(case=case).count() + 1
    report = StatusReport.objects.create(
        filing=filing, external_id=str(number), raw_code="5", occurred_at=asked
    )
    taken = asked + timedelta(hours=hours) if hours is not None else None
    return Supplement.objects.create(
        case=case, filing=filing, report=report, asked_at=asked, taken_at=taken, again=again,
        number=number, state="accepted" if taken else "asked",
    )  # fmt: skip


@pytest.fixture
def boss(db: None) -> Staff:
    return make_supervisor()


def visit(staff: Staff, url: str) -> Any:
    return sign_in(Client(), staff).get(url)


def lines_of(staff: Staff, week: str = "") -> list[tuple[int, int, int, str]]:
    page = visit(staff, f"/dieu-hanh/bi-tra/{f'?tuan={week}' if week else ''}")
    return [
        (line.filed, line.returned, line.percent, answered)
        for line, answered in page.context["lines"]
    ]


def test_a_week_counts_the_filings_taken_in_it_and_those_that_came_back_once(clock, boss, counter):
    clock.at(NOON)
    cases = [lay(counter, dossier="4", code=f"H26.80-261125-{n:04}") for n in range(8)]
    came_back(cases[0], hours=10)
    came_back(cases[0])
    came_back(cases[1], hours=2)
    came_back(cases[2], hours=5)
    last_week = timezone.now() - timedelta(days=7)
    came_back(lay(counter, dossier="4", taken_at=last_week, code="H26.80-261118-0001"))
    assert lines_of(boss) == [(8, 3, 38, "5 giờ")]
    assert lines_of(boss, "2026-11-16") == [(1, 1, 100, "")]
    assert lines_of(boss, "2026-11-09") == []


def test_midnight_from_sunday_to_monday_parts_the_weeks(clock, boss, counter):
    clock.at("2026-11-23 00:30")
    lay(counter, dossier="4", taken_at=timezone.now() - timedelta(minutes=30))
    lay(counter, dossier="4", taken_at=timezone.now() - timedelta(minutes=31))
    assert lines_of(boss) == [(1, 0, 0, "")]
    assert lines_of(boss, "2026-11-16") == [(1, 0, 0, "")]


def test_a_share_above_the_target_is_said_in_words(clock, boss, counter):
    clock.at(NOON)
    for _number in range(19):
        lay(counter, dossier="4")
    line = returned.Line("", 20, 1, None)
    assert not line.over
    came_back(lay(counter, dossier="4", code="H26.80-261125-0001"))
    assert "quá đích" not in visit(boss, "/dieu-hanh/bi-tra/").content.decode()
    came_back(lay(counter, dossier="4", code="H26.80-261125-0002"))
    assert "10 %, quá đích" in visit(boss, "/dieu-hanh/bi-tra/").content.decode()


def test_a_lead_counts_the_own_office_and_a_clerk_counts_nothing(clock, counter):
    clock.at(NOON)
    elsewhere = make_counter()
    for place in (counter, elsewhere, elsewhere):
        lay(place, dossier="4")
    lead = Staff.objects.create_user(
        "lead", PASSWORD, display_name="Trưởng điểm", role=Role.LEAD, agency=counter.agency
    )
    assert [line[0] for line in lines_of(lead)] == [1]
    assert visit(counter.staff, "/dieu-hanh/bi-tra/").status_code == 403


@pytest.mark.parametrize("week", ["2026-11-17", "2020-01-06", "x", "2026-13-01"])
def test_a_week_that_is_none_is_not_found(clock, boss, week):
    clock.at(NOON)
    assert visit(boss, f"/dieu-hanh/bi-tra/?tuan={week}").status_code == 404


def test_the_lines_cost_two_questions_whatever_they_show(clock, boss, counter, query_budget):
    clock.at(NOON)
    for n in range(3):
        came_back(lay(counter, dossier="4", code=f"H26.80-261125-{n:04}"), hours=1)
    week = timezone.now() - timedelta(days=3)
    with query_budget(2):
        assert returned.returned(boss, week, timezone.now())[0].returned == 3


def test_a_second_request_for_the_same_paper_stands_before_the_supervisor(boss, counter):
    once = lay(counter, dossier="5", code="H26.80-261125-0001")
    came_back(once)
    twice = lay(counter, dossier="5", code="H26.80-261125-0002")
    came_back(twice, hours=1)
    came_back(twice, again=True)
    tile = next(
        one
        for one in visit(boss, "/dieu-hanh/").context["tiles"]
        if one["url"].endswith("hoi-lai/")
    )
    assert (tile["n"], tile["tone"]) == (1, "bad")
    rows = visit(boss, tile["url"]).context["rows"]
    assert [row.pk for row in rows] == [twice.pk]


def test_papers_just_brought_give_the_authority_its_days_anew(clock, boss, counter):
    clock.at(NOON)
    long_ago = timezone.now() - timedelta(days=8)
    case = lay(
        counter, dossier="5", code="H26.80-261125-0001", answered=True, moved_at=long_ago,
        due_at=timezone.now() + timedelta(days=20),
    )  # fmt: skip

    def silent() -> list[int]:
        page = visit(boss, "/dieu-hanh/im-lang/")
        return [row.pk for row in page.context["rows"]]

    assert case.queue == Case.Queue.AGENCY
    assert silent() == [case.pk]
    brought = came_back(case, hours=23)
    assert silent() == []
    Supplement.objects.filter(pk=brought.pk).update(taken_at=long_ago)
    assert silent() == [case.pk]
