"""A bad line loses nothing: plain forms, pages that can't be fetched, what the browser keeps."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.conftest import CARD, until
from tests.frontend.site import Notes
from tests.support.browser import page_says, scan

pytestmark = pytest.mark.browser
Go = Callable[[str], Page]
NOTE = "khách hẹn chiều mang hộ chiếu"


def sent(site: Notes) -> list[dict[str, str]]:
    return [data for kind, data in site.posts if kind == "plain"]


def fill_and_send(page: Page) -> str:
    """Type into the plain form and press its button; gives the form's key."""
    page.fill("#p1", NOTE)
    key = page.input_value("#pf [name=form_key]")
    page.click("#pf-go")
    return key


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (0, "Máy chủ chưa nhận được"),
        (500, "Máy chủ chưa nhận được"),
        (503, "Máy chủ chưa nhận được"),
        (429, "Bấm hơi nhanh"),
    ],
)
def test_a_failed_plain_form_stays_and_is_sent_again_as_the_same_act(
    go: Go, site: Notes, fault: int, words: str
) -> None:
    page = go("/bench/")
    site.plain_answers = [fault]
    key = fill_and_send(page)
    expect(page.locator("#errbar")).to_contain_text(words)
    expect(page.locator("#p1")).to_have_value(NOTE)
    assert page.url.endswith("/bench/")
    page.click("#errbar [data-retry]")
    page.wait_for_url("**/quay/")
    assert [(data["note"], data["act"], data["form_key"]) for data in sent(site)] == [
        (NOTE, "go", key)
    ]


def test_a_link_pressed_while_a_form_is_under_way_opens_after_it(go: Go, site: Notes) -> None:
    page = go("/bench/")
    site.delay = 0.6
    fill_and_send(page)
    page.locator('a[href="/thiet-bi/"]').first.dispatch_event("click")
    page.wait_for_url("**/thiet-bi/")
    until(lambda: sent(site), page=page)
    assert [kind for kind, _ in site.posts] == ["plain", "devices"]
    assert page.url.endswith("/thiet-bi/")


@pytest.mark.parametrize("answer", [200, 204])
def test_a_link_pressed_while_htmx_sends_a_form_opens_after_it(
    go: Go, site: Notes, answer: int
) -> None:
    """Whether the answer is a part of the page or leads away from it."""
    page = go("/bench/")
    site.delay, site.page_delay, site.answers = 0.6, 1.5, [answer]
    page.click("#hx-go")
    page.locator('a[href="/thiet-bi/"]').first.dispatch_event("click")
    page.wait_for_url("**/thiet-bi/")
    assert [kind for kind, _ in site.posts if kind != "poll"] == ["luu", "devices"]


def test_a_link_is_dropped_where_htmx_brings_the_form_back_with_a_fault(
    go: Go, site: Notes
) -> None:
    page = go("/bench/")
    site.delay, site.answers = 0.6, [422]
    page.click("#hx-go")
    page.locator('a[href="/thiet-bi/"]').first.dispatch_event("click")
    until(lambda: "luu" in [kind for kind, _ in site.posts], page=page)
    page.wait_for_timeout(900)
    assert page.url.endswith("/bench/")


def test_a_link_pressed_twice_does_not_wait_for_the_form(go: Go, site: Notes) -> None:
    page = go("/bench/")
    site.delay = 3
    fill_and_send(page)
    link = page.locator('a[href="/thiet-bi/"]').first
    link.dispatch_event("click")
    link.dispatch_event("click")
    page.wait_for_url("**/thiet-bi/")
    assert sent(site) == []
    until(lambda: sent(site), page=page)  # the server had it all the same


def test_a_link_is_dropped_where_the_form_failed(go: Go, site: Notes) -> None:
    page = go("/bench/")
    site.delay, site.plain_answers = 0.6, [500]
    fill_and_send(page)
    page.locator('a[href="/thiet-bi/"]').first.dispatch_event("click")
    expect(page.locator("#errbar")).to_be_visible()
    expect(page.locator("#p1")).to_have_value(NOTE)
    site.delay = 0
    page.click("#errbar [data-retry]")
    page.wait_for_url("**/quay/")


def test_a_cut_line_is_said_and_the_badge_goes_when_it_is_back(go: Go, site: Notes) -> None:
    page = go("/bench/")
    page.context.set_offline(True)
    fill_and_send(page)
    expect(page.locator("#net")).to_contain_text("Mất mạng")
    expect(page.locator("#errbar")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("#net")).to_contain_text("Đã nối mạng")
    expect(page.locator("#p1")).to_have_value(NOTE)
    page.click("#errbar [data-retry]")
    page.wait_for_url("**/quay/")
    assert len(sent(site)) == 1


def test_a_form_that_meets_the_lock_goes_on_after_the_pin(go: Go, site: Notes) -> None:
    page = go("/bench/")
    site.locked = True
    fill_and_send(page)
    expect(page.locator("#lock")).to_be_visible()
    page.fill("#lock-pin", "2468")
    page.press("#lock-pin", "Enter")
    page.wait_for_url("**/quay/")
    assert [data["note"] for data in sent(site)] == [NOTE]


