"""The SMS provider: takes a message once per key and tells what became of it."""

import json
import re
import sqlite3

from django.http import HttpRequest, HttpResponse

from .callbacks import wanted
from .chance import Chance
from .clock import iso
from .store import Json, content_hash, count_post, witness
from .web import Refusal, about, answer, body_of, codes_of, endpoint, text_of
from .world import World, the_world

SERVICE = "sms"
REASONS = ("SAI_SO", "MAY_TAT", "CHAN")
STATES = ("DA_NHAN", "DA_GUI", "DA_DEN", "THAT_BAI")


def parts(text: str) -> int:
    """SMS parts: 160 (then 153) characters without accents, 70 (then 67) with."""
    single, many = (160, 153) if text.isascii() else (70, 67)
    return 1 if len(text) <= single else -(-len(text) // many)


def state_of(row: sqlite3.Row, now: float) -> tuple[str, str | None, float]:
    """State, reason and since when, at simulated `now`."""
    if now < row["sent_at"]:
        return "DA_NHAN", None, row["at"]
    if now < row["done_at"] or row["outcome"] == "silent":
        return "DA_GUI", None, row["sent_at"]
    if row["outcome"] == "failed":
        return "THAT_BAI", row["reason"], row["done_at"]
    return "DA_DEN", None, row["done_at"]


def outcome_json(row: sqlite3.Row, now: float) -> Json:
    state, reason, at = state_of(row, now)
    return {"MaTin": row["key"], "TrangThai": state, "LyDo": reason, "ThoiDiem": iso(at)}


@endpoint("POST")
def send(request: HttpRequest) -> HttpResponse:
    body, world = body_of(request), the_world()
    key = text_of(body, "MaTin", limit=80)
    about(request, key)
    count_post(world.store, SERVICE, key)
    phone = re.sub(r"[ .]", "", text_of(body, "SoDienThoai", limit=30))
    text = text_of(body, "NoiDung", limit=2000)
    if not re.fullmatch(r"(?:0|\+?84)[0-9]{9}", phone):
        raise Refusal(422, 101, "Số điện thoại không hợp lệ")
    known = world.store.row("SELECT * FROM sms WHERE key = ?", key)
    outcome, reason = (
        ("delivered", None)
        if known is not None
        else fate_of(world, SERVICE, request.META["simulator.faults"])
    )
    with world.store.write() as db:
        row = db.execute("SELECT * FROM sms WHERE key = ?", (key,)).fetchone()
        fresh, now = row is None, world.now()
        if row is None:
            draw = Chance("sms", key)
            witness(db, now)
            db.execute(
                "INSERT INTO sms (key, recipient, text, content, parts, at, outcome, reason, "
                "sent_at, done_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    key,
                    phone,
                    text,
                    content_hash([phone, text]),
                    parts(text),
                    now,
                    outcome,
                    reason,
                    now + 2,
                    now + draw.between(5, 30),
                ),
            )
            row = db.execute("SELECT * FROM sms WHERE key = ?", (key,)).fetchone()
        elif row["content"] != content_hash([phone, text]):
            raise Refusal(409)
    wanted(world, SERVICE, key, text_of(body, "UrlBao", limit=300, needed=False))
    told = {
        "MaTin": key,
        "MaNhaMang": f"N{row['id']:08d}",
        "TrangThai": state_of(row, now)[0],
        "SoPhan": row["parts"],
    }
    return answer(told, status=202 if fresh else 200)


def fate_of(world: World, service: str, faults: list[str]) -> tuple[str, str | None]:
    """What will become of a message just taken, as the service's dials say."""
    if fail := world.dials.strikes(service, "fail"):
        faults.append("fail")
        return "failed", str(fail["reason"])
    if world.dials.strikes(service, "silent"):
        faults.append("silent")
        return "silent", None
    return "delivered", None


@endpoint("GET", "HEAD")
def outcome(request: HttpRequest, key: str) -> HttpResponse:
    about(request, key)
    row = the_world().store.row("SELECT * FROM sms WHERE key = ?", key)
    if row is None:
        raise Refusal(404)
    return answer(outcome_json(row, the_world().now()))


@endpoint("POST")
def outcomes(request: HttpRequest) -> HttpResponse:
    keys, world = codes_of(body_of(request), "MaTin", limit=100), the_world()
    rows = {
        row["key"]: row
        for row in world.store.rows(
            "SELECT * FROM sms WHERE key IN (SELECT value FROM json_each(?))", json.dumps(keys)
        )
    }
    now = world.now()
    return answer(
        {
            "Tin": [outcome_json(rows[key], now) for key in keys if key in rows],
            "KhongTimThay": [key for key in keys if key not in rows],
        }
    )
