"""Every base page in a real browser: accessibility, target sizes, reflow, a focus that is seen."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.frontend.site import Notes

pytestmark = pytest.mark.browser
PAGES = ["/quay/", "/ho-so/", "/dang-nhap/", "/tin/", "/tin/?chu=to"]


@pytest.fixture
def show(tab: Page, frontend_url: str) -> Callable[..., Page]:
    def visit(path: str, width: int = 1366, height: int = 768, **media: str) -> Page:
        tab.set_viewport_size({"width": width, "height": height})
        tab.emulate_media(**media)
        tab.goto(frontend_url + path)
        return tab

    return visit


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1366, 390])
@pytest.mark.parametrize("path", PAGES)
def test_pages_have_no_accessibility_fault(
    show: Callable[..., Page], site: Notes, path: str, width: int, scheme: str
) -> None:
    page = show(path, width, 844 if width == 390 else 768, color_scheme=scheme)
    result = Axe().run(page)
    assert result.violations_count == 0, result.generate_report()


@pytest.mark.parametrize("path", PAGES)
def test_controls_are_big_enough_to_hit(show: Callable[..., Page], site: Notes, path: str) -> None:
    page = show(path, 390, 844)
    least = 44 if path.startswith("/tin/") else 24
    small = page.evaluate(
        """least => [...document.querySelectorAll('button, input, select, summary, a[href]')]
        .filter(e => e.getClientRects().length && !e.matches('.vh, .skip, p a, li > a, dd a'))
        .map(e => [e.outerHTML.slice(0, 70), e.getBoundingClientRect()])
        .filter(([, r]) => r.width < least || r.height < least)
        .map(([h, r]) => `${h} ${r.width}x${r.height}`)""",
        least,
    )
    assert small == []


@pytest.mark.parametrize("width", [320, 390])
@pytest.mark.parametrize("path", PAGES)
def test_no_page_scrolls_sideways(
    show: Callable[..., Page], site: Notes, path: str, width: int
) -> None:
    page = show(path, width, 700)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("size", [(1366, 600), (683, 384)])
@pytest.mark.parametrize("path", ["/quay/", "/ho-so/", "/tin/"])
def test_every_stop_of_the_tab_key_is_seen_ringed_and_not_covered(
    show: Callable[..., Page], site: Notes, path: str, size: tuple[int, int]
) -> None:
    page = show(path, *size)
    page.evaluate("document.activeElement.blur()")
    seen: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        state = page.evaluate(
            """() => { const e = document.activeElement; if (!e || e === document.body) return null;
            const r = e.getBoundingClientRect(), s = getComputedStyle(e);
            const inside = (v, most) => Math.min(Math.max(v, 0), most - 1);
            const x = inside(r.left + Math.min(r.width, 20) / 2, innerWidth);
            const y = inside(r.top + Math.min(r.height, 30) / 2, innerHeight);
            const top = document.elementFromPoint(x, y);
            return {what: e.outerHTML.slice(0, 90),
            ring: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 3,
            free: Boolean(top) && (e === top || e.contains(top) || top.contains(e)
                || Boolean(top.closest('label, .cmd')))}; }"""
        )
        if state is None:
            break
        seen.append(state["what"])
        assert state["ring"], state
        assert state["free"], state
    assert len(seen) > 3
    assert len(set(seen)) > len(seen) / 2, "the focus is trapped"


def test_links_of_the_public_page_keep_big_text_and_language(
    show: Callable[..., Page], site: Notes
) -> None:
    page = show("/tin/?chu=to&lang=en")
    assert page.evaluate("document.documentElement.dataset.text") == "big"
    assert (
        page.locator("main a", has_text="Xem tin mới nhất").get_attribute("href")
        == "/tin/?chu=to&lang=en"
    )
    assert "lang=en" in (page.locator(".tools a").first.get_attribute("href") or "")


def test_a_public_page_is_two_requests_and_fifteen_kilobytes(
    tab: Page, frontend_url: str, site: Notes
) -> None:
    asked: list[str] = []
    weight: list[int] = []
    tab.on("response", lambda answer: (asked.append(answer.url), weight.append(len(answer.body()))))
    tab.goto(f"{frontend_url}/tin/")
    pages = [url for url in asked if "favicon" not in url]
    assert len(pages) <= 2, pages
    assert sum(weight) <= 15_000
