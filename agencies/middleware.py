"""Language of a page, and the door every view stands behind."""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils import translation
from django.utils.http import urlencode

from agencies import sessions
from agencies.sessions import State

LANGUAGE_COOKIE: Final = "opsa_lang"
CODES: Final = frozenset(code for code, _name in settings.LANGUAGES)
type Next = Callable[[HttpRequest], HttpResponseBase]


class LanguageMiddleware:
    """Vietnamese, unless `?lang=` or the cookie it left says otherwise; sign-in sets it too."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
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


def _sign_in_because(request: HttpRequest, why: str) -> HttpResponse:
    target = request.get_full_path() if request.method == "GET" else resolve_url("quay:home")
    return redirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': target, 'vi': why})}")


class SignInMiddleware:
    """Nobody passes without a signed-in, unlocked, unreplaced session, except to `public` views.

    A locked screen answers 423 everywhere but at `when_locked` views. Before the second factor or
    a forced new password only `half_signed_in` views answer.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponseBase],
        _args: tuple[object, ...],
        _kwargs: dict[str, object],
    ) -> HttpResponseBase | None:
        if not getattr(view, "login_required", True):
            return None
        if not request.user.is_authenticated:
            if request.session.get(sessions.REPLACED):
                request.session.flush()
                return _sign_in_because(request, State.REPLACED.value)
            return redirect_to_login(request.get_full_path(), resolve_url(settings.LOGIN_URL))
        staff = request.user
        passive = getattr(view, "passive", False) or "X-Passive" in request.headers
        state = sessions.look(request, staff, passive=passive)
        return self._answer(request, view, state)

    def _answer(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], state: State
    ) -> HttpResponseBase | None:
        match state:
            case State.OPEN:
                return None
            case State.REPLACED | State.ABANDONED:
                logout(request)
                return _sign_in_because(request, state.value)
            case State.LOCKED:
                from agencies.views.locking import locked_answer

                return None if getattr(view, "when_locked", False) else locked_answer(request)
        if getattr(view, "half_signed_in", False) or getattr(view, "when_locked", False):
            return None
        if state is State.NEEDS_PASSWORD:
            return redirect("agencies:password")
        then = f"?{urlencode({'next': request.get_full_path()})}" if request.method == "GET" else ""
        return redirect(resolve_url("agencies:second_factor") + then)
