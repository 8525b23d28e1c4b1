"""F09, F62: behind our proxy each visitor is counted by an address of their own."""

import runpy
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from cases.public.lookup import address_of
from opsa.core.middleware import BehindProxyMiddleware

PROXY = "172.18.0.2"


def seen_as(header: str | None) -> str:
    found: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        found.append(address_of(request))
        return HttpResponse()

    headers = {} if header is None else {"X-Forwarded-For": header}
    request = RequestFactory(REMOTE_ADDR=PROXY).get("/", headers=headers)
    BehindProxyMiddleware(view)(request)
    return found[0]


def test_two_citizens_behind_the_proxy_have_two_addresses() -> None:
    assert seen_as("203.0.113.7") == "203.0.113.7"
    assert seen_as("203.0.113.8") == "203.0.113.8"


def test_what_a_visitor_writes_before_the_proxys_own_word_does_not_count() -> None:
    assert seen_as("198.51.100.1, 203.0.113.7") == "203.0.113.7"


@pytest.mark.parametrize("header", [None, "", " "])
def test_without_the_proxys_word_the_connection_counts(header: str | None) -> None:
    assert seen_as(header) == PROXY


def test_production_reads_it_before_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "x" * 60)
    path = Path(__file__).parents[2] / "opsa" / "settings" / "production.py"
    found = runpy.run_path(str(path), run_name="opsa.settings.production")
    assert found["MIDDLEWARE"][0] == "opsa.core.middleware.BehindProxyMiddleware"
