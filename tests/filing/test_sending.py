"""F01, F02: a filing accepted at the counter reaches the portal exactly once, and is what was
sent."""

import json
import threading
import time
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from cases import services as case_services
from cases.filing import deciding
from cases.models import Case, Citizen, DeliveryAddress, Filing, Paper, PollState, Scan
from cases.states import Dossier, Work
from opsa.core import files, journal, outbox
from opsa.core.models import JournalEntry
from opsa.core.outbox import Channel, Outbox
from tests.support.cases import Counter
from tests.support.processes import Simulator
from tests.support.sending import channel, drain, file, held, make_due

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_filed_case_is_taken_at_once_and_owes_everything(
    counter: Counter, simulator: Simulator
) -> None:
    filing = file(counter)
    case = filing.case
    case.refresh_from_db()
    assert (case.work, case.queue, case.dossier) == (Work.FILED, Case.Queue.SENDING, Dossier.NONE)
    assert Outbox.objects.get(key=f"filing:{filing.pk}").state == Outbox.State.READY
    assert Paper.objects.filter(case=case, kind=Paper.Kind.SLIP).count() == 1
    assert case.messages.get().event == "taken"
    assert held(simulator, filing)["count"] == 0


def test_filing_twice_gives_the_first_filing(counter: Counter) -> None:
    case = counter.case()
    first = file(counter, case)
    assert file(counter, case).pk == first.pk
    assert Outbox.objects.filter(kind="filing").count() == 1


def test_two_clerks_filing_at_the_same_moment_make_one_filing(counter: Counter) -> None:
    case = counter.case()
    start = threading.Barrier(2)
    made: list[int] = []

    def one() -> None:
        start.wait()
        made.append(file(counter, case).pk)
        connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 2
    assert len(set(made)) == 1
    assert Filing.objects.filter(case=case).count() == 1


def test_what_was_saved_while_filing_waited_for_it_is_what_is_filed(counter: Counter) -> None:
    """A save holds the case; the filing that waits for it reads the people as they are after it."""
    case = counter.case()
    filed: list[Filing] = []

    def one() -> None:
        try:
            filed.append(file(counter, case))
        finally:
            connections.close_all()

    with transaction.atomic():
        held = case_services.lock(case.pk)
        waiting = threading.Thread(target=one)
        waiting.start()
        wait_for_a_lock()
        Citizen.objects.filter(pk=held.filer_id).update(name="LÊ THỊ MỚI")
        DeliveryAddress.objects.filter(case=held).update(by_post=False)
    waiting.join(timeout=20)
    message = json.loads(filed[0].payload)
    assert message["ThongTinNguoiNop"]["HoTen"] == "LÊ THỊ MỚI"
    assert message["HinhThucNhanKetQua"] == 3


def wait_for_a_lock() -> None:
    """Until another connection waits for something that this one holds."""
    for _try in range(400):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM pg_locks"
                " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone():
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")


def test_the_database_refuses_a_second_living_filing_whoever_asks(counter: Counter) -> None:
    filing = file(counter)
    with pytest.raises(IntegrityError), transaction.atomic():
        Filing.objects.create(
            case=filing.case,
            system=filing.system,
            way=filing.way,
            number=2,
            payload_sha256="x",
            filed_by=counter.staff,
            taken_at=timezone.now(),
        )


def test_an_accepted_filing_is_what_the_portal_holds(
    counter: Counter, simulator: Simulator
) -> None:
    filing = file(counter)
    assert drain(filing) == 1
    filing.refresh_from_db()
    case = Case.objects.get(pk=filing.case_id)
    truth = held(simulator, filing)
    assert filing.state == Filing.State.ACCEPTED
    assert (truth["count"], truth["items"][0]["code"]) == (1, filing.dossier_code)
    assert [f["sha256"] for f in truth["items"][0]["files"]] == [f["sha256"] for f in filing.files]
    assert (case.dossier, case.queue) == (Dossier.NEW, Case.Queue.AGENCY)
    assert PollState.objects.filter(filing=filing).exists()
    assert set(case.messages.values_list("event", flat=True)) == {"taken", "accepted"}


