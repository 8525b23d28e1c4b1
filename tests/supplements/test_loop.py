"""F20: asked for papers, the citizen told, only those papers opened, answered under the same
dossier, and the term that stood still goes on."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from cases.filing import deciding
from cases.filing import services as filing_services
from cases.intake import mandates, practice, scan_pages, scans
from cases.models import Case, CaseDocument, Filing, Refusal, StatusReport, Supplement
from cases.states import Dossier, Work
from cases.supplements import services
from cases.supplements.services import NotReadyError
from cases.tracking import asking
from cases.tracking import services as tracking
from opsa.core.models import JournalEntry
from opsa.core.once import new_key
from opsa.core.outbox import Channel, Outbox
from tests.support.cases import Counter, make_counter
from tests.support.processes import Simulator
from tests.support.sending import drain
from tests.support.worklists import sign_in

pytestmark = pytest.mark.django_db(transaction=True)
State = Supplement.State
WORDS = "Đề nghị bổ sung bản chụp Giấy chứng sinh rõ nét hơn"


def filed(counter: Counter) -> Filing:
    case = counter.case()
    made = filing_services.case_file(case.pk, staff=counter.staff, actor=counter.actor)
    drain(made)
    made.refresh_from_db()
    assert made.state == Filing.State.ACCEPTED
    return made


def says(simulator: Simulator, filing: Filing, code: int, text: str = "") -> None:
    simulator.post(
        f"/api/dossier/{filing.dossier_code}/status", {"TrangThai": code, "NoiDung": text}
    )
    asking.ask_about(filing.pk)


def asked(simulator: Simulator, filing: Filing, text: str = WORDS) -> Case:
    says(simulator, filing, 2)
    says(simulator, filing, 4)
    says(simulator, filing, 5, text)
    return Case.objects.get(pk=filing.case_id)


def line(case: Case) -> CaseDocument:
    return CaseDocument.objects.get(case=case, document__key="giay-chung-sinh")


def new_page(counter: Counter, case: Case) -> None:
    """The clerk takes the old pages out and scans the paper anew."""
    for old in line(case).scans.exclude(state="removed"):
        scan_pages.scan_remove(staff=counter.staff, case_id=case.pk, scan_id=old.pk)
    practice.scan_of(counter.staff, line(case), practice.paper_picture())


def confirm(counter: Counter, case: Case, *papers: str) -> Supplement:
    return services.papers_confirm(
        staff=counter.staff, case_id=case.pk, papers=list(papers or ("giay-chung-sinh",)), words=""
    )


def rescanned(counter: Counter, simulator: Simulator) -> tuple[Filing, Case]:
    """A filing asked for a paper, which the clerk named and scanned anew: ready to send."""
    filing = filed(counter)
    case = asked(simulator, filing)
    confirm(counter, case)
    new_page(counter, case)
    return filing, case


def send(counter: Counter, case: Case) -> Supplement:
    return services.supplement_send(staff=counter.staff, case_id=case.pk)


def answered(counter: Counter, simulator: Simulator) -> tuple[Filing, Case, Supplement]:
    """The same with the answer waiting to leave."""
    filing, case = rescanned(counter, simulator)
    return filing, case, send(counter, case)


def truth(simulator: Simulator, filing: Filing) -> dict:
    return simulator.get("/api/truth")["dossiers"][str(filing.key)]


def test_a_request_makes_work_names_the_paper_tells_the_citizen_and_teaches(counter, simulator):
    filing = filed(counter)
    case = asked(simulator, filing)
    request = Supplement.objects.get(case=case)
    assert (case.queue, case.dossier) == (Case.Queue.SUPPLEMENT, Dossier.SUPPLEMENT)
    assert (request.state, request.papers, request.again) == (
        State.ASKED,
        ["giay-chung-sinh"],
        False,
    )
    assert case.messages.filter(event="supplement").count() == 1
    assert list(Refusal.objects.values_list("document", "reason")) == [
        ("giay-chung-sinh", "blurred")
    ]
    asking.ask_about(filing.pk)
    assert Supplement.objects.count() == case.messages.filter(event="supplement").count() == 1


def test_the_whole_loop_ends_in_the_same_dossier_with_the_term_moved_by_the_pause(
    counter, simulator
):
    filing = filed(counter)
    case = asked(simulator, filing)
    filing.reports.update(occurred_at=F("occurred_at") - timedelta(hours=1))
    before = truth(simulator, filing)["count"]
    with pytest.raises(NotReadyError):
        send(counter, case)
    confirm(counter, case)
    case.refresh_from_db()
    assert "Giấy chứng sinh" in case.waiting_for
    with pytest.raises(NotReadyError):
        send(counter, case)
    new_page(counter, case)
    sent = send(counter, case)
    again = send(counter, case)
    assert (sent.pk, sent.state, again.pk) == (again.pk, State.QUEUED, sent.pk)
    assert Outbox.objects.filter(kind="supplement").count() == 1
    assert drain(filing) == 1
    sent.refresh_from_db()
    assert sent.state == State.ACCEPTED
    held = truth(simulator, filing)
    assert (held["count"], held["items"][0]["code"]) == (before, filing.dossier_code)
    assert sent.files[0]["sha256"] in {file["sha256"] for file in held["items"][0]["files"]}
    asking.ask_about(filing.pk)
    case.refresh_from_db()
    assert (case.dossier, case.queue, case.work) == (
        Dossier.IN_WORK,
        Case.Queue.AGENCY,
        Work.FILED,
    )
    pauses = tracking.pauses(list(filing.reports.all()), timezone.now())
    assert len(pauses) == 1
    start, end = pauses[0]
    assert start + timedelta(hours=1) <= end <= timezone.now()
    assert Filing.objects.filter(case=case).count() == 1


def test_the_term_stands_still_while_the_citizen_is_asked(counter, simulator):
    filing = filed(counter)
    case = asked(simulator, filing)
    request = Supplement.objects.get(case=case)
    StatusReport.objects.filter(filing=filing).update(
        occurred_at=timezone.now() - timedelta(days=30)
    )
    StatusReport.objects.filter(pk=request.report_id).update(
        occurred_at=timezone.now() - timedelta(days=29)
    )
    says(simulator, filing, 6)
    case.refresh_from_db()
    assert case.due_at is not None
    assert case.due_at > timezone.now()


def test_after_filing_only_the_paper_that_was_asked_for_takes_pages(counter, simulator):
    filing = filed(counter)
    case = Case.objects.get(pk=filing.case_id)
    with pytest.raises(scans.ScanRefusedError):
        new_page(counter, case)
    asked(simulator, filing, "Liên hệ cán bộ thụ lý")
    Supplement.objects.update(papers=["giay-khac"])
    with pytest.raises(scans.ScanRefusedError, match="không hỏi giấy này"):
        new_page(counter, case)


def test_the_same_file_as_before_is_no_answer(counter, simulator):
    filing = filed(counter)
    case = asked(simulator, filing)
    request = confirm(counter, case)
    held = line(case)
    held.pdf, held.pdf_sha256, held.pdf_pages = "x", filing.files[0]["sha256"], 2
    held.save()
    assert services.problems(request) == ["Vẫn là bản đã gửi, quét bản mới: Giấy chứng sinh"]


def test_an_answer_in_doubt_is_sent_again_under_its_key_and_stored_once(counter, simulator):
    filing, case = rescanned(counter, simulator)
    simulator.put("/api/dial", {"portal": {"mode": "down"}})
    sent = send(counter, case)
    drain(filing)
    sent.refresh_from_db()
    assert sent.state == State.QUEUED
    simulator.put("/api/dial", {"portal": {"mode": "ok"}})
    Outbox.objects.filter(kind="supplement").update(run_at=timezone.now() - timedelta(seconds=1))
    Channel.objects.update(next_probe_at=None)
    drain(filing)
    sent.refresh_from_db()
    assert sent.state == State.ACCEPTED
    assert len(truth(simulator, filing)["items"][0]["supplements"]) == 1


def test_a_refused_answer_comes_back_to_the_clerk_with_the_reason(counter, simulator):
    filing, case = rescanned(counter, simulator)
    simulator.post(f"/api/dossier/{filing.dossier_code}/status", {"TrangThai": 4})
    sent = send(counter, case)
    first_key = sent.key
    drain(filing)
    sent.refresh_from_db()
    assert sent.state == State.ASKED
    assert sent.key != first_key
    assert "105" in sent.refusal


@pytest.mark.parametrize("sent_before", [True, False], ids=["waiting to leave", "not sent yet"])
def test_nothing_leaves_once_the_person_takes_the_consent_back(counter, simulator, sent_before):
    filing = filed(counter)
    case = asked(simulator, filing)
    held = truth(simulator, filing)["items"][0]["files"]
    confirm(counter, case)
    new_page(counter, case)
    if sent_before:
        send(counter, case)
    mandates.mandate_revoke(staff=counter.staff, case_id=case.pk)
    if not sent_before:
        with pytest.raises(NotReadyError, match="rút đồng ý"):
            send(counter, case)
    drain(filing)
    case.refresh_from_db()
    request = Supplement.objects.get(case=case)
    assert truth(simulator, filing)["items"][0]["files"] == held
    assert (case.work, case.attention) == (Work.ATTENTION, "revoked")
    assert request.state == (State.PERSON if sent_before else State.ASKED)


def test_a_second_request_for_the_same_paper_is_flagged(counter, simulator):
    filing, case, _sent = answered(counter, simulator)
    drain(filing)
    asking.ask_about(filing.pk)
    says(simulator, filing, 5, WORDS)
    newest = Supplement.objects.get(case=case, state=State.ASKED)
    assert (newest.number, newest.again) == (2, True)
    entry = JournalEntry.objects.filter(action="supplement.asked").order_by("pk").last()
    assert entry is not None
    assert entry.facts["again"] is True


def test_a_request_that_the_authority_drops_is_over(counter, simulator):
    filing = filed(counter)
    case = asked(simulator, filing)
    says(simulator, filing, 4)
    assert Supplement.objects.get(case=case).state == State.OVER


def test_the_citizen_answers_at_any_office_by_the_code_of_the_slip(counter, simulator):
    filing = filed(counter)
    case = asked(simulator, filing)
    other = make_counter()
    there = sign_in(Client(), other.staff)
    assert there.get(reverse("quay:asked", args=[case.pk])).status_code == 404
    found = there.post(reverse("quay:command"), {"q": case.reference}).content.decode()
    assert "Chờ bổ sung, nhận ở" in found
    moved = there.post(
        reverse("quay:fetch", args=[case.pk]),
        {"reference": case.reference, "form_key": new_key()},
    )
    assert moved.status_code == 303
    case.refresh_from_db()
    assert (case.agency_id, case.work) == (other.agency.pk, Work.FILED)
    counter.staff = other.staff
    confirm(counter, case)
    new_page(counter, case)
    services.supplement_send(staff=other.staff, case_id=case.pk)
    drain(filing)
    assert Supplement.objects.get(case=case).state == State.ACCEPTED


def test_a_case_the_authority_works_on_stays_where_it_is(counter, simulator):
    filing = filed(counter)
    case = Case.objects.get(pk=filing.case_id)
    other = make_counter()
    there = sign_in(Client(), other.staff)
    moved = there.post(
        reverse("quay:fetch", args=[case.pk]),
        {"reference": case.reference, "form_key": new_key()},
    )
    assert moved.status_code == 404


def test_the_clerk_opens_the_case_on_the_missing_papers_and_answers_from_the_page(
    counter, simulator
):
    filing = filed(counter)
    case = asked(simulator, filing)
    clerk = sign_in(Client(), counter.staff)

    def post(name: str, **data: object):
        return clerk.post(reverse(name, args=[case.pk]), {"form_key": new_key(), **data})

    found = clerk.post(reverse("quay:command"), {"q": case.reference})
    door = clerk.get(found["Location"])
    assert door["Location"] == reverse("quay:asked", args=[case.pk])
    page = clerk.get(door["Location"]).content.decode()
    assert WORDS in page
    assert "Thời hạn đang dừng từ" in page
    assert post("quay:answer").status_code == 422
    refused = post("quay:asked_papers", words="Mang bản chính ra bưu cục")
    assert refused.status_code == 422
    assert 'value="Mang bản chính ra bưu cục"' in refused.content.decode()
    assert post("quay:asked_papers", paper="giay-chung-sinh").status_code == 303
    new_page(counter, case)
    assert post("quay:answer").status_code == 303
    drain(filing)
    assert Supplement.objects.get(case=case).state == State.ACCEPTED
    shown = clerk.get(reverse("quay:filed", args=[case.pk])).content.decode()
    assert "Đã gửi bổ sung" in shown


def test_a_refused_answer_is_over_when_the_authority_waits_no_longer(counter, simulator):
    filing, case, sent = answered(counter, simulator)
    says(simulator, filing, 4)  # the authority goes on without it
    with transaction.atomic():
        services.refused(sent.pk, "105: không chờ bổ sung")
    sent.refresh_from_db()
    case.refresh_from_db()
    assert (case.dossier, sent.state, case.waiting_for) == (Dossier.IN_WORK, State.OVER, "")
    assert services.open_request(case.pk) is None


def test_a_case_is_not_closed_over_an_answer_under_way(counter, simulator):
    filing, case, _sent = answered(counter, simulator)
    with pytest.raises(deciding.NotNow):
        deciding.case_end(case.pk, actor=counter.actor, reason="khách bỏ")
    drain(filing)
    deciding.case_end(case.pk, actor=counter.actor, reason="khách bỏ")


def test_what_a_case_waits_for_is_kept_in_vietnamese_whoever_writes_it(counter, simulator):
    filing = filed(counter)
    case = asked(simulator, filing)
    with translation.override("en"):
        assert confirm(counter, case).words.startswith("Mang ra bưu điện: ")
    case.refresh_from_db()
    assert case.waiting_for.startswith("Mang ra bưu điện: ")


def test_once_answered_it_is_the_authoritys_turn_until_it_speaks_or_the_answer_comes_back(
    counter, simulator
):
    _filing, case, _sent = answered(counter, simulator)
    case.refresh_from_db()
    assert (case.queue, case.dossier) == (Case.Queue.AGENCY, Dossier.SUPPLEMENT)
    page = Client().get(f"/t/{case.token}/").content.decode()
    assert "Cơ quan đang xem giấy bổ sung" in page
    assert "Cần thêm giấy tờ" not in page
    shown = sign_in(Client(), counter.staff).get(reverse("quay:list", args=["co-quan"]))
    assert "Đã gửi bổ sung" in shown.content.decode()
    with transaction.atomic():
        services.refused(Supplement.objects.get(case=case).pk, "Tệp mờ")
    case.refresh_from_db()
    assert (case.queue, case.answered) == (Case.Queue.SUPPLEMENT, False)
    assert "Cần thêm giấy tờ" in Client().get(f"/t/{case.token}/").content.decode()
