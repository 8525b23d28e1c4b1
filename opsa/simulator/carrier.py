"""The carrier: register an item, take over a manifest, tell where each item is."""

import json
import re
import sqlite3

from django.http import HttpRequest, HttpResponse

from .chance import Chance
from .clock import iso
from .store import Json, content_hash, count_post, witness
from .timeline import Happening, Planned, Telling, happen, newest, telling, told, told_many
from .web import Refusal, about, answer, body_of, codes_of, endpoint, tagged, text_of
from .world import the_world

SERVICE = "carrier"

EVENTS = {
    20: "Đã tạo đơn",
    60: "Đã huỷ",
    70: "Đã chấp nhận",
    80: "Đang vận chuyển",
    85: "Đến bưu cục phát",
    90: "Đang phát",
    91: "Phát không thành công",
    92: "Chờ nhận tại bưu cục",
    100: "Đã phát",
    161: "Đang chuyển hoàn",
    170: "Đã hoàn cho người gửi",
    199: "Thất lạc",
}
REASONS = (
    "VANG_NHA",
    "SAI_DIA_CHI",
    "TU_CHOI",
    "KHONG_XAC_MINH",
    "KHONG_VAO_DUOC",
    "HU_HONG",
    "KHAC",
)
HUB, DELIVERY_OFFICE = "Trung tâm khai thác Hà Nội", "Bưu cục phát"
S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
MANIFEST_REFUSALS = {
    "CHUA_DANG_KY": "Chưa đăng ký bưu gửi",
    "DA_BAN_GIAO": "Đã bàn giao ở bảng kê khác",
    "DA_HUY": "Bưu gửi đã huỷ",
    "SAI_MA": "Mã bưu gửi không hợp lệ",
}


def is_s10(number: str) -> bool:
    """Two letters, eight digits, the check digit of UPU S10, VN."""
    match = re.fullmatch(r"[A-Z]{2}(\d{8})(\d)VN", number)
    if match is None:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(match[1], S10_WEIGHTS, strict=True))
    check = {10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11)
    return check == int(match[2])


def journey(after: int, plan: Json, seed: int, number: str, tries: int = 0) -> list[Planned]:
    """What follows event `after` by itself, drawn from the seed and the item's number."""
    draw = Chance(seed, number, after, tries)
    out_again = Planned(draw.between(14, 24), 90, DELIVERY_OFFICE)
    delivered = Planned(draw.between(0.5, 6), 100, DELIVERY_OFFICE)
    back = [
        Planned(draw.between(12, 24), 161, DELIVERY_OFFICE),
        Planned(draw.between(24, 72), 170, HUB),
    ]
    failed = Planned(draw.between(0.5, 6), 91, DELIVERY_OFFICE, draw.one_of(REASONS[:5]))
    if after == 20:
        way = [
            Planned(draw.between(0.1, 0.5), 70, HUB),
            Planned(draw.between(1, 6), 80, HUB),
            Planned(draw.between(4, 24), 85, DELIVERY_OFFICE),
            Planned(draw.between(1, 8), 90, DELIVERY_OFFICE),
        ]
        chance = draw.fraction()
        if chance < plan["return_rate"]:
            return [*way, failed, out_again, failed, *back]
        if chance < plan["return_rate"] + plan["failed_rate"]:
            return [*way, failed, out_again, delivered]
        return [*way, delivered]
    if after == 91:
        return [out_again, delivered] if tries < 2 else back
    if after == 161:
        return back[1:]
    return []


def _json_of(number: str, said: Telling) -> Json:
    return {
        "MaVanDon": number,
        "TrangThai": said.head[1].code,
        "SuKien": [_event(event_id, item) for event_id, item in said.history],
    }


def _event(event_id: str, item: Happening) -> Json:
    return {
        "IdSuKien": event_id,
        "SoThuTu": item.number,
        "MaSuKien": item.code,
        "TenSuKien": EVENTS.get(item.code, ""),
        "ThoiDiem": iso(item.at),
        "Noi": item.place,
        "LyDo": item.text or None,
    }


def _telling(request: HttpRequest, number: str, happenings: list[Happening]) -> Telling:
    dials = the_world().dials
    struck: dict[str, Json | None] = {}
    for name in ("duplicate", "out_of_order", "unknown"):
        struck[name] = dials.strikes(SERVICE, name)
        if struck[name] is not None and name not in request.META["simulator.faults"]:
            request.META["simulator.faults"].append(name)
    unknown = struck["unknown"]
    return telling(
        number,
        happenings,
        duplicate=struck["duplicate"] is not None,
        out_of_order=struck["out_of_order"] is not None,
        unknown=None if unknown is None else unknown["code"],
        seed=str(dials.seed),
    )