def test_a_form_whose_session_ended_goes_on_after_the_sign_in(go: Go, site: Notes) -> None:
    page = go("/bench/")
    site.plain_answers = [302]
    fill_and_send(page)
    expect(page.locator("#signin")).to_be_visible()
    assert page.input_value("#p1") == NOTE
    page.click("#signin [data-resume]")
    page.wait_for_url("**/quay/")
    assert [data["note"] for data in sent(site)] == [NOTE]


def test_a_clash_that_brings_no_page_of_its_own_keeps_the_typing(go: Go, site: Notes) -> None:
    page = go("/bench/")
    site.plain_answers = [409]
    fill_and_send(page)
    expect(page.locator("#errbar")).to_contain_text("hồ sơ đã đổi")
    expect(page.locator("#errbar [data-retry]")).to_be_hidden()
    assert page.input_value("#p1") == NOTE


def test_an_answer_that_is_a_page_takes_the_place_of_this_one(go: Go, site: Notes) -> None:
    page = go("/bench/")
    site.plain_answers = [422]
    fill_and_send(page)
    expect(page.locator("h1")).to_have_text("Còn ô cần sửa")
    expect(page.locator("#m1")).to_be_focused()
    assert page.title().startswith("Còn ô cần sửa")
    page.keyboard.type("Hường")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/quay/")
    assert [data["name"] for data in sent(site)] == ["Hường"]
    page.go_back()
    page.go_back()
    page.wait_for_url("**/bench/")
    expect(page.locator("#p1")).to_be_visible()


def test_a_double_press_sends_a_plain_form_once(go: Go, site: Notes) -> None:
    page = go("/bench/")
    page.evaluate(
        "document.querySelector('#pf-go').click(), document.querySelector('#pf-go').click()"
    )
    page.wait_for_url("**/quay/")
    assert len(sent(site)) == 1


def test_a_scan_on_a_cut_line_is_sent_when_it_is_back(go: Go, site: Notes) -> None:
    page = go("/bench/")
    page.focus("#cmd")
    page.context.set_offline(True)
    scan(page, CARD)
    expect(page.locator("#errbar")).to_be_visible()
    assert page.input_value("#cmd") == ""
    page.context.set_offline(False)
    page.click("#errbar [data-retry]")
    page.wait_for_url("**/quay/")
    assert site.scans == [("command", CARD)]


def with_worker(page: Page) -> None:
    """Wait until the worker answers for this page."""
    page_says(page, "navigator.serviceWorker.controller !== null")


def test_a_page_that_cannot_be_fetched_says_so_and_comes_when_the_line_is_back(
    go: Go, site: Notes
) -> None:
    page = go("/ho-so/")
    with_worker(page)
    page.context.set_offline(True)
    page.click(".brand")
    expect(page.locator("h1")).to_have_text("Mất mạng")
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).padding") != "0px"
    page.context.set_offline(False)
    page.get_by_role("link", name="Thử lại").click()
    expect(page.locator("h1")).to_contain_text("Chào Lan")


KEPT = """async () => {
    const kept = [{...localStorage}, {...sessionStorage}, (await indexedDB.databases()).length];
    const urls = [];
    for (const name of await caches.keys()) {
        const asked = await (await caches.open(name)).keys();
        urls.push(...asked.map((one) => new URL(one.url).pathname));
    }
    return [JSON.stringify(kept), urls.sort()];
}"""


def test_the_browser_keeps_nothing_of_anybody(go: Go, site: Notes) -> None:
    page = go("/bench/")
    with_worker(page)
    site.save_answers = [503]
    page.fill("#a1", "Nguyễn Thị Hường")
    page.press("#a1", "Tab")
    expect(page.locator("#saved")).to_contain_text("Chưa lưu")
    expect(page.locator("#saved")).to_contain_text("Đã lưu")
    page.context.set_offline(True)
    fill_and_send(page)
    expect(page.locator("#errbar")).to_be_visible()
    page.context.set_offline(False)
    page.click("#errbar [data-retry]")
    page.wait_for_url("**/quay/")
    go("/bench/").focus("#cmd")
    scan(page, CARD)
    until(lambda: site.scans, page=page)
    page.wait_for_url("**/quay/")
    kept, urls = page.evaluate(KEPT)
    # htmx notes the path of the page, which holds no personal data by our own rule.
    assert kept == '[{},{"htmx-current-path-for-history":"/quay/"},0]'
    assert urls == ["/mat-mang/", "/static/css/public.css"]


def test_what_a_page_asks_by_itself_keeps_no_session_awake(go: Go, site: Notes) -> None:
    page = go("/bench/")
    until(lambda: site.polls >= 2, page=page)
    assert all(passive for path, passive in site.passive if path == "/phan/poll/")
    page.keyboard.press("Tab")
    until(lambda: ("/phan/poll/", False) in site.passive, page=page)
    before = len(site.passive)
    until(lambda: len(site.passive) > before, page=page)
    assert site.passive[-1] == ("/phan/poll/", True)
