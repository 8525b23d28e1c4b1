"""F08: reports are kept as they came, applied once, and old news never wins."""

import random
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases import services as case_services
from cases.filing import portal
from cases.filing import services as filing_services
from cases.filing.ports import DossierStatus, Report, StatusAnswer
from cases.models import Case, Filing, PollState, StatusMapping, StatusReport, Supplement
from cases.states import Dossier, Sync, Work
from cases.tracking import asking, services
from cases.tracking.schedule import next_ask
from opsa.core import outbox
from opsa.core.working_time import WorkingCalendar
from tests.support.cases import Counter, make_counter
from tests.support.filings import START, history, told
from tests.support.processes import Simulator


def dossier_of(filing: Filing) -> str:
    return str(Case.objects.values_list("dossier", flat=True).get(pk=filing.case_id))


def test_the_same_report_told_twice_is_kept_once(filing: Filing) -> None:
    report = history("2")[0]
    services.apply_reports(filing.pk, told(report))
    services.apply_reports(filing.pk, told(report, report))
    assert StatusReport.objects.filter(filing=filing).count() == 1


def test_older_news_never_overwrites_newer(filing: Filing) -> None:
    first, second = history("2", "4")
    services.apply_reports(filing.pk, told(second))
    services.apply_reports(filing.pk, told(first))
    assert dossier_of(filing) == Dossier.IN_WORK
    assert StatusReport.objects.filter(filing=filing).count() == 2


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(), codes=st.lists(st.sampled_from("12456789"), min_size=1, max_size=7))
def test_shuffled_and_repeated_histories_end_in_the_same_state(
    filing: Filing, seed: int, codes: list[str]
) -> None:
    Supplement.objects.filter(report__filing=filing).delete()
    StatusReport.objects.filter(filing=filing).delete()
    Case.objects.filter(pk=filing.case_id).update(
        dossier=Dossier.NEW, work=Work.FILED, attention=""
    )
    reports = history(*codes)
    chance = random.Random(seed)
    calls = reports * 2
    chance.shuffle(calls)
    while calls:
        size = chance.randint(1, 3)
        services.apply_reports(filing.pk, told(*calls[:size]))
        del calls[:size]
    assert dossier_of(filing) == codes[-1]
    assert StatusReport.objects.filter(filing=filing).count() == len(codes)


def test_an_odd_jump_is_kept_and_flagged_never_refused(filing: Filing) -> None:
    services.apply_reports(filing.pk, told(*history("9")))
    assert dossier_of(filing) == Dossier.DECIDED
    assert StatusReport.objects.get(filing=filing).odd


def test_an_unknown_code_keeps_the_known_state_and_calls_a_person(filing: Filing) -> None:
    services.apply_reports(filing.pk, told(*history("2", "97")))
    case = Case.objects.get(pk=filing.case_id)
    assert (case.dossier, case.work, case.attention) == (
        Dossier.RECEIVED,
        Work.ATTENTION,
        "unknown_code",
    )


def test_a_mapping_explains_an_outside_code(filing: Filing) -> None:
    StatusMapping.objects.create(system=filing.system, raw_code="DXL", dossier=Dossier.IN_WORK)
    services.apply_reports(filing.pk, told(*history("DXL")))
    assert dossier_of(filing) == Dossier.IN_WORK


def test_a_supplement_pauses_the_date_and_tells_the_citizen_once(filing: Filing) -> None:
    two, four, five = history("2", "4", "5")
    services.apply_reports(filing.pk, told(two, four))
    before = Case.objects.get(pk=filing.case_id).due_at
    services.apply_reports(filing.pk, told(five))
    services.apply_reports(filing.pk, told(five))
    case = Case.objects.get(pk=filing.case_id)
    assert case.queue == Case.Queue.SUPPLEMENT
    assert case.messages.filter(event="supplement").count() == 1
    back = Report("H26.31-261123-0001/4", "4", START + timedelta(days=5), "UBND")
    services.apply_reports(filing.pk, told(back))
    after = Case.objects.get(pk=filing.case_id).due_at
    assert before is not None
    assert after is not None
    assert after > before


def test_a_dossier_not_accepted_goes_back_to_the_clerk_with_the_reason(filing: Filing) -> None:
    refused = Report("H26.31-261123-0001/1", "3", START, "UBND", "Ảnh mờ")
    services.apply_reports(filing.pk, told(refused))
    case = Case.objects.get(pk=filing.case_id)
    filing.refresh_from_db()
    assert (case.work, case.attention) == (Work.ATTENTION, "not_accepted")
    assert (filing.state, filing.refusal) == (Filing.State.REFUSED, "Ảnh mờ")


def test_an_ended_dossier_is_never_asked_about_again(filing: Filing) -> None:
    services.apply_reports(filing.pk, told(*history("2", "4", "7")))
    assert not PollState.objects.filter(filing=filing).exists()
    assert Case.objects.get(pk=filing.case_id).sync == Sync.ENDED


def test_asking_goes_fast_at_first_then_hourly_and_sleeps_at_night() -> None:
    calendar = WorkingCalendar()
    noon = START + timedelta(hours=3)

    def ask(now: datetime, **more: object) -> datetime:
        values = {
            "filed_at": START,
            "due_at": None,
            "misses": 0,
            "calendar": calendar,
            "jitter": 1.0,
        }
        return next_ask(now, **{**values, **more})

    assert ask(START + timedelta(minutes=1)) == START + timedelta(minutes=5)
    assert ask(START + timedelta(minutes=6)) == START + timedelta(minutes=10)
    assert ask(noon) == noon + timedelta(hours=1)
    assert ask(noon, due_at=noon + timedelta(hours=2)) == noon + timedelta(minutes=20)
    night = ask(START + timedelta(hours=12))
    assert timedelta(hours=21, minutes=59) <= night - START <= timedelta(hours=22, minutes=11)


