"""A whole filing with fingers only, on a phone-sized screen: no mouse, no keys, no scanner."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from agencies.models import Commune
from cases.intake import practice, scans
from cases.models import Case, Filing, Scan
from tests.support.browser import let_in, settle
from tests.support.cases import Counter

NEXT = "#next"


def tap(page: Page, selector: str) -> None:
    """A finger on the first of these; what it touches is at least 24 px high and not covered."""
    settle(page)
    one = page.locator(selector).first
    one.scroll_into_view_if_needed()
    box = one.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 24 or one.get_attribute("type") in (
        "checkbox",
        "radio",
    ), selector
    one.tap()


def write(page: Page, selector: str, text: str) -> None:
    """With the phone's own keyboard: text arrives without keys being pressed."""
    tap(page, selector)
    page.keyboard.insert_text(text)


def go_on(page: Page, to: str) -> None:
    tap(page, NEXT)
    page.wait_for_url(f"**/{to}/")
    settle(page)
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{to} scrolls sideways by {wide} px"


@pytest.mark.browser
def test_a_whole_filing_with_touch_alone_at_390_wide(
    transactional_db: None,
    birth_counter: Counter,
    live_server: Any,
    new_context: Callable[..., BrowserContext],
    shoot: Callable[..., Path],
    tmp_path: Path,
) -> None:
    from cases.intake.mandates import ensure_texts

    ensure_texts()
    paper = tmp_path / "giay.png"
    paper.write_bytes(practice.paper_picture())
    context = new_context(has_touch=True, is_mobile=True)
    let_in(context, birth_counter.staff, live_server.url)
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_server.url}/quay/")
    tap(page, "form[action$='/ho-so/moi/'] button")
    page.wait_for_url("**/nguoi-nop/")
    settle(page)
    write(page, "#name", "Nguyễn Thị Hường")
    write(page, "#id_number", "001190012345")
    write(page, "#birth_date", "02091990")
    page.locator("#sex").select_option("nu")
    write(page, "#address", "Số 12 ngõ 5, Trung Hòa, Cầu Giấy, Hà Nội")
    page.locator("#commune").select_option(Commune.objects.get(code="00169").pk)
    write(page, "#phone", "0912345678")
    page.locator("#relation").select_option("self")
    shoot(page, "1-person")
    open_box = ".docs input[type=checkbox]:not(:disabled):not(:checked)"
    while page.locator(open_box).count():
        with page.expect_response("**/phan/checklist/"):
            tap(page, open_box)
    go_on(page, "to-khai")
    write(page, "#f-noi-sinh", "Bệnh viện Phụ sản")
    for name in ("ten-tre", "ngay-sinh-tre"):
        if not page.locator(f"#f-{name}").input_value():
            write(page, f"#f-{name}", "05112026" if "ngay" in name else "Nguyễn Gia Hân")
    go_on(page, "ban-quet")
    page.locator("input[type=file]").first.set_input_files(paper)
    end = time.monotonic() + 20
    while not Scan.objects.exists() and time.monotonic() < end:
        page.wait_for_timeout(200)
    for scan in Scan.objects.all():
        scans.scan_check(scan.pk)
    shoot(page, "2-scans")
    go_on(page, "phi")
    page.locator("#method").select_option("cash")
    tap(page, "form.pay button")
    expect(page.locator("main")).to_contain_text("Đã trả")
    shoot(page, "3-fees")
    go_on(page, "dong-y")
    tap(page, "#ask-screen")
    page.wait_for_url("**/khach-xem/")
    settle(page)
    shoot(page, "4-consent")
    tap(page, "button[value=yes]")
    page.wait_for_url("**/xem-lai/")
    settle(page)
    go_on(page, "nop")
    shoot(page, "5-file")
    tap(page, NEXT)
    page.wait_for_url("**/xem/")
    shoot(page, "6-filed")
    assert Case.objects.get().work == "filed"
    assert Filing.objects.count() == 1
