"""What happens around every request, in the order of the settings."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control, patch_vary_headers

from opsa.core import errors, rls
from opsa.core.context import new_request_id
from opsa.core.limits import LimitReached
from opsa.core.states import IllegalMove

type Next = Callable[[HttpRequest], HttpResponseBase]

# What a page of ours never needs; the camera stays for scanning papers at the counter.
PERMISSIONS: Final = (
    "accelerometer=(), autoplay=(), camera=(self), display-capture=(), encrypted-media=(), "
    "fullscreen=(self), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), "
    "payment=(), publickey-credentials-get=(self), screen-wake-lock=(self), usb=(), "
    "browsing-topics=()"
)


#: How PostgreSQL's driver refuses the one sign that no text of its can hold and nobody types:
#: no fault of ours, so nobody is called for it.
NUL: Final = "NUL (0x00)"


class RequestIdMiddleware:
    """Gives each request an id for journal, logs and the error page. Never taken from outside."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        value = new_request_id()
        with structlog.contextvars.bound_contextvars(request_id=value):
            response = self.get_response(request)
        response["X-Request-ID"] = value
        response.setdefault("Permissions-Policy", PERMISSIONS)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class PageCompressionMiddleware(GZipMiddleware):
    """Pages and parts go out compressed also where no proxy stands before us: on a line of 1 Mbit/s
    a step of 40 kB would take a third of a second. Files are compressed already and pass.

    Django pads each answer by a random number of bytes and masks the form's token, so the length
    tells nobody a secret.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        kind = response.get("Content-Type", "").partition(";")[0]
        if response.streaming or kind not in ("text/html", "application/json"):
            return response
        return super().process_response(request, response)


class BehindProxyMiddleware:
    """Makes the visitor's address, not the proxy's, what limits count by.

    Only for web processes that nothing but our own proxy can reach: it replaces the header, so the
    last address in it is the one that the proxy saw. Without the header nobody's address is made
    up.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        seen = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        if seen:
            request.META["REMOTE_ADDR"] = seen
        return self.get_response(request)


class OfficeScopeMiddleware:
    """Puts the whole request behind the office wall (`opsa.core.rls`).

    Staff bound to an office (`user.scope_agency_id`) see that office; everybody else, citizens
    included, runs as the role without ownership. Also turns the exceptions of core into their
    pages: 409, 423 and 429, and the bare 405 into one that says the way on.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user
        office = user.scope_agency_id if user.is_authenticated else None
        with rls.city_scope() if office is None else rls.office_scope(office):
            response = self.get_response(request)
        if response.status_code == 405 and request.method == "GET":
            return errors.only_by_button(request, response.headers.get("Allow", ""))
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        match exception:
            case LimitReached():
                return errors.too_many(request, exception.retry_after)
            case IllegalMove() | errors.Conflict():
                return errors.conflict(request)
            case errors.Locked():
                return errors.locked(request)
            case DataError() | ValueError() if NUL in str(exception):
                return errors.bad_request(request)
        return None


class NoStoreMiddleware:
    """Nothing a signed-in person saw stays in a cache: Back after sign-out shows nothing."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.user.is_authenticated:
            patch_cache_control(response, no_store=True, private=True)
        return response


class HtmxSignInMiddleware:
    """A lost session inside a page: instead of pasting the sign-in page into a table cell, answer
    401 with a small part that offers the sign-in beside the typed form, which stays.

    A plain form that the page itself sends (`X-Stay`, send.js) gets the same; other redirects tell
    it the address as 204 with HX-Redirect, for a script can't see where a redirect leads.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        stays = request.headers.get("X-Stay") == "1"
        htmx = request.headers.get("HX-Request") == "true"
        if not (stays or htmx) or response.status_code not in (302, 303):
            return response
        sign_in = resolve_url(settings.LOGIN_URL)
        if urlsplit(response["Location"]).path != sign_in:
            if stays:
                response.status_code = 204
                response["HX-Redirect"] = response["Location"]
                del response["Location"]
            return response
        part = HttpResponse(
            render_to_string("core/sign_in_part.html", {"sign_in": sign_in}), status=401
        )
        # Beside the target, never in its place. ui.js shows its own dialog and swaps nothing.
        part["HX-Reswap"] = "beforebegin"
        part["Cache-Control"] = "no-store"
        patch_vary_headers(part, ("HX-Request",))
        return part
