"""The light, the checklist's marks, the slip and the supplement page, looked at and checked."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from cases.filing import services as filing_services
from cases.intake import documents, scan_binding, scans
from cases.models import CaseDocument, Filing, StatusReport
from cases.states import Dossier
from cases.supplements import asking
from tests.intake.test_documents import line, teach
from tests.intake.test_pages_in_a_browser import NARROW
from tests.support.browser import WIDE
from tests.support.papers import encoded, sheet

SIZES = [WIDE, NARROW]


def looked_at(page, shoot, assert_axe, name):
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_axe(page)
    shoot(page, name, full_page=False)


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES, ids=["wide", "narrow"])
def test_the_light_stands_before_typing_and_follows_what_is_ticked(
    seen, mockup, shoot, assert_axe, size
):
    CaseDocument.objects.filter(pk=line(mockup).pk).update(mark="open")
    teach(mockup, "bị mờ", 3)
    page = seen(mockup.opened_by, reverse("quay:step", args=[mockup.pk, "nguoi-nop"]), size=size)
    assert page.get_by_text("Hôm nay xong được không").count() == 1
    assert page.get_by_text("90 ngày qua bị trả vì:").count() == 1
    looked_at(page, shoot, assert_axe, f"applicant-{size['width']}")
    page = seen(mockup.opened_by, reverse("quay:today", args=[mockup.pk]), size=size)
    page.keyboard.press("Space")
    page.wait_for_selector("#light .red")
    looked_at(page, shoot, assert_axe, f"today-{size['width']}")
    page.keyboard.press("F8")
    page.wait_for_selector("#h-slip")
    looked_at(page, shoot, assert_axe, f"slip-{size['width']}")


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=["wide", "narrow"])
def test_the_papers_that_count_stand_first_and_the_others_are_one_line(
    seen, mockup, shoot, assert_axe, size, dark
):
    url = reverse("quay:step", args=[mockup.pk, "nguoi-nop"])
    page = seen(mockup.opened_by, url, size=size, dark=dark)
    looked_at(page, shoot, assert_axe, "papers")
    boxes, folded = page.locator(".docs input[type=checkbox]"), page.locator("#off")
    assert boxes.count() == 4
    if size == WIDE:
        foot = page.locator(".foot").bounding_box()["y"]
        seen_whole = [box["y"] + box["height"] <= foot for li in page.locator(".docs li").all()
                      if (box := li.bounding_box())]  # fmt: skip
        assert seen_whole == [True] * 4
    expect(folded.locator("summary")).to_have_text("2 giấy không cần")
    reason = folded.locator("li", has_text="Giấy cam đoan").get_by_text("Chỉ cần khi")
    expect(reason).to_be_hidden()
    # The arrows walk over papers that can be ticked, never into the folded ones.
    ticks = page.locator(".docs input:not(:disabled)")
    ticks.last.focus()
    page.keyboard.press("ArrowDown")
    expect(ticks.last).to_be_focused()
    page.locator("#off-s").focus()
    page.keyboard.press("Enter")
    expect(reason).to_be_visible()
    # The list is drawn anew after a save; what was opened to be read stays open.
    with page.expect_response("**/phan/checklist/"):
        page.locator("input[name=q-chung-sinh][value=khong]").check()
    expect(boxes).to_have_count(5)
    expect(folded.locator("summary")).to_have_text("1 giấy không cần")
    expect(folded.get_by_text("Văn bản ủy quyền")).to_be_visible()
    looked_at(page, shoot, assert_axe, "papers-open")


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES, ids=["wide", "narrow"])
def test_the_marks_of_a_paper_are_few_and_ask_for_a_day_only_when_it_comes_later(
    seen, mockup, shoot, assert_axe, size
):
    page = seen(
        mockup.opened_by,
        reverse("quay:mark", args=[mockup.pk, line(mockup, "ket-hon").pk]),
        size=size,
    )
    assert not page.locator("#until").is_visible()
    page.check("input[value=later]")
    assert page.locator("#until").is_visible()
    looked_at(page, shoot, assert_axe, f"mark-{size['width']}")


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES, ids=["wide", "narrow"])
def test_a_supplement_opens_on_the_papers_that_are_asked_for(
    seen, mockup, ready, shoot, assert_axe, size
):
    filing = filing_services.case_file(ready.pk, staff=ready.opened_by, actor=today_actor(ready))
    Filing.objects.filter(pk=filing.pk).update(
        state=Filing.State.ACCEPTED, dossier_code="H26-1", accepted_at=timezone.now()
    )
    ready.refresh_from_db()
    ready.dossier = Dossier.SUPPLEMENT
    ready.save(update_fields=["dossier"])
    report = StatusReport.objects.create(
        filing=filing, external_id="x/1", raw_code="5", dossier="5",
        occurred_at=timezone.now() - timedelta(hours=3), unit="UBND phường Yên Hòa",
        text="Đề nghị bổ sung bản chụp Giấy chứng sinh rõ nét hơn",
    )  # fmt: skip
    asking.asked(ready, filing, report)
    page = seen(ready.opened_by, reverse("quay:asked", args=[ready.pk]), size=size)
    looked_at(page, shoot, assert_axe, f"asked-{size['width']}")
    # The same place and key as in every step; Enter in the words moves on, as a scanner ends in it.
    main = page.locator(".foot .btn.go")
    expect(main).to_have_text("Ghi giấy phải bổ sung Ctrl ↵")
    page.locator("#words").press("Enter")
    expect(main).to_be_focused()
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#scans")
    assert page.locator("#scans > section").count() == 1
    looked_at(page, shoot, assert_axe, f"confirmed-{size['width']}")
    assert documents.pages_open(ready)
    # What is left follows the pages without the page being loaded again.
    left, paper = page.locator("#left"), ready.documents.get(document__key="giay-chung-sinh")
    expect(left).to_contain_text("Vẫn là bản đã gửi")
    page.set_input_files(
        f"#up{paper.pk}",
        {"name": "a.png", "mimeType": "image/png", "buffer": encoded(sheet(seed=4), "PNG")},
    )
    expect(page.locator("#scans li.sheet").last).to_contain_text("a.png", timeout=20_000)
    scans.scan_check(paper.scans.get(original_name="a.png").pk)
    scan_binding.document_bind(paper.pk)
    expect(left.locator("li")).to_have_count(0, timeout=10_000)


def today_actor(case):
    from agencies.access import actor_of

    return actor_of(case.opened_by)