@endpoint("POST")
def register(request: HttpRequest) -> HttpResponse:
    """A new item under its S10 number; the same again changes nothing."""
    body, world = body_of(request), the_world()
    number = text_of(body, "MaVanDon", limit=40).upper()
    about(request, number)
    count_post(world.store, SERVICE, number)
    if not is_s10(number):
        raise Refusal(422, 101, "Mã bưu gửi sai số kiểm tra")
    recipient = body.get("NguoiNhan")
    if not isinstance(recipient, dict) or not recipient:
        raise Refusal(422, 101, "Thiếu NguoiNhan")
    with world.store.write() as db:
        known = db.execute("SELECT content FROM parcel WHERE number = ?", (number,)).fetchone()
        now = world.now()
        if known is None:
            db.execute(
                "INSERT INTO parcel (number, body, content, created_at) VALUES (?, ?, ?, ?)",
                (number, json.dumps(body, ensure_ascii=False), content_hash(body), now),
            )
            happen(db, number, now, 20, "", "", [])
        elif known["content"] != content_hash(body):
            raise Refusal(409)
        status = newest(told(world.store, number, now)).code
    return answer({"MaVanDon": number, "TrangThai": status}, status=200 if known else 201)


@endpoint("POST")
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    """Takes a registered item back, until it is handed over; again changes nothing."""
    world = the_world()
    about(request, number)
    with world.store.write() as db:
        happenings = told(world.store, number, world.now())
        if not happenings:
            raise Refusal(404)
        code = newest(happenings).code
        if code == 20 and _manifest_of(db, number) is None:
            happen(db, number, world.now(), 60, "", "", [])
        elif code != 60:
            raise Refusal(422, 105, "Bưu gửi đã bàn giao")
    return answer({"MaVanDon": number, "TrangThai": 60})


def _manifest_of(db: sqlite3.Connection, number: str) -> str | None:
    row = db.execute("SELECT manifest FROM parcel WHERE number = ?", (number,)).fetchone()
    return None if row is None else row["manifest"]


@endpoint("POST")
def hand_over(request: HttpRequest) -> HttpResponse:
    """Takes over a manifest; item by item it says which ones it has and why not the others."""
    body, world = body_of(request), the_world()
    manifest = text_of(body, "SoBangKe", limit=60)
    about(request, manifest)
    count_post(world.store, SERVICE, manifest)
    numbers = [number.strip().upper() for number in codes_of(body, "MaVanDon", limit=500)]
    content = content_hash(sorted(numbers))
    plan, seed = world.dials.get(SERVICE, "plan"), world.dials.seed
    taken: list[str] = []
    refused: list[Json] = []
    with world.store.write() as db:
        known = db.execute("SELECT * FROM manifest WHERE number = ?", (manifest,)).fetchone()
        if known is not None:
            if known["content"] != content:
                raise Refusal(409)
            again: Json = json.loads(known["answer"])
            return answer(again)
        now = world.now()
        witness(db, now)
        for number in numbers:
            reason = _not_taken(db, number, now)
            if reason is not None:
                text = MANIFEST_REFUSALS[reason]
                refused.append({"MaVanDon": number, "LyDo": reason, "MoTa": text})
                continue
            taken.append(number)
            db.execute("UPDATE parcel SET manifest = ? WHERE number = ?", (manifest, number))
            _plan_after_hand_over(db, number, now, journey(20, plan, seed, number))
        told_back: Json = {"SoBangKe": manifest, "DaNhan": taken, "TuChoi": refused}
        db.execute(
            "INSERT INTO manifest VALUES (?, ?, ?, ?)",
            (manifest, content, json.dumps(told_back, ensure_ascii=False), now),
        )
    return answer(told_back)


def _not_taken(db: sqlite3.Connection, number: str, now: float) -> str | None:
    if not is_s10(number):
        return "SAI_MA"
    row = db.execute("SELECT manifest FROM parcel WHERE number = ?", (number,)).fetchone()
    if row is None:
        return "CHUA_DANG_KY"
    if row["manifest"] is not None:
        return "DA_BAN_GIAO"
    cancelled = db.execute(
        "SELECT 1 FROM event WHERE subject = ? AND code = 60 AND at <= ?", (number, now)
    ).fetchone()
    return "DA_HUY" if cancelled else None


def _plan_after_hand_over(
    db: sqlite3.Connection, number: str, now: float, rest: list[Planned]
) -> None:
    """The registration stays the last thing told; the journey is planned behind it."""
    row = db.execute("SELECT max(number) FROM event WHERE subject = ?", (number,)).fetchone()
    at = now
    for position, step in enumerate(rest, start=int(row[0]) + 1):
        at += step.hours * 3600
        db.execute(
            "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)",
            (number, position, step.code, at, step.place, step.text),
        )


@endpoint("GET", "HEAD")
def track(request: HttpRequest, number: str) -> HttpResponse:
    about(request, number)
    happenings = told(the_world().store, number, the_world().now())
    if not happenings or not is_s10(number):
        raise Refusal(404)
    return tagged(request, _json_of(number, _telling(request, number, happenings)))


@endpoint("POST")
def track_many(request: HttpRequest) -> HttpResponse:
    numbers = codes_of(body_of(request), "MaVanDon", limit=100)
    histories = told_many(the_world().store, numbers, the_world().now())
    known = [number for number in numbers if is_s10(number) and histories[number]]
    return tagged(
        request,
        {
            "VanDon": [
                _json_of(number, _telling(request, number, histories[number])) for number in known
            ],
            "KhongTimThay": [number for number in numbers if number not in known],
        },
    )
