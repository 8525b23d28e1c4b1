"""A scanner on a serial port: off by default, whole text, the same way to the server."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.conftest import until
from tests.frontend.site import Notes
from tests.support.browser import page_says

pytestmark = pytest.mark.browser
Go = Callable[[str], Page]
CARD = "001190012345||Nguyễn Thị Hường|02091990|Nữ|Số 12 ngõ 5, Cầu Giấy, Hà Nội|01072021"
#: No machine of ours has a scanner on a port: a port that gives what `deliver` is called with.
PORT = """
    let give = null;
    window.deliver = (text, size) => {
        const bytes = new TextEncoder().encode(text);
        for (let i = 0; i < bytes.length; i += size) give.enqueue(bytes.slice(i, i + size));
    };
    const port = {
        readable: null,
        async open() {
            this.readable = new ReadableStream({ start(c) { give = c; } });
            window.opened = true;
        },
        async close() { window.opened = false; },
    };
    Object.defineProperty(navigator, 'serial', { value: Object.assign(new EventTarget(), {
        getPorts: async () => [port], requestPort: async () => port,
    }) });
"""


@pytest.fixture
def at_port(go: Go, tab: Page, site: Notes) -> Page:
    site.serial = True
    tab.add_init_script(PORT)
    page = go("/bench/")
    page_says(page, "window.opened")
    return page


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", ""])
def test_text_from_the_port_is_posted_whole_whatever_its_end(
    at_port: Page, site: Notes, end: str
) -> None:
    at_port.fill("#t1", "đang gõ dở")
    at_port.evaluate("([text]) => deliver(text, 7)", [CARD + end])
    until(lambda: site.scans, page=at_port)
    at_port.wait_for_url("**/quay/")
    assert site.scans == [("command", CARD)]


def test_a_locked_screen_takes_nothing_from_the_port(at_port: Page, site: Notes) -> None:
    at_port.keyboard.press("F9")
    expect(at_port.locator("#lock")).to_be_visible()
    at_port.evaluate("([text]) => deliver(text, 64)", [CARD + "\r"])
    at_port.wait_for_timeout(400)
    assert site.scans == []


def test_a_counter_without_the_setting_never_touches_a_port(go: Go, tab: Page, site: Notes) -> None:
    tab.add_init_script(PORT)
    page = go("/bench/")
    page.wait_for_timeout(200)
    assert page.evaluate("window.opened") is None
