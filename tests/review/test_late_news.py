"""F08, F13: news that comes late, twice or in the wrong order leaves no case where nobody looks."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cases import services as case_services
from cases.filing.deciding import NotNow, case_end
from cases.messages import tasks
from cases.messages.providers import sms
from cases.models import Case, Filing, Message
from cases.states import Delivery, Dossier, Work
from cases.tracking import services
from delivery import tracking
from delivery.carrier import CarrierEvent
from opsa.core.actors import SYSTEM
from tests.support.delivery import Desk
from tests.support.filings import history, told
from tests.support.processes import Simulator


def case_of(one: Filing) -> Case:
    return Case.objects.get(pk=one.case_id)


def test_a_second_request_for_papers_is_told_even_when_the_first_was_met_in_between(
    filing: Filing,
) -> None:
    _received, first, back, second = history("2", "5", "4", "5")
    first, second = (
        type(first)(first.external_id, "5", first.occurred_at, "UBND", "Giấy chứng sinh"),
        type(second)(second.external_id, "5", second.occurred_at, "UBND", "Giấy kết hôn"),
    )
    services.apply_reports(filing.pk, told(first))
    services.apply_reports(filing.pk, told(back, second))
    case = case_of(filing)
    assert (case.dossier, case.waiting_for) == (Dossier.SUPPLEMENT, "Giấy kết hôn")
    assert case.messages.filter(event="supplement").count() == 2
    services.apply_reports(filing.pk, told(first, back, second))
    assert case.messages.filter(event="supplement").count() == 2


def test_a_result_that_arrived_before_the_decision_was_told_closes_the_case_with_it(
    filing: Filing,
) -> None:
    case_services.delivery_set(filing.case_id, Delivery.COLLECTED, actor=SYSTEM)
    assert case_of(filing).work == Work.FILED
    services.apply_reports(filing.pk, told(*history("2", "9")))
    case = case_of(filing)
    assert (case.work, case.queue) == (Work.CLOSED, Case.Queue.DONE)


@pytest.mark.parametrize("code", ["91", "92", "170", "199"])
def test_results_that_do_not_arrive_are_work_again_even_in_a_case_closed_by_hand(
    desk: Desk,
    code: str,
) -> None:
    parcel = desk.on_road()
    case_services.close(parcel.case_id, actor=desk.actor, reason="nhầm")
    at = timezone.now() + timedelta(hours=1)
    tracking.apply_events(
        parcel.pk,
        [
            CarrierEvent(
                key=f"{parcel.number}/9", code=code, number=9, at=at, place="", reason="VANG_NHA"
            )
        ],
    )
    case = Case.objects.get(pk=parcel.case_id)
    assert (case.work, case.queue) == (Work.FILED, Case.Queue.FAILED_DELIVERY)


def test_a_case_is_not_closed_over_a_parcel_that_is_under_way(
    desk: Desk,
) -> None:
    parcel = desk.parcel()
    with pytest.raises(NotNow):
        case_end(parcel.case_id, actor=desk.actor, reason="nhầm")
    desk.hand_over(parcel.number)
    with pytest.raises(NotNow):
        case_end(parcel.case_id, actor=desk.actor, reason="nhầm")
    assert Case.objects.get(pk=parcel.case_id).work == Work.FILED


def test_texts_without_an_answer_do_not_keep_others_from_being_asked_about(
    filing: Filing,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sms, "BATCH", 2)
    old, now = timezone.now() - timedelta(hours=5), timezone.now()
    for number in range(7):
        Message.objects.create(
            case=case_of(filing), event="taken", key=f"k{number}", to="+84912345678", body="x",
            state=Message.State.HANDED, handed_at=old,
        )  # fmt: skip
    last = Message.objects.create(
        case=case_of(filing), event="taken", key="last", to="+84912345678", body="x",
        state=Message.State.HANDED, handed_at=now,
    )  # fmt: skip
    asked: list[str] = []
    call = sms.call

    def noting(base: str, method: str, path: str, **more: Any) -> Any:
        asked.extend(more["json"]["MaTin"])
        return call(base, method, path, **more)

    monkeypatch.setattr(sms, "call", noting)
    tasks.ask_outcomes()
    assert asked[0] == str(last.provider_key)
    assert len(asked) == 8
