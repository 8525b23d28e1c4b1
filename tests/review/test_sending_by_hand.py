"""F01, F05: nothing leaves that was taken back, nothing stays behind where no queue shows it."""

import threading
import time
from datetime import timedelta

import httpx
import pytest
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from cases import services as case_services
from cases.filing import deciding, portal, services
from cases.filing.ports import SentFile
from cases.intake import mandates
from cases.models import Case, Filing
from cases.states import Work
from opsa.core import outbox
from opsa.core.once import new_key
from opsa.core.outbox import Outbox
from tests.support.cases import Counter
from tests.support.processes import Simulator
from tests.support.sending import channel, drain, ended, file, fresh, held, make_due, uncertain
from tests.support.worklists import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_consent_taken_back_at_the_counter_stops_what_has_not_left(
    counter: Counter, simulator: Simulator
) -> None:
    filing = file(counter)
    mandates.mandate_revoke(staff=counter.staff, case_id=filing.case_id)
    drain(filing)
    filing, case = fresh(filing)
    assert held(simulator, filing)["count"] == 0
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
    assert held(simulator, filing)["count"] == 0
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
    answer = sign_in(Client(), counter.staff).post(
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
    assert ended(simulator, filing) == (Filing.State.ACCEPTED, Work.FILED, 1)


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
    assert ended(simulator, filing) == (Filing.State.ACCEPTED, Work.FILED, 1)


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
    assert ended(simulator, filing) == (Filing.State.REFUSED, Work.CLOSED, 0)


def test_a_case_is_not_closed_over_a_sending_in_doubt(
    counter: Counter, simulator: Simulator
) -> None:
    simulator.put("/api/dial", {"portal": {"cut": {"next": 1}}})
    filing = file(counter)
    drain(filing)
    answer = sign_in(Client(), counter.staff).post(
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
    assert held(simulator, filing)["count"] == 1
    assert fresh(filing)[0].state == Filing.State.ACCEPTED
