"""The catalogue's pages: short, printable, cheap, the same with and without htmx."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from agencies.models import Staff
from procedures.selectors import current_versions

pytestmark = pytest.mark.django_db
PAGE = 25_000
BANNED = ("thụ lý", "đương sự", "theo quy định", "cơ quan có thẩm quyền", "bổ túc")


def test_every_public_page_is_light_script_free_and_plain(catalogue: None, client: Client) -> None:
    for version in current_versions():
        for language in ("vi", "en"):
            url = reverse("procedures:detail", args=[version.procedure.slug])
            body = client.get(url, {"lang": language}, follow=True).content
            text = body.decode()
            assert len(body) <= PAGE, url
            assert "<script" not in text
            assert len(re.findall(r'<link [^>]*rel="(?:stylesheet|icon)"|<img', text)) <= 2
            assert f'<html lang="{language}"' in text
            assert not [word for word in BANNED if word in text.lower()]


def test_the_public_list_finds_and_says_what_is_done_in_person(
    catalogue: None, client: Client
) -> None:
    text = client.get(reverse("procedures:index"), {"q": "khai sinh"}).content.decode()
    assert "dang-ky-khai-sinh" in text
    text = client.get(reverse("procedures:index"), {"q": "công chứng"}).content.decode()
    assert "Chỉ làm trực tiếp" in text
    text = client.get(reverse("procedures:index"), {"q": '"><script>alert(1)'}).content.decode()
    assert "<script>alert" not in text


def test_the_public_page_changes_with_the_situation(catalogue: None, client: Client) -> None:
    url = reverse("procedures:detail", args=["dang-ky-khai-sinh"])
    assert "Xem giấy tờ của tôi" in client.get(url).content.decode()
    page = client.get(url, {"giay-sinh": "bo-roi"}).context["s"]
    assert "Biên bản về việc trẻ bị bỏ rơi" in [one.name for one in page.bring]
    assert client.get(url, {"giay-sinh": "x" * 5000}).status_code == 200


def test_an_unknown_procedure_is_not_found(catalogue: None, client: Client) -> None:
    assert client.get("/thu-tuc/khong-co/").status_code == 404


def test_public_pages_stay_within_three_queries(
    catalogue: None, client: Client, query_budget
) -> None:
    for url in (
        reverse("procedures:index"),
        reverse("procedures:index") + "?q=ks",
        reverse("procedures:detail", args=["dang-ky-khai-sinh"]),
    ):
        client.get(url)
        with query_budget(3):  # office scope set and reset, the catalogue's mark
            assert client.get(url).status_code == 200


def test_the_counters_pages_ask_for_a_sign_in(catalogue: None, client: Client) -> None:
    for url in (
        reverse("procedures:clerk_index"),
        reverse("procedures:clerk_detail", args=["tach-ho"]),
    ):
        assert client.get(url).status_code in (302, 303, 401)


def test_the_counters_detail_stays_within_six_queries(
    catalogue: None, signed_in: tuple[Client, Staff], query_budget
) -> None:
    client, _staff = signed_in
    url = reverse("procedures:clerk_detail", args=["dang-ky-khai-sinh"])
    client.get(url)
    with query_budget(6):  # session, person, device, scope, catalogue's mark, one-time key
        assert client.get(url).status_code == 200


def test_the_counters_part_equals_the_full_page(
    catalogue: None, signed_in: tuple[Client, Staff]
) -> None:
    client, _staff = signed_in
    url = reverse("procedures:clerk_detail", args=["dang-ky-khai-sinh"]) + "?giay-sinh=khong"
    part = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert part in client.get(url).content.decode()
    assert "không có giấy chứng sinh" in part