def test_a_portal_that_is_down_loses_nothing_and_gets_it_later(
    counter: Counter, simulator: Simulator
) -> None:
    simulator_down(simulator)
    filing = file(counter)
    drain(filing)
    row = Outbox.objects.get(key=f"filing:{filing.pk}")
    assert (row.state, row.last_sent_at) == (Outbox.State.READY, None)
    simulator_up(simulator)
    make_due(filing)
    drain(filing)
    assert held(simulator, filing)["count"] == 1


def test_a_cut_answer_is_looked_up_never_sent_again(counter: Counter, simulator: Simulator) -> None:
    dial(simulator, cut={"next": 1})
    filing = file(counter)
    drain(filing)
    row = Outbox.objects.get(key=f"filing:{filing.pk}")
    assert row.state == Outbox.State.UNKNOWN
    assert outbox.retry_now(row.key) is False
    make_due(filing)
    drain(filing)
    filing.refresh_from_db()
    truth = held(simulator, filing)
    assert (filing.state, truth["count"], truth["posts"]) == (Filing.State.ACCEPTED, 1, 1)


def test_a_gateway_that_lost_the_portals_answer_has_not_said_that_nothing_happened(
    counter: Counter, simulator: Simulator
) -> None:
    dial(simulator, error={"next": 1, "status": 502, "on": ["ho-so"]})
    filing = file(counter)
    drain(filing)
    assert Outbox.objects.get(key=f"filing:{filing.pk}").state == Outbox.State.UNKNOWN


def test_twenty_cut_answers_make_no_second_dossier_even_without_portal_idempotency(
    counter: Counter, simulator: Simulator
) -> None:
    simulator.put("/api/dial", {"portal": {"idempotency": False, "cut": {"rate": 0.5}}})
    filings = [file(counter) for _ in range(20)]
    for _ in range(12):
        for filing in filings:
            make_due(filing)
        drain(filings[0])
    truth = simulator.get("/api/truth")
    assert truth["totals"]["duplicates"] == 0
    assert {held(simulator, f)["count"] for f in filings} == {1}


def test_without_a_look_up_an_uncertain_sending_goes_to_a_person(
    counter: Counter, simulator: Simulator
) -> None:
    simulator.put("/api/dial", {"portal": {"lookup": False, "cut": {"next": 1}}})
    filing = file(counter)
    drain(filing)
    make_due(filing)
    drain(filing)
    filing.refresh_from_db()
    case = Case.objects.get(pk=filing.case_id)
    assert filing.state == Filing.State.PERSON
    assert (case.work, case.attention, case.queue) == (
        Work.ATTENTION,
        "unknown_sending",
        Case.Queue.ATTENTION,
    )
    assert held(simulator, filing)["count"] == 1


def test_a_file_the_portal_forgot_is_never_shown_as_accepted(
    counter: Counter, simulator: Simulator
) -> None:
    dial(simulator, drop_file={"next": 1})
    filing = file(counter)
    drain(filing)
    filing.refresh_from_db()
    case = Case.objects.get(pk=filing.case_id)
    assert filing.state == Filing.State.MISMATCH
    assert filing.difference == [{"file": filing.files[0]["name"], "what": "missing"}]
    assert (case.work, case.attention) == (Work.ATTENTION, "mismatch")
    assert "accepted" not in case.messages.values_list("event", flat=True)


def test_a_changed_byte_on_disk_blocks_the_sending(counter: Counter, simulator: Simulator) -> None:
    case = counter.case()
    filing = file(counter, case)
    scan = Scan.objects.get(case=case)
    other = files.store([b"%PDF-1.7 something else"], folder="scans")
    frozen = filing.files
    frozen[0]["stored"] = other
    Filing.objects.filter(pk=filing.pk).update(files=frozen)
    assert scan.file != other
    drain(filing)
    filing.refresh_from_db()
    assert filing.state == Filing.State.PERSON
    assert Case.objects.get(pk=case.pk).attention == "scan_changed"
    assert held(simulator, filing)["count"] == 0


