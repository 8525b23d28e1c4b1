"""F01, F05: nothing leaves that was taken back, nothing stays behind where no queue shows it."""

import threading
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from cases import services as case_services
from cases.filing import deciding, dossier_codes, portal, services
from cases.filing.ports import Receipt, SentFile
from cases.intake import mandates
from cases.models import Case, Filing
from cases.states import Work
from opsa.core import outbox, rls
from opsa.core.once import new_key
from opsa.core.outbox import Answer, Channel, Outbox
from tests.support.cases import Counter, make_counter
from tests.support.processes import Simulator

pytestmark = pytest.mark.django_db(transaction=True)


def file(counter: Counter, case: Case | None = None) -> Filing:
    case = case or counter.case()
    return services.case_file(case.pk, staff=counter.staff, actor=counter.actor)


def channel(filing: Filing) -> str:
    return f"portal:{filing.system_id}"


def drain(filing: Filing) -> int:
    done = 0
    while outbox.work_one(channel(filing)):
        done += 1
    return done


def make_due(filing: Filing) -> None:
    Outbox.objects.filter(key=f"filing:{filing.pk}").update(
        run_at=timezone.now() - timedelta(seconds=1)
    )
    Channel.objects.update(next_probe_at=None)


def held(simulator: Simulator, filing: Filing) -> int:
    found = simulator.get("/api/truth")["dossiers"].get(str(filing.key), {"count": 0})
    return int(found["count"])


def fresh(filing: Filing) -> tuple[Filing, Case]:
    filing.refresh_from_db()
    return filing, Case.objects.get(pk=filing.case_id)


def uncertain(counter: Counter, simulator: Simulator) -> Filing:
    """A filing that the portal took without answering, and cannot be asked about."""
    simulator.put("/api/dial", {"portal": {"lookup": False, "cut": {"next": 1}}})
    filing = file(counter)
    drain(filing)
    make_due(filing)
    drain(filing)
    assert fresh(filing)[0].state == Filing.State.PERSON
    return filing


def signed_in(counter: Counter) -> Client:
    client = Client()
    client.force_login(counter.staff)
    return client


def test_consent_taken_back_at_the_counter_stops_what_has_not_left(
    counter: Counter, simulator: Simulator
) -> None:
    filing = file(counter)
    mandates.mandate_revoke(staff=counter.staff, case_id=filing.case_id)
    drain(filing)
    filing, case = fresh(filing)
    assert held(simulator, filing) == 0
    assert (filing.state, case.attention) == (Filing.State.REFUSED, "revoked")


def test_consent_taken_back_while_the_sending_is_in_doubt_stops_a_second_sending(
    counter: Counter, simulator: Simulator
) -> None:
    filing = file(counter)
    claimed = outbox.claim(channel(filing))
    assert claimed is not None
    assert outbox.sending(claimed)
    mandates.mandate_revoke(staff=counter.staff, case_id=filing.case_id)
    make_due(filing)
    drain(filing)
    filing, case = fresh(filing)
    assert held(simulator, filing) == 0
    assert (filing.state, case.work, case.attention) == (
        Filing.State.REFUSED,
        Work.ATTENTION,
        "revoked",
    )


def test_an_acceptance_does_not_wipe_out_that_consent_was_taken_back(
    counter: Counter, simulator: Simulator
) -> None:
    simulator.put("/api/dial", {"portal": {"cut": {"next": 1}}})
    filing = file(counter)
    drain(filing)
    mandates.mandate_revoke(staff=counter.staff, case_id=filing.case_id)
    make_due(filing)
    drain(filing)
    filing, case = fresh(filing)
    assert (filing.state, case.attention) == (Filing.State.ACCEPTED, "revoked")


def test_late_doubt_or_refusal_does_not_undo_an_acceptance(
    counter: Counter, simulator: Simulator
) -> None:
    filing = file(counter)
    drain(filing)
    with transaction.atomic():
        services.to_person(filing.pk, "cannot_be_asked")
        services.refused(filing.pk, "KQ: late")
    filing, case = fresh(filing)
    assert (filing.state, case.work) == (Filing.State.ACCEPTED, Work.FILED)


