"""The steps in a real browser: looked at in both widths and themes, checked by axe, done by keyboard."""

import pytest
from django.test import Client
from django.urls import reverse

from agencies.models import Counter as Place
from cases.intake import drafts, practice, steps
from tests.intake.conftest import CARD
from tests.support.worklists import sign_in

WIDE, NARROW = {"width": 1366, "height": 768}, {"width": 390, "height": 844}


@pytest.fixture
def seen(transactional_db, page, live_server):
    """`seen(staff, url, …)` opens a page as this person."""

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


@pytest.fixture
def mockup(transactional_db, counter):
    """The case of the mock-up: card read, one question asked, papers partly there."""
    agency, staff, version = counter.agency, counter.staff, counter.version
    agency.short_name = "Bưu cục Cầu Giấy"
    agency.save()
    staff.display_name, staff.counter = "Trần Mai Lan", Place.objects.create(agency=agency, number=3)
    staff.save()
    version.procedure.short_name = "Đăng ký khai sinh"
    version.procedure.save()
    from cases.intake import cards

    case = drafts.draft_open(staff=staff, version=version, card=cards.read(CARD))
    practice.save(staff, case, steps.APPLICANT, {"phone": "0912 345 67", "relation": "parent"})
    practice.papers(staff, case, practice.paper_picture())
    return case


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_everybody_can_read_the_steps(seen, shoot, assert_axe, counter, mockup, size, dark):
    pages = {slug: reverse("quay:step", args=[mockup.pk, slug]) for slug in steps.SLUGS}
    pages["sua"] = pages["nguoi-nop"] + "?sua=1"
    pages["khach"] = reverse("quay:customer", args=[mockup.pk])
    pages["giay"] = reverse("quay:mark", args=[mockup.pk, mockup.documents.all()[2].pk])
    for label, url in pages.items():
        page = seen(counter.staff, url, size=size, dark=dark)
        shoot(page, label, full_page=False)
        shoot(page, f"{label}-full")
        assert_axe(page)
        width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, f"{label} scrolls sideways by {width} px"