def test_a_business_refusal_goes_back_to_the_clerk_and_can_be_filed_again(
    counter: Counter, simulator: Simulator
) -> None:
    dial(simulator, refuse={"next": 1})
    filing = file(counter)
    drain(filing)
    filing.refresh_from_db()
    assert filing.state == Filing.State.REFUSED
    assert "KQ.DVC.201" in filing.refusal
    deciding.file_again(filing.case_id, actor=counter.actor, reason="đã sửa")
    second = file(counter, filing.case)
    assert second.number == 2
    drain(second)
    second.refresh_from_db()
    assert second.state == Filing.State.ACCEPTED


def test_a_late_worker_changes_nothing(counter: Counter, simulator: Simulator) -> None:
    filing = file(counter)
    first = outbox.claim(channel(filing))
    assert first is not None
    make_due(filing)
    second = outbox.claim(channel(filing))
    assert second is not None
    assert second.token == first.token + 1
    assert outbox.sending(first) is False
    assert outbox.sending(second) is True


def test_a_ready_row_was_never_sent_says_the_database(counter: Counter) -> None:
    filing = file(counter)
    with pytest.raises(IntegrityError), transaction.atomic():
        Outbox.objects.filter(key=f"filing:{filing.pk}").update(last_sent_at=timezone.now())


def test_an_open_breaker_lets_one_probe_through_and_probes_use_up_no_tries(
    counter: Counter, simulator: Simulator
) -> None:
    simulator_down(simulator)
    filings = [file(counter) for _ in range(8)]
    name = channel(filings[0])
    drain(filings[0])
    opened = Channel.objects.get(code=name)
    assert opened.open_since is not None
    tries = sum(Outbox.objects.filter(kind="filing").values_list("tries", flat=True))
    assert tries == 5
    for _ in range(3):
        for filing in filings:
            Outbox.objects.filter(key=f"filing:{filing.pk}").update(
                run_at=timezone.now() - timedelta(seconds=1)
            )
        Channel.objects.filter(code=name).update(
            next_probe_at=timezone.now() - timedelta(seconds=1)
        )
        assert drain(filings[0]) == 1
    assert sum(Outbox.objects.filter(kind="filing").values_list("tries", flat=True)) == tries
    simulator_up(simulator)
    Channel.objects.filter(code=name).update(next_probe_at=None)
    for filing in filings:
        Outbox.objects.filter(key=f"filing:{filing.pk}").update(
            run_at=timezone.now() - timedelta(seconds=1)
        )
    drain(filings[0])
    assert {held(simulator, f)["count"] for f in filings} == {1}


def test_after_the_horizon_a_person_decides_never_a_silent_failure(
    counter: Counter, simulator: Simulator
) -> None:
    simulator_down(simulator)
    filing = file(counter)
    Outbox.objects.filter(key=f"filing:{filing.pk}").update(
        created_at=timezone.now() - timedelta(hours=73)
    )
    drain(filing)
    filing.refresh_from_db()
    assert filing.state == Filing.State.PERSON
    assert Case.objects.get(pk=filing.case_id).attention == "horizon"


def test_no_machine_act_stands_under_a_persons_name(counter: Counter, simulator: Simulator) -> None:
    filing = file(counter)
    drain(filing)
    by_kind = dict(
        JournalEntry.objects.filter(chain=f"case:{filing.case_id}").values_list(
            "action", "actor_kind"
        )
    )
    assert by_kind["case.filed"] == "clerk"
    assert by_kind["filing.accepted"] == "portal"
    assert journal.verify(f"case:{filing.case_id}") == []


def test_no_personal_number_stands_in_clear_text_in_the_tables(counter: Counter) -> None:
    case = counter.case()
    file(counter, case)
    number, phone = case.filer.id_number, case.filer.phone.removeprefix("+84")
    with connection.cursor() as cursor:
        for table in (
            "cases_citizen",
            "cases_filing",
            "cases_message",
            "cases_paper",
            "core_outbox",
            "core_journalentry",
        ):
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            (text,) = cursor.fetchone()
            assert number not in (text or "")
            assert phone not in (text or "")
            assert "ngõ 5" not in (text or "")


def simulator_down(simulator: Simulator) -> None:
    simulator.put("/api/dial", {"portal": {"mode": "down"}})


def simulator_up(simulator: Simulator) -> None:
    simulator.put("/api/dial", {"portal": {"mode": "ok"}})


def dial(simulator: Simulator, **portal: object) -> None:
    simulator.put("/api/dial", {"portal": portal})
