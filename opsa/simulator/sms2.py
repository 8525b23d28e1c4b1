"""The second SMS provider: another shape (English, bearer key, references)."""

import re

from django.http import HttpRequest, HttpResponse

from . import texts
from .callbacks import wanted
from .sms import parts
from .web import about, answer, body_of, endpoint, text_of
from .world import the_world

SERVICE = "sms2"
MOST = 50
STATES = {
    "DA_NHAN": "ACCEPTD",
    "DA_GUI": "ENROUTE",
    "DA_DEN": "DELIVRD",
    "THAT_BAI": "UNDELIV",
}
REASONS = {"SAI_SO": "UNKNOWN_SUBSCRIBER", "MAY_TAT": "ABSENT_SUBSCRIBER", "CHAN": "BLOCKED"}


def _wrong(status: int, code: str, **more: object) -> HttpResponse:
    return answer({"error": {"code": code}, **more}, status=status)


def _allowed(request: HttpRequest) -> bool:
    return request.headers.get("Authorization", "").startswith("Bearer ")


@endpoint("POST")
def send(request: HttpRequest) -> HttpResponse:
    """Hand over one message; a second one under its reference is refused as such."""
    if not _allowed(request):
        return _wrong(401, "UNAUTHORIZED")
    body, world = body_of(request), the_world()
    key = text_of(body, "ref", limit=80)
    about(request, key)
    texts.counted(world, SERVICE, key)
    phone, text = text_of(body, "msisdn", limit=20), text_of(body, "text", limit=2000)
    if not re.fullmatch(r"84[0-9]{9}", phone):
        return _wrong(400, "INVALID_MSISDN")
    try:
        fresh = texts.take(world, SERVICE, key, phone, text, request.META["simulator.faults"])
    except texts.Conflict:
        return _wrong(409, "REF_REUSED")
    if not fresh:
        return _wrong(409, "DUPLICATE_REF", ref=key)
    wanted(world, SERVICE, key, text_of(body, "dlr_url", limit=300, needed=False))
    return answer({"ref": key, "status": "ACCEPTD", "parts": parts(text)}, status=201)


@endpoint("GET")
def reports(request: HttpRequest) -> HttpResponse:
    """What became of up to 50 references; an unknown one is left out."""
    if not _allowed(request):
        return _wrong(401, "UNAUTHORIZED")
    keys, world = request.GET.getlist("ref"), the_world()
    if not 1 <= len(keys) <= MOST:
        return _wrong(400, "TOO_MANY_REFS")
    found = []
    for key in keys:
        row = texts.find(world, SERVICE, key)
        if row is not None:
            found.append(status(texts.told(world, row), key))
    return answer({"messages": found})


def status(told: tuple[str, str | None, str], key: str) -> dict[str, str]:
    """One message in this provider's words."""
    state, reason, at = told
    return {
        "ref": key,
        "status": STATES[state],
        "reason": REASONS.get(reason or "", ""),
        "at": at,
    }
