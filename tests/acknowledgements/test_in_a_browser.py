"""Filing together as a clerk does it: two windows, the keyboard, the files, and the portal's
paper."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from cases.acknowledgements import services
from cases.filing import dossier_codes
from cases.filing import services as filing_services
from cases.models import Acknowledgement, Case, Filing
from cases.states import Work
from tests.support.browser import NARROW, WIDE, Hands, let_in, settle
from tests.support.cases import Counter
from tests.support.joint import CODE, picture_pdf
from tests.support.processes import Simulator

#: The portal's field for each of ours that its small form has.
FIELDS = {
    "Mã thủ tục": "MaTTHC",
    "Tên thủ tục": "TenTTHC",
    "Họ và tên": "HoTen",
    "Số định danh": "SoDinhDanh",
    "Số điện thoại": "SoDienThoai",
}


@pytest.fixture
def joint(transactional_db: None, together: Counter) -> Filing:
    case = together.case(declaration='{"ten-con": "NGUYỄN GIA BẢO"}')
    return filing_services.case_file(case.pk, staff=together.staff, actor=together.actor)


@pytest.fixture
def case_page(page: Page, live_server: Any, together: Counter, joint: Filing) -> Page:
    """The case's page as its clerk sees it, with the panel there."""
    let_in(page.context, together.staff, live_server.url)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    page.goto(live_server.url + reverse("quay:filed", args=[joint.case_id]))
    page.locator("#copilot [data-copies]").wait_for()
    settle(page)
    return page


def copied_by_key(page: Page) -> dict[str, str]:
    """Every value in order, by the one key, as the clipboard had it."""
    hands, found = Hands(page), {}
    rows = page.locator("[data-copy]")
    for number in range(rows.count()):
        left = page.locator("[data-left]")
        expect(left).to_contain_text(f"Còn {rows.count() - number} ô")
        hands.press("Alt+k")
        expect(page.locator("[data-copy].is-done")).to_have_count(number + 1)
        name = rows.nth(number).get_attribute("data-name") or ""
        found.setdefault(name, page.evaluate("navigator.clipboard.readText()"))
    expect(page.locator("[data-left]")).to_contain_text("Đã chép hết")
    return found


def taken(page: Page, button: str) -> tuple[str, bytes]:
    """What a button hands out: its name and its bytes."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).first.click()
    kept = waiting.value
    return kept.suggested_filename, Path(kept.path()).read_bytes()


def filed_at_portal(
    page: Page,
    simulator: Simulator,
    values: dict[str, str],
    files: list[tuple[str, bytes]],
    kind: str,
) -> bytes:
    """The citizen's own window: what was copied, these very files, and the paper that comes."""
    other = page.context.new_page()
    other.goto(f"{simulator.portal}/portal/cong-dan/")
    for label, field in FIELDS.items():
        other.fill(f"[name={field}]", values[label])
    other.set_input_files(
        "[name=tep]",
        [{"name": n, "mimeType": "application/pdf", "buffer": content} for n, content in files],
    )
    other.click("button.main")
    with other.expect_download() as waiting:
        other.get_by_role("link", name=kind).click()
    content = Path(waiting.value.path()).read_bytes()
    other.close()
    return content