def test_a_case_cannot_be_put_back_where_nothing_would_ever_send_it(
    counter: Counter, simulator: Simulator
) -> None:
    filing = uncertain(counter, simulator)
    with pytest.raises(deciding.NotNow):
        deciding.attention_end(filing.case_id, actor=counter.actor, reason="xong")
    answer = signed_in(counter).post(
        f"/quay/ho-so/{filing.case_id}/da-xu-ly/", {"form_key": new_key(), "reason": "xong"}
    )
    assert answer.status_code == 422
    assert fresh(filing)[1].queue == Case.Queue.ATTENTION


def test_a_person_has_a_doubt_settled_and_the_dossier_is_there_once(
    counter: Counter, simulator: Simulator
) -> None:
    filing = uncertain(counter, simulator)
    simulator.put("/api/dial", {"portal": {"lookup": True}})
    assert deciding.filing_settle(filing.case_id, actor=counter.actor)
    assert not deciding.filing_settle(filing.case_id, actor=counter.actor)
    make_due(filing)
    drain(filing)
    filing, case = fresh(filing)
    assert (filing.state, case.work, held(simulator, filing)) == (
        Filing.State.ACCEPTED,
        Work.FILED,
        1,
    )


def test_after_the_horizon_a_person_has_it_sent(counter: Counter, simulator: Simulator) -> None:
    simulator.put("/api/dial", {"portal": {"mode": "down"}})
    filing = file(counter)
    Outbox.objects.filter(key=f"filing:{filing.pk}").update(
        created_at=timezone.now() - timedelta(hours=73)
    )
    drain(filing)
    assert fresh(filing)[1].attention == "horizon"
    simulator.put("/api/dial", {"portal": {"mode": "ok"}})
    assert deciding.filing_settle(filing.case_id, actor=counter.actor)
    make_due(filing)
    drain(filing)
    filing, case = fresh(filing)
    assert (filing.state, case.work, held(simulator, filing)) == (
        Filing.State.ACCEPTED,
        Work.FILED,
        1,
    )


def test_asking_again_waits_out_the_settle_time_of_the_last_sending(
    counter: Counter, simulator: Simulator
) -> None:
    filing = uncertain(counter, simulator)
    Outbox.objects.filter(key=f"filing:{filing.pk}").update(last_sent_at=timezone.now())
    assert outbox.ask_again(f"filing:{filing.pk}")
    assert outbox.claim(channel(filing)) is None


def test_a_case_whose_file_was_changed_can_be_scanned_and_filed_again(
    counter: Counter, simulator: Simulator
) -> None:
    filing = file(counter)
    changed = [{**filing.files[0], "sha256": "0" * 64}]
    Filing.objects.filter(pk=filing.pk).update(files=changed)
    drain(filing)
    assert fresh(filing)[1].attention == "scan_changed"
    deciding.file_again(filing.case_id, actor=counter.actor, reason="quét lại")
    second = file(counter, filing.case)
    drain(second)
    assert fresh(second)[0].state == Filing.State.ACCEPTED


def test_only_a_case_that_waits_for_mending_is_opened_again(counter: Counter) -> None:
    case = counter.case()
    case_services.close(case.pk, actor=counter.actor, reason="khách không làm nữa")
    with pytest.raises(deciding.NotNow):
        deciding.file_again(case.pk, actor=counter.actor, reason="mở lại")
    case.refresh_from_db()
    assert case.work == Work.CLOSED


def test_closing_a_case_keeps_here_what_has_not_left(
    counter: Counter, simulator: Simulator
) -> None:
    filing = file(counter)
    deciding.case_end(filing.case_id, actor=counter.actor, reason="khách rút")
    drain(filing)
    filing, case = fresh(filing)
    assert (filing.state, case.work, held(simulator, filing)) == (
        Filing.State.REFUSED,
        Work.CLOSED,
        0,
    )


def test_a_case_is_not_closed_over_a_sending_in_doubt(
    counter: Counter, simulator: Simulator
) -> None:
    simulator.put("/api/dial", {"portal": {"cut": {"next": 1}}})
    filing = file(counter)
    drain(filing)
    answer = signed_in(counter).post(
        f"/quay/ho-so/{filing.case_id}/dong/", {"form_key": new_key(), "reason": "khách rút"}
    )
    assert answer.status_code == 422
    assert fresh(filing)[1].work == Work.FILED


