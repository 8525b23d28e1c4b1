"""A real Chromium: the system's, never a downloaded one."""

import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.test import Client
from playwright.sync_api import BrowserContext, CDPSession, Error, Page, Route
from playwright.sync_api import TimeoutError as NeverCame

from agencies.models import Staff
from opsa.embedded.places import PROJECT
from tests.support.worklists import sign_in

ARTIFACTS = PROJECT / "test-artifacts"
WIDE, NARROW = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
#: As in ./start; the headless shell is the same engine without the windows around it.
CANDIDATES = (
    "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome",
    "google-chrome-stable",
)  # fmt: skip
#: All that leads on or can be pressed and is seen; asked in print media, nothing may be.
PRESSED = """[...document.querySelectorAll(
  ".top, .foot, .steps, .btn, button, nav, kbd, .bar, [type=file], .page:not(.filed) > aside")]
  .filter((e) => e.getClientRects().length && getComputedStyle(e).visibility !== "hidden")
  .map((e) => `${e.tagName}#${e.id}.${e.className}: ${e.textContent.trim().slice(0, 40)}`)"""
BROWSER_FIXTURES = {"page", "browser", "context", "new_context", "shoot", "new_page"}
#: Seconds between two letters of a scanner.
PACE = 0.004
#: Windows' number of a key, and the sign it types.
NAMED_KEYS = {"Enter": (13, "\r"), "Tab": (9, ""), "Space": (32, " "), "ArrowDown": (40, "")}
MODIFIERS = {"Alt": 1, "Control": 2, "Shift": 8}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def chromium() -> str | None:
    """The path of the system's Chromium (`OPSA_CHROMIUM` names another), or None."""
    named = os.environ.get("OPSA_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, CANDIDATES)), None)
    return found if found and Path(found).exists() else None


def ask(page: Page, script: str) -> Any:
    """What `script` gives on the page, or on the one that takes its place meanwhile."""
    while True:
        try:
            return page.evaluate(script)
        except Error as left:
            if "navigat" not in str(left):
                raise
            page.wait_for_load_state()


def page_says(page: Page, question: str, seconds: float = 15) -> None:
    """Wait until the page answers the JavaScript `question` with yes.

    Asked anew each time from outside. `wait_for_function` asks again from inside the page, with
    `eval`, which our content security policy rightly refuses: it works only when the first answer
    is yes.
    """
    end = time.monotonic() + seconds
    while not ask(page, question):
        if time.monotonic() > end:
            pytest.fail(f"never so: {question}\n{stands(page)}")
        page.wait_for_timeout(30)


def leave(page: Page) -> None:
    """Empty the tab before it is closed: closed in the middle of a navigation it may hang the
    browser's driver for ever. A navigation under way aborts this one, so it is tried again."""
    for _try in range(5):
        try:
            page.goto("about:blank")
        except Error:
            page.wait_for_timeout(300)
        else:
            return


def stands(page: Page) -> str:
    """What stands on the page now, for the message of a test that waited in vain."""
    body = page.locator("body").inner_text()
    return f"{page.url}\n{body[:3000]}"


def settle(page: Page) -> None:
    """Wait for what the eye waits for: answers on their way are in, and the focus is drawn.

    Chromium gives `autofocus` its focus with the first frame, which may come after "load"; htmx
    gives it some milliseconds after the swap. No hand is that quick.
    """
    page_says(page, "!document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')")
    ask(page, "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))")


def scan(
    page: Page,
    text: str,
    end: str = "Enter",
    pace: float = PACE,
    then: tuple[str, ...] = (),
    amid: Callable[[], object] | None = None,
) -> None:
    """Keystrokes of a wedge scanner, `pace` seconds apart by their own time stamps.

    The stamps, not this machine's load, say how fast the keys came. Letters outside ASCII come as
    injected characters without a keydown, as they do on a real counter. `then` are keys of a quick
    hand, the first 60 ms after the scanner's last one, each 10 ms after the one before; `amid`
    happens before the last three letters.
    """
    page.wait_for_timeout(200)
    keys = page.context.new_cdp_session(page)
    at = time.time()
    for place, letter in enumerate(text):
        if amid is not None and place == len(text) - 3:
            amid()
        at += pace
        told = {"text": letter, "unmodifiedText": letter, "key": letter, "timestamp": at}
        if letter.isascii():
            keys.send("Input.dispatchKeyEvent", {"type": "keyDown", **told})
            keys.send(
                "Input.dispatchKeyEvent", {"type": "keyUp", "key": letter, "timestamp": at + 0.001}
            )
        else:
            keys.send("Input.dispatchKeyEvent", {"type": "char", **told})
    _strike(keys, end, at + pace)
    for place, key in enumerate(then):
        _strike(keys, key, at + pace + 0.06 + place * 0.01)
    keys.detach()


def strike(page: Page, *chords: str, pace: float) -> None:
    """Named keys ("Space", "Control+Enter"), `pace` seconds apart by their own time stamps."""
    page.wait_for_timeout(200)
    keys = page.context.new_cdp_session(page)
    at = time.time()
    for place, chord in enumerate(chords):
        _strike(keys, chord, at + place * pace)
    keys.detach()


def _strike(keys: CDPSession, chord: str, at: float) -> None:
    *held, name = chord.split("+")
    number, sign = NAMED_KEYS[name]
    told = {
        "key": " " if name == "Space" else name, "code": name, "windowsVirtualKeyCode": number,
        "timestamp": at, "modifiers": sum(MODIFIERS[each] for each in held),
    }  # fmt: skip
    down = {"type": "keyDown", "text": sign} if sign and not held else {"type": "rawKeyDown"}
    keys.send("Input.dispatchKeyEvent", {**down, **told})
    keys.send("Input.dispatchKeyEvent", {"type": "keyUp", **told})


class Hands:
    """A clerk who has a keyboard and a scanner and no mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text, delay=55)

    def scan(self, text: str) -> None:
        """A burst as a scanner types it: fast, ended by Enter, wherever the focus is."""
        settle(self.page)
        scan(self.page, text)

    def to(self, selector: str) -> None:
        """Walk there with Tab; fails when the keyboard cannot reach it."""
        settle(self.page)
        for _ in range(120):
            if self.page.evaluate(
                "s => !!document.activeElement && document.activeElement.matches(s)", selector
            ):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"Tab never reaches {selector}")

    def at(self, url: str) -> None:
        try:
            self.page.wait_for_url(url, timeout=15_000)
        except NeverCame:
            pytest.fail(f"never came to {url}\n{stands(self.page)}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark browser tests, and skip them with the reason when there is no browser."""
    missing = pytest.mark.skip(reason="no Chromium: apt-get install chromium")
    for item in items:
        if BROWSER_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.browser)
            if chromium() is None:
                item.add_marker(missing)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The system's Chromium, quiet and without its own network traffic."""
    return {
        "executable_path": chromium(),
        "headless": True,
        "args": [
            "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage", "--font-render-hinting=none",
        ],
    }  # fmt: skip


