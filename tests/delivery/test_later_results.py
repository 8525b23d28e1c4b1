"""A paper that the authority announces after the others came is fetched and brought like them."""

import pytest
from django.test import Client
from django.utils import timezone

from cases.models import Case, Message
from cases.states import Delivery, Work
from cases.tracking.hooks import ResultNews
from delivery import parcels, proofs, selectors, services
from delivery.carrier import CarrierEvent
from delivery.models import Parcel, Result
from delivery.proofs import HandOver
from delivery.refusals import Refused
from delivery.tracking import apply_events
from tests.support.delivery import Desk

pytestmark = pytest.mark.django_db


def announce(case: Case | int, *names: str) -> None:
    pk = case if isinstance(case, int) else case.pk
    services.results_announced(
        pk, [ResultNews(f"{pk}:{name}", name, "paper", name, timezone.now()) for name in names]
    )


def receive(desk: Desk, case_id: int) -> Case:
    return services.result_received(case_id, staff=desk.staff, actor=desk.actor)


def states(case_id: int) -> list[str]:
    return list(Result.objects.filter(case=case_id).order_by("pk").values_list("state", flat=True))


def first_here(desk: Desk) -> Case:
    """One paper was announced and fetched."""
    case = desk.decided()
    announce(case, "Giấy khai sinh")
    return receive(desk, case.pk)


def given(desk: Desk, case_id: int, parcel: Parcel | None) -> Case:
    said = HandOver(method="signature", receiver="Nguyễn Thị Hường", relation="self")
    proofs.hand_over(case_id, parcel.pk if parcel else None, said, actor=desk.actor)
    return Case.objects.get(pk=case_id)


def test_a_second_paper_goes_into_the_parcel_that_is_still_on_our_table(desk: Desk) -> None:
    case = first_here(desk)
    parcel = parcels.parcel_make(case.pk, staff=desk.staff, actor=desk.actor)
    announce(case, "Trích lục")
    assert states(case.pk) == ["parcelled", "announced"]
    assert receive(desk, case.pk).delivery == Delivery.LABELLED
    assert set(case.results.values_list("state", "parcel")) == {("parcelled", parcel.pk)}


def test_a_second_paper_before_the_label_goes_with_the_first(desk: Desk) -> None:
    case = first_here(desk)
    announce(case, "Trích lục")
    receive(desk, case.pk)
    parcel = parcels.parcel_make(case.pk, staff=desk.staff, actor=desk.actor)
    assert parcel.results.count() == 2


def test_a_second_paper_while_the_first_is_on_the_road_gets_a_parcel_of_its_own(
    desk: Desk,
) -> None:
    case = first_here(desk)
    first = parcels.parcel_make(case.pk, staff=desk.staff, actor=desk.actor)
    desk.hand_over(first.number)
    announce(case, "Trích lục")
    assert receive(desk, case.pk).delivery == Delivery.HANDED_OVER
    after = given(desk, case.pk, first)
    assert (after.work, after.delivery, after.queue) == (
        Work.FILED, Delivery.AVAILABLE, Case.Queue.RESULT,
    )  # fmt: skip
    second = parcels.parcel_make(case.pk, staff=desk.staff, actor=desk.actor)
    assert second.number != first.number
    assert [r.name for r in second.results.all()] == ["Trích lục"]
    desk.hand_over(second.number)
    after = given(desk, case.pk, second)
    assert (after.work, after.delivery) == (Work.CLOSED, Delivery.DELIVERED)
    assert states(case.pk) == ["delivered", "delivered"]
    assert Message.objects.filter(case=case, event="delivered").count() == 2


def test_a_paper_still_over_there_keeps_the_case_open_when_the_first_has_arrived(
    desk: Desk,
) -> None:
    case = first_here(desk)
    parcel = parcels.parcel_make(case.pk, staff=desk.staff, actor=desk.actor)
    desk.hand_over(parcel.number)
    announce(case, "Trích lục")
    apply_events(
        parcel.pk,
        [CarrierEvent(key="1", code="100", number=9, at=timezone.now())],
    )
    case.refresh_from_db()
    assert (case.work, case.delivery, case.queue) == (
        Work.FILED, Delivery.WAITING, Case.Queue.AGENCY,
    )  # fmt: skip
    assert case.pk in {
        line.pk for line in selectors.lines(desk.staff, selectors.TABS["cho-lay"])[0]
    }


def test_a_paper_announced_after_all_were_delivered_opens_the_case_again(desk: Desk) -> None:
    case = first_here(desk)
    assert given(desk, case.pk, None).work == Work.CLOSED
    told = Message.objects.filter(case=case, event="result").count()
    announce(case, "Trích lục")
    announce(case, "Giấy khai sinh", "Trích lục")
    case.refresh_from_db()
    assert (case.work, case.delivery, case.queue) == (
        Work.FILED, Delivery.WAITING, Case.Queue.AGENCY,
    )  # fmt: skip
    assert Message.objects.filter(case=case, event="result").count() == told
    assert receive(desk, case.pk).delivery == Delivery.AVAILABLE
    # Told when the paper is really here, not while it lies at the authority.
    assert Message.objects.filter(case=case, event="result").count() == told + 1
    # The second hand-over at the counter is proved by itself.
    after = given(desk, case.pk, None)
    assert (after.work, states(case.pk)) == (Work.CLOSED, ["delivered", "delivered"])
    assert case.proofs.filter(confirmed_at__isnull=False).count() == 2


def test_the_same_paper_told_with_its_number_later_is_no_second_paper(desk: Desk) -> None:
    case = receive(desk, desk.decided().pk)  # handed to us before it was listed
    assert given(desk, case.pk, None).work == Work.CLOSED
    announce(case, "Giấy khai sinh")
    case.refresh_from_db()
    assert (case.work, case.results.count()) == (Work.CLOSED, 1)
    assert case.results.get().number == "Giấy khai sinh"


def test_a_second_click_on_the_hand_over_is_still_one_hand_over(desk: Desk) -> None:
    case = first_here(desk)
    given(desk, case.pk, None)
    given(desk, case.pk, None)
    assert case.proofs.count() == 1


def test_the_page_offers_to_receive_the_second_paper(desk: Desk, clerk: Client) -> None:
    case = first_here(desk)
    page = clerk.get(f"/quay/ho-so/{case.pk}/xem/").content.decode()
    assert "Đã nhận thêm từ cơ quan" not in page
    announce(case, "Trích lục")
    page = clerk.get(f"/quay/ho-so/{case.pk}/xem/").content.decode()
    assert "Đã nhận thêm từ cơ quan" in page
    listed = clerk.get("/quay/ket-qua/cho-lay/").content.decode()
    assert str(case.pk) in listed


def test_nothing_more_is_received_when_nothing_more_was_announced(desk: Desk) -> None:
    case = first_here(desk)
    assert receive(desk, case.pk).delivery == Delivery.AVAILABLE
    assert states(case.pk) == ["at_office"]
    Case.objects.filter(pk=case.pk).update(dossier="4")
    announce(case, "Trích lục")
    with pytest.raises(Refused, match="chưa báo"):
        receive(desk, case.pk)
