"""Pages and parts, errors in both languages, and what surrounds every answer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.test import RequestFactory
from django.urls import reverse
from django.utils import translation

from opsa.core import errors
from opsa.core.context import Chrome, request_id
from opsa.core.middleware import HtmxSignInMiddleware, NoStoreMiddleware, RequestIdMiddleware
from opsa.core.pages import go, render_page

PAGES: dict[int, Callable[[HttpRequest], HttpResponse]] = {
    400: errors.bad_request,
    403: errors.forbidden,
    404: errors.not_found,
    405: lambda request: errors.only_by_button(request, "POST"),
    409: errors.conflict,
    423: errors.locked,
    429: lambda request: errors.too_many(request, 61),
    500: errors.server_error,
}
HTMX = {"HX-Request": "true"}


def get(path: str = "/", **headers: str) -> HttpRequest:
    request = RequestFactory().get(
        path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    request.user = AnonymousUser()
    return request


@pytest.fixture
def templates(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "t.html").write_text(
        "<html><body>{% partialdef rows inline %}<p>{{ name }}</p>{% endpartialdef %}</body></html>"
    )
    settings.TEMPLATES = [
        {"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [tmp_path]}
    ]


@pytest.mark.usefixtures("templates")
@pytest.mark.parametrize(
    ("headers", "whole"),
    [
        ({}, True),
        ({"HX_Request": "true"}, False),
        ({"HX_Request": "true", "HX_History_Restore_Request": "true"}, True),
        ({"HX_Request": "1"}, True),
    ],
)
def test_htmx_gets_the_part_and_everybody_else_the_page(
    headers: dict[str, str], whole: bool
) -> None:
    answer = render_page(get(**headers), "t.html", {"name": "Hường"}, part="rows", status=422)
    assert answer.content.decode() == (
        "<html><body><p>Hường</p></body></html>" if whole else "<p>Hường</p>"
    )
    assert answer.status_code == 422
    assert {"HX-Request", "HX-History-Restore-Request"} <= set(answer["Vary"].split(", "))


@pytest.mark.usefixtures("templates")
def test_without_a_part_there_is_only_the_page() -> None:
    answer = render_page(get(HX_Request="true"), "t.html", {"name": "x"})
    assert answer.content.startswith(b"<html>")


def test_after_a_form_the_browser_is_sent_on() -> None:
    plain = go(get(), "/quay/")
    assert (plain.status_code, plain["Location"]) == (303, "/quay/")
    htmx = go(get(HX_Request="true"), "/quay/")
    assert (htmx.status_code, htmx["HX-Redirect"], htmx.content) == (204, "/quay/", b"")


@pytest.mark.parametrize(
    "url", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil", ""]
)
def test_nobody_is_sent_off_this_site(url: str) -> None:
    with pytest.raises(ValueError, match="this site"):
        go(get(), url)


@pytest.mark.parametrize("status", PAGES)
@pytest.mark.parametrize("htmx", [False, True])
def test_an_error_says_in_both_languages_what_happened(status: int, htmx: bool) -> None:
    # No database mark: these pages stand without one.
    answer = PAGES[status](get("/quay/x/", **({"HX_Request": "true"} if htmx else {})))
    text = answer.content.decode()
    assert answer.status_code == status
    assert 'lang="en"' in text
    assert ("<html" in text) == (not htmx)
    assert len(text) < 4000
    assert answer["Cache-Control"] == "no-store"
    assert "HX-Request" in answer["Vary"]
    assert "style=" not in text
    assert "<script" not in text
    if not htmx:
        assert 'href="/quay/"' in text
        assert text.count("<h1>") == 1


def test_the_error_page_stands_when_the_built_files_are_gone(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    text = errors.server_error(get()).content.decode()
    assert "Hệ thống gặp lỗi" in text
    assert "stylesheet" not in text


def test_the_error_page_does_not_repeat_the_address() -> None:
    text = errors.not_found(get("/t/geheim-001088000123/?q=0912345678")).content.decode()
    assert "001088000123" not in text
    assert "0912345678" not in text


def test_a_form_older_than_the_sign_in_says_so() -> None:
    answer = errors.csrf_failure(get(HX_Request="true"), "CSRF token incorrect")
    assert answer.status_code == 403
    assert "Phiên làm việc đã đổi" in answer.content.decode()
    assert "token" not in answer.content.decode()


def test_a_limit_says_when_to_come_back() -> None:
    answer = errors.too_many(get(), 61)
    assert answer["Retry-After"] == "61"
    assert "2 phút" in answer.content.decode()


def test_every_request_has_an_id_of_ours_and_never_the_callers() -> None:
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request_id())
        return HttpResponse()

    answers = [RequestIdMiddleware(view)(get(X_Request_ID="evil")) for _ in range(2)]
    assert seen[0] != seen[1]
    assert [answer["X-Request-ID"] for answer in answers] == seen
    assert "evil" not in seen
    assert len(seen[0]) == 32
    assert "microphone=()" in answers[0]["Permissions-Policy"]


class Staff:
    is_authenticated = True
    agency = counter = ""


@pytest.mark.parametrize(("user", "kept"), [(AnonymousUser(), True), (Staff(), False)])
def test_what_a_signed_in_person_saw_is_not_kept(user: Any, kept: bool) -> None:
    request = get()
    request.user = user
    answer = NoStoreMiddleware(lambda _request: HttpResponse())(request)
    assert ("no-store" in answer.headers.get("Cache-Control", "")) == (not kept)


def redirect(url: str, status: int = 302) -> Any:
    response = HttpResponseRedirect(url)
    response.status_code = status
    return lambda _request: response


def test_a_lost_session_keeps_the_typed_form() -> None:
    url = reverse("agencies:sign_in") + "?next=/quay/"
    answer = HtmxSignInMiddleware(redirect(url))(get(HX_Request="true"))
    assert isinstance(answer, HttpResponse)
    assert (answer.status_code, answer["HX-Reswap"]) == (401, "beforebegin")
    assert "Location" not in answer
    text = answer.content.decode()
    assert "<html" not in text
    assert reverse("agencies:sign_in") in text


def test_a_form_that_the_page_sends_itself_learns_where_a_redirect_leads() -> None:
    lost = HtmxSignInMiddleware(redirect(reverse("agencies:sign_in")))(get(X_Stay="1"))
    assert lost.status_code == 401
    told = HtmxSignInMiddleware(redirect("/quay/", 303))(get(X_Stay="1"))
    assert (told.status_code, told["HX-Redirect"]) == (204, "/quay/")
    assert "Location" not in told


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("sign-in", {}),
        ("/quay/", {"HX_Request": "true"}),
        ("https://evil.example/", {"HX_Request": "true"}),
    ],
)
def test_other_redirects_stay_as_they_are(target: str, headers: dict[str, str]) -> None:
    url = reverse("agencies:sign_in") if target == "sign-in" else target
    answer = HtmxSignInMiddleware(redirect(url))(get(**headers))
    assert (answer.status_code, answer["Location"]) == (302, url)


def test_the_frame_of_a_page_asks_nothing_for_citizens() -> None:
    chrome = Chrome(get())
    assert (chrome.staff, chrome.office, chrome.counter) == (None, None, None)
    with translation.override("en"):
        assert chrome.language == "en"


def test_the_frame_shows_the_signed_in_persons_office() -> None:
    request = get()
    staff = Staff()
    staff.agency, staff.counter = "Cầu Giấy", "Quầy 2"
    vars(request)["user"] = staff  # not saved: the frame only reads it
    chrome = Chrome(request)
    assert (chrome.staff, chrome.office, chrome.counter) == (staff, "Cầu Giấy", "Quầy 2")
