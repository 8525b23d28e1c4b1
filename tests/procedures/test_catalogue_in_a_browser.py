"""The catalogue's pages in a real browser: usable by everybody, on both screens."""

import pytest
from django.test import Client
from django.urls import reverse

from agencies.models import Staff
from tests.support.browser import NARROW, WIDE, let_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_catalogue_fits_both_screens_without_accessibility_faults(
    catalogue: None, signed_in: tuple[Client, Staff], page, live_server, shoot, assert_axe
) -> None:
    let_in(page.context, signed_in[1], live_server.url)
    addresses = {
        "public-list": reverse("procedures:index"),
        "public-search": reverse("procedures:index") + "?q=cong+chung",
        "public-detail": reverse("procedures:detail", args=["dang-ky-khai-sinh"]),
        "public-detail-en": reverse("procedures:detail", args=["ho-chieu-pho-thong"]) + "?lang=en",
        "clerk-list": reverse("procedures:clerk_index") + "?lang=vi",
        "clerk-detail": reverse("procedures:clerk_detail", args=["dang-ky-khai-sinh"]),
    }
    for name, address in addresses.items():
        for width, size in (("wide", WIDE), ("narrow", NARROW)):
            page.set_viewport_size(size)
            page.goto(live_server.url + address, wait_until="networkidle")
            shoot(page, f"{name}-{width}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert_axe(page)


def test_a_public_page_is_at_most_three_requests(catalogue: None, page, live_server) -> None:
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(
        live_server.url + reverse("procedures:detail", args=["dang-ky-khai-sinh"]),
        wait_until="networkidle",
    )
    assert len(asked) <= 3


def test_the_papers_follow_the_situation_at_the_counter(
    catalogue: None, signed_in: tuple[Client, Staff], page, live_server
) -> None:
    let_in(page.context, signed_in[1], live_server.url)
    page.goto(live_server.url + reverse("procedures:clerk_detail", args=["dang-ky-khai-sinh"]))
    page.select_option("#q-giay-sinh", "bo-roi")
    page.wait_for_selector("#papers td.name >> text=Biên bản về việc trẻ bị bỏ rơi")