def brought(page: Page, name: str, content: bytes) -> None:
    """The paper given to the page, and read by the worker."""
    page.set_input_files(
        "#ack", {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )
    page.get_by_role("button", name="Đưa giấy vào").click()
    expect(page.locator("#paper")).to_contain_text("Máy đang đọc", timeout=10_000)
    services.acknowledgement_check(Acknowledgement.objects.latest("pk").pk)


def test_a_case_goes_through_both_windows_and_the_paper_is_equal(
    case_page: Page, joint: Filing, simulator: Simulator, shoot: Callable[..., Path],
    assert_axe: Callable[..., None],
) -> None:  # fmt: skip
    page = case_page
    shoot(page, "before")
    assert_axe(page)
    values = copied_by_key(page)
    assert values["Ngày sinh"] == "02/09/1990"
    assert values["Số điện thoại"] == "0912345678"
    assert values["Họ tên con"] == "NGUYỄN GIA BẢO"
    # The bar that says what comes next stays in sight, under the header and not behind it.
    bar, header = page.locator(".copying").bounding_box(), page.locator(".top").bounding_box()
    assert bar is not None
    assert header is not None
    assert page.evaluate("scrollY") > 0
    assert bar["y"] >= header["y"] + header["height"] - 1
    shoot(page, "copied", full_page=False)
    name, content = taken(page, "Tải tất cả (ZIP)")
    with zipfile.ZipFile(io.BytesIO(content)) as made:
        assert made.testzip() is None
        files = [(one, made.read(one)) for one in made.namelist()]
    assert name.endswith(".zip")
    assert [one for one, _ in files] == [file["name"] for file in joint.files]
    assert taken(page, "Tải tệp") == files[0]
    paper = filed_at_portal(page, simulator, values, files, "PDF")
    assert paper.startswith(b"%PDF-")
    brought(page, "giay.pdf", paper)
    expect(page.locator("#paper")).to_contain_text("Khớp với hồ sơ đã nộp", timeout=10_000)
    expect(page.locator("#paper")).to_contain_text("nội dung từng tệp")
    joint.refresh_from_db()
    assert joint.state == Filing.State.ACCEPTED
    assert joint.dossier_code.startswith("H26.")
    page.reload()
    page.locator("#paper").wait_for()
    settle(page)
    expect(page.locator("#copilot-code")).to_contain_text(joint.dossier_code)
    assert_axe(page)
    shoot(page, "equal")
    page.set_viewport_size(NARROW)
    shoot(page, "equal-narrow")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Tải giấy tiếp nhận").click()
    assert Path(waiting.value.path()).read_bytes() == paper


def test_a_file_that_the_portal_dropped_is_said_in_plain_words(
    case_page: Page, joint: Filing, simulator: Simulator, shoot: Callable[..., Path],
    assert_axe: Callable[..., None],
) -> None:  # fmt: skip
    page = case_page
    values = copied_by_key(page)
    file = taken(page, "Tải tệp")
    simulator.put("/api/dial", {"portal": {"drop_file": {"next": 1}}})
    paper = filed_at_portal(page, simulator, values, [file], "TXT")
    brought(page, "giay.txt", paper)
    expect(page.locator("#paper")).to_contain_text(
        f"Cổng không có tệp {joint.files[0]['name']}", timeout=10_000
    )
    case = Case.objects.get(pk=joint.case_id)
    assert (case.work, case.attention) == (Work.ATTENTION, "mismatch")
    page.reload()
    page.locator("#paper").wait_for()
    settle(page)
    expect(page.locator("main h1")).to_contain_text("Cổng nhận thiếu tệp")
    assert_axe(page)
    shoot(page, "dropped")
    page.set_viewport_size(NARROW)
    shoot(page, "dropped-narrow")


def test_the_panel_on_a_phone_and_without_a_script(
    browser: Any, case_page: Page, live_server: Any, together: Counter, joint: Filing,
    shoot: Callable[..., Path], assert_axe: Callable[..., None],
) -> None:  # fmt: skip
    page = case_page
    page.set_viewport_size(NARROW)
    shoot(page, "narrow")
    assert_axe(page)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    stored = "JSON.stringify([{...localStorage}, {...sessionStorage}, location.href])"
    page.locator("[data-copy]").nth(3).click()
    assert joint.case.filer.id_number not in page.evaluate(stored)
    plain = browser.new_context(java_script_enabled=False, viewport=WIDE, locale="vi-VN")
    let_in(plain, together.staff, live_server.url)
    bare = plain.new_page()
    bare.goto(live_server.url + reverse("quay:copilot", args=[joint.case_id]))
    expect(bare.locator(".copy")).to_have_count(4)
    expect(bare.get_by_text("NGUYỄN GIA BẢO")).to_be_visible()
    expect(bare.locator("[data-copy]").first).to_be_hidden()
    shoot(bare, "without-script")
    assert taken(bare, "Tải tệp")[0] == joint.files[0]["name"]
    plain.close()


def test_a_paper_without_letters_is_settled_by_the_clerks_word(
    case_page: Page, together: Counter, joint: Filing, shoot: Callable[..., Path],
    assert_axe: Callable[..., None],
) -> None:  # fmt: skip
    page = case_page
    dossier_codes.dossier_code_record(joint.case_id, CODE, actor=together.actor, receipt=None)
    brought(page, "giay.pdf", picture_pdf())
    paper = page.locator("#paper")
    expect(paper).to_contain_text("Máy không đọc được chữ", timeout=10_000)
    assert_axe(page)
    shoot(page, "eye-asked")
    page.get_by_role("button", name="Giấy khác").click()
    expect(paper).to_contain_text("So bằng mắt: khác với hồ sơ đã nộp")
    expect(page.locator("main h1")).to_contain_text("Giấy tiếp nhận khác")
    assert_axe(page)
    shoot(page, "eye-differs")
    page.get_by_role("button", name="Bỏ lời đã ghi").click()
    page.get_by_role("button", name="Giấy đúng").click()
    expect(paper).to_contain_text("So bằng mắt: đúng với hồ sơ đã nộp")
    settle(page)
    assert_axe(page)
    shoot(page, "eye-right")
    page.set_viewport_size(NARROW)
    shoot(page, "eye-right-narrow")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.get_by_role("button", name="Bỏ lời đã ghi").click()
    expect(page.get_by_role("button", name="Giấy đúng")).to_be_visible()
    settle(page)
    shoot(page, "eye-asked-narrow")
