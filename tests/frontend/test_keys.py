"""A person's own keys (ux 4.1): changed, switched off, and always shown where they work."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.site import Notes

pytestmark = pytest.mark.browser
Go = Callable[[str], Page]


def test_an_own_key_does_the_act_and_the_usual_one_no_longer(go: Go, site: Notes) -> None:
    site.keys = {"F8": "Alt+G", "F2": "F8"}
    page = go("/ho-so/")
    page.keyboard.press("F2")
    page.keyboard.press("F8")
    expect(page.locator("#cmd")).to_be_focused()
    assert site.posts == []
    page.keyboard.press("Alt+g")
    page.wait_for_url("**/quay/")
    assert site.posts[0][1]["hold"] == "1"


def test_caps_and_list_show_the_persons_own_keys(go: Go, site: Notes) -> None:
    site.keys = {"F8": "Alt+G", "F9": ""}
    page = go("/ho-so/")
    expect(page.locator("[data-key=F8] kbd")).to_have_text("Alt G")
    expect(page.locator("[data-key=F8]")).to_have_attribute("aria-keyshortcuts", "Alt+G")
    expect(page.locator("[data-key=F9] kbd")).to_be_hidden()
    page.keyboard.press("F1")
    expect(page.locator("#keys")).to_contain_text("Giữ hồ sơ")
    caps = page.locator("#keys dt").all_inner_texts()
    assert "Alt G" in caps
    assert "F8" not in caps
    assert "F9" not in caps


def test_keys_that_are_off_do_nothing_and_are_not_shown(go: Go, site: Notes) -> None:
    site.keys = {"off": True}
    page = go("/ho-so/")
    page.focus("main a")
    for key in ("F2", "F8", "F9", "Control+Enter", "Alt+1"):
        page.keyboard.press(key)
    page.wait_for_timeout(200)
    assert page.url.endswith("/ho-so/")
    assert site.posts == []
    assert not site.locked
    expect(page.locator("[data-key=F8] kbd")).to_be_hidden()
    page.click(".menu summary")
    page.keyboard.press("Escape")
    expect(page.locator(".menu .drop")).to_be_hidden()


def test_of_two_buttons_with_one_key_the_first_shows_and_gets_it(go: Go, site: Notes) -> None:
    page = go("/bench/twice/")
    expect(page.locator("#slip kbd")).to_be_visible()
    expect(page.locator("#label kbd")).to_be_hidden()
    page.keyboard.press("F4")
    page.wait_for_url("**#slip")


def test_digits_that_are_off_open_nothing(go: Go, site: Notes) -> None:
    site.keys = {"Alt+1": ""}
    page = go("/quay/")
    for key in ("Alt", "Alt+1", "Alt+2"):
        page.keyboard.press(key)
    page.wait_for_timeout(200)
    assert page.url.endswith("/quay/")
    expect(page.locator(".pick kbd").first).to_be_hidden()
