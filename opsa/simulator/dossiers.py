"""Dossiers of the portal: filing once per reference, what is held, the plan of their life."""

import json
import re
import sqlite3
import zlib
from typing import Any

from .chance import Chance
from .clock import iso, local
from .store import Json, Store, content_hash, next_number
from .timeline import Happening, Planned, Telling, happen
from .web import Refusal

#: National status codes 1 to 10.
STATUSES = {
    1: "Mới đăng ký",
    2: "Được tiếp nhận",
    3: "Không được tiếp nhận",
    4: "Đang xử lý",
    5: "Yêu cầu bổ sung giấy tờ",
    6: "Yêu cầu thực hiện nghĩa vụ tài chính",
    7: "Công dân yêu cầu rút hồ sơ",
    8: "Dừng xử lý",
    9: "Đã xử lý xong",
    10: "Đã trả kết quả",
}
WAITS_FOR_SUPPLEMENT = (5, 6)
ONE_STOP = "Bộ phận Một cửa"
EXPERTS = "Bộ phận chuyên môn"
MAX_FILE = 20 * 1024 * 1024
PROMISED_DAYS = 7


def status_name(code: int) -> str:
    return STATUSES.get(code, "")


def rest_of_life(status: int, plan: Json, seed: int, code: str) -> list[Planned]:
    """What follows `status` by itself, drawn from the seed and the dossier's code."""
    draw = Chance(seed, code, status)
    decided = [
        Planned(draw.between(12, 96), 9, EXPERTS),
        Planned(draw.between(4, 48), 10, ONE_STOP),
    ]
    if status in (1, 2):
        start = [Planned(draw.between(0.5, 6), 2, ONE_STOP)] if status == 1 else []
        if status == 1 and draw.fraction() < plan["refuse_rate"]:
            return [start[0]._replace(code=3, text="Hồ sơ không thuộc thẩm quyền")]
        start.append(Planned(draw.between(1, 24), 4, EXPERTS))
        if draw.fraction() < plan["supplement_rate"]:
            text = "Đề nghị bổ sung bản chụp giấy tờ rõ nét hơn"
            return [*start, Planned(draw.between(4, 48), 5, EXPERTS, text)]
        return [*start, *decided]
    if status == 4:
        return decided
    if status == 9:
        return decided[1:]
    return []