def test_slow_uploads_that_outlast_the_lease_never_post_behind_another_workers_back(
    counter: Counter,
    simulator: Simulator,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    simulator.put("/api/dial", {"portal": {"idempotency": False}})
    settings.OUTBOX_LEASE_SECONDS = 0.4
    upload = portal.Portal._upload
    slow = threading.Event()
    slow.set()

    def slowly(self: portal.Portal, client: httpx.Client, sent: SentFile) -> str:
        if slow.is_set():
            slow.clear()
            time.sleep(1.5)
        return upload(self, client, sent)

    monkeypatch.setattr(portal.Portal, "_upload", slowly)
    filing = file(counter)

    def first() -> None:
        outbox.work_one(channel(filing))
        connections.close_all()

    thread = threading.Thread(target=first)
    thread.start()
    time.sleep(0.8)
    outbox.work_one(channel(filing))
    thread.join()
    assert held(simulator, filing) == 1
    assert fresh(filing)[0].state == Filing.State.ACCEPTED


def there(simulator: Simulator, filing: Filing) -> str:
    """The code under which the portal holds the dossier, as a clerk would read it there."""
    return str(simulator.get("/api/truth")["dossiers"][str(filing.key)]["items"][0]["code"])


def note(filing: Filing, counter: Counter, code: str) -> Filing:
    receipt = dossier_codes.held_under(filing.case_id, code)
    return dossier_codes.dossier_code_record(
        filing.case_id, code, actor=counter.actor, receipt=receipt
    )


def test_a_code_is_noted_while_the_broker_is_away(
    counter: Counter, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kombu.exceptions import OperationalError

    from cases.tracking import tasks

    def away(*_args: object, **_kwargs: object) -> None:
        raise OperationalError

    filing = uncertain(counter, simulator)
    code = there(simulator, filing)
    monkeypatch.setattr(tasks.ask_now, "apply_async", away)
    note(filing, counter, code)
    filing, case = fresh(filing)
    assert (filing.dossier_code, filing.state) == (code, Filing.State.ACCEPTED)
    assert [one["sha256"] for one in filing.held or []] == [f["sha256"] for f in filing.files]
    assert case.work == Work.FILED


def test_a_code_typed_by_hand_is_a_mismatch_when_the_portal_holds_other_files(
    counter: Counter, simulator: Simulator
) -> None:
    filing = uncertain(counter, simulator)
    Filing.objects.filter(pk=filing.pk).update(
        files=[{**file, "sha256": "0" * 64} for file in filing.files]
    )
    note(filing, counter, there(simulator, filing))
    filing, case = fresh(filing)
    assert filing.state == Filing.State.MISMATCH
    assert [one["what"] for one in filing.difference] == ["content"]
    assert (case.work, case.attention) == (Work.ATTENTION, "mismatch")


def test_a_code_the_portal_does_not_know_is_refused(counter: Counter, simulator: Simulator) -> None:
    filing = uncertain(counter, simulator)
    with pytest.raises(dossier_codes.DossierCodeRefused, match="Cổng không có"):
        note(filing, counter, "H26.31-1")
    assert fresh(filing)[0].dossier_code == ""


def test_a_code_typed_while_the_portal_is_away_is_compared_when_it_is_back(
    counter: Counter, simulator: Simulator
) -> None:
    filing = uncertain(counter, simulator)
    code = there(simulator, filing)
    simulator.put("/api/dial", {"portal": {"mode": "down"}})
    client = signed_in(counter)
    client.post(f"/quay/ho-so/{filing.case_id}/ma-ho-so/", {"form_key": new_key(), "code": code})
    page = client.get(f"/quay/ho-so/{filing.case_id}/xem/")
    assert "chưa so được tệp" in page.content.decode()
    filing, case = fresh(filing)
    assert (filing.state, filing.dossier_code) == (Filing.State.PERSON, code)
    assert (filing.accepted_at, case.work) == (None, Work.ATTENTION)
    assert dossier_codes.compare_waiting() == 0
    simulator.put("/api/dial", {"portal": {"mode": "ok"}})
    assert dossier_codes.compare_waiting() == 1
    filing, case = fresh(filing)
    assert (filing.state, case.work) == (Filing.State.ACCEPTED, Work.FILED)
    assert held(simulator, filing) == 1


def test_nothing_is_held_in_the_database_while_the_portal_keeps_us_waiting(
    counter: Counter, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both buttons that ask at once, and what is asked is still one effect for each form."""
    waited = []
    send = httpx.Client.send

    def watched(self: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        waited.append(transaction.get_connection().in_atomic_block)
        return send(self, request, **options)

    filing = uncertain(counter, simulator)
    code = there(simulator, filing)
    client = signed_in(counter)
    monkeypatch.setattr(httpx.Client, "send", watched)
    simulator.put("/api/dial", {"portal": {"mode": "down"}})
    client.post(f"/quay/ho-so/{filing.case_id}/ma-ho-so/", {"form_key": new_key(), "code": code})
    assert fresh(filing)[0].dossier_code == code
    simulator.put("/api/dial", {"portal": {"mode": "ok"}})
    client.post(f"/quay/ho-so/{filing.case_id}/hoi-cong/", {"form_key": new_key()})
    assert fresh(filing)[0].state == Filing.State.ACCEPTED
    assert waited
    assert not any(waited)


def test_what_is_heard_about_a_code_says_nothing_about_the_one_typed_meanwhile(
    counter: Counter, simulator: Simulator
) -> None:
    filing = uncertain(counter, simulator)
    code = there(simulator, filing)
    simulator.put("/api/dial", {"portal": {"mode": "down"}})
    note(filing, counter, "H26.31-1")
    before = fresh(filing)[0]
    simulator.put("/api/dial", {"portal": {"mode": "ok"}})
    heard = dossier_codes.held_under(filing.case_id)
    assert heard is not None
    assert heard.answer is Answer.ABSENT
    Filing.objects.filter(pk=filing.pk).update(dossier_code=code)
    assert not dossier_codes.compare(
        Filing(pk=before.pk, case_id=before.case_id, dossier_code="H26.31-1"), heard
    )
    assert fresh(filing)[0].dossier_code == code


def test_a_wrong_code_typed_while_the_portal_is_away_is_taken_off_again(
    counter: Counter, simulator: Simulator
) -> None:
    filing = uncertain(counter, simulator)
    simulator.put("/api/dial", {"portal": {"mode": "down"}})
    note(filing, counter, "H26.31-1")
    simulator.put("/api/dial", {"portal": {"mode": "ok"}})
    assert dossier_codes.compare_waiting() == 0
    assert (fresh(filing)[0].dossier_code, fresh(filing)[0].state) == ("", Filing.State.PERSON)


def test_a_code_of_another_office_is_refused_though_that_office_is_not_shown(
    counter: Counter, simulator: Simulator
) -> None:
    theirs = file(make_counter())
    drain(theirs)
    code = fresh(theirs)[0].dossier_code
    filing = uncertain(counter, simulator)
    with (
        rls.office_scope(counter.agency.pk),
        pytest.raises(dossier_codes.DossierCodeRefused, match="hồ sơ khác"),
    ):
        note(filing, counter, code)


def test_a_code_for_a_case_that_was_never_filed_says_so_by_its_own_error(counter: Counter) -> None:
    with pytest.raises(dossier_codes.NotFiledYet):
        dossier_codes.dossier_code_record(
            counter.case().pk, "H26.31-1", actor=counter.actor, receipt=None
        )
    with pytest.raises(dossier_codes.NotFiledYet, match="tự gửi"):
        note(file(counter), counter, "H26.31-1")


def test_receipts_of_a_settled_filing_change_nothing(counter: Counter) -> None:
    filing = file(counter)
    with transaction.atomic():
        assert deciding.filing_stop(Case.objects.get(pk=filing.case_id), "case_closed")
        services.accepted(filing.pk, Receipt(Answer.DONE, dossier_code="X-1234"))
    assert fresh(filing)[0].state == Filing.State.REFUSED
