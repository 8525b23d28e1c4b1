"""Error pages: what happened, what is safe, what to do next; Vietnamese first, English below.

They ask no database and no session, so they also stand when those are gone. For htmx the same
words come as a small part.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.templatetags.static import static

from opsa.core.context import request_id
from opsa.core.pages import wants_part


class Conflict(Exception):
    """Somebody else was first, or the form was already used with other content: 409."""


class Locked(Exception):
    """Somebody else is working on it right now: 423."""


def _stylesheet() -> str:
    try:
        return static("css/public.css")
    except ValueError:
        # The manifest of built files is missing: the page stays readable without style.
        return ""


def answer(
    request: HttpRequest, status: int, *, retry_after: int | None = None, page: str = ""
) -> HttpResponse:
    """The error page (or part) for `status`: 400, 403, 404, 405, 409, 423, 429 or 500."""
    part = wants_part(request)
    name = f"errors/{page or status}.html"
    context: dict[str, Any] = {
        "status": status,
        "retry_after": retry_after,
        "minutes": None if retry_after is None else max(1, -(-retry_after // 60)),
        "request_id": request_id(),
        "home": "/quay/" if request.path.startswith("/quay/") else "/",
        "stylesheet": _stylesheet(),
        "layout": "errors/part.html" if part else "errors/page.html",
    }
    html = render_to_string(name, context)
    response = HttpResponse(html, status=status)
    response["Cache-Control"] = "no-store"
    response["Vary"] = "HX-Request"
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, 404)


def only_by_button(request: HttpRequest, allowed: str) -> HttpResponse:
    """The address of a form's answer, opened again by itself (reload, an old tab)."""
    response = answer(request, 405)
    response["Allow"] = allowed
    return response


def conflict(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, 409)


def locked(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, 423)


def too_many(request: HttpRequest, retry_after: int) -> HttpResponse:
    return answer(request, 429, retry_after=retry_after)


def server_error(request: HttpRequest) -> HttpResponse:
    return answer(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form is older than the sign-in (which changes the token): say so, with the way on."""
    return answer(request, 403, page="csrf")
