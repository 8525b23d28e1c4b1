"""One answer for both kinds of request: a whole page, or the part htmx asked for."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme


def wants_part(request: HttpRequest) -> bool:
    """True when htmx asks for a piece of a page. False when it restores a page from history: then
    the piece would be shown as the whole page."""
    return (
        request.headers.get("HX-Request") == "true"
        and request.headers.get("HX-History-Restore-Request") != "true"
    )


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    part: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page, or its `{% partialdef part %}` when htmx asks for it.

    Both come from the same template and context, so a swapped part equals a full reload. The
    answer varies by the two headers it was chosen by, so no cache mixes them.
    """
    name = f"{template}#{part}" if part and wants_part(request) else template
    response = render(request, name, dict(context or {}), status=status)
    patch_vary_headers(response, ("HX-Request", "HX-History-Restore-Request"))
    return response


def go(request: HttpRequest, url: str) -> HttpResponse:
    """Send the browser on to `url` after a successful POST: 303, or `HX-Redirect` for htmx.

    Raises ValueError for an address outside this site.
    """
    if not url_has_allowed_host_and_scheme(url, allowed_hosts=None):
        raise ValueError("only addresses of this site")
    if wants_part(request):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponse(status=303, headers={"Location": url})