def same_content(body: Json) -> str:
    """Hash of what was filed, apart from upload ids: a repeat may upload its files anew."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items() if key != "IdGiayTo"}
        if isinstance(value, list):
            return [plain(item) for item in value]
        return value

    return content_hash(plain(body))


type HeldFile = tuple[str, str, int, str]
type Component = tuple[str, str, list[HeldFile]]


def components_of(store: Store, body: Json) -> list[Component]:
    """`ThanhPhanHoSo` checked against the uploads. Raises Refusal(422) 101, 102 or 103."""
    listed = body.get("ThanhPhanHoSo")
    if not isinstance(listed, list):
        raise Refusal(422, 101, "Thiếu ThanhPhanHoSo")
    out: list[Component] = []
    for item in listed:
        if not isinstance(item, dict) or not isinstance(item.get("GiayToDinhKem", []), list):
            raise Refusal(422, 101, "ThanhPhanHoSo sai cấu trúc")
        files = [_uploaded(store, file) for file in item.get("GiayToDinhKem", [])]
        out.append(
            (
                str(item.get("MaThanhPhanHoSo", ""))[:100],
                str(item.get("TenGiayTo", ""))[:500],
                files,
            )
        )
    return out


def _uploaded(store: Store, file: Any) -> HeldFile:
    if not isinstance(file, dict) or not isinstance(file.get("IdGiayTo"), str):
        raise Refusal(422, 101, "GiayToDinhKem thiếu IdGiayTo")
    row = store.row("SELECT * FROM upload WHERE id = ?", file["IdGiayTo"])
    if row is None:
        raise Refusal(422, 102, "Không có tệp với IdGiayTo này")
    if file.get("HashTepTin") not in (None, "", row["sha256"]):
        raise Refusal(422, 103, "HashTepTin khác với tệp đã tải lên")
    if file.get("SoByte") not in (None, row["bytes"]):
        raise Refusal(422, 103, "SoByte khác với tệp đã tải lên")
    return row["id"], str(file.get("TenGiayTo") or row["name"])[:300], row["bytes"], row["sha256"]


def with_last_file(components: list[Component], *, drop: bool, alter: bool) -> list[Component]:
    """The faults `drop_file` and `alter_file`: what the portal keeps is not what it took."""
    if not (drop or alter):
        return components
    out = [(key, title, list(files)) for key, title, files in components]
    for _, _, files in reversed(out):
        if files:
            upload, name, size, sha256 = files.pop()
            if not drop:
                files.append((upload, name, size - 1, content_hash(sha256)))
            break
    return out


def new_dossier(
    db: sqlite3.Connection,
    *,
    body: Json,
    reference: str | None,
    source: str,
    components: list[Component],
    now: float,
    plan: Json,
    seed: int,
) -> str:
    """Stores one dossier with its files and its plan; answers its code."""
    unit = str(body.get("MaDonViTiepNhan", ""))
    day = local(now).strftime("%y%m%d")
    place = f"H26.{_unit_number(unit)}-{day}"
    code = f"{place}-{next_number(db, place):04d}"
    db.execute(
        "INSERT INTO dossier (code, reference, source, procedure, title, unit, body, content, "
        "created_at, due_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            code,
            reference,
            source,
            str(body.get("MaTTHC", "")),
            str(body.get("TenTTHC", "")),
            unit,
            json.dumps(body, ensure_ascii=False),
            same_content(body),
            now,
            now + PROMISED_DAYS * 86400,
        ),
    )
    hold(db, code, components)
    happen(db, code, now, 1, "Cổng Dịch vụ công quốc gia", "", rest_of_life(1, plan, seed, code))
    return code


def hold(db: sqlite3.Connection, code: str, components: list[Component]) -> None:
    for key, title, files in components:
        cursor = db.execute(
            "INSERT INTO component (code, key, title) VALUES (?, ?, ?)", (code, key, title)
        )
        db.executemany(
            "INSERT INTO held_file (component, code, upload, name, bytes, sha256) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            [(cursor.lastrowid, code, *file) for file in files],
        )


def _unit_number(unit: str) -> str:
    """Two digits for a receiving unit: the given ones of an H26.nn code, else drawn from it."""
    match = re.fullmatch(r"(?:000\.00\.)?H26\.(\d{2})(?:\..*)?", unit)
    if match:
        return match[1]
    return f"{zlib.crc32(unit.encode()) % 90 + 10}"


def held_components(store: Store, code: str) -> list[Json]:
    files: dict[int, list[Json]] = {}
    for row in store.rows("SELECT * FROM held_file WHERE code = ? ORDER BY id", code):
        files.setdefault(row["component"], []).append(
            {
                "IdGiayTo": row["upload"],
                "TenGiayTo": row["name"],
                "HashTepTin": row["sha256"],
                "SoByte": row["bytes"],
            }
        )
    return [
        {
            "MaThanhPhanHoSo": row["key"],
            "TenGiayTo": row["title"],
            "GiayToDinhKem": files.get(row["id"], []),
        }
        for row in store.rows("SELECT * FROM component WHERE code = ? ORDER BY id", code)
    ]


def report_json(report_id: str, item: Happening) -> Json:
    return {
        "MaBaoCao": report_id,
        "SoThuTu": item.number,
        "TrangThai": item.code,
        "TenTrangThai": status_name(item.code),
        "ThoiDiem": iso(item.at),
        "DonViXuLy": item.place,
        "NoiDung": item.text,
    }


def status_json(row: sqlite3.Row, happenings: list[Happening], said: Telling) -> Json:
    """Status, history and results of one dossier as the batch tells them."""
    head_id, head = said.head
    return {
        "MaHoSo": row["code"],
        "TrangThai": head.code,
        "TenTrangThai": status_name(head.code),
        "MaBaoCao": head_id,
        "ThoiDiem": iso(head.at),
        "NgayHenTra": iso(row["due_at"]),
        "LichSu": [report_json(report_id, item) for report_id, item in said.history],
        "KetQua": _results(row, happenings),
    }


def _results(row: sqlite3.Row, happenings: list[Happening]) -> list[Json]:
    done = next((item for item in happenings if item.code in (9, 10)), None)
    if done is None:
        return []
    body = json.loads(row["body"])
    name = body.get("TenKetQua") or f"Kết quả: {row['title'] or row['procedure']}"
    return [
        {
            "SoKetQua": f"{local(done.at):%y%m%d}-{row['code'].rpartition('-')[2]}",
            "TenKetQua": str(name),
            "HinhThuc": "DIEN_TU" if body.get("HinhThucNhanKetQua") == 3 else "GIAY",
            "NgayCap": f"{local(done.at):%Y-%m-%d}",
        }
    ]
