"""The five main paths as a screen reader meets them: docs/screen-reader.md is the script, and every
name, focus and announcement that it promises is asked of the browser's own accessibility tree."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, Page, expect

from cases.intake import cards, drafts, mandates, practice, scan_binding, scans, steps
from cases.models import Case, Paper, Scan
from cases.papers import services as papers
from opsa.core import limits
from opsa.core.codes import group_reference
from opsa.embedded.places import PROJECT
from tests.support.birth import CARD
from tests.support.browser import Hands, settle
from tests.support.cases import Counter
from tests.support.worklists import PASSWORD, lay

SCRIPT = PROJECT / "docs" / "screen-reader.md"
STEP = re.compile(r"^\| (\d\.\d+) \|(.*)\|$", re.MULTILINE)
PROMISE = re.compile(r"(focus|said|title)?:? ?`([^`]+)`")

Heard = Callable[[str], None]


def promises() -> dict[str, list[tuple[str, str]]]:
    """What each step of the script promises: ("", a line of the tree), ("focus", …), ("said", …)
    or ("title", …)."""
    found = STEP.findall(SCRIPT.read_text())
    return {step: PROMISE.findall(row.rsplit("|", 1)[1]) for step, row in found}


@pytest.fixture(autouse=True)
def no_limits_yet() -> None:
    """Wrong tries of earlier tests came from this address too."""
    limits.client().flushdb()


@pytest.fixture
def heard(page: Page) -> Iterator[Heard]:
    """`heard("1.2")` asks the page for all that step 1.2 of the script promises. A path is walked
    to its end: no step of it may be left out."""
    told: dict[str, list[tuple[str, str]]] = promises()
    walked: list[str] = []

    def focused() -> str:
        try:
            return page.locator(":focus").aria_snapshot(timeout=1000)
        except Error:
            return ""

    def told_by_page(kind: str, words: str) -> tuple[bool, str]:
        if kind == "focus":
            tree = focused()
            return tree.startswith(f"- {words}"), tree
        tree = page.locator("body").aria_snapshot()
        return words in tree, tree

    def check(step: str) -> None:
        assert told[step], f"{step} promises nothing"
        walked.append(step)
        for kind, words in told[step]:
            if kind == "title":
                expect(page).to_have_title(re.compile("^" + re.escape(words)))
            elif kind == "said":
                expect(page.locator("#say")).to_contain_text(words)
            else:
                # An answer may just be taking the place of a part of the page.
                end = time.monotonic() + 8
                while not (heard := told_by_page(kind, words))[0]:
                    assert time.monotonic() < end, f"{step}: {words!r} is not in\n{heard[1]}"
                    page.wait_for_timeout(50)

    yield check
    assert walked == [step for step in told if step[0] == walked[0][0]], "a step was left out"


def burst(page: Page, text: str) -> None:
    """A scanner: faster than hands, ended by Enter."""
    page.keyboard.insert_text(text[:-1])
    page.keyboard.type(text[-1])
    page.keyboard.press("Enter")


def test_signing_in(
    transactional_db: None, birth_counter: Counter, page: Page, live_server: Any, heard: Heard
) -> None:
    page.goto(f"{live_server.url}/quay/")
    heard("1.1")
    page.keyboard.type(birth_counter.staff.username)
    page.keyboard.press("Tab")
    heard("1.2")
    page.keyboard.type("khong-phai-mat-khau")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]")
    heard("1.3")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/quay/")
    heard("1.4")
    page.keyboard.press("F1")
    heard("1.5")
    page.keyboard.press("Escape")
    page.keyboard.press("F9")
    expect(page.locator("#lock-pin")).to_be_focused()
    heard("1.6")


def test_a_card_and_a_simple_case(
    birth_counter: Counter, seen: Callable[..., Page], heard: Heard
) -> None:
    page = seen(birth_counter.staff, "/quay/")
    page.keyboard.press("F2")
    burst(page, CARD)
    page.wait_for_url("**/khach/")
    heard("2.1")
    page.keyboard.press("F2")
    page.keyboard.type("ks", delay=60)
    page.keyboard.press("Enter")
    page.wait_for_url("**/quet/")
    heard("2.2")
    page.keyboard.press("Enter")
    page.wait_for_url("**/nguoi-nop/")
    heard("2.3")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    heard("2.4")
    page.keyboard.type("12", delay=60)
    page.keyboard.press("Tab")
    expect(page.locator("#phone")).to_have_attribute("aria-invalid", "true")
    heard("2.5")
    page.locator("#phone").fill("0912345678")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowUp")
    # Her ear waits for what the page has to say about the number before it goes on.
    expect(page.locator("#todo")).to_contain_text("Còn 1 việc")
    settle(page)
    box = page.locator(".docs input:not(:disabled):not(:checked)").first
    box.focus()
    page.keyboard.press("Space")
    expect(page.locator("#todo")).to_contain_text("Đủ cho bước này")
    heard("2.6")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/to-khai/")
    heard("2.7")


@pytest.fixture
def scanning(birth_counter: Counter) -> Case:
    """Filled in up to the papers; one of them is to be scanned."""
    staff = birth_counter.staff
    case = drafts.draft_open(staff=staff, version=birth_counter.version, card=cards.read(CARD))
    filled = {"phone": "0912345678", "relation": "self", "commune": "00169"}
    practice.save(staff, case, steps.APPLICANT, filled)
    practice.save(staff, case, steps.DECLARATION, {"f-noi-sinh": "Bệnh viện"})
    return case


def test_scans(
    transactional_db: None,
    birth_counter: Counter,
    scanning: Case,
    seen: Callable[..., Page],
    heard: Heard,
    tmp_path: Path,
) -> None:
    picture = tmp_path / "giay.png"
    picture.write_bytes(practice.paper_picture())
    page = seen(birth_counter.staff, f"/quay/ho-so/{scanning.pk}/ban-quet/")
    heard("3.1")
    line = page.locator("input[type=file]").first
    line.set_input_files({"name": "trang.png", "mimeType": "image/png", "buffer": b""})
    expect(page.locator("[data-upload-list] li")).to_contain_text("Tệp trống")
    heard("3.2")
    line.set_input_files(picture)
    expect(page.locator("#scans li.sheet")).to_have_count(1)
    heard("3.3")
    scans.scan_check(Scan.objects.get().pk)
    scan_binding.document_bind(Scan.objects.get().document_id)
    expect(page.locator("#scans .st.done")).to_be_visible()
    heard("3.4")
    page.get_by_role("button", name="Gỡ trang 1").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#undo")).to_be_visible()
    heard("3.5")


def test_filing_and_the_slip(
    transactional_db: None,
    birth_counter: Counter,
    ready: Case,
    seen: Callable[..., Page],
    heard: Heard,
) -> None:
    mandates.mandate_revoke(staff=birth_counter.staff, case_id=ready.pk)
    page = seen(birth_counter.staff, f"/quay/ho-so/{ready.pk}/dong-y/")
    heard("4.1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/khach-xem/")
    heard("4.2")
    page.locator("button[value=yes]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/xem-lai/")
    heard("4.3")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/nop/")
    heard("4.4")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/xem/")
    heard("4.5")
    papers.paper_draw(Paper.objects.get(case=ready, kind="slip").pk)
    expect(page.get_by_role("button", name="In phiếu F4")).to_be_visible()
    heard("4.6")


def test_looking_up_a_status(
    transactional_db: None, birth_counter: Counter, page: Page, live_server: Any, heard: Heard
) -> None:
    case = lay(birth_counter, name="NGUYỄN THỊ HƯỜNG", phone="+84912345678", dossier="4")
    page.goto(f"{live_server.url}/")
    heard("5.1")
    Hands(page).to("main input")
    heard("5.2")
    page.keyboard.type("ABC")
    page.keyboard.press("Enter")
    page.wait_for_selector("[aria-invalid=true]")
    heard("5.3")
    boxes = page.get_by_role("main").get_by_role("textbox")
    boxes.nth(0).fill(group_reference(case.reference))
    boxes.nth(1).fill("5678")
    page.keyboard.press("Enter")
    page.wait_for_url("**/t/**")
    heard("5.4")


def test_two_things_said_at_once_are_both_heard(
    transactional_db: None, birth_counter: Counter, seen: Callable[..., Page]
) -> None:
    page = seen(birth_counter.staff, "/quay/")
    page.evaluate("() => { opsa.say('Quét lại.'); opsa.say('Đã gỡ trang'); }")
    expect(page.locator("#say")).to_have_text("Quét lại. Đã gỡ trang")
