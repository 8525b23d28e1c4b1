"""F02, F20: the portal's paper about an answer to the authority is held against that answer, and
says nothing about the filing."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from cases.filing import dossier_codes
from cases.filing.ports import DossierStatus, Report
from cases.models import Acknowledgement, Case, Filing, Supplement
from cases.states import Work
from cases.tracking.services import apply_reports
from opsa.core import journal
from opsa.core.models import JournalEntry
from tests.supplements.test_loop import confirm, new_page, send
from tests.support.browser import NARROW, let_in, settle
from tests.support.cases import Counter
from tests.support.joint import CODE, paper_of, picture_pdf

pytestmark = pytest.mark.django_db(transaction=True)
State = Acknowledgement.State


@pytest.fixture
def answer(together: Counter, joint: Filing) -> Supplement:
    """A filing made together whose paper is equal, and the answer to a request about it."""
    dossier_codes.dossier_code_record(joint.case_id, CODE, actor=together.actor, receipt=None)
    report = Report(f"{CODE}/1", "5", timezone.now(), "UBND", "Giấy chứng sinh rõ nét hơn")
    case = apply_reports(joint.pk, DossierStatus(CODE, (report,)))
    assert case is not None
    confirm(together, case)
    new_page(together, case)
    joint.refresh_from_db()
    return send(together, case)


def case_of(filing: Filing) -> Case:
    return Case.objects.get(pk=filing.case_id)


def test_a_paper_that_lists_the_new_files_is_equal_and_leaves_the_filing_alone(
    joint: Filing, answer: Supplement, bring: Any
) -> None:
    own = bring(joint, paper_of(joint))
    paper = bring(joint, paper_of(joint, files=answer.files))
    assert (paper.state, paper.supplement) == (State.EQUAL, answer)
    assert paper.compared == ["code", "procedure", "count", "sizes", "contents"]
    own.refresh_from_db()
    assert (own.state, own.supplement) == (State.EQUAL, None)
    assert joint.state == Filing.State.ACCEPTED
    assert [file["sha256"] for file in joint.held] == [file["sha256"] for file in joint.files]
    case = case_of(joint)
    assert case.work == Work.FILED
    entry = JournalEntry.objects.get(
        action="acknowledgement.equal", subject__endswith=f":{paper.pk}"
    )
    assert entry.facts["supplement"] == answer.number
    assert not journal.verify(f"case:{case.pk}")


@pytest.mark.parametrize("change", [{"size": 1}, {"sha256": "0" * 64}])
def test_one_that_differs_puts_the_case_before_a_person_and_an_equal_one_settles_it(
    joint: Filing, answer: Supplement, bring: Any, change: dict[str, Any]
) -> None:
    listed = [answer.files[0] | change, *answer.files[1:]]
    paper = bring(joint, paper_of(joint, files=listed))
    assert (paper.state, paper.supplement) == (State.DIFFERS, answer)
    assert (case_of(joint).work, case_of(joint).attention) == (Work.ATTENTION, "mismatch")
    assert joint.state == Filing.State.ACCEPTED
    assert bring(joint, paper_of(joint, files=answer.files)).state == State.EQUAL
    assert case_of(joint).work == Work.FILED


def test_under_another_code_it_is_another_dossiers(
    joint: Filing, answer: Supplement, bring: Any
) -> None:
    paper = bring(joint, paper_of(joint, "H26.31-261122-0009", files=answer.files))
    assert (paper.state, paper.supplement) == (State.DIFFERS, answer)
    assert case_of(joint).attention == "acknowledgement"


def test_a_paper_without_a_list_is_about_the_filing_and_for_the_eye(
    joint: Filing, answer: Supplement, bring: Any
) -> None:
    paper = bring(joint, picture_pdf())
    assert (paper.state, paper.supplement) == (State.BY_EYE, None)


def test_an_equal_paper_of_an_answer_settles_nothing_that_the_filing_waits_for(
    joint: Filing, answer: Supplement, bring: Any
) -> None:
    missing = paper_of(joint, files=[joint.files[0] | {"size": 1}, *joint.files[1:]])
    assert bring(joint, missing).state == State.DIFFERS
    assert bring(joint, paper_of(joint, files=answer.files)).state == State.EQUAL
    assert case_of(joint).work == Work.ATTENTION
    assert joint.state == Filing.State.MISMATCH


@pytest.mark.browser
def test_the_panel_says_each_by_its_name(
    together: Counter,
    joint: Filing,
    answer: Supplement,
    bring: Any,
    page: Page,
    live_server: Any,
    shoot: Any,
    assert_axe: Any,
) -> None:
    bring(joint, paper_of(joint))
    bring(joint, paper_of(joint, files=answer.files))
    let_in(page.context, together.staff, live_server.url)
    page.goto(live_server.url + reverse("quay:filed", args=[joint.case_id]))
    settle(page)
    panel = page.locator("#paper")
    expect(panel).to_contain_text("Khớp với hồ sơ đã nộp")
    expect(panel).to_contain_text("Bổ sung lần 1: khớp với giấy đã nộp")
    with page.expect_download() as waiting:
        panel.get_by_role("link", name="Tải giấy của bổ sung lần 1").click()
    assert waiting.value.suggested_filename.startswith("giay-tiep-nhan-")
    assert_axe(page)
    shoot(page, "answer-paper")
    page.set_viewport_size(NARROW)
    shoot(page, "answer-paper-narrow")
