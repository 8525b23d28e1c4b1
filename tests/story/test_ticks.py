"""What the clerk ticks stays ticked, however late the answers come and whatever is under way."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from cases.intake import drafts
from cases.intake.clashes import token_of
from cases.intake.desk import open_desk
from cases.intake.saving import FORMS
from cases.models import Case, CaseDocument
from tests.support.browser import let_in, settle
from tests.support.cases import Counter
from tests.support.worklists import sign_in

BOXES = "#checklist .docs input[type=checkbox]:not(:disabled)"


def slow(page: Page) -> None:
    """Every answer takes most of a second from now on; requests leave at once."""
    line = {"offline": False, "latency": 700, "downloadThroughput": -1, "uploadThroughput": -1}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", line)


@pytest.fixture
def blank(transactional_db: None, birth_counter: Counter) -> Case:
    """A draft with nothing said and no paper ticked."""
    return drafts.draft_open(staff=birth_counter.staff, version=birth_counter.version)


@pytest.fixture
def opened(blank: Case, page: Page, live_server: Any) -> Page:
    let_in(page.context, blank.opened_by, live_server.url)
    page.goto(live_server.url + reverse("quay:step", args=[blank.pk, "nguoi-nop"]))
    return page


def still_open(case: Case) -> list[int]:
    """The papers a tick is enough for that nobody has ticked."""
    rows = CaseDocument.objects.filter(case=case, needed=True, mark="open")
    return list(rows.exclude(document__kind__in=("upload", "typed")).values_list("pk", flat=True))


@pytest.mark.browser
def test_papers_ticked_while_a_save_is_under_way_are_stored(blank: Case, opened: Page) -> None:
    slow(opened)
    boxes = opened.locator(BOXES)
    assert boxes.count() >= 2
    opened.locator("#phone").fill("0912345678")
    for box in boxes.all():
        box.focus()
        opened.keyboard.press("Space")
        opened.wait_for_timeout(250)
    opened.wait_for_timeout(3000)
    assert boxes.count() >= 2, "the checklist left the page with an answer"
    for box in boxes.all():
        expect(box).to_be_checked()
    opened.keyboard.press("Control+Enter")
    opened.wait_for_url("**/to-khai/")
    assert still_open(blank) == []


@pytest.mark.browser
def test_the_checklist_follows_a_save_and_next_sends_what_it_shows(
    blank: Case, opened: Page
) -> None:
    first = opened.locator(BOXES).first
    first.focus()
    with opened.expect_response(lambda answer: "/checklist/" in answer.url):
        opened.keyboard.press("Space")
    opened.wait_for_timeout(300)
    expect(opened.locator("#checklist")).to_be_visible()
    expect(opened.locator(BOXES).first).to_be_checked()
    rest = len(still_open(blank))
    opened.keyboard.press("Control+Enter")
    opened.wait_for_url("**/to-khai/")
    assert len(still_open(blank)) == rest


@pytest.mark.browser
def test_a_paper_ticked_while_next_is_under_way_is_stored(blank: Case, opened: Page) -> None:
    before = len(still_open(blank))
    slow(opened)
    opened.keyboard.press("Control+Enter")
    opened.wait_for_timeout(150)
    for box in opened.locator(BOXES).all():
        box.focus()
        opened.keyboard.press("Space")
    ticked = opened.locator(f"{BOXES}:checked").count()
    opened.wait_for_url("**/to-khai/")
    assert before - len(still_open(blank)) == ticked


def test_a_page_without_the_checklist_takes_no_tick_away(blank: Case, client: Client) -> None:
    row = CaseDocument.objects.get(pk=still_open(blank)[0])
    clerk = sign_in(client, blank.opened_by)
    url = reverse("quay:save", args=[blank.pk, "nguoi-nop"])
    box = f"d{row.pk}"
    version = token_of(FORMS["nguoi-nop"](open_desk(blank.opened_by, blank.pk)))
    sent = {"version": version, "papers": box, box: "on"}
    version = clerk.post(url, sent).json()["version"]
    row.refresh_from_db()
    assert row.mark != "open"
    version = clerk.post(url, {"version": version, "phone": "0912345678"}).json()["version"]
    row.refresh_from_db()
    assert row.mark != "open"
    assert clerk.post(url, {"version": version, "papers": box}).status_code == 200
    row.refresh_from_db()
    assert row.mark == "open"


@pytest.mark.browser
def test_a_step_that_has_the_focus_keeps_it_when_the_parts_are_drawn_again(
    blank: Case, opened: Page
) -> None:
    opened.locator("#phone").fill("0912345678")
    with opened.expect_response("**/phan/summary/"):
        opened.locator("#steps a[href$='/xem-lai/']").focus()
    settle(opened)
    opened.keyboard.press("Enter")
    opened.wait_for_url("**/xem-lai/")
