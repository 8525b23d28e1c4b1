"""A server of our own test pages on a free port, and a real Chromium looking at them."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer
from django.test import override_settings
from django.test.testcases import LiveServerThread, QuietWSGIRequestHandler
from playwright.sync_api import BrowserContext, Page

from tests.frontend import site as pages
from tests.support.browser import leave, page_says

CARD = "001190012345|012345678|NGUYEN THI HUONG|02091990|Nu|So 12 ngo 5, Cau Giay|01072021"


class _Server(ThreadedWSGIServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A cut connection is what some tests want; it needs no traceback on the screen."""


class _Thread(LiveServerThread):
    server_class = _Server

    def _create_server(self, connections_override: Any = None) -> _Server:
        return _Server(
            (self.host, self.port), QuietWSGIRequestHandler, allow_reuse_address=False,
            connections_override=connections_override,
        )  # fmt: skip


@pytest.fixture(scope="session")
def frontend_url() -> Iterator[str]:
    call_command("build_static", verbosity=0)
    with override_settings(
        DEBUG=False,
        MIDDLEWARE=[
            "django.middleware.csp.ContentSecurityPolicyMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "tests.frontend.site.person",
        ],
    ):
        thread = _Thread("127.0.0.1", StaticFilesHandler)
        thread.daemon = True
        thread.start()
        thread.is_ready.wait()
    if thread.error:
        raise thread.error
    yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()


@pytest.fixture
def site() -> pages.Notes:
    """What the browser sent to the server, and how it is to answer."""
    return pages.fresh()


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """As everywhere, with the service worker."""
    return {**browser_context_args, "service_workers": "allow"}


@pytest.fixture
def complaints() -> list[str]:
    """Console messages of the browser that are faults: CSP, script errors. Must stay empty."""
    return []


@pytest.fixture
def tab(
    context: BrowserContext, frontend_url: str, site: pages.Notes, complaints: list[str]
) -> Iterator[Page]:
    """A page at 1366x768 whose relative addresses are our test pages."""
    page = context.new_page()
    page.set_default_timeout(8000)
    page.set_viewport_size({"width": 1366, "height": 768})
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def heard(message: Any) -> None:
        expected = ("Failed to load resource", "Response Status Error Code", "htmx:")
        if message.type in {"error", "warning"} and not any(e in message.text for e in expected):
            complaints.append(message.text)

    page.on("console", heard)
    yield page
    leave(page)
    assert complaints == []


@pytest.fixture
def go(tab: Page, frontend_url: str) -> Callable[[str], Page]:
    def visit(path: str) -> Page:
        tab.goto(frontend_url + path)
        page_says(tab, "Boolean(window.opsa)")
        return tab

    return visit


def until(true: Callable[[], object], seconds: float = 8, page: Page | None = None) -> None:
    """Wait until `true()`; fails with what it last gave."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        if page is not None:
            page.wait_for_timeout(30)
        else:
            time.sleep(0.03)
