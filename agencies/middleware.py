"""Language of a page, and the door every view stands behind."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils import translation

LANGUAGE_COOKIE = "opsa_lang"
CODES = frozenset(code for code, _name in settings.LANGUAGES)


class LanguageMiddleware:
    """Vietnamese unless `?lang=` or the cookie it left says otherwise; signing in sets the cookie."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = request.GET.get("lang", "")
        language = asked if asked in CODES else request.COOKIES.get(LANGUAGE_COOKIE, "")
        if language not in CODES:
            language = settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", language)
        if asked in CODES:
            set_language_cookie(response, asked)
        return response


def set_language_cookie(response: HttpResponseBase, language: str) -> None:
    """Remember the language for a year on this device."""
    response.set_cookie(
        LANGUAGE_COOKIE,
        language,
        max_age=365 * 24 * 3600,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


class SignInMiddleware:
    """Nobody passes without signing in, except to views marked `public`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponseBase],
        args: tuple[object, ...],
        kwargs: dict[str, object],
    ) -> HttpResponseBase | None:
        if not getattr(view, "login_required", True) or request.user.is_authenticated:
            return None
        return redirect_to_login(
            request.get_full_path(), resolve_url(settings.LOGIN_URL)
        )
