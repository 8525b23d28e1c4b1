"""Delivery in a real browser: looked at, checked by axe, and a scanner at the hand-over page."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page

from cases.models import Case
from delivery import practice
from delivery.models import ManifestLine, Parcel
from tests.support.browser import page_says, settle
from tests.support.cases import make_counter
from tests.support.delivery import Desk
from tests.support.worklists import sign_in

WIDE, NARROW = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
SCHEMES = [(WIDE, "light"), (WIDE, "dark"), (NARROW, "light")]


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    counter = make_counter()
    counter.agency.name = counter.agency.short_name = "Bưu điện Cầu Giấy"
    counter.agency.save()
    return Desk(counter)


@pytest.fixture
def seen(desk: Desk, page: Page, live_server: Any) -> Callable[..., Page]:
    def show(url: str, size: dict[str, int] = WIDE, scheme: str = "light") -> Page:
        cookie = sign_in(Client(), desk.staff).cookies["opsa_session"].value
        page.context.add_cookies(
            [{"name": "opsa_session", "value": cookie, "url": live_server.url}]
        )
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        answer = page.goto(live_server.url + url)
        assert answer is not None
        assert answer.status == 200
        return page

    return show


def scan(page: Page, text: str) -> None:
    """As a keyboard-wedge scanner types: fast, ending in Enter."""
    page.keyboard.type(text, delay=5)
    page.keyboard.press("Enter")


@pytest.mark.parametrize(("size", "scheme"), SCHEMES, ids=["wide", "dark", "narrow"])
def test_everybody_can_read_the_pages_of_delivery(
    desk: Desk, seen: Any, shoot: Any, assert_axe: Any, size: dict[str, int], scheme: str
) -> None:
    for stage in ("received", "received", "labelled", "labelled", "handed_over", "out",
                  "failed_twice",
                  "returned", "carrier_says_delivered", "delivered"):  # fmt: skip
        practice.deliver(desk.decided(), staff=desk.staff, upto=stage)
    desk.decided()
    desk.scan(Parcel.objects.filter(state="labelled").order_by("pk")[0].number)
    one = {p.state: p.number for p in Parcel.objects.all()}
    held = Parcel.objects.get(attempts=2).number
    unproved = Parcel.objects.get(proof__method="carrier").number
    here = Case.objects.filter(delivery="available").order_by("pk")[0].pk
    closed = ManifestLine.objects.exclude(manifest__closed_at=None).order_by("pk")[0].manifest_id
    for name, url in {
        "waiting": "/quay/ket-qua/cho-tra/",
        "failed": "/quay/ket-qua/khong-phat-duoc/",
        "fetch": "/quay/ket-qua/cho-lay/",
        "manifest": "/quay/ban-giao/",
        "manifest-closed": f"/quay/ban-giao/{closed}/",
        "parcel-label": f"/quay/buu-gui/{one['labelled']}/",
        "parcel-out": f"/quay/buu-gui/{one['out']}/",
        "parcel-twice": f"/quay/buu-gui/{held}/",
        "parcel-unproved": f"/quay/buu-gui/{unproved}/",
        "counter": f"/quay/ho-so/{here}/tra-ket-qua/",
        "address": f"/quay/ho-so/{here}/dia-chi-tra/",
        "case": f"/quay/ho-so/{here}/xem/",
    }.items():
        page = seen(url, size, scheme)
        shoot(page, name)
        assert_axe(page)
        if size is NARROW:
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, name


def test_a_scanner_fills_the_hand_over_list_without_touching_the_mouse(
    desk: Desk, seen: Any, shoot: Any
) -> None:
    numbers = [desk.parcel().number for _ in range(3)]
    page = seen("/quay/ban-giao/")
    for count, number in enumerate(numbers, start=1):
        scan(page, number)
        page.wait_for_selector(f"#open h1 .n:text-is('{count}')")
        page.wait_for_selector(f"text=Đã thêm {number}")
    scan(page, numbers[0])
    page.wait_for_selector("text=đã quét vào bảng này rồi")
    shoot(page, "twice")
    assert page.evaluate("document.activeElement.id") == "scan"
    # The answer is a page of its own: its keys work once its scripts are there.
    page_says(page, "document.readyState === 'complete' && Boolean(window.opsa)")
    settle(page)
    page.fill("#person", "Lê Văn Bưu")
    page.keyboard.press("Control+Enter")
    page_says(page, "document.body.innerText.includes('Đang báo hãng')")
    assert set(Parcel.objects.values_list("state", flat=True)) == {"handed_over"}
