"""Pages of one paper: their order, turn and number become one stamped PDF; nothing is lost on the
way, and a filed case keeps what it sent."""

import io
import re

import pikepdf
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases.filing import payload
from cases.filing.readiness import problems
from cases.filing.services import NotReady, case_file
from cases.intake import practice, scan_binding, scan_pages, scans
from cases.models import Case, CaseDocument, Scan
from opsa.core import files
from opsa.core.kept import forget_all
from opsa.core.models import JournalEntry
from opsa.core.once import new_key
from tests.intake.test_files_at_the_counter import pdf_of
from tests.support.cases import make_counter
from tests.support.hostile import pdf
from tests.support.papers import encoded, phone_jpeg, sheet
from tests.support.worklists import sign_in


@pytest.fixture
def line(draft) -> CaseDocument:
    return draft.documents.get(document__key="giay-chung-sinh")


def small(seed: int) -> bytes:
    return encoded(sheet(500, seed=seed), "JPEG")


def pages(line) -> list[Scan]:
    return list(line.scans.exclude(state="removed").order_by("position"))


def bound(line) -> pikepdf.Pdf:
    scan_binding.document_bind(line.pk)
    line.refresh_from_db()
    assert line.pdf_due is None
    return pikepdf.open(io.BytesIO(files.load(line.pdf)))


def widths(made: pikepdf.Pdf) -> list[int]:
    return [round(float(page.mediabox[2])) for page in made.pages]


def blank(width: int) -> bytes:
    made = pikepdf.new()
    made.add_blank_page(page_size=(width, 300))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_several_files_of_a_paper_become_one_pdf_in_their_order(staff, draft, line):
    for width in (201, 202, 203):
        practice.scan_of(staff, line, blank(width))
    assert widths(bound(line)) == [201, 202, 203]
    assert (line.pdf_pages, line.pdf_size) == (3, len(files.load(line.pdf)))


def test_a_scanners_file_of_three_pages_is_three_pages(staff, draft, line):
    practice.scan_of(staff, line, pdf_of(*(small(seed) for seed in (1, 2, 3))))
    assert [(page.part, page.pages, page.state) for page in pages(line)] == [
        (1, 1, "clean"), (2, 1, "clean"), (3, 1, "clean")
    ]  # fmt: skip
    assert len(bound(line).pages) == 3


def test_what_the_clerk_orders_turns_and_takes_out_is_what_is_sent(staff, draft, line):
    for width in (201, 202, 203):
        practice.scan_of(staff, line, blank(width))
    first, second, third = pages(line)
    act = {"staff": staff, "case_id": draft.pk}
    scan_pages.scan_move(**act, scan_id=third.pk, later=False)
    assert widths(bound(line)) == [201, 203, 202]
    scan_pages.scan_remove(**act, scan_id=first.pk)
    assert widths(bound(line)) == [203, 202]
    scan_pages.scan_turn(**act, scan_id=second.pk)
    turned = bound(line)
    assert int(turned.pages[1].obj.Rotate) == 90
    scan_pages.scan_restore(**act, scan_id=first.pk)
    assert widths(bound(line)) == [201, 203, 202]
    done = set(JournalEntry.objects.values_list("action", flat=True))
    assert {"scan.moved", "scan.removed", "scan.turned", "scan.restored", "paper.bound"} <= done


def test_the_first_page_stays_first_and_the_last_last(staff, draft, line):
    for width in (201, 202):
        practice.scan_of(staff, line, blank(width))
    first, last = pages(line)
    scan_pages.scan_move(staff=staff, case_id=draft.pk, scan_id=first.pk, later=False)
    scan_pages.scan_move(staff=staff, case_id=draft.pk, scan_id=last.pk, later=True)
    assert pages(line) == [first, last]


