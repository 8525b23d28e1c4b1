"""The control port's JSON: dials, time, truth, forced happenings. Never faulty."""

import functools
import json
from collections.abc import Callable
from datetime import datetime
from typing import Concatenate

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from . import carrier, dossiers, sms
from .clock import iso
from .dials import BadDial
from .portal import dossier_json
from .presets import PRESET_WORDS, preset
from .scenario import BadScenario
from .store import Json
from .timeline import happen, happen_earlier, newest, told
from .truth import held
from .web import answer
from .world import the_world


class Bad(ValueError):
    """Answered as 400 (or 404) `{"error": …}`."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


def call[**P](
    *methods: str,
) -> Callable[
    [Callable[Concatenate[HttpRequest, P], Json]],
    Callable[Concatenate[HttpRequest, P], HttpResponse],
]:
    """One API address. Writes must be JSON: a foreign web page cannot send that unasked."""

    def wrap(
        view: Callable[Concatenate[HttpRequest, P], Json],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        def inner(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method not in methods:
                return answer({"error": f"only {', '.join(methods)}"}, status=405)
            if request.method in ("POST", "PUT") and request.content_type != "application/json":
                return answer({"error": "Content-Type: application/json"}, status=415)
            try:
                return answer(view(request, *args, **kwargs))
            except Bad as bad:
                return answer({"error": str(bad)}, status=bad.status)
            except (BadDial, BadScenario) as bad_value:
                return answer({"error": str(bad_value)}, status=400)

        functools.update_wrapper(inner, view)
        wrapped: Callable[Concatenate[HttpRequest, P], HttpResponse] = csrf_exempt(inner)
        return wrapped

    return wrap


def _body(request: HttpRequest) -> Json:
    try:
        value = json.loads(request.body or b"{}")
    except ValueError:
        raise Bad("not JSON") from None
    if not isinstance(value, dict):
        raise Bad("not an object")
    return value


def _number(body: Json, name: str, *, whole: bool = False) -> float:
    value: object = body.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Bad(f"{name}: not a number")
    if whole and not isinstance(value, int):
        raise Bad(f"{name}: not a whole number")
    return value


def _moment(text: object) -> float:
    try:
        at = datetime.fromisoformat(str(text)).timestamp()
    except (ValueError, OverflowError):
        raise Bad("until: not a moment") from None
    if at > the_world().now() + 3660 * 86400:
        raise Bad("until: within ten years")
    return at


def _query_number(request: HttpRequest, name: str, default: int) -> int:
    text = request.GET.get(name, "")
    if text and not text.isdecimal():
        raise Bad(f"{name}: not a whole number")
    return int(text) if text else default


@call("GET", "HEAD")
def healthz(_request: HttpRequest) -> Json:
    return {"status": "ready", "addresses": the_world().addresses}


@call("GET", "PUT")
def dial(request: HttpRequest) -> Json:
    if request.method == "PUT":
        return the_world().change_dials(_body(request))
    return the_world().dials.tree()


@call("GET")
def clock(_request: HttpRequest) -> Json:
    return _clock()


def _clock() -> Json:
    world = the_world()
    return {"now": iso(world.now()), "speed": world.clock.speed}


@call("POST")
def advance(request: HttpRequest) -> Json:
    body, world = _body(request), the_world()
    if "until" in body:
        world.advance(max(0.0, _moment(body["until"]) - world.now()))
        return _clock()
    hours = _number(body, "hours") + _number(body, "days") * 24 + _number(body, "minutes") / 60
    if not 0 <= hours <= 24 * 3660:
        raise Bad("from 0 hours to ten years")
    world.advance(hours * 3600)
    return _clock()


@call("GET")
def truth(request: HttpRequest) -> Json:
    return held(the_world(), request.GET.get("reference", ""))


@call("GET")
def requests(request: HttpRequest) -> Json:
    since = _query_number(request, "since", 0)
    limit = min(_query_number(request, "limit", 1000), 10_000)
    service, op = request.GET.get("service", ""), request.GET.get("op", "")
    rows = the_world().store.rows(
        "SELECT * FROM request WHERE id > ? AND ? IN ('', service) AND ? IN ('', op) "
        "ORDER BY id LIMIT ?",
        since,
        service,
        op,
        limit,
    )
    return {
        "requests": [
            {
                **dict(row),
                "simulated_at": iso(row["simulated_at"]),
                "faults": row["faults"].split(",") if row["faults"] else [],
            }
            for row in rows
        ],
        "last": rows[-1]["id"] if rows else since,
    }


@call("POST")
def force_status(request: HttpRequest, code: str) -> Json:
    body = _body(request)
    if isinstance(body.get("TrangThai"), bool) or not isinstance(body.get("TrangThai"), int):
        raise Bad("TrangThai: not a whole number")
    hours_ago = _number(body, "hours_ago")
    if hours_ago < 0:
        raise Bad("hours_ago: not below 0")
    force_report(code, body["TrangThai"], str(body.get("NoiDung", ""))[:1000], hours_ago)
    forced = dossier_json(None, code)
    assert forced is not None
    return forced


def force_report(code: str, status: int, text: str, hours_ago: float = 0) -> None:
    """A report now (the rest is planned anew) or dated back (the plan stays). Raises Bad."""
    world = the_world()
    plan, seed = world.dials.get("portal", "plan"), world.dials.seed
    place = dossiers.ONE_STOP if status in (2, 3, 10) else dossiers.EXPERTS
    with world.store.write() as db:
        if db.execute("SELECT 1 FROM dossier WHERE code = ?", (code,)).fetchone() is None:
            raise Bad("no such dossier", 404)
        now = world.now()
        if hours_ago:
            happen_earlier(db, code, now, now - hours_ago * 3600, status, place, text)
        else:
            rest = dossiers.rest_of_life(status, plan, seed, code)
            happen(db, code, now, status, place, text, rest)


@call("POST")
def forget_file(request: HttpRequest, code: str) -> Json:
    name, world = _body(request).get("TenTep"), the_world()
    with world.store.write() as db:
        row = db.execute(
            "SELECT id FROM held_file WHERE code = ? AND (? IS NULL OR name = ?) "
            "ORDER BY id DESC LIMIT 1",
            (code, name, name),
        ).fetchone()
        if row is None:
            raise Bad("no such file", 404)
        db.execute("DELETE FROM held_file WHERE id = ?", (row["id"],))
    forgotten = dossier_json(None, code)
    assert forgotten is not None
    return forgotten


@call("POST")
def force_event(request: HttpRequest, number: str) -> Json:
    body = _body(request)
    if isinstance(body.get("MaSuKien"), bool) or not isinstance(body.get("MaSuKien"), int):
        raise Bad("MaSuKien: not a whole number")
    event = (body["MaSuKien"], str(body.get("LyDo") or ""), str(body.get("Noi") or ""))
    force_parcel_event(number, *event)
    happenings = told(the_world().store, number, the_world().now())
    return {"MaVanDon": number, "TrangThai": newest(happenings).code}


def force_parcel_event(number: str, code: int, reason: str = "", place: str = "") -> None:
    """An event now; the rest of the journey is planned anew. Raises Bad."""
    world = the_world()
    plan, seed = world.dials.get("carrier", "plan"), world.dials.seed
    with world.store.write() as db:
        if db.execute("SELECT 1 FROM parcel WHERE number = ?", (number,)).fetchone() is None:
            raise Bad("no such parcel", 404)
        now = world.now()
        tries = sum(item.code == 91 for item in told(world.store, number, now)) + (code == 91)
        where = place or carrier.DELIVERY_OFFICE
        rest = carrier.journey(code, plan, seed, number, tries) if code != 20 else []
        happen(db, number, now, code, where, reason, rest)


@call("GET")
def sms_list(request: HttpRequest) -> Json:
    world, to = the_world(), request.GET.get("to", "")
    rows = world.store.rows(
        "SELECT * FROM (SELECT 'sms' AS service, key, recipient, text, at, outcome, reason,"
        " sent_at, done_at, id FROM sms UNION ALL SELECT service, key, recipient, text, at,"
        " outcome, reason, sent_at, done_at, id FROM message)"
        " WHERE ? IN ('', recipient) ORDER BY at DESC, id DESC LIMIT ?",
        to,
        min(_query_number(request, "limit", 100), 10_000),
    )
    now, out = world.now(), []
    for row in rows:
        state, reason, _ = sms.state_of(row, now)
        out.append(
            {
                "key": row["key"],
                "service": row["service"],
                "to": row["recipient"],
                "text": row["text"],
                "state": state,
                "reason": reason,
                "at": iso(row["at"]),
            }
        )
    return {"sms": out}


@call("POST")
def force_sms(request: HttpRequest, key: str) -> Json:
    body, world = _body(request), the_world()
    outcomes = {"DA_DEN": "delivered", "THAT_BAI": "failed", "DA_GUI": "silent"}
    outcome = outcomes.get(str(body.get("TrangThai")))
    if outcome is None:
        raise Bad(f"TrangThai: {', '.join(outcomes)}")
    reason = str(body.get("LyDo") or "SAI_SO") if outcome == "failed" else None
    with world.store.write() as db:
        now = world.now()
        db.execute(
            "UPDATE sms SET outcome = ?, reason = ?, sent_at = min(sent_at, ?), done_at = ? "
            "WHERE key = ?",
            (outcome, reason, now, now, key),
        )
    row = world.store.row("SELECT * FROM sms WHERE key = ?", key)
    if row is None:
        raise Bad("no such message", 404)
    return sms.outcome_json(row, world.now())


@call("GET", "POST", "DELETE")
def scenario(request: HttpRequest) -> Json:
    runner = the_world().scenario
    if request.method == "POST":
        plan = _body(request)
        if "preset" in plan:
            plan = preset(str(plan["preset"])) or plan
            if "preset" in plan:
                raise Bad("preset: no such preset")
        runner.start(plan)
    elif request.method == "DELETE":
        runner.stop()
    return runner.state() | {
        "choices": [{"name": name} | words._asdict() for name, words in PRESET_WORDS.items()]
    }


@call("POST")
def reset(request: HttpRequest) -> Json:
    body = _body(request)
    seed = body.get("seed")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or seed < 0):
        raise Bad("seed: a whole number from 0")
    the_world().reset(seed=seed, keep_dial=body.get("keep_dial") is True)
    return the_world().dials.tree()