@pytest.mark.django_db(transaction=True)
def test_a_full_round_over_real_http_moves_every_case(simulator: Simulator) -> None:
    counter = make_counter()
    filings = [
        filing_services.case_file(counter.case().pk, staff=counter.staff, actor=counter.actor)
        for _ in range(5)
    ]
    while outbox.work_one(f"portal:{filings[0].system_id}"):
        pass
    for made in filings:
        made.refresh_from_db()
        simulator.post(f"/api/dossier/{made.dossier_code}/status", {"TrangThai": 4})
    PollState.objects.update(next_at=START)
    claims = asking.claim_due(filings[0].system_id, 100)
    assert len(claims) == 5
    assert asking.claim_due(filings[0].system_id, 100) == []
    assert asking.ask(filings[0].system_id, claims).changed == 5
    assert set(Case.objects.values_list("dossier", flat=True)) == {Dossier.IN_WORK}
    assert set(Case.objects.values_list("sync", flat=True)) == {Sync.OK}


@pytest.mark.django_db(transaction=True)
def test_an_unchanged_answer_writes_no_report_and_a_dead_portal_shows_as_failing(
    simulator: Simulator,
) -> None:
    counter = make_counter()
    made = filing_services.case_file(counter.case().pk, staff=counter.staff, actor=counter.actor)
    outbox.work_one(f"portal:{made.system_id}")
    asking.ask_about(made.pk)
    reports = StatusReport.objects.count()
    asking.ask_about(made.pk)
    assert StatusReport.objects.count() == reports
    simulator.put("/api/dial", {"portal": {"mode": "down"}})
    for _ in range(asking.STALE_AFTER_MISSES):
        asking.ask_about(made.pk)
    assert Case.objects.get(pk=made.case_id).sync == Sync.FAILING


def test_two_pollers_never_claim_the_same_filing(filing: Filing) -> None:
    PollState.objects.update(next_at=START)
    [first] = asking.claim_due(filing.system_id, 100)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_pollstate SET next_at = now() - interval '1 second'")
    [second] = asking.claim_due(filing.system_id, 100)
    assert first.token + 1 == second.token
    asking._note(first, answered=True, missing=False, status=None)
    assert PollState.objects.get(pk=filing.pk).answered_at is None


class Told:
    """A port whose answers are given."""

    def __init__(self, *dossiers: DossierStatus) -> None:
        self.dossiers = dossiers

    def status_of(self, _codes: object) -> StatusAnswer:
        return StatusAnswer(True, self.dossiers)


def test_an_answer_that_cannot_be_kept_stops_no_other_of_its_batch(
    counter: Counter, filing: Filing, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = counter.case()
    second = filing_services.case_file(case.pk, staff=counter.staff, actor=counter.actor)
    Filing.objects.filter(pk=second.pk).update(
        state=Filing.State.ACCEPTED, dossier_code="H26.31-261123-0002", accepted_at=START
    )
    filing_services.start_asking(second, case_services.lock(case.pk))
    torn = Report("H26.31-261123-0001/1", "2", START, "UBND", "\x00")
    fine = Report("H26.31-261123-0002/1", "2", START, "UBND", "")
    port = Told(told(torn), DossierStatus("H26.31-261123-0002", (fine,)))
    monkeypatch.setattr(asking, "port_of", lambda _system: port)
    PollState.objects.update(next_at=timezone.now() - timedelta(minutes=5))
    claims = sorted(asking.claim_due(filing.system_id, 100))
    assert asking.ask(filing.system_id, claims).changed == 1
    assert dossier_of(second) == Dossier.RECEIVED
    assert dossier_of(filing) == Dossier.NEW
    assert PollState.objects.get(pk=filing.pk).misses == 1
    assert PollState.objects.get(pk=second.pk).misses == 0


def test_news_under_a_long_name_reach_the_citizen(filing: Filing) -> None:
    named = Report("H" * 80, "5", START, "UBND", "Nộp lại giấy chứng sinh")
    services.apply_reports(filing.pk, told(named))
    services.apply_reports(filing.pk, told(named))
    assert filing.case.messages.filter(event="supplement").count() == 1


def test_a_portal_that_writes_one_dossier_wrong_is_heard_about_the_others() -> None:
    good = {
        "MaHoSo": "A",
        "LichSu": [{"MaBaoCao": "A/1", "TrangThai": "2", "ThoiDiem": "2026-11-16T09:00:00"}],
    }
    assert portal._dossier({"MaHoSo": "B", "LichSu": [{"MaBaoCao": "B/1"}]}) is None
    read = portal._dossier(good)
    assert read is not None
    assert read.reports[0].occurred_at == START  # no zone is Hanoi's


def test_noting_an_answer_waits_for_the_case_before_it_holds_the_schedule(filing: Filing) -> None:
    """Who applies a report holds the case and then ends the asking: the same order everywhere."""
    PollState.objects.update(next_at=START)
    [claim] = asking.claim_due(filing.system_id, 1)
    with CaptureQueriesContext(connection) as caught:
        asking._note(claim, answered=True, missing=False, status=None)
    held = [q["sql"] for q in caught.captured_queries if "FOR UPDATE" in q["sql"]]
    assert "cases_case" in held[0]
    assert "cases_pollstate" in held[1]
