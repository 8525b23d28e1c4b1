"""Delivery in a real browser: looked at, checked by axe, and a scanner at the hand-over page."""

from typing import Any

import pytest
from playwright.sync_api import Route

from cases.models import Case
from delivery import practice
from delivery.models import ManifestLine, Parcel
from tests.support.browser import NARROW, WIDE, page_says, scan
from tests.support.cases import make_counter
from tests.support.delivery import Desk

LOOKS = [(WIDE, False), (WIDE, True), (NARROW, False)]


@pytest.fixture
def desk(transactional_db: None) -> Desk:
    counter = make_counter()
    counter.agency.name = counter.agency.short_name = "Bưu điện Cầu Giấy"
    counter.agency.save()
    return Desk(counter)


@pytest.mark.parametrize(("size", "dark"), LOOKS, ids=["wide", "dark", "narrow"])
def test_everybody_can_read_the_pages_of_delivery(
    desk: Desk, seen: Any, shoot: Any, assert_axe: Any, size: dict[str, int], dark: bool
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
        page = seen(desk.staff, url, size=size, dark=dark)
        shoot(page, name)
        assert_axe(page)
        if size is NARROW:
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, name


def test_a_scanner_fills_the_hand_over_list_without_touching_the_mouse(
    desk: Desk, seen: Any, shoot: Any
) -> None:
    numbers = [desk.parcel().number for _ in range(3)]
    page = seen(desk.staff, "/quay/ban-giao/")
    for count, number in enumerate(numbers, start=1):
        scan(page, number)
        page.wait_for_selector(f"#open h1 .n:text-is('{count}')")
        page.wait_for_selector(f"text=Đã thêm {number}")
    scan(page, numbers[0])
    page.wait_for_selector("text=đã quét vào bảng này rồi")
    shoot(page, "twice")
    assert page.evaluate("document.activeElement.id") == "scan"
    page.fill("#person", "Lê Văn Bưu")
    page.keyboard.press("Control+Enter")
    page_says(page, "document.body.innerText.includes('Đang báo hãng')")
    assert set(Parcel.objects.values_list("state", flat=True)) == {"handed_over"}


def test_a_scan_arrives_whole_when_the_answer_to_the_one_before_falls_into_it(
    desk: Desk, seen: Any
) -> None:
    first, second = (desk.parcel().number for _ in range(2))
    page = seen(desk.staff, "/quay/ban-giao/")
    asked: list[Route] = []

    def keep(route: Route) -> None:
        asked.append(route)

    page.route("**/ban-giao/quet/", keep)
    scan(page, first)

    def answer() -> None:
        asked.pop().continue_()
        page.unroute("**/ban-giao/quet/")
        page.wait_for_selector(f"text=Đã thêm {first}")

    scan(page, second, amid=answer)
    page.wait_for_selector(f"text=Đã thêm {second}")
    assert page.input_value("#scan") == ""
    assert ManifestLine.objects.count() == 2
