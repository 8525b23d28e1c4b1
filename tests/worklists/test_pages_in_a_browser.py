"""The counter's lists, the case page and the board in a real browser: looked at, and checked by axe."""

import pytest
from django.test import Client

from tests.support.practice import morning
from tests.support.worklists import sign_in

WIDE, NARROW = {"width": 1366, "height": 768}, {"width": 390, "height": 844}


@pytest.fixture
def seen(transactional_db, page, live_server):
    """`seen(staff, url, width, dark)` opens a page as this person."""

    def show(staff, url, *, size=WIDE, dark=False):
        client = sign_in(Client(), staff)
        cookie = client.cookies["opsa_session"].value
        page.context.add_cookies([{"name": "opsa_session", "value": cookie, "url": live_server.url}])
        page.set_viewport_size(size)
        page.emulate_media(color_scheme="dark" if dark else "light")
        answer = page.goto(live_server.url + url)
        assert answer is not None
        assert answer.status == 200, answer.status
        return page

    return show


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_everybody_can_read_the_clerks_pages(seen, shoot, assert_axe, counter, size, dark):
    kept = morning(counter)
    name = f"{'wide' if size is WIDE else 'narrow'}-{'dark' if dark else 'light'}"
    for label, url in {
        "home": "/quay/",
        "list": "/quay/buu-cuc/",
        "search": "/quay/tim/",
        "case": f"/quay/ho-so/{kept['work'].pk}/xem/",
        "supplement": f"/quay/ho-so/{kept['supplement'].pk}/xem/",
    }.items():
        page = seen(counter.staff, url, size=size, dark=dark)
        shoot(page, f"{label}-{name}", full_page=False)
        shoot(page, f"{label}-{name}-full")
        assert_axe(page)
        width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, f"{label} scrolls sideways by {width} px"
