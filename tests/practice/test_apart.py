"""F25: what is practised reaches nobody real, and stands in no real figure."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.http import Http404
from django.test import Client
from django.utils import timezone

from agencies.models import Agency, Role, Staff
from cases.access import cases_for
from cases.filing import services as filing
from cases.filing.systems import port_of
from cases.intake import drafts, elsewhere
from cases.messages import questions
from cases.messages import services as messages
from cases.models import Case, Digest, Message
from cases.reconcile import building
from cases.tracking import mapping
from cases.watch import digests, measures, metrics
from cases.worklists import board
from delivery import manifests, parcels, tracking
from delivery.models import Parcel
from delivery.refusals import Refused
from opsa.core import codes, outbox
from opsa.core.outbox import Answer, Outbox
from opsa.core.practice import A_PRACTICE_CODE, CHANNELS, SYSTEM
from procedures.models import FilingOverride, FilingSystem
from tests.support.cases import Counter
from tests.support.delivery import Desk
from tests.support.helpers import Clock
from tests.support.processes import Simulator
from tests.support.worklists import lay, make_supervisor, sign_in

pytestmark = pytest.mark.django_db(transaction=True)
NOWHERE = "http://127.0.0.1:9"


def make_due() -> None:
    Outbox.objects.update(run_at=timezone.now() - timedelta(seconds=1))


def the_real_world_is_a_trap(settings) -> None:
    """Whatever speaks to a real partner now fails; the simulator stands for practice alone."""
    for name in ("PORTAL_URL", "CARRIER_URL", "SMS_URL", "SMS2_URL", "ZALO_URL"):
        setattr(settings, name, NOWHERE)


# --- filing ------------------------------------------------------------------------------------


def test_a_practice_case_is_filed_with_the_simulator_and_with_nobody_else(
    practice: Counter, simulator: Simulator, settings
) -> None:
    the_real_world_is_a_trap(settings)
    case = practice.case()
    made = filing.case_file(case.pk, staff=practice.staff, actor=practice.actor)
    assert made.system_id == SYSTEM
    assert Outbox.objects.get(kind="filing").channel == CHANNELS[0]
    while outbox.work_one(CHANNELS[0]):
        pass
    made.refresh_from_db()
    assert made.state == made.State.ACCEPTED
    assert made.dossier_code


def test_a_mishap_of_the_simulator_is_practised_to_its_end(
    practice: Counter, simulator: Simulator
) -> None:
    """`doubt`: the dossier is kept over there and the answer cut; it is looked for, not resent."""
    simulator.post("/api/scenario", {"preset": "doubt"})
    case = practice.case()
    made = filing.case_file(case.pk, staff=practice.staff, actor=practice.actor)
    for _ in range(4):
        make_due()
        outbox.work_one(CHANNELS[0])
    made.refresh_from_db()
    assert made.state == made.State.ACCEPTED
    assert simulator.get("/api/truth")["dossiers"][str(made.key)]["count"] == 1


def test_an_offices_own_way_of_filing_never_leads_practice_to_a_real_system(
    practice: Counter, counter: Counter
) -> None:
    own = FilingOverride.objects.create(
        agency=practice.agency,
        procedure=practice.version.procedure,
        system=counter.version.system,
    )
    assert drafts.filing_system(own.agency, practice.version).pk == SYSTEM


def test_no_case_of_a_real_office_can_get_the_practice_system_or_a_practice_code(
    practice: Counter, counter: Counter
) -> None:
    practice.case()
    real = counter.case()
    system = FilingSystem.objects.get(pk=SYSTEM)
    for facts in (
        {"system": system},
        {"reference": codes.new_reference(practice=True)},
        {"agency": practice.agency},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Case.objects.filter(pk=real.pk).update(**facts)


def test_no_practice_case_or_its_filing_can_get_a_real_system(
    practice: Counter, counter: Counter
) -> None:
    case = practice.case()
    made = filing.case_file(case.pk, staff=practice.staff, actor=practice.actor)
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(system=counter.version.system)
    with pytest.raises(IntegrityError), transaction.atomic():
        type(made).objects.filter(pk=made.pk).update(system=counter.version.system)


def test_an_office_with_cases_stays_what_it_is(practice: Counter, counter: Counter) -> None:
    practice.case()
    counter.case()
    for office in (practice.agency, counter.agency):
        with pytest.raises(IntegrityError), transaction.atomic():
            Agency.objects.filter(pk=office.pk).update(is_practice=not office.is_practice)


def test_without_a_practice_portal_the_office_is_told_so_and_nothing_is_called(
    practice: Counter, settings
) -> None:
    settings.PRACTICE_PORTAL_URL = ""
    case = practice.case()
    found = filing.problems(filing.load_for_filing(case.pk))
    assert [problem.text for problem in found] == [
        "Điểm tập sự này chưa có cổng tập sự: tập đến bước xem lại"
    ]
    with pytest.raises(filing.NotReady):
        filing.case_file(case.pk, staff=practice.staff, actor=practice.actor)
    assert not Outbox.objects.exists()
    assert port_of(SYSTEM).find_by_our_reference("x").answer is Answer.UNKNOWN
    assert not port_of(SYSTEM).status_of([("x", "")]).ok


def test_a_real_portal_set_as_the_practice_one_counts_as_none(settings) -> None:
    from opsa.core import practice

    settings.DEMO = False
    settings.PORTAL_URL = settings.PRACTICE_PORTAL_URL = "https://portal.example/"
    settings.SMS_URL = settings.PRACTICE_SMS_URL = "https://sms.example"
    assert (practice.portal(), practice.sms()) == ("", "")
    settings.SMS_URL, settings.SMS2_URL = "https://other.example", "https://sms.example/"
    assert practice.sms() == ""
    settings.PRACTICE_PORTAL_URL = "https://practice.example"
    assert practice.portal() == "https://practice.example"


# --- messages ----------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["sms", "zalo", "email"])
def test_a_practice_text_goes_to_the_simulator_whatever_the_person_chose(
    practice: Counter, simulator: Simulator, settings, way: str
) -> None:
    the_real_world_is_a_trap(settings)
    case = practice.case(contact_by=way)
    case.filer.email = "huong@example.vn"
    case.filer.save()
    with transaction.atomic():
        told = messages.tell(case, "accepted")
    assert told is not None
    assert list(Outbox.objects.values_list("channel", flat=True)) == [CHANNELS[1]]
    assert outbox.work_one(CHANNELS[1])
    told.refresh_from_db()
    assert (told.provider, told.state) == ("tapsu", Message.State.HANDED)


def test_without_a_practice_sms_a_text_ends_in_plain_words_and_nobody_must_call(
    practice: Counter, settings
) -> None:
    settings.PRACTICE_SMS_URL = ""
    case = practice.case()
    with transaction.atomic():
        told = messages.tell(case, "accepted")
        code = messages.send_code(case, to="+84912345678", code="123456", key="k")
    assert told is not None
    for message in (told, code):
        assert message.state == Message.State.STOPPED
        assert message.why == "Không gửi: điểm tập sự"
    assert not Outbox.objects.exists()


# --- the carrier -------------------------------------------------------------------------------


def test_no_carrier_hears_of_a_practice_parcel_from_label_to_hand_over(
    practice: Counter, counter: Counter, settings
) -> None:
    the_real_world_is_a_trap(settings)
    desk = Desk(practice)
    cancelled = desk.parcel()
    parcels.parcel_cancel(cancelled.pk, actor=desk.actor)
    parcel = desk.on_road()
    assert parcel.number.startswith("TS")
    assert parcel.state == Parcel.State.HANDED_OVER
    assert not Outbox.objects.filter(channel="carrier").exists()
    assert parcel.next_poll_at is None
    assert tracking.claim_due() == []
    # and a real one is owed to it as ever
    real = Desk(counter).on_road()
    assert not real.number.startswith("TS")
    assert Outbox.objects.filter(channel="carrier").count() == 2
    assert real.next_poll_at is not None


def test_a_real_manifest_refuses_a_practice_label(practice: Counter, counter: Counter) -> None:
    parcel = Desk(practice).parcel()
    with pytest.raises(Refused) as refused:
        Desk(counter).scan(parcel.number)
    assert refused.value.text == f"{parcel.number} là nhãn tập sự. Bỏ ra, không giao bưu tá."
    with pytest.raises(Refused):
        manifests.parcel_scan(
            counter.agency, parcel.number.lower(), staff=counter.staff, actor=counter.actor
        )


# --- numbers -----------------------------------------------------------------------------------


def test_a_practice_code_can_be_read_and_is_never_a_real_one() -> None:
    for _ in range(200):
        code = codes.new_reference(practice=True)
        assert len(code) == codes.LENGTH
        assert codes.is_practice(codes.check_reference(codes.group_reference(code).lower()))
        assert codes.check_reference("o" + code[1:]) == code
        assert not codes.is_practice(codes.new_reference())
        for place in range(1, codes.LENGTH):
            wrong = codes.ALPHABET[(codes.VALUE[code[place]] + 7) % len(codes.ALPHABET)]
            with pytest.raises(ValueError, match="chưa đúng"):
                codes.check_reference(code[:place] + wrong + code[place + 1 :])
    with pytest.raises(ValueError, match="không có các chữ"):
        codes.check_reference("70" + "2" * 9)


def boss() -> Staff:
    return make_supervisor()


@pytest.mark.parametrize("who", ["clerk", "boss"])
def test_a_real_office_and_the_city_are_told_that_a_code_is_only_practice(
    practice: Counter, counter: Counter, client: Client, who: str
) -> None:
    case = practice.case()
    sign_in(client, counter.staff if who == "clerk" else boss())
    for address in ("/quay/quet/", "/quay/tim/"):
        answer = client.post(address, {"q": codes.group_reference(case.reference)})
        assert answer.status_code == 200
        assert str(A_PRACTICE_CODE) in answer.content.decode()
        assert "NGUYỄN THỊ HƯỜNG" not in answer.content.decode()
    assert client.get(f"/quay/ho-so/{case.pk}/").status_code in (403, 404)


def test_the_practice_office_opens_its_own_code(practice: Counter, client: Client) -> None:
    case = practice.case()
    sign_in(client, practice.staff)
    answer = client.post("/quay/quet/", {"q": case.reference})
    assert answer.status_code == 303
    assert f"/quay/ho-so/{case.pk}/" in answer.headers["Location"]


def test_a_draft_never_moves_between_practice_and_reality(
    practice: Counter, counter: Counter
) -> None:
    for here, there in ((practice, counter), (counter, practice)):
        case = there.case()
        number = case.filer.id_number
        assert elsewhere.of_person(here.staff, number) == []
        assert elsewhere.by_code(here.staff, case.reference) == []
        with pytest.raises(Http404):
            elsewhere.draft_fetch(staff=here.staff, case_id=case.pk, reference=case.reference)


def test_no_figure_of_the_city_counts_what_is_practised(
    practice: Counter, counter: Counter, simulator: Simulator, clock: Clock
) -> None:
    clock.at("2026-11-23 10:12")  # what was taken an hour ago is of today
    city = boss()
    now = timezone.now()
    facts = {"dossier": "4", "due_at": now - timedelta(days=1)}
    real = lay(counter, code="H26-1", **facts)
    lay(practice, code="H26-1", **facts)
    shown = board.board(city)
    assert practice.agency.pk not in [line.agency_id for line in shown.offices]
    assert (shown.totals["hom-nay"], shown.totals["qua-han"], shown.share.all) == (1, 1, 1)
    assert board.behind(city, board.MEASURES["qua-han"], None, now).get() == real
    assert cases_for(city).get() == real
    week = questions.asked_about(city, now - timedelta(days=7), now + timedelta(days=1))
    assert week.all.filed == 1
    # its own clerk sees it
    assert cases_for(practice.staff).count() == 1
    assert board.board(practice.staff).totals["hom-nay"] == 1


def test_no_digest_metric_alarm_or_morning_list_knows_practice(
    practice: Counter, counter: Counter, settings
) -> None:
    Staff.objects.create_user(
        "lead-of-practice", "a-long-test-password", display_name="Trưởng điểm tập sự",
        role=Role.LEAD, agency=practice.agency, email="lead@example.vn",
    )  # fmt: skip
    old = timezone.now() - timedelta(days=30)
    laid = lay(practice, dossier="4", code="H26-7", taken_at=old, accepted_at=old)
    laid.filings.get().reports.create(external_id="1", raw_code="la", occurred_at=old, unknown=True)
    case = practice.case()
    filing.case_file(case.pk, staff=practice.staff, actor=practice.actor)
    outbox.Channel.objects.get_or_create(code=CHANNELS[0])
    outbox.Channel.objects.get_or_create(code=CHANNELS[1])
    laid.filings.get().poll.__class__.objects.update(next_at=old, answered_at=old)
    Outbox.objects.update(created_at=old, run_at=old)
    assert mapping.unexplained() == {}
    subjects = {one.subject for one in measures.readings()}
    assert not subjects & {SYSTEM, *CHANNELS}
    assert building.morning() == 0
    body = b"".join(
        line.encode()
        for family in metrics.House().collect()
        for sample in family.samples
        for line in sample.labels.values()
    )
    assert SYSTEM.encode() not in body
    assert b"tapsu" not in body
    digests.morning(datetime(2026, 11, 23, 7, tzinfo=UTC))
    assert list(Digest.objects.values_list("agency", flat=True)) == [counter.agency.pk]
