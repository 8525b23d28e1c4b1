"""The ten htmx behaviours our pages rely on, in a real browser under the strict policy."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.conftest import until
from tests.frontend.site import Notes

pytestmark = pytest.mark.browser
Go = Callable[[str], Page]


def test_three_quick_clicks_send_one_post(go: Go, site: Notes) -> None:
    page = go("/bench/")
    site.delay = 0.8
    page.evaluate("for (let i = 0; i < 3; i += 1) document.querySelector('#hx-go').click()")
    expect(page.locator("#out")).to_contain_text("luu 1")
    assert len(site.posts) == 1


def test_an_answer_of_422_is_shown_and_the_bad_field_has_the_focus(go: Go, site: Notes) -> None:
    page = go("/bench/")
    site.answers = [422]
    page.fill("#f1", "sai")
    page.press("#f1", "Enter")
    until(lambda: site.posts, page=page)
    expect(page.locator("#f1")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#f1")).to_be_focused()


def test_a_form_that_has_just_come_is_sent_in_place_too(go: Go, site: Notes) -> None:
    page = go("/bench/")
    page.evaluate(
        """document.body.addEventListener("htmx:afterSwap", (e) => {
            if (e.target.id !== "live" || window.again) return;
            window.again = true;
            setTimeout(() => e.target.requestSubmit());
        })"""
    )
    page.fill("#f1", "một")
    page.press("#f1", "Enter")
    until(lambda: [mode for mode, _ in site.posts].count("form") == 2, page=page)
    assert page.evaluate("window.again")


def test_an_answer_of_500_leaves_the_screen_and_offers_to_try_again(go: Go, site: Notes) -> None:
    page = go("/bench/")
    site.answers = [500]
    page.click("#hx-go")
    expect(page.locator("#errbar")).to_be_visible()
    expect(page.locator("#out")).to_have_text("")
    page.click("#errbar [data-retry]")
    expect(page.locator("#out")).to_contain_text("luu 2")
    expect(page.locator("#errbar")).to_be_hidden()


def test_an_ended_session_asks_to_sign_in_and_keeps_what_was_typed(go: Go, site: Notes) -> None:
    page = go("/bench/")
    site.answers = [302]
    page.fill("#t1", "đã gõ")
    page.click("#hx-go")
    expect(page.locator("#signin")).to_be_visible()
    expect(page.locator("#out")).to_have_text("")
    assert page.input_value("#t1") == "đã gõ"
    page.click("#signin [data-resume]")
    expect(page.locator("#out")).to_contain_text("luu 2")


def test_a_sign_in_that_comes_by_itself_takes_no_keys_of_somebody_who_types(
    go: Go, site: Notes
) -> None:
    page = go("/bench/")
    site.answers = [302]
    page.focus("#t1")
    page.keyboard.type("Bệnh viện", delay=40)
    page.evaluate("document.body.dispatchEvent(new Event('poll'))")
    page.keyboard.type(" Phụ sản Hà Nội", delay=60)
    assert page.input_value("#t1") == "Bệnh viện Phụ sản Hà Nội"
    expect(page.locator("#signin")).to_be_visible()
    assert page.input_value("#signin-word") == ""


def test_a_dropped_line_says_so_and_the_retry_works(go: Go, site: Notes) -> None:
    page = go("/bench/")
    page.context.set_offline(True)
    page.click("#hx-go")
    expect(page.locator("#errbar")).to_be_visible()
    expect(page.locator("#net")).to_have_attribute("data-s", "off")
    page.context.set_offline(False)
    page.click("#errbar [data-retry]")
    expect(page.locator("#out")).to_contain_text("luu 1")
    expect(page.locator("#net")).to_have_attribute("data-s", "on")


def test_letters_typed_while_an_answer_arrives_stay(go: Go, site: Notes) -> None:
    page = go("/bench/")
    site.delay = 0.6
    page.fill("#f1", "một")
    page.focus("#f2")
    page.keyboard.type("hai")
    until(lambda: site.posts, page=page)
    page.keyboard.type(" ba")
    expect(page.locator("#f1")).to_have_value("từ máy chủ")
    assert page.input_value("#f2") == "hai ba"
    expect(page.locator("#f2")).to_be_focused()


def test_a_pushed_page_leaves_nothing_in_the_browsers_storage(go: Go, site: Notes) -> None:
    page = go("/bench/")
    page.fill("#t1", "001190012345")
    page.click("#push")
    page.wait_for_url("**/bench/2/")
    page.wait_for_timeout(200)
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "001190012345" not in kept
    assert "<" not in kept


def test_going_back_after_a_pushed_page_loads_the_whole_page(go: Go, site: Notes) -> None:
    page = go("/bench/")
    page.click("#push")
    page.wait_for_url("**/bench/2/")
    page.go_back()
    page.wait_for_url("**/bench/")
    expect(page.locator(".top .brand")).to_be_visible()
    expect(page.locator("#t1")).to_be_visible()


def test_the_indicator_and_every_swap_keep_the_policy(
    go: Go, site: Notes, complaints: list[str]
) -> None:
    page = go("/bench/")
    page.evaluate(
        "addEventListener('securitypolicyviolation',"
        " e => (window.broken ||= []).push(e.violatedDirective))"
    )
    page.click("#hx-go")
    expect(page.locator("#out")).to_contain_text("luu 1 csrf")
    assert page.evaluate("window.broken || []") == []
    assert page.evaluate("document.querySelectorAll('style, [style]').length") == 0


def test_nothing_is_evaluated(go: Go, complaints: list[str]) -> None:
    page = go("/bench/")
    assert page.evaluate("htmx.config.allowEval") is False
    assert page.evaluate("htmx.version") == "2.0.10"
    assert page.evaluate("htmx.config.historyCacheSize") == 0


def test_polling_runs_only_while_the_page_is_seen_and_open(go: Go, site: Notes) -> None:
    page = go("/bench/")
    until(lambda: site.polls >= 2, seconds=10, page=page)
    site.answers = [500]
    page.wait_for_timeout(2500)
    expect(page.locator("#errbar")).to_be_hidden()
    page.keyboard.press("F9")
    expect(page.locator("#lock")).to_be_visible()
    page.wait_for_timeout(300)
    before = site.polls
    page.wait_for_timeout(2500)
    assert site.polls == before
