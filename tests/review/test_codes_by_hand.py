"""F01: a dossier code that a person typed is compared like one that the portal gave."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from cases.filing import deciding, dossier_codes, services
from cases.filing.ports import Receipt
from cases.models import Case, Filing
from cases.states import Work
from cases.weather import holds
from opsa.core import rls
from opsa.core.actors import SYSTEM
from opsa.core.once import new_key
from opsa.core.outbox import Answer
from procedures.models import FilingSystem
from tests.support.cases import Counter, make_counter
from tests.support.processes import Simulator
from tests.support.sending import drain, file, fresh, held, uncertain
from tests.support.worklists import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


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
    client = sign_in(Client(), counter.staff)
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
    assert held(simulator, filing)["count"] == 1


def test_codes_that_stay_unsettled_keep_nobody_elses_from_being_compared(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of one system than a round takes, none of which it can tell; and another system."""
    monkeypatch.setattr(dossier_codes, "BATCH", 2)
    counter = make_counter()
    stuck = [uncertain(counter, simulator) for _ in range(3)]
    fine = uncertain(counter, simulator)
    other = uncertain(make_counter(), simulator)
    code, there_too = there(simulator, fine), there(simulator, other)
    for number, one in enumerate(stuck):
        Filing.objects.filter(pk=one.pk).update(dossier_code=f"H26.31-9{number}")
    Filing.objects.filter(pk=fine.pk).update(dossier_code=code)
    elsewhere = FilingSystem.objects.create(code="khac", name="Hệ thống khác")
    Filing.objects.filter(pk=other.pk).update(dossier_code=there_too, system=elsewhere)
    real = dossier_codes._held

    def answered(filing: Filing, asked: str) -> Receipt:
        return Receipt(Answer.CANNOT_TELL) if asked.startswith("H26.31-9") else real(filing, asked)

    monkeypatch.setattr(dossier_codes, "_held", answered)
    assert dossier_codes.compare_waiting() == 1, "the other system's"
    assert fresh(other)[0].state == Filing.State.ACCEPTED
    assert dossier_codes.compare_waiting() == 1, "the next two in turn"
    assert fresh(fine)[0].state == Filing.State.ACCEPTED


def test_no_code_is_compared_with_a_system_in_its_maintenance_or_into_its_silence(
    counter: Counter, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    filings = [uncertain(counter, simulator) for _ in range(3)]
    for filing in filings:
        Filing.objects.filter(pk=filing.pk).update(dossier_code=there(simulator, filing))
    asked = []

    def silent(filing: Filing, _code: str) -> Receipt:
        asked.append(filing.pk)
        return Receipt(Answer.UNKNOWN)

    with monkeypatch.context() as broken:
        broken.setattr(dossier_codes, "_held", silent)
        dossier_codes.compare_waiting()
        dossier_codes.compare_waiting()
    assert asked == [filings[0].pk, filings[1].pk], "one a round, each in its turn"
    now = timezone.now()
    outage = holds.plan(
        filings[0].system_id,
        now - timedelta(minutes=1),
        now + timedelta(hours=1),
        "x",
        actor=SYSTEM,
    )
    assert dossier_codes.compare_waiting() == 0
    holds.cancel(outage.pk, timezone.now(), actor=SYSTEM)
    assert dossier_codes.compare_waiting() == 3


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
    client = sign_in(Client(), counter.staff)
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
