"""F03: every line says what became of its paper, promises end, and what came back teaches."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from agencies.access import actor_of
from cases.filing import services as filing
from cases.filing.readiness import problems
from cases.intake import documents, promises, refusals
from cases.intake.documents import Mark, MarkRefusedError
from cases.models import Case, CaseDocument, Filing, Refusal, StatusReport
from cases.states import Work
from opsa.core import kept
from procedures.models import RequiredDocument

Kind = RequiredDocument.Kind
PAPER = "giay-chung-sinh"


def line(case, key=PAPER) -> CaseDocument:
    return CaseDocument.objects.select_related("document").get(case=case, document__key=key)


def left(case) -> list[str]:
    return [one.text for one in problems(filing.load_for_filing(case.pk))]


def say(staff, case, mark, key=PAPER, **more):
    return documents.document_mark(
        staff=staff, case_id=case.pk, document_id=line(case, key).pk, mark=mark, **more
    )


def without_scan(ready: Case) -> Case:
    """The ready case, its paper not yet scanned."""
    row = line(ready)
    row.scans.all().delete()
    CaseDocument.objects.filter(pk=row.pk).update(mark=Mark.OPEN)
    return ready


@pytest.mark.parametrize(
    ("key", "marks"),
    [
        (PAPER, {"not_needed", "later", "open"}),
        ("can-cuoc", {"original", "copy", "in_database", "not_needed", "later", "open"}),
        ("ket-hon", {"in_database", "not_needed", "later", "open"}),
        ("to-khai", set()),
    ],
)
def test_each_kind_of_paper_offers_only_the_marks_that_can_be_true(draft, key, marks):
    assert {str(one.value) for one in documents.choices_for(line(draft, key))} == marks


def test_a_paper_that_must_be_sent_is_not_received_without_its_pages(staff, draft):
    for mark in ("original", "copy"):
        with pytest.raises(MarkRefusedError, match="quét"):
            say(staff, draft, mark)
        with pytest.raises(MarkRefusedError, match="quét"):
            say(staff, draft, mark, key="ket-hon")


def test_filing_is_impossible_with_a_required_line_open_and_possible_when_it_is_not_needed(
    staff, ready
):
    case = without_scan(ready)
    assert any("Giấy chứng sinh" in text for text in left(case))
    with pytest.raises(filing.NotReady):
        filing.case_file(case.pk, staff=staff, actor=actor_of(staff))
    say(staff, case, "not_needed", reason="Đã có giấy chứng sinh điện tử")
    assert left(case) == []


def test_a_case_taken_in_as_incomplete_says_until_when_and_can_be_filed_until_then(staff, ready):
    case = without_scan(ready)
    day = timezone.localdate() + timedelta(days=5)
    say(staff, case, "later", reason="Để quên ở nhà", until=f"{day:%d/%m/%Y}")
    case.refresh_from_db()
    assert case.incomplete_until == day
    assert f"{day:%d/%m}" in case.waiting_for
    assert left(case) == []
    Case.objects.filter(pk=case.pk).update(incomplete_until=timezone.localdate() - timedelta(1))
    assert left(case) == ["Quá hẹn nộp sau: Giấy chứng sinh"]


@pytest.mark.parametrize("days", [-1, 31])
def test_a_promise_is_from_today_to_thirty_days_ahead(staff, draft, days):
    day = timezone.localdate() + timedelta(days=days)
    with pytest.raises(MarkRefusedError, match="Hẹn nộp sau"):
        say(staff, draft, "later", reason="Để quên", until=f"{day:%d/%m/%Y}")


def test_an_incomplete_case_is_work_in_a_list_with_its_number_and_label(clerk, staff, draft):
    say(staff, draft, "later", reason="Để quên ở nhà")
    page = clerk.get(reverse("quay:list", args=["nhan-thieu"]))
    assert [row.pk for row in page.context["rows"]] == [draft.pk]
    assert page.context["count"] == "1"
    assert "Nhận thiếu, chờ đến" in page.content.decode()
    step = clerk.get(reverse("quay:step", args=[draft.pk, "nguoi-nop"])).content.decode()
    assert "Nộp sau, đến" in step


def test_a_promise_that_is_over_opens_the_line_of_a_draft(staff, ready):
    case = without_scan(ready)
    say(staff, case, "later", reason="Để quên ở nhà")
    assert promises.expire() == 0
    assert promises.expire(timezone.localdate() + timedelta(days=11)) == 1
    case.refresh_from_db()
    assert (case.incomplete_until, line(case).mark) == (None, Mark.OPEN)
    assert "Quá hẹn nộp sau" in case.waiting_for
    assert any("Giấy chứng sinh" in text for text in left(case))


def test_a_filed_case_whose_paper_did_not_come_needs_a_person_until_it_comes(staff, ready):
    case = without_scan(ready)
    say(staff, case, "later", reason="Để quên ở nhà")
    filing.case_file(case.pk, staff=staff, actor=actor_of(staff))
    assert promises.expire(timezone.localdate() + timedelta(days=11)) == 1
    case.refresh_from_db()
    assert (case.work, case.attention) == (Work.ATTENTION, "incomplete")
    promises.promise_kept(
        staff=staff, case_id=case.pk, document_id=line(case).pk, mark=Mark.ORIGINAL_SEEN
    )
    case.refresh_from_db()
    assert (case.work, case.incomplete_until) == (Work.FILED, None)


# --- refusal memory ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Đề nghị bổ sung bản chụp giấy tờ rõ nét hơn", "blurred"),
        ("Bản chụp giấy chứng sinh bị mờ", "blurred"),
        ("Giấy xác nhận đã hết hạn", "expired"),
        ("Văn bản ủy quyền chưa được chứng thực", "uncertified"),
        ("Tờ khai thiếu chữ ký của người yêu cầu", "unsigned"),
        ("Họ tên trên giấy chứng sinh không khớp với căn cước", "mismatch"),
        ("Đề nghị làm lại theo đúng mẫu", "wrong_form"),
        ("Thiếu trang 2 của giấy chứng sinh", "incomplete"),
        ("Thiếu giấy chứng nhận kết hôn", "missing"),
        ("Liên hệ cán bộ thụ lý", "other"),
    ],
)
def test_a_requests_words_point_to_one_reason_of_a_closed_list(text, reason):
    assert refusals.reason_of(text) == reason


def test_a_request_names_its_papers_or_means_the_only_one(counter):
    papers = list(counter.version.documents.all())
    assert refusals.papers_meant("Giấy chứng sinh bị mờ", papers) == [PAPER]
    assert refusals.papers_meant("Thiếu giấy chứng nhận kết hôn của cha mẹ", papers) == ["ket-hon"]
    assert refusals.papers_meant("Đề nghị bổ sung", papers) == []
    assert refusals.papers_meant("Đề nghị bổ sung", papers[:1]) == [PAPER]


def teach(case: Case, text: str, times: int, *, authority: str = "UBND phường Yên Hòa", days=1):
    made = Filing.objects.create(
        case=case, system=case.system, way="gateway", payload_sha256="0" * 64,
        filed_by=case.opened_by, taken_at=timezone.now(), state="refused",
        number=case.filings.count() + 1,
    )  # fmt: skip
    for number in range(times):
        report = StatusReport.objects.create(
            filing=made, external_id=f"x/{number}", raw_code="5", dossier="5", text=text,
            occurred_at=timezone.now() - timedelta(days=days),
        )  # fmt: skip
        refusals.learn(
            report,
            procedure_id=case.version.procedure_id,
            authority=authority,
            papers=[PAPER],
        )
        refusals.learn(
            report, procedure_id=case.version.procedure_id, authority=authority, papers=[PAPER]
        )
    kept.forget_all()


def test_the_top_three_reasons_of_ninety_days_stand_beside_the_line_own_authority_first(
    clerk, draft
):
    teach(draft, "bị mờ", 3, authority="UBND phường Cầu Giấy")
    teach(draft, "hết hạn", 2, authority="UBND phường Cầu Giấy")
    teach(draft, "thiếu chữ ký", 1)
    teach(draft, "không khớp", 4, days=91)
    teach(draft, "sai mẫu", 1, authority="UBND phường Cầu Giấy")
    found = refusals.top(draft.version.procedure_id, "UBND phường Yên Hòa")[PAPER]
    assert found == [("unsigned", 1), ("blurred", 3), ("expired", 2)]
    assert refusals.top(draft.version.procedure_id, "")[PAPER][0] == ("blurred", 3)
    page = clerk.get(reverse("quay:step", args=[draft.pk, "nguoi-nop"])).content.decode()
    assert "90 ngày qua bị trả vì:" in page
    assert "Bản chụp mờ, khó đọc (3)" in page


def test_no_memory_shows_nothing_and_the_memory_costs_one_query_a_minute(clerk, draft):
    page = clerk.get(reverse("quay:step", args=[draft.pk, "nguoi-nop"])).content.decode()
    assert "90 ngày qua" not in page
    kept.forget_all()
    with CaptureQueriesContext(connection) as asked:
        refusals.top(draft.version.procedure_id, "")
        refusals.top(draft.version.procedure_id, "UBND phường Yên Hòa")
    assert len(asked) == 1


def test_what_a_person_says_about_a_request_replaces_what_its_words_suggested(draft):
    teach(draft, "bị mờ", 1)
    report = StatusReport.objects.get()
    refusals.correct(report, ["ket-hon"])
    assert list(Refusal.objects.values_list("document", "reason", "by_person")) == [
        ("ket-hon", "blurred", True)
    ]


def test_practice_papers_are_marked_with_marks_that_can_be_true(ready):
    for row in CaseDocument.objects.filter(case=ready, needed=True).select_related("document"):
        if row.document.kind != Kind.TYPED:
            assert row.mark in {*documents.CHOICES[row.document.kind], Mark.SCANNED}
