"""People, situations, papers, consent, money and drafts: the rules of the counter through the
services."""

import json
import re
import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agencies.access import actor_of
from cases import services as case_services
from cases.filing import services as filing
from cases.intake import (
    applicants,
    cards,
    documents,
    drafts,
    fees,
    mandates,
    phones,
    practice,
    saving,
    scans,
    steps,
)
from cases.intake.desk import open_desk
from cases.models import CaseDocument, CaseNameToken, Mandate, MandateText, Message, Payment, Scan
from cases.states import Money, Work
from opsa.core.models import JournalEntry
from tests.support.birth import CARD, OTHER_CARD
from tests.support.worklists import sign_in

Mark = CaseDocument.Mark


def desk(case):
    return open_desk(case.opened_by, case.pk)


def test_a_prepared_case_has_nothing_left_to_do_and_can_be_filed(ready, staff, counter):
    assert desk(ready).problems == []
    made = filing.case_file(ready.pk, staff=staff, actor=counter.actor)
    assert made.case_id == ready.pk
    with pytest.raises(saving.NotEditableError):
        practice.save(staff, ready, steps.APPLICANT, {"phone": "0987654321"})


def test_a_card_fills_person_form_address_and_search_words(counter, staff):
    case = drafts.draft_open(staff=staff, version=counter.version, card=cards.read(CARD))
    case.refresh_from_db()
    values = json.loads(case.declaration)
    assert values["ho-ten-nguoi-yeu-cau"] == "NGUYỄN THỊ HƯỜNG"
    assert case.delivery_address.line == "Số 12 ngõ 5"
    assert case.delivery_address.old_unit == "Trung Hòa, Cầu Giấy, Hà Nội"
    assert {"nguyen", "thi", "huong"} == set(CaseNameToken.objects.values_list("token", flat=True))
    shown = case.documents.get(document__key="can-cuoc")
    assert shown.mark == Mark.ORIGINAL_SEEN


def test_nobody_confirms_the_new_ward_but_the_clerk(counter, staff):
    case = drafts.draft_open(staff=staff, version=counter.version, card=cards.read(CARD))
    assert case.filer.commune_id is None
    assert any(left.field == "commune" for left in desk(case).problems)
    practice.save(staff, case, steps.APPLICANT, {"commune": "00169"})
    case.refresh_from_db()
    assert case.authority == "UBND phường Yên Hòa"
    assert case.delivery_address.commune_id == "00169"


def test_another_persons_card_never_overwrites(counter, staff):
    case = drafts.draft_open(staff=staff, version=counter.version, card=cards.read(CARD))
    with pytest.raises(applicants.OtherPersonError), transaction.atomic():
        applicants.applicant_read(case=case, card=cards.read(OTHER_CARD), actor=counter.actor)
    case.refresh_from_db()
    assert case.filer.name == "NGUYỄN THỊ HƯỜNG"
    practice.save(staff, case, steps.APPLICANT, {"phone": "0912345678"})
    case.refresh_from_db()
    with transaction.atomic():
        applicants.applicant_read(
            case=case, card=cards.read(OTHER_CARD), actor=counter.actor, replace=True
        )
    case.refresh_from_db()
    assert case.filer.name == "NGUYỄN VĂN AN"
    assert case.filer.phone == "", "nothing of the other person stays"


def test_what_a_hand_changes_after_the_scan_is_marked(counter, staff):
    case = drafts.draft_open(staff=staff, version=counter.version, card=cards.read(CARD))
    practice.save(staff, case, steps.APPLICANT, {
        "name": "Nguyễn Thị Hương", "id_number": "001190012345", "birth_date": "02/09/1990",
        "sex": "nu",
        "address": "Số 12 ngõ 5, Trung Hòa, Cầu Giấy, Hà Nội",
    })  # fmt: skip
    case.filer.refresh_from_db()
    assert case.filer.name == "NGUYỄN THỊ HƯƠNG"
    assert case.filer.changed_by_hand == ["name"]
    client = sign_in(Client(), staff)
    page = client.get(reverse("quay:step", args=[case.pk, steps.APPLICANT])).content.decode()
    assert re.search(r"NGUYỄN THỊ HƯƠNG <small[^>]*>sửa tay</small>", page)
    assert page.count("sửa tay</small>") == 1


@pytest.mark.parametrize(
    ("typed", "fault", "e164"),
    [
        ("0912 345 678", "", "+84912345678"), ("0912.345.678", "", "+84912345678"),
        ("+84912345678", "", "+84912345678"),
        ("84912345678", "", "+84912345678"), ("024 3825 5948", "", "+842438255948"),
        ("0912 345 67", "Thiếu 1 số.", ""),
        ("0912", "Thiếu 6 số.", ""), ("09123456789", "Thừa 1 số.", ""), ("0123456789",
        "Đầu số này không có. Hỏi lại khách.", ""),
        ("912345678", "", "+84912345678"), ("abc", "Chỉ gõ chữ số.", ""), ("+44 20 7946 0018",
        "", "+442079460018"), ("", "", ""),
    ],
)  # fmt: skip
def test_a_phone_says_what_is_wrong_with_it(typed, fault, e164):
    phone = phones.read(typed)
    assert (phone.fault, phone.e164) == (fault, e164)


