"""Keys, saving, locking and copying: what the counter script promises."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.frontend.conftest import until
from tests.frontend.site import Notes

pytestmark = pytest.mark.browser
Go = Callable[[str], Page]


def test_typing_is_saved_and_the_line_says_when_only_after_the_answer(go: Go, site: Notes) -> None:
    page = go("/bench/")
    page.focus("#a1")
    page.keyboard.type("Nguyễn Thị Hường")
    expect(page.locator("#saved")).to_contain_text("Đã lưu 10:42:07")
    assert len(site.saves) == 1
    assert site.saves[0]["name"] == "Nguyễn Thị Hường"
    assert "form_key" not in site.saves[0]
    assert page.input_value("#auto [name=version]") == "2"


def test_a_failed_save_is_said_and_tried_again(go: Go, site: Notes) -> None:
    page = go("/bench/")
    site.save_answers = [503, 503]
    page.fill("#a1", "một")
    page.press("#a1", "Tab")
    expect(page.locator("#saved")).to_contain_text("Chưa lưu, đang thử lại")
    expect(page.locator("#saved")).to_contain_text("Đã lưu", timeout=12000)
    assert len(site.saves) == 3


def test_a_clash_is_shown_and_nothing_is_overwritten(go: Go, site: Notes) -> None:
    page = go("/bench/")
    site.version = 7
    page.fill("#a1", "của tôi")
    page.press("#a1", "Tab")
    expect(page.locator("#clash")).to_contain_text("Hoàng Lan vừa sửa")
    assert page.input_value("#a1") == "của tôi"
    page.wait_for_timeout(2000)
    assert len(site.saves) == 1


def test_a_field_the_server_refuses_gets_its_message_beside_it(go: Go, site: Notes) -> None:
    page = go("/bench/")
    page.fill("#a2", "091234567")
    page.press("#a2", "Tab")
    expect(page.locator("#a2_error")).to_have_text("Thiếu 1 số.")
    expect(page.locator("#a2")).to_have_attribute("aria-describedby", "a2_error")
    page.fill("#a2", "0912345678")
    page.press("#a2", "Tab")
    expect(page.locator("#a2_error")).to_have_count(0)
    expect(page.locator("#a2")).not_to_have_attribute("aria-invalid", "true")


def test_a_locked_answer_keeps_the_typing_and_saves_it_after_the_pin(go: Go, site: Notes) -> None:
    page = go("/bench/")
    site.locked = True
    page.fill("#a1", "giữ lại")
    page.press("#a1", "Tab")
    expect(page.locator("#lock")).to_be_visible()
    expect(page.locator("main")).to_be_hidden()
    page.fill("#lock-pin", "1111")
    page.press("#lock-pin", "Enter")
    expect(page.locator("#lock-msg")).to_have_text("Mã PIN chưa đúng")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#lock")).to_be_visible()
    page.fill("#lock-pin", "2468")
    page.press("#lock-pin", "Enter")
    expect(page.locator("#lock")).to_be_hidden()
    expect(page.locator("#saved")).to_contain_text("Đã lưu")
    assert page.input_value("#a1") == "giữ lại"
    assert site.saves[-1]["name"] == "giữ lại"


def test_an_idle_screen_locks_itself_in_place(go: Go, site: Notes) -> None:
    site.idle_minutes = "0.03"
    page = go("/bench/")
    page.fill("#t1", "còn đây")
    expect(page.locator("#lock")).to_be_visible()
    until(lambda: site.locked, page=page)
    page.fill("#lock-pin", "2468")
    page.press("#lock-pin", "Enter")
    expect(page.locator("#t1")).to_have_value("còn đây")


def test_typing_is_saved_before_a_link_is_followed(go: Go, site: Notes) -> None:
    page = go("/ho-so/")
    page.fill("#id_phone", "0912 345 678")
    page.keyboard.press("Escape")
    page.wait_for_url("**/quay/")
    assert [save["phone"] for save in site.saves] == ["0912 345 678"]


def test_typing_is_saved_before_the_case_is_held(go: Go, site: Notes) -> None:
    page = go("/ho-so/")
    page.fill("#id_phone", "0912 345 678")
    page.keyboard.press("F8")
    page.wait_for_url("**/quay/")
    assert [save["phone"] for save in site.saves] == ["0912 345 678"]
    assert site.posts[0][1]["hold"] == "1"


def test_keys_press_the_buttons_that_show_them(go: Go, site: Notes) -> None:
    page = go("/ho-so/")
    page.keyboard.press("F2")
    expect(page.locator("#cmd")).to_be_focused()
    page.keyboard.press("F1")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("F8")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("F4")
    page.wait_for_url("**#printed")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/quay/")
    assert site.posts[0][1]["phone"] == "0912 345 67"
    page.keyboard.press("Alt+1")
    page.wait_for_url("**/ho-so/")


def test_arrows_move_between_rows_and_enter_opens_one(go: Go) -> None:
    page = go("/quay/")
    expect(page.locator("#cmd")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("tr.is-sel a.code")).to_have_text("9M2D7-KX4RA-1")
    page.keyboard.press("ArrowUp")
    expect(page.locator("tr.is-sel a.code")).to_have_text("7K3F9-QX2MT-4")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ho-so/")


def test_arrows_and_space_work_the_checklist(go: Go) -> None:
    page = go("/ho-so/")
    page.focus("#d1")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    expect(page.locator("#d4")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("#d4")).to_be_checked()


def test_undo_is_pressed_by_its_key_outside_text_only(go: Go, site: Notes) -> None:
    page = go("/bench/")
    page.focus("#t1")
    page.keyboard.press("Control+z")
    page.wait_for_timeout(200)
    assert site.posts == [] or all(kind != "plain" for kind, _ in site.posts)
    page.focus("#plain")
    page.keyboard.press("Control+z")
    page.wait_for_url("**/quay/")


def test_a_copy_button_copies_exactly_its_value(go: Go) -> None:
    page = go("/bench/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("#cp")
    expect(page.locator("#cp")).to_contain_text("Đã chép")
    assert page.evaluate("navigator.clipboard.readText()") == "0912345678"


def test_leaving_with_unsaved_work_warns(go: Go, site: Notes) -> None:
    page = go("/bench/")
    site.save_answers = [503] * 9
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.fill("#a1", "chưa lưu")
    page.press("#a1", "Tab")
    expect(page.locator("#saved")).to_contain_text("Chưa lưu")
    page.evaluate("location.href = '/quay/'")
    until(lambda: asked, page=page)
    assert asked == ["beforeunload"]
    assert page.input_value("#a1") == "chưa lưu"


def test_every_page_works_without_the_script(
    browser: Browser,
    frontend_url: str,
    site: Notes,
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{frontend_url}/ho-so/")
    page.fill("#cmd", "khai sinh")
    page.press("#cmd", "Enter")
    page.wait_for_url("**/quay/")
    assert site.scans == [("command", "khai sinh")]
    page.click(".menu summary")
    page.click(".menu >> text=Đăng xuất")
    page.wait_for_url("**/quay/")
    context.close()
