"""F20, F02: what the authority asked for goes through the citizen's own session as the filing did:
only the new files, under names that the portal takes, each as it is frozen."""

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from cases.filing import dossier_codes
from cases.filing import services as filing_services
from cases.filing.ports import DossierStatus, Report
from cases.models import Case, CaseDocument, Supplement
from cases.tracking.services import apply_reports
from opsa.core.models import JournalEntry
from procedures.models import FilingSystem
from tests.supplements.test_loop import confirm, line, new_page, send
from tests.support.browser import NARROW, let_in, settle
from tests.support.cases import Counter, make_counter
from tests.support.worklists import sign_in

pytestmark = pytest.mark.django_db(transaction=True)
CODE = "H26.31-261122-0001"


@pytest.fixture
def together(transactional_db: None) -> Counter:
    return make_counter(way=FilingSystem.Way.COPILOT)


@pytest.fixture
def ready(together: Counter) -> Case:
    """A case filed together that was asked for a paper, which was scanned anew."""
    made = filing_services.case_file(together.case().pk, staff=together.staff, actor=together.actor)
    dossier_codes.dossier_code_record(made.case_id, CODE, actor=together.actor, receipt=None)
    report = Report(f"{CODE}/1", "5", timezone.now(), "UBND", "Giấy chứng sinh rõ nét hơn")
    case = apply_reports(made.pk, DossierStatus(CODE, (report,)))
    assert case is not None
    confirm(together, case)
    new_page(together, case)
    return case


def ask(counter: Counter, case: Case) -> tuple[Any, bytes]:
    answer = sign_in(Client(), counter.staff).post(reverse("quay:answer_files", args=[case.pk]))
    return answer, b"".join(answer) if answer.streaming else answer.content


def test_the_new_files_come_as_one_zip_and_are_what_is_frozen_after(
    together: Counter, ready: Case
) -> None:
    FilingSystem.objects.update(name_length=24)
    answer, content = ask(together, ready)
    assert answer["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(content)) as made:
        found = {name: hashlib.sha256(made.read(name)).hexdigest() for name in made.namelist()}
    request = send(together, ready)
    assert found == {file["name"]: file["sha256"] for file in request.files}
    assert [name.startswith("bo-sung-1-") and len(name) <= 24 for name in found] == [True]
    assert not set(found.values()) & {f["sha256"] for f in ready.filings.get().files}
    entry = JournalEntry.objects.get(action="supplement.exported")
    assert (entry.staff_id, entry.subject) == (together.staff.pk, f"supplement:{request.pk}")
    assert entry.facts["files"] == 1


def test_a_file_that_was_changed_is_not_handed_out_and_a_person_sees_it(
    together: Counter, ready: Case
) -> None:
    default_storage.delete(line(ready).pdf)
    answer, content = ask(together, ready)
    assert (answer.status_code, content) == (303, b"")
    assert Case.objects.get(pk=ready.pk).attention == "scan_changed"
    assert not JournalEntry.objects.filter(action="supplement.exported").exists()


def test_nothing_is_handed_out_while_a_paper_is_missing_or_after_the_answer(
    together: Counter, ready: Case
) -> None:
    CaseDocument.objects.filter(pk=line(ready).pk).update(pdf_due=timezone.now())
    assert ask(together, ready)[0].status_code == 422
    CaseDocument.objects.filter(pk=line(ready).pk).update(pdf_due=None)
    send(together, ready)
    assert ask(together, ready)[0].status_code == 422


@pytest.mark.browser
def test_the_clerk_takes_the_files_and_says_that_they_are_there(
    together: Counter, ready: Case, page: Page, live_server: Any, shoot: Any, assert_axe: Any
) -> None:
    let_in(page.context, together.staff, live_server.url)
    page.goto(live_server.url + reverse("quay:asked", args=[ready.pk]))
    settle(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Tải các tệp bổ sung (ZIP)").click()
    assert zipfile.is_zipfile(Path(waiting.value.path()))
    assert_axe(page)
    shoot(page, "answer")
    page.set_viewport_size(NARROW)
    shoot(page, "answer-narrow")
    page.get_by_role("button", name="Đã nộp trên cổng").click()
    page.wait_for_url("**/xem/")
    expect(page.locator("#timeline")).to_contain_text("Gửi bổ sung")
    assert Supplement.objects.get().state == "accepted"
