"""F13: a result gets one number, one label and one way, whatever is clicked twice."""

import threading

import pytest
from django.db import IntegrityError, connection, connections, transaction

from cases.models import Case, DeliveryAddress, Paper
from cases.states import Delivery
from delivery import parcels, services
from delivery.models import Parcel, Result
from delivery.refusals import Refused
from opsa.core import journal
from opsa.core.codes import s10_valid
from opsa.core.outbox import Outbox
from tests.support.delivery import Desk

pytestmark = pytest.mark.django_db


def test_a_decided_case_waits_with_the_authority_until_the_office_has_the_paper(desk: Desk) -> None:
    case = desk.decided()
    assert (case.delivery, case.queue) == (Delivery.WAITING, Case.Queue.AGENCY)
    case = services.result_received(case.pk, staff=desk.staff, actor=desk.actor)
    assert (case.delivery, case.queue) == (Delivery.AVAILABLE, Case.Queue.RESULT)
    result = case.results.get()
    assert (result.state, result.received_by, result.name) == (
        Result.State.AT_OFFICE, desk.staff, "Giấy khai sinh",
    )  # fmt: skip


def test_receiving_twice_changes_nothing(desk: Desk) -> None:
    case = desk.here()
    again = services.result_received(case.pk, staff=desk.staff, actor=desk.actor)
    assert again.delivery == Delivery.AVAILABLE
    assert case.results.count() == 1


@pytest.mark.parametrize("facts", [{"dossier": "4"}, {"dossier": "9", "work": "closed"}])
def test_a_paper_is_received_only_for_a_decided_open_case(desk: Desk, facts: dict) -> None:
    case = desk.decided(**facts)
    with pytest.raises(Refused, match="chưa báo"):
        services.result_received(case.pk, staff=desk.staff, actor=desk.actor)
    assert Case.objects.get(pk=case.pk).delivery == Delivery.WAITING


def test_a_label_has_a_valid_number_an_owed_registration_and_a_paper(desk: Desk) -> None:
    parcel = desk.parcel()
    case = parcel.case
    case.refresh_from_db()
    assert s10_valid(parcel.number)
    assert (case.delivery, case.queue) == (Delivery.LABELLED, Case.Queue.PARCEL)
    assert Outbox.objects.get(key=f"parcel:{parcel.number}").state == Outbox.State.READY
    assert Paper.objects.get(case=case, kind=Paper.Kind.LABEL).key == f"label:{parcel.number}"
    assert case.results.get().parcel == parcel
    assert journal.verify(f"case:{case.pk}") == []


def test_a_second_click_or_a_reprint_never_makes_a_second_number(desk: Desk) -> None:
    parcel = desk.parcel()
    again = parcels.parcel_make(parcel.case_id, staff=desk.staff, actor=desk.actor)
    assert again.pk == parcel.pk
    assert Paper.objects.filter(kind=Paper.Kind.LABEL).count() == 1


def test_the_database_itself_refuses_a_second_parcel_on_its_way(desk: Desk) -> None:
    parcel = desk.parcel()
    with pytest.raises(IntegrityError), transaction.atomic():
        Parcel.objects.create(
            agency=parcel.agency, case=parcel.case, number="RH000000000VN", made_by=desk.staff
        )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"by_post": False}, "nhận tại bưu điện"),
        ({"phone": ""}, "số điện thoại"),
        ({"line": " "}, "Địa chỉ chưa đủ"),
        ({"recipient": ""}, "Địa chỉ chưa đủ"),
        ({"commune": None}, "Địa chỉ chưa đủ"),
    ],
)
def test_no_label_without_a_phone_and_a_whole_address(
    desk: Desk, changes: dict, words: str
) -> None:
    case = desk.here()
    address = DeliveryAddress.objects.get(case=case)
    for name, value in changes.items():
        setattr(address, name, value)
    address.save()
    with pytest.raises(Refused, match=words):
        parcels.parcel_make(case.pk, staff=desk.staff, actor=desk.actor)
    assert not Parcel.objects.exists()


def test_no_label_before_the_paper_is_here(desk: Desk) -> None:
    case = desk.decided()
    with pytest.raises(Refused, match="chưa ở bưu điện"):
        parcels.parcel_make(case.pk, staff=desk.staff, actor=desk.actor)


def test_a_cancelled_label_frees_the_case_and_the_next_one_has_another_number(desk: Desk) -> None:
    parcel = desk.parcel()
    parcels.parcel_cancel(parcel.pk, actor=desk.actor)
    parcels.parcel_cancel(parcel.pk, actor=desk.actor)
    case = Case.objects.get(pk=parcel.case_id)
    assert case.delivery == Delivery.AVAILABLE
    assert case.results.get().state == Result.State.AT_OFFICE
    second = parcels.parcel_make(case.pk, staff=desk.staff, actor=desk.actor)
    assert second.number != parcel.number
    assert Outbox.objects.filter(kind="parcel_cancel").count() == 1


def test_an_address_is_not_changed_under_a_label(desk: Desk) -> None:
    parcel = desk.parcel()
    with pytest.raises(Refused, match="Hủy nhãn trước"):
        parcels.address_correct(parcel.case_id, {"line": "Số 1"}, actor=desk.actor)
    parcels.parcel_cancel(parcel.pk, actor=desk.actor)
    parcels.address_correct(parcel.case_id, {"line": "Số 1 mới"}, actor=desk.actor)
    assert DeliveryAddress.objects.get(case=parcel.case_id).line == "Số 1 mới"


def test_the_journal_names_changed_address_fields_never_their_content(desk: Desk) -> None:
    case = desk.here()
    parcels.address_correct(
        case.pk, {"line": "Số 99 bí mật", "phone": "+84987654321"}, actor=desk.actor
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, ' ') FROM core_journalentry t")
        (text,) = cursor.fetchone()
    assert "line,phone" in text
    assert "bí mật" not in text
    assert "987654321" not in text


def test_no_address_or_phone_stands_in_clear_text_in_our_tables(desk: Desk) -> None:
    desk.on_road()
    with connection.cursor() as cursor:
        for table in (
            "delivery_parcel",
            "delivery_result",
            "delivery_manifest",
            "core_outbox",
            "core_journalentry",
            "cases_paper",
        ):
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            (text,) = cursor.fetchone()
            assert "912345678" not in (text or "")
            assert "phố Vọng" not in (text or "")


@pytest.mark.django_db(transaction=True)
def test_eight_clerks_pressing_label_at_once_make_one_parcel() -> None:
    from tests.support.cases import make_counter

    desk = Desk(make_counter())
    case = desk.here()
    gate, numbers = threading.Barrier(8), []

    def press() -> None:
        try:
            gate.wait()
            numbers.append(parcels.parcel_make(case.pk, staff=desk.staff, actor=desk.actor).number)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(numbers) == 8
    assert len(set(numbers)) == 1
    assert Parcel.objects.count() == 1
    assert Outbox.objects.filter(kind="parcel").count() == 1
