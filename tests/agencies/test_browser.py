"""Sign-in, lock and the list of offices in a real browser, read by axe."""

import pytest
from django.test.utils import override_settings
from playwright.sync_api import Route

from opsa.core import limits
from tests.agencies.conftest import PASSWORD, with_second_factor
from tests.support.country import country_load

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def city(transactional_db):
    country_load()


def _sign_in(page, live_server, username):
    page.goto(f"{live_server.url}/dang-nhap/")
    page.keyboard.type(username)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")


@pytest.fixture(autouse=True)
def _no_tries_counted_yet():
    """Wrong sign-ins of earlier tests came from this address too."""
    limits.client().flushdb()


def test_a_clerk_signs_in_by_keyboard_and_a_wrong_password_says_so(
    page, live_server, lan, shoot, assert_axe
):
    page.goto(f"{live_server.url}/dang-nhap/")
    shoot(page, "sign-in")
    assert_axe(page)
    page.fill("[name=username]", "lan")
    page.fill("[name=password]", "sai-mat-khau-roi")
    page.keyboard.press("Enter")
    page.get_by_text("Tên đăng nhập hoặc mật khẩu không đúng.").wait_for()
    shoot(page, "sign-in-wrong")
    assert_axe(page)
    _sign_in(page, live_server, "lan")
    page.wait_for_url("**/quay/")
    page.goto(f"{live_server.url}/quay/tai-khoan/")
    shoot(page, "account")
    assert_axe(page)
    page.goto(f"{live_server.url}/quay/so-cua-toi/")
    shoot(page, "ledger")
    assert_axe(page)


def test_f9_locks_over_the_page_and_the_pin_gives_the_typed_text_back(
    page, live_server, lan, shoot, assert_axe
):
    _sign_in(page, live_server, "lan")
    page.wait_for_url("**/quay/")
    page.goto(f"{live_server.url}/quay/tai-khoan/")
    page.fill("#id_pin", "9753")
    page.keyboard.press("F9")
    page.locator("#lock[open]").wait_for()
    shoot(page, "locked", full_page=False)
    page.fill("#lock-pin", "1111")
    page.keyboard.press("Enter")
    page.locator("#lock-msg:not(:empty)").wait_for()
    page.fill("#lock-pin", "2468")
    page.keyboard.press("Enter")
    page.locator("#lock:not([open])").wait_for(state="attached")
    assert page.input_value("#id_pin") == "9753"
    page.goto(f"{live_server.url}/quay/tai-khoan/")
    assert page.locator("h1").inner_text() == "Tài khoản của tôi"


def test_a_page_locked_on_a_dead_line_opens_only_to_the_right_pin(page, live_server, lan):
    _sign_in(page, live_server, "lan")
    page.wait_for_url("**/quay/")
    page.route("**/quay/khoa/", lambda route: route.abort())
    page.keyboard.press("F9")
    page.locator("#lock[open]").wait_for()
    page.fill("#lock-pin", "1111")
    page.keyboard.press("Enter")
    page.locator("#lock-msg:not(:empty)").wait_for()
    assert page.locator("#lock[open]").is_visible()
    page.fill("#lock-pin", "2468")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.locator("#lock:not([open])").wait_for(state="attached")
    page.unroute("**/quay/khoa/")
    page.wait_for_timeout(4500)  # the lock that found no line is not told any more
    assert page.reload().status == 200


def test_a_lock_that_the_server_could_not_take_is_told_again(page, live_server, lan):
    _sign_in(page, live_server, "lan")
    page.wait_for_url("**/quay/")
    page.route("**/quay/khoa/", lambda route: route.fulfill(status=503))
    with page.expect_response(lambda answer: answer.status == 503):
        page.keyboard.press("F9")
    page.unroute("**/quay/khoa/")
    page.wait_for_event("response", lambda answer: answer.url.endswith("/quay/khoa/"))
    assert page.reload().status == 423


def test_a_key_waits_for_the_lock_before_it(page, live_server, lan):
    _sign_in(page, live_server, "lan")
    page.wait_for_url("**/quay/")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/quay/khoa/", hold)
    page.keyboard.press("F9")
    page.locator("#lock[open]").wait_for()
    page.fill("#lock-pin", "2468")
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)
    assert page.locator("#lock[open]").is_visible()
    held[0].continue_()
    page.locator("#lock:not([open])").wait_for(state="attached")
    assert page.reload().status == 200


def test_without_script_the_lock_is_a_page_and_leads_back(
    live_server, lan, browser, shoot, assert_axe
):
    context = browser.new_context(java_script_enabled=False, locale="vi-VN")
    page = context.new_page()
    page.goto(f"{live_server.url}/dang-nhap/")
    page.fill("[name=username]", "lan")
    page.fill("[name=password]", PASSWORD)
    page.click("button.go")
    page.goto(f"{live_server.url}/quay/so-cua-toi/")
    page.click("#lock-now button")
    shoot(page, "lock-page")
    page.fill("#unlock-pin", "2468")
    page.click("button.go")
    page.wait_for_url("**/quay/so-cua-toi/")
    context.close()


def test_a_supervisor_sets_up_the_second_factor(page, live_server, boss, shoot, assert_axe):
    _sign_in(page, live_server, "dieuhanh")
    page.wait_for_url("**/dang-nhap/thiet-lap/")
    shoot(page, "second-factor-setup")
    assert_axe(page)
    from agencies.models import Authenticator
    from agencies.second_factor import current_code

    page.fill("[name=code]", current_code(Authenticator.objects.get(staff=boss)))
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Mã dự phòng").wait_for()
    shoot(page, "recovery-codes")
    assert_axe(page)


def test_the_code_page_can_be_read_by_everybody(page, live_server, boss, shoot, assert_axe):
    with_second_factor(boss)
    _sign_in(page, live_server, "dieuhanh")
    page.wait_for_url("**/dang-nhap/ma/**")
    shoot(page, "second-factor")
    assert_axe(page)


@override_settings(IDLE_LOCK_SECONDS=180)
def test_the_list_of_offices_on_a_phone_and_on_a_desk(page, live_server, city, shoot, assert_axe):
    page.set_viewport_size(PHONE)
    page.goto(f"{live_server.url}/diem-phuc-vu/")
    shoot(page, "offices-phone", full_page=False)
    assert_axe(page)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"]
    page.fill("#q", "trang tien")
    page.keyboard.press("Enter")
    page.get_by_text("75 Đinh Tiên Hoàng").wait_for()
    shoot(page, "offices-found")
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(f"{live_server.url}/diem-phuc-vu/?lang=en&chu=to")
    shoot(page, "offices-desk-en", full_page=False)
    assert_axe(page)