def test_page_one_says_who_scanned_when_and_how_many(staff, draft, line):
    practice.scan_of(staff, line, small(1))
    practice.scan_of(staff, line, small(2))
    words = scan_binding.stamp(line, pages(line))
    assert staff.display_name in words
    assert words.endswith("2 trang.")
    made = bound(line)
    plain, stamped = made.pages[1], made.pages[0]
    assert "/Stamp" in stamped.Resources.XObject
    assert "/Stamp" not in plain.Resources.XObject
    # The strip lies above the page: nothing of the paper is under it.
    assert float(stamped.mediabox[3]) == pytest.approx(float(plain.mediabox[3]) + 16, abs=0.5)


def test_the_same_pages_make_the_same_pdf(staff, draft, line):
    practice.scan_of(staff, line, small(1))
    bound(line)
    before = line.pdf_sha256
    scan_pages.scan_turn(staff=staff, case_id=draft.pk, scan_id=pages(line)[0].pk)
    assert bound(line)
    assert line.pdf_sha256 != before
    for _ in range(3):
        scan_pages.scan_turn(staff=staff, case_id=draft.pk, scan_id=pages(line)[0].pk)
    bound(line)
    assert line.pdf_sha256 == before


def test_filing_waits_for_the_pdf_and_sends_it_alone(staff, ready):
    line = ready.documents.get(document__key="giay-chung-sinh")
    practice.scan_of(staff, line, small(7))
    assert problems(Case.objects.get(pk=ready.pk)) == []
    scan_pages.scan_turn(staff=staff, case_id=ready.pk, scan_id=pages(line)[0].pk)
    left = problems(Case.objects.get(pk=ready.pk))
    assert [problem.text for problem in left] == [f"Đang ghép trang: {line.document.name}"]
    bound(line)
    case = Case.objects.get(pk=ready.pk)
    assert problems(case) == []
    sent = [one for one in payload.sent_files(case) if one.document == line.document.key]
    assert [(one.kind, one.pages, one.sha256) for one in sent] == [("pdf", 2, line.pdf_sha256)]


def test_a_lost_nudge_is_found_by_the_sweeper(staff, draft, line):
    practice.scan_of(staff, line, small(1))
    scan_pages.scan_turn(staff=staff, case_id=draft.pk, scan_id=pages(line)[0].pk)
    scans.scans_sweep(older_than_seconds=-1)
    line.refresh_from_db()
    assert line.pdf_due is None


def test_pages_over_the_systems_limit_are_told_at_the_paper(staff, draft, line):
    draft.system.max_file_bytes = 9_000
    draft.system.save()
    practice.scan_of(staff, line, small(1))
    line.refresh_from_db()
    assert "lớn hơn mức" in line.pdf_problem
    assert any(p.text.startswith("Chưa ghép được") for p in problems(Case.objects.get(pk=draft.pk)))


def test_a_fault_is_told_and_the_page_may_be_used_anyway(staff, draft, line, clerk, post):
    scan = practice.scan_of(staff, line, encoded(sheet(700, lines=0), "JPEG"))
    assert scan.warnings == ["blank"]
    url = reverse("quay:step", args=[draft.pk, "ban-quet"])
    page = clerk.get(url).content.decode()
    assert "Trang trống." in page
    assert "Chụp lại" in page
    post(reverse("quay:scan_act", args=[draft.pk, scan.pk]), {"act": "keep"})
    page = clerk.get(url).content.decode()
    assert "Vẫn dùng." in page
    assert "Chụp lại" not in page
    assert JournalEntry.objects.filter(action="scan.kept").exists()


def test_the_count_typed_for_the_paper_is_held_against_the_scan(staff, draft, line, clerk, post):
    practice.scan_of(staff, line, small(1))
    url = reverse("quay:scan_count", args=[draft.pk, line.pk])
    assert post(url, {"pages": "3"}).status_code == 303
    page = clerk.get(reverse("quay:step", args=[draft.pk, "ban-quet"])).content.decode()
    assert "Giấy có 3 trang, mới quét 1." in page
    assert "Quét 1 trên 3 trang" in page
    for wrong in ("nhiều", "0", "1000", "9" * 5000):
        assert post(url, {"pages": wrong}).status_code == 422
    post(url, {"pages": "1"})
    page = clerk.get(reverse("quay:step", args=[draft.pk, "ban-quet"])).content.decode()
    assert "mới quét" not in page