#: Asked of the page by the test itself, until the answer is the test's own.
PROBE = "/passes-through-the-test"
PASSES_THE_TEST = """async (url) => {
    while ((await fetch(url).catch(() => ({}))).status !== 204) {}
}"""


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    """The counter's old screen, in Vietnamese, in Hanoi.

    Without the service worker, so that a test which cuts or slows the page's requests meets all of
    them; tests/frontend/test_bad_network.py has it.
    """
    return {
        "viewport": WIDE,
        "locale": "vi-VN",
        "timezone_id": "Asia/Ho_Chi_Minh",
        "service_workers": "block",
    }


@pytest.fixture
def page(page: Page, monkeypatch: pytest.MonkeyPatch) -> Page:
    """A page that has settled when `goto`, `reload` and `wait_for_url` come back, and whose
    requests pass through the test when `route` does: in the moment of the change Chromium drops
    what leaves, which looks like a dead line. `unroute` changes that no more."""

    def settled(name: str) -> Callable[..., Any]:
        travel = getattr(page, name)

        def go(*args: Any, **kwargs: Any) -> Any:
            answer = travel(*args, **kwargs)
            settle(page)
            return answer

        return go

    for name in ("goto", "reload", "wait_for_url"):
        monkeypatch.setattr(page, name, settled(name))
    hand_over = page.route

    def route(url: str, handler: Callable[[Route], None]) -> None:
        hand_over(url, handler)
        hand_over(f"**{PROBE}", lambda probe: probe.fulfill(status=204))
        page.evaluate(PASSES_THE_TEST, PROBE)

    monkeypatch.setattr(page, "route", route)
    return page


