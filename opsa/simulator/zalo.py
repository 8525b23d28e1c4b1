"""A provider shaped like Zalo's notification service: a template and its parameters to a phone.

Like the real one it answers 200 with an error number inside, and it sends again what it is given
again: no key protects from a double one. What it got can be asked by the sender's tracking number.
"""

import json
import re

from django.http import HttpRequest, HttpResponse

from . import texts
from .callbacks import wanted
from .web import about, answer, body_of, endpoint, text_of
from .world import the_world

SERVICE = "zalo"


def _wrong(number: int, text: str) -> HttpResponse:
    return answer({"error": number, "message": text})


@endpoint("POST")
def send(request: HttpRequest) -> HttpResponse:
    """Hand over one message."""
    body, world = body_of(request), the_world()
    if not request.headers.get("Access-Token"):
        return _wrong(-124, "Access token invalid")
    key = text_of(body, "tracking_id", limit=80)
    about(request, key)
    texts.counted(world, SERVICE, key)
    phone, template = text_of(body, "phone", limit=20), text_of(body, "template_id", limit=20)
    data = body.get("template_data")
    if not re.fullmatch(r"84[0-9]{9}", phone):
        return _wrong(-108, "Phone number invalid")
    if not template.isdecimal() or not isinstance(data, dict):
        return _wrong(-131, "Template data invalid")
    if world.dials.strikes(SERVICE, "no_account"):
        request.META["simulator.faults"].append("no_account")
        return _wrong(-118, "Zalo account not existed")
    text = json.dumps([template, data], ensure_ascii=False, sort_keys=True)
    try:
        fresh = texts.take(world, SERVICE, key, phone, text, request.META["simulator.faults"])
    except texts.Conflict:
        return _wrong(-131, "Template data invalid")
    if not fresh:
        texts.once_more(world, SERVICE, key)
    wanted(world, SERVICE, key, text_of(body, "callback_url", limit=300, needed=False))
    return answer({"error": 0, "message": "Success", "data": {"msg_id": f"Z{key[:12]}"}})


@endpoint("GET")
def status(request: HttpRequest) -> HttpResponse:
    """What became of one message: 1 on the phone, 0 not yet, -1 not delivered."""
    key, world = request.GET.get("tracking_id", ""), the_world()
    about(request, key)
    row = texts.find(world, SERVICE, key)
    if row is None:
        return _wrong(-129, "Message not existed")
    state, reason, at = texts.told(world, row)
    told = {
        "status": {"DA_DEN": 1, "THAT_BAI": -1}.get(state, 0),
        "reason": reason or "",
        "delivery_time": at,
    }
    return answer({"error": 0, "message": "Success", "data": told})
