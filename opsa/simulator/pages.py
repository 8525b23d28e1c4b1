"""The control pages for people: what is held, what was asked, the dials. Plain HTML, no script."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from . import api, carrier, dossiers, sms
from .clock import iso, local
from .dials import MODES, SERVICES, BadDial
from .labels import dial_rows, event_choices, reason_name, service_name, state_name
from .portal import dossier_json
from .presets import PRESET_WORDS, preset
from .store import Json
from .timeline import newest, told, told_many
from .world import the_world

PAGE_SIZE = 50
STYLESHEET = Path(__file__).resolve().parent / "static" / "simulator.css"


def chrome(request: HttpRequest) -> Json:
    """For every page: the simulated time and where the stylesheet is on this port."""
    on_service_port = request.META.get("simulator.service") is not None
    return {
        "now": local(the_world().now()),
        "speed": the_world().clock.speed,
        "stylesheet": "/portal/simulator.css" if on_service_port else "/simulator.css",
        "control": not on_service_port,
    }


@require_safe
def stylesheet(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(STYLESHEET.read_bytes(), content_type="text/css; charset=utf-8")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return _home(request)


def _home(request: HttpRequest, error: str = "", status: int = 200) -> HttpResponse:
    world = the_world()
    tree = world.dials.tree()
    services = [
        {
            "key": key,
            "name": service_name(key),
            "address": world.addresses.get(key, ""),
            "mode": tree[key]["mode"],
            "modes": MODES,
            "rows": dial_rows(tree[key]),
        }
        for key in SERVICES
    ]
    counts = [
        (_("Hồ sơ"), "dossiers", world.store.number("SELECT count(*) FROM dossier")),
        (_("Bưu gửi"), "parcels", world.store.number("SELECT count(*) FROM parcel")),
        (_("Tin nhắn"), "messages", world.store.number("SELECT count(*) FROM sms")),
        (_("Yêu cầu đã nhận"), "requests", world.store.number("SELECT count(*) FROM request")),
    ]
    scenario = world.scenario.state()
    running = PRESET_WORDS.get(scenario["name"])
    context = {
        "services": services,
        "counts": counts,
        "error": error,
        "scenario": scenario | {"name": running.title if running else scenario["name"]},
        "presets": PRESET_WORDS.items(),
        "seed": tree["seed"],
        "steps": (("1", _("1 giờ")), ("6", _("6 giờ")), ("24", _("1 ngày")), ("72", _("3 ngày"))),
    }
    return render(request, "home.html", context, status=status)


@require_POST
def move_time(request: HttpRequest) -> HttpResponse:
    """The buttons that move time on, and the speed."""
    try:
        hours = float(request.POST.get("hours") or 0)
        if not 0 <= hours <= 24 * 366:
            raise ValueError
        speed = request.POST.get("speed")
        if speed:
            the_world().change_dials({"speed": float(speed.replace(",", "."))})
    except ValueError:
        return _home(request, _("Số giờ hoặc tốc độ không hợp lệ. Chưa có gì thay đổi."), 422)
    if hours:
        the_world().advance(hours * 3600)
    return _back("/")


@require_POST
def play(request: HttpRequest) -> HttpResponse:
    """Starts a ready-made timeline, or stops the running one."""
    name = request.POST.get("preset", "")
    plan = preset(name)
    if name and plan is None:
        raise Http404
    if plan is None:
        the_world().scenario.stop()
    else:
        the_world().scenario.start(plan)
    return _back("/")


@require_POST
def turn_dials(request: HttpRequest, service: str) -> HttpResponse:
    """Sets the dials of one service from its form; all of them or none."""
    if service not in SERVICES:
        raise Http404
    tree = the_world().dials.tree()[service]
    try:
        the_world().change_dials({service: _from_form(tree, request.POST.get, "")})
    except BadDial as bad:
        text = _("Giá trị không hợp lệ (%(dial)s). Chưa có gì thay đổi.") % {"dial": bad}
        return _home(request, text, 422)
    return _back(f"/#{service}")


def _from_form(tree: Json, posted: Any, prefix: str) -> Json:
    """The form's fields in the shape of the dial tree; what the form lacks stays out."""
    change: Json = {}
    for name, old in tree.items():
        field = f"{prefix}{name}"
        if isinstance(old, dict):
            change[name] = _from_form(old, posted, f"{field}.")
            continue
        text = posted(field)
        if isinstance(old, bool):
            change[name] = text is not None
        elif text is None or isinstance(old, list):
            continue
        elif isinstance(old, int | float):
            try:
                value = float(text.replace(",", "."))
            except ValueError:
                raise BadDial(field) from None
            change[name] = int(value) if value.is_integer() else value
        else:
            change[name] = text
    return change


def _back(path: str) -> HttpResponse:
    """303 to a page of this port, so that a reload repeats nothing."""
    response = HttpResponseRedirect(path)
    response.status_code = 303
    return response


def _page(request: HttpRequest, sql: str, columns: tuple[str, ...]) -> Json:
    """Rows of one list, newest first, by key and not by offset; `q` searches `columns`."""
    query, before = request.GET.get("q", "").strip()[:100], request.GET.get("truoc", "")
    where = ["1"]
    values: list[int | str] = []
    if before.isdecimal():
        where.append("id < ?")
        values.append(int(before))
    if query:
        where.append("(" + " OR ".join(f"instr(lower({name}), lower(?))" for name in columns) + ")")
        values += [query] * len(columns)
    rows = the_world().store.rows(
        f"{sql} WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?", *values, PAGE_SIZE + 1
    )
    more = rows[PAGE_SIZE - 1]["id"] if len(rows) > PAGE_SIZE else None
    return {"rows": rows[:PAGE_SIZE], "more": more, "q": query}