def let_in(context: BrowserContext, staff: Staff, url: str) -> None:
    """Sign this person in to the browser, at the server of this address."""
    key = sign_in(Client(), staff).cookies["opsa_session"].value
    context.add_cookies([{"name": "opsa_session", "value": key, "url": url}])


@pytest.fixture
def seen(transactional_db: None, page: Page, live_server: Any) -> Callable[..., Page]:
    """`seen(staff, "/quay/…", size=…, dark=…)` is this page as this person sees it."""

    def show(staff: Staff, url: str, *, size: Any = WIDE, dark: bool = False) -> Page:
        let_in(page.context, staff, live_server.url)
        page.set_viewport_size(size)
        page.emulate_media(color_scheme="dark" if dark else "light")
        answer = page.goto(live_server.url + url)
        assert answer is not None
        assert answer.status == 200, f"{url}: {answer.status}"
        return page

    return show


@pytest.fixture
def shoot(request: pytest.FixtureRequest) -> Callable[..., None]:
    """`shoot(page, "slip")` keeps a full-page screenshot under test-artifacts/<test>/, for people
    to look at: only with OPSA_SHOTS=1, since no test does."""
    folder = re.sub(r"[^\w.-]+", "-", request.node.name).strip("-")

    def take(page: Page, name: str, *, full_page: bool = True) -> None:
        if os.environ.get("OPSA_SHOTS"):
            page.screenshot(path=ARTIFACTS / folder / f"{name}.png", full_page=full_page)

    return take


@pytest.fixture
def assert_axe() -> Callable[..., None]:
    """`assert_axe(page)` fails with every accessibility violation (WCAG 2.2 AA and good habits).

    The whole page lies open before axe: what the bar at the foot covers for the moment, scrolling
    uncovers. That the focus is never under a bar is for the walk with Tab.
    """

    def check(page: Page, *, allow: tuple[str, ...] = ()) -> None:
        size = page.viewport_size or WIDE
        height = int(page.evaluate("document.documentElement.scrollHeight")) + 200
        page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
        try:
            _axe(page, allow)
        finally:
            page.set_viewport_size(size)

    return check


def _axe(page: Page, allow: tuple[str, ...]) -> None:
    options = {
        "resultTypes": ["violations"],
        "runOnly": {"type": "tag", "values": WCAG},
        "rules": {name: {"enabled": False} for name in allow},
    }
    page.evaluate(AXE_SCRIPT)
    # Only the faults come over: of all else that axe notes the page would send hundreds of lines.
    found = page.evaluate("(options) => axe.run(options).then((r) => r.violations)", options)
    lines = [
        f"{v['id']} ({v['impact']}): {v['help']}\n    "
        + "\n    ".join(
            f"{str(node['html'])[:200]} {node['failureSummary'][:300]}" for node in v["nodes"][:5]
        )
        for v in found
    ]
    if lines:
        pytest.fail(f"axe on {page.url}:\n" + "\n".join(lines), pytrace=False)