def test_a_wrong_phone_is_kept_as_typed_and_blocks_filing(counter, staff):
    case = drafts.draft_open(staff=staff, version=counter.version, card=cards.read(CARD))
    saved = practice.save(staff, case, steps.APPLICANT, {"phone": "0912 345 67"})
    assert saved.errors["phone"] == "Thiếu 1 số."
    case.filer.refresh_from_db()
    assert case.filer.phone == "0912 345 67"
    assert any("Thiếu 1 số" in left.text for left in desk(case).problems)


def test_one_answer_changes_the_checklist_in_place(draft, staff):
    row = draft.documents.get(document__key="cam-doan")
    assert not row.needed
    practice.save(staff, draft, steps.APPLICANT, {"q-chung-sinh": "khong"})
    row.refresh_from_db()
    assert row.needed
    assert any(left.field == f"d{row.pk}" for left in desk(draft).problems)
    practice.save(staff, draft, steps.APPLICANT, {"q-chung-sinh": "co"})
    row.refresh_from_db()
    assert not row.needed


def test_a_paper_is_not_needed_only_with_a_reason(draft, staff):
    row = draft.documents.get(document__key="ket-hon")
    with pytest.raises(documents.MarkRefusedError):
        documents.document_mark(
            staff=staff, case_id=draft.pk, document_id=row.pk, mark="not_needed"
        )
    documents.document_mark(
        staff=staff, case_id=draft.pk, document_id=row.pk, mark="not_needed", reason="Mẹ đơn thân"
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        CaseDocument.objects.filter(pk=row.pk).update(reason="")


def test_papers_of_a_filed_case_keep_the_mark_they_were_filed_with(ready, staff):
    """Two clerks: one files while the other has the page of a mark open."""
    row = ready.documents.filter(needed=True).exclude(mark="scanned").first()
    filing.case_file(ready.pk, staff=staff, actor=actor_of(staff))
    row.refresh_from_db()
    before = row.mark
    with pytest.raises(documents.MarkRefusedError, match="rời quầy"):
        documents.document_mark(
            staff=staff, case_id=ready.pk, document_id=row.pk, mark="not_needed", reason="x"
        )
    row.refresh_from_db()
    assert row.mark == before


def test_a_closed_case_takes_no_money(draft, staff):
    case_services.close(draft.pk, actor=actor_of(staff), reason="consent_declined")
    with pytest.raises(fees.PaymentRefusedError, match="đã đóng"):
        fees.payment_record(staff=staff, case_id=draft.pk, method="cash")


def test_a_paper_for_later_makes_the_case_incomplete_for_ten_days(draft, staff):
    row = draft.documents.get(document__key="giay-chung-sinh")
    documents.document_mark(
        staff=staff, case_id=draft.pk, document_id=row.pk, mark="later", reason="Quên ở nhà"
    )
    draft.refresh_from_db()
    assert draft.incomplete_until == timezone.localdate() + timedelta(days=10)


def test_a_tick_alone_never_stands_for_a_scan(draft, staff):
    row = draft.documents.get(document__key="giay-chung-sinh")
    with pytest.raises(documents.MarkRefusedError):
        documents.document_mark(staff=staff, case_id=draft.pk, document_id=row.pk, mark="original")


def test_texts_are_kept_for_ever_under_their_number(db):
    written = mandates.ensure_texts()
    assert written == MandateText.objects.count() > 0
    assert mandates.ensure_texts() == 0
    assert set(MandateText.objects.values_list("language", flat=True)) == {"vi", "en"}


@pytest.fixture
def asked(counter, staff):
    case = drafts.draft_open(staff=staff, version=counter.version, card=cards.read(CARD))
    practice.save(staff, case, steps.APPLICANT, {"phone": "0912345678", "relation": "self"})
    return case, mandates.mandate_begin(staff=staff, case_id=case.pk, method="sms")


def test_a_code_is_six_digits_kept_only_as_a_hash(asked):
    case, mandate = asked
    import re

    code = re.search(r"\b\d{6}\b", Message.objects.get(case=case).body)
    assert code
    assert code[0] not in mandate.code_hash
    given = mandates.mandate_code(staff=case.opened_by, case_id=case.pk, code=code[0])
    assert given.state == Mandate.State.GIVEN
    assert given.code_hash == ""


def test_five_wrong_codes_end_it_and_ten_minutes_do_too(asked):
    case, _mandate = asked
    for _try in range(5):
        with pytest.raises(mandates.MandateRefusedError):
            mandates.mandate_code(staff=case.opened_by, case_id=case.pk, code="x")
    with pytest.raises(mandates.MandateRefusedError, match="Sai quá 5 lần"):
        mandates.mandate_code(staff=case.opened_by, case_id=case.pk, code="000000")
    second = mandates.mandate_begin(staff=case.opened_by, case_id=case.pk, method="sms")
    Mandate.objects.filter(pk=second.pk).update(
        code_expires_at=timezone.now() - timedelta(seconds=1)
    )
    with pytest.raises(mandates.MandateRefusedError, match="hết hạn"):
        mandates.mandate_code(staff=case.opened_by, case_id=case.pk, code="000000")


def test_a_no_closes_the_draft(asked):
    case, _mandate = asked
    mandates.mandate_decline(staff=case.opened_by, case_id=case.pk)
    case.refresh_from_db()
    assert case.work == Work.CLOSED
    assert Mandate.objects.get().state == Mandate.State.DECLINED


def test_the_press_on_the_screen_is_the_citizens_own_act(draft, staff):
    mandates.mandate_begin(staff=staff, case_id=draft.pk, method="screen")
    mandates.mandate_on_screen(case_id=draft.pk, agrees=True)
    entry = JournalEntry.objects.filter(action="mandate.given").get()
    assert (entry.actor_kind, entry.staff_id) == ("citizen", None)


def test_without_consent_nothing_can_be_filed_and_taking_it_back_stops_a_filed_case(
    ready, staff, counter
):
    filing.case_file(ready.pk, staff=staff, actor=counter.actor)
    mandates.mandate_revoke(staff=staff, case_id=ready.pk)
    ready.refresh_from_db()
    assert (ready.work, ready.attention) == (Work.ATTENTION, "revoked")


def test_extra_uses_are_off_unless_chosen(ready):
    assert not ready.extra_uses.exists()


def test_the_price_is_paid_once_and_frozen(ready, staff):
    assert ready.money == Money.PAID
    assert [fee.amount for fee in ready.fees.order_by("kind")] == [30000, 0]
    with pytest.raises(fees.PaymentRefusedError, match="Đã thu lúc"):
        fees.payment_record(staff=staff, case_id=ready.pk, method="cash")
    assert Payment.objects.count() == 1


def test_collecting_at_the_counter_costs_no_postage(draft, staff):
    practice.save(staff, draft, steps.FEES, {"by_post": "no"})
    draft.refresh_from_db()
    assert draft.money == Money.NOTHING_DUE


def test_a_price_that_changed_meanwhile_is_not_taken(draft, staff):
    with pytest.raises(fees.PaymentRefusedError, match="vừa thay đổi"):
        fees.payment_record(staff=staff, case_id=draft.pk, method="cash", amount=99)


def test_a_held_draft_keeps_its_step(draft, staff, counter):
    practice.save(staff, draft, steps.DECLARATION, {"f-noi-sinh": "Bệnh viện"})
    drafts.draft_hold(case_id=draft.pk, actor=counter.actor)
    draft.refresh_from_db()
    assert (draft.work, draft.queue, draft.step) == (Work.HELD, "held", "to-khai")
    drafts.draft_resume(case_id=draft.pk, actor=counter.actor)
    draft.refresh_from_db()
    assert (draft.work, draft.step) == (Work.DRAFT, "to-khai")


def test_journal_and_logs_hold_no_personal_values(ready):
    for entry in JournalEntry.objects.all():
        text = json.dumps(entry.facts, default=str) + entry.reason + entry.subject
        for secret in (ready.filer.id_number, ready.filer.phone, ready.filer.name, "Quan Hoa"):
            assert secret not in text


@pytest.mark.django_db(transaction=True)
def test_two_payments_at_once_are_one(counter, staff):
    case = drafts.draft_open(staff=staff, version=counter.version)
    outcomes: list[str] = []
    barrier = threading.Barrier(2)

    def pay() -> None:
        barrier.wait()
        try:
            fees.payment_record(staff=staff, case_id=case.pk, method="cash")
            outcomes.append("paid")
        except fees.PaymentRefusedError:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=pay) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(outcomes) == ["paid", "refused"]


@pytest.mark.django_db(transaction=True)
def test_two_checks_of_one_scan_make_one_clean_file(counter, staff):
    case = drafts.draft_open(staff=staff, version=counter.version)
    row = case.documents.get(document__key="giay-chung-sinh")
    from opsa.core import files

    sealer = files.Sealer(scans.QUARANTINE)
    sealer.write(practice.paper_picture())
    arrived = scans.Arrived(sealer.finish(), "a.png", sealer.size, sealer.sha256)
    scan = scans.scan_add(staff=staff, case_id=case.pk, document_id=row.pk, upload=arrived)

    def check() -> None:
        try:
            scans.scan_check(scan.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=check) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert Scan.objects.get().state == Scan.State.CLEAN
    mine = JournalEntry.objects.filter(action="scan.clean", chain=f"case:{case.pk}")
    assert mine.count() == 1