@require_GET
def dossier_list(request: HttpRequest) -> HttpResponse:
    context = _page(request, "SELECT * FROM dossier", ("code", "reference", "procedure", "title"))
    codes = [row["code"] for row in context["rows"]]
    histories = told_many(the_world().store, codes, the_world().now())
    files = {
        row["code"]: row["n"]
        for row in the_world().store.rows(
            "SELECT code, count(*) AS n FROM held_file "
            "WHERE code IN (SELECT value FROM json_each(?)) GROUP BY code",
            json.dumps(codes),
        )
    }
    context["items"] = [
        {
            "code": row["code"],
            "reference": row["reference"] or "",
            "procedure": row["procedure"],
            "title": row["title"],
            "created": local(row["created_at"]),
            "files": files.get(row["code"], 0),
            "status": _status_text(newest(histories[row["code"]]).code),
        }
        for row in context["rows"]
    ]
    return render(request, "dossiers.html", context)


def _status_text(code: int) -> str:
    return f"{code} · {dossiers.status_name(code) or _('mã lạ')}"


def dossier_page(request: HttpRequest, code: str) -> HttpResponse:
    if request.method == "POST":
        status = request.POST.get("status", "")
        if not status.isdecimal():
            raise Http404
        try:
            api.force_report(code, int(status), request.POST.get("text", "")[:1000])
        except api.Bad:
            raise Http404 from None
        return _back(f"/ho-so/{code}")
    told_now = dossier_json(None, code)
    if told_now is None:
        raise Http404
    row = the_world().store.row("SELECT body, source FROM dossier WHERE code = ?", code)
    assert row is not None
    body = json.dumps(json.loads(row["body"]), ensure_ascii=False, indent=2)
    context = {
        "dossier": told_now,
        "filed": datetime.fromisoformat(told_now["NgayNop"]),
        "reports": [
            {**report, "at": datetime.fromisoformat(report["ThoiDiem"])}
            for report in told_now["LichSu"]
        ],
        "body": body,
        "source": row["source"],
        "statuses": [(number, f"{number} · {name}") for number, name in dossiers.STATUSES.items()],
    }
    return render(request, "dossier.html", context)


@require_GET
def parcel_list(request: HttpRequest) -> HttpResponse:
    context = _page(request, "SELECT * FROM parcel", ("number", "manifest"))
    numbers = [row["number"] for row in context["rows"]]
    histories = told_many(the_world().store, numbers, the_world().now())
    context["items"] = [
        {
            "number": row["number"],
            "manifest": row["manifest"] or "",
            "created": local(row["created_at"]),
            "status": _event_text(newest(histories[row["number"]]).code),
        }
        for row in context["rows"]
    ]
    return render(request, "parcels.html", context)


def _event_text(code: int) -> str:
    return f"{code} · {carrier.EVENTS.get(code) or _('mã lạ')}"


def parcel_page(request: HttpRequest, number: str) -> HttpResponse:
    if request.method == "POST":
        code = request.POST.get("event", "")
        reason = request.POST.get("reason", "")
        if not code.isdecimal() or (reason and reason not in carrier.REASONS):
            raise Http404
        try:
            api.force_parcel_event(number, int(code), reason if code == "91" else "")
        except api.Bad:
            raise Http404 from None
        return _back(f"/buu-gui/{number}")
    row = the_world().store.row("SELECT * FROM parcel WHERE number = ?", number)
    if row is None:
        raise Http404
    context = {
        "number": number,
        "manifest": row["manifest"] or "",
        "events": [
            {
                "code": item.code,
                "name": carrier.EVENTS.get(item.code, ""),
                "at": local(item.at),
                "place": item.place,
                "reason": reason_name(item.text),
            }
            for item in told(the_world().store, number, the_world().now())
        ],
        "body": json.dumps(json.loads(row["body"]), ensure_ascii=False, indent=2),
        "choices": event_choices(carrier.EVENTS),
        "reasons": [(code, reason_name(code)) for code in carrier.REASONS],
    }
    return render(request, "parcel.html", context)


@require_GET
def sms_list(request: HttpRequest) -> HttpResponse:
    context = _page(request, "SELECT * FROM sms", ("recipient", "text", "key"))
    now = the_world().now()
    context["items"] = []
    for row in context["rows"]:
        state, reason, at = sms.state_of(row, now)
        context["items"].append(
            {
                "to": row["recipient"],
                "text": row["text"],
                "taken": local(row["at"]),
                "state": state_name(state),
                "reason": reason_name(reason or ""),
                "since": local(at),
                "key": row["key"],
            }
        )
    return render(request, "messages.html", context)


@require_GET
def request_list(request: HttpRequest) -> HttpResponse:
    context = _page(request, "SELECT * FROM request", ("service", "op", "reference", "faults"))
    context["items"] = [
        {**dict(row), "simulated": iso(row["simulated_at"])} for row in context["rows"]
    ]
    return render(request, "requests.html", context)
