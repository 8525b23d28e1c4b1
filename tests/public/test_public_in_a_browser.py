"""The citizens' pages in a real browser: two requests, no script, readable in every look."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.support.browser import NARROW, WIDE
from tests.support.cases import make_counter
from tests.support.worklists import lay


@pytest.fixture
def case(transactional_db):
    counter = make_counter()
    counter.agency.name = "Bưu cục Cầu Giấy"
    counter.agency.save()
    counter.version.procedure.short_name = "Đăng ký khai sinh"
    counter.version.procedure.save()
    return lay(
        counter,
        name="NGUYỄN THỊ HƯỜNG",
        phone="+84912345678",
        dossier="4",
        code="H26.13-261120-0047",
        due_at=timezone.now() + timedelta(days=3),
    )


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_everybody_can_read_the_citizens_pages(
    page, live_server, shoot, assert_axe, case, size, dark
):
    page.set_viewport_size(size)
    page.emulate_media(color_scheme="dark" if dark else "light")
    name = f"{'wide' if size is WIDE else 'narrow'}-{'dark' if dark else 'light'}"
    for label, url in {
        "lookup": "/",
        "status": f"/t/{case.token}/",
        "status-big": f"/t/{case.token}/?chu=to",
        "status-en": f"/t/{case.token}/?lang=en",
        "help": "/tro-giup/?lang=vi",
        "privacy": "/quyen-rieng-tu/",
        "accessibility": "/tiep-can/",
    }.items():
        page.goto(live_server.url + url)
        shoot(page, f"{label}-{name}")
        assert_axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), label


def test_a_status_page_is_two_requests_and_15_kilobytes(page, live_server, case):
    requests, complaints = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{live_server.url}/t/{case.token}/", wait_until="networkidle")
    assert len(requests) <= 2, requests
    assert complaints == []
    assert page.evaluate("document.scripts.length") == 0
    sizes = page.evaluate(
        "performance.getEntries().reduce((sum, e) => sum + (e.transferSize || 0), 0)"
    )
    assert sizes <= 15_000
    # The stylesheet inside the page is in force, so its hash is right.
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.mast')).backgroundColor")
        == "rgb(155, 28, 31)"
    )


def test_it_prints_on_white_without_buttons(page, live_server, shoot, case):
    page.goto(f"{live_server.url}/t/{case.token}/")
    page.emulate_media(media="print")
    shoot(page, "status-print")
    assert not page.locator(".tools").is_visible()
    assert page.locator("h1").is_visible()


def test_an_elderly_citizen_finds_the_case_by_keyboard(page, live_server, case):
    page.goto(live_server.url)
    page.get_by_label("Mã tiếp nhận").fill(case.reference.lower())
    page.keyboard.press("Tab")
    page.keyboard.type("5678")
    page.keyboard.press("Enter")
    page.wait_for_url("**/t/**")
    assert "Hồ sơ đang được giải quyết" in page.title()