def test_a_photo_is_made_small_and_says_what_it_was(staff, draft, line, clerk):
    given = phone_jpeg(sheet(2000), 6)
    scan = practice.scan_of(staff, line, given)
    assert scan.upload_size == len(given)
    assert scan.size < 300_000
    page = clerk.get(reverse("quay:step", args=[draft.pk, "ban-quet"])).content.decode()
    assert "lúc gửi" in page
    assert clerk.get(reverse("quay:scan_preview", args=[scan.pk]))["Content-Type"] == "image/jpeg"


def test_the_pdf_is_served_as_an_attachment_and_its_seeing_is_noted(staff, draft, line, clerk):
    practice.scan_of(staff, line, small(1))
    answer = clerk.get(reverse("quay:scan_pdf", args=[draft.pk, line.pk]))
    assert answer.content.startswith(b"%PDF-")
    assert answer["Content-Disposition"].startswith("attachment")
    assert JournalEntry.objects.filter(action="paper.seen").count() == 1


def test_more_than_thirty_pages_are_told(staff, draft, line):
    practice.scan_of(staff, line, pdf(29))
    refused = practice.scan_of(staff, line, pdf(2))
    assert refused.state == "refused"
    assert "30" in refused.refused_because


def test_another_office_finds_none_of_it(staff, draft, line):
    scan = practice.scan_of(staff, line, small(1))
    stranger = sign_in(Client(), make_counter().staff)
    for name, args in (
        ("scan_preview", [scan.pk]), ("scan_view", [scan.pk]), ("scan_pdf", [draft.pk, line.pk])
    ):  # fmt: skip
        assert stranger.get(reverse(f"quay:{name}", args=args)).status_code == 404
    for name, args, more in (
        ("scan_act", [draft.pk, scan.pk], {"act": "turn"}),
        ("scan_count", [draft.pk, line.pk], {"pages": "2"}),
        ("scan_restore", [draft.pk, scan.pk], {}),
    ):
        answer = stranger.post(reverse(f"quay:{name}", args=args), {"form_key": new_key(), **more})
        assert answer.status_code == 404
    scan.refresh_from_db()
    assert scan.turn == 0


def test_the_case_page_offers_the_one_pdf(clerk, draft, staff, line):
    for seed in (1, 2):
        practice.scan_of(staff, line, small(seed))
    Case.objects.filter(pk=draft.pk).update(work="filed", taken_at=timezone.now())
    page = clerk.get(reverse("quay:filed", args=[draft.pk])).content.decode()
    assert page.count("Tải PDF") == 1


def test_pages_are_numbered_and_a_refused_file_is_no_page(clerk, draft, staff, line):
    practice.scan_of(staff, line, small(1))
    practice.scan_of(staff, line, b"%PDF-1.7 broken")
    practice.scan_of(staff, line, small(2))
    page = clerk.get(reverse("quay:step", args=[draft.pk, "ban-quet"])).content.decode()
    titles = re.findall(r'<div class="told"><b>([^<]+)</b>', page)
    assert titles == ["Trang 1", "Tệp không dùng được", "Trang 2"]


def test_a_file_that_the_storage_lost_is_red_on_the_draft_and_nothing_is_filed(
    staff, ready, clerk, counter
):
    line = next(one for one in ready.documents.all() if payload.places_of(one))
    for place in payload.places_of(line):
        files.remove(place)
    forget_all()
    case = Case.objects.get(pk=ready.pk)
    assert [one.text for one in problems(case)] == [f"Tệp đã mất, quét lại: {line.document.name}"]
    page = clerk.get(reverse("quay:step", args=[case.pk, "ban-quet"])).content.decode()
    assert "Tệp đã mất, quét lại" in page
    own = page[page.index(f'id="d{line.pk}"') :]
    head = own[: own.index("</header>")]
    assert re.search(r'class="st bad">.{0,200}?Tệp đã mất', head, re.DOTALL)
    with pytest.raises(NotReady):
        case_file(case.pk, staff=staff, actor=counter.actor)
    assert not case.filings.exists()
