"""The middleware that makes a service misbehave as its dial says, and logs each request."""

import time
from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils import translation

from .clock import wall_iso
from .store import Json
from .web import TEXTS, refusal
from .world import the_world

type View = Callable[[HttpRequest], HttpResponseBase]

SERVICE_URLS = "opsa.simulator.urls_service"

MAINTENANCE_PAGE = (
    "<!doctype html><html lang=vi><title>Bảo trì</title>"
    "<h1>Hệ thống đang bảo trì</h1><p>Vui lòng quay lại sau.</p></html>"
)


class LanguageMiddleware:
    """Vietnamese unless the page's language switch was used; not the browser's language."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        wanted = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "vi")
        with translation.override(wanted if wanted in ("vi", "en") else "vi"):
            return self.get_response(request)


class Told:
    """What happened to one request, for the log and for the outermost answer."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.cut = False


class FaultMiddleware:
    """Applies faults to requests of a service port; the control port passes untouched."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        service = request.META.get("simulator.service")
        if service is None:
            return self.get_response(request)
        request.urlconf = SERVICE_URLS
        op = _operation(request, service)
        told = Told()
        request.META["simulator.faults"] = told.faults
        began = time.monotonic()
        response = self._answer(request, service, op, told)
        if told.cut:
            request.META["simulator.drop"]()
        world = the_world()
        if world.stopping.is_set():
            return response
        world.store.log_request(
            (
                wall_iso(),
                world.now(),
                service,
                op,
                request.method or "",
                request.path_info[:200],
                request.META.get("simulator.reference", ""),
                None if told.cut else response.status_code,
                ",".join(told.faults),
                round((time.monotonic() - began) * 1000),
            )
        )
        return response

    def _answer(self, request: HttpRequest, service: str, op: str, told: Told) -> HttpResponseBase:
        world = the_world()

        def strikes(name: str) -> Json | None:
            fault = world.dials.strikes(service, name, op)
            if fault is not None:
                told.faults.append(name)
            return fault

        refused = self._turned_away(request, service, op, told, strikes)
        if refused is not None:
            return refused
        if late := strikes("late"):
            told.cut = True
            # The work needs the whole body, which must be read before the line breaks.
            with suppress(UnreadablePostError, RequestDataTooBig):
                _ = request.body
            request.META["simulator.drop"]()
            ending = world.stopping.wait(late["seconds"])
            return HttpResponse(status=503) if ending else self.get_response(request)
        slow = strikes("slow")
        if slow and slow["when"] == "before" and world.stopping.wait(slow["seconds"]):
            # The line is already broken; nothing is begun that could not be finished.
            return HttpResponse(status=503)
        response = self.get_response(request)
        if slow and slow["when"] == "after":
            world.stopping.wait(slow["seconds"])
        if strikes("malformed"):
            return _half(response)
        if strikes("cut"):
            told.cut = True
        return response

    def _turned_away(
        self,
        request: HttpRequest,
        service: str,
        op: str,
        told: Told,
        strikes: Callable[[str], Json | None],
    ) -> HttpResponseBase | None:
        """The answer that ends the request before any work, if there is one."""
        world = the_world()
        if world.dials.get(service, "mode") == "maintenance":
            told.faults.append("maintenance")
            closed = HttpResponse(MAINTENANCE_PAGE, status=503)
            closed["Retry-After"] = "600"
            return closed
        wait = world.dials.over_limit(service, op)
        if wait is not None:
            told.faults.append("rate_limit")
            busy = refusal(request, 429, 429, TEXTS[429])
            busy["Retry-After"] = str(wait)
            return busy
        if error := strikes("error"):
            status = int(error["status"])
            return refusal(request, status, status, TEXTS.get(status, TEXTS[500]))
        if refuse := strikes("refuse"):
            return refusal(request, 422, refuse["code"], refuse["text"])
        return None


def _operation(request: HttpRequest, service: str) -> str:
    try:
        match = resolve(request.path_info, SERVICE_URLS)
    except Resolver404:
        return "none"
    owner, _, op = (match.url_name or "").partition("/")
    return op if owner == service else "none"


def _half(response: HttpResponseBase) -> HttpResponseBase:
    if not isinstance(response, HttpResponse) or not response.content:
        return response
    return HttpResponse(
        response.content[: len(response.content) // 2],
        status=response.status_code,
        content_type=response.headers.get("Content-Type"),
    )
