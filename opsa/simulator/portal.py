"""The national portal's machine interface: upload, file, look up, ask for the status."""

import hashlib
import json
import re
import uuid
from datetime import date
from urllib.parse import unquote

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError

from . import dossiers
from .clock import iso, local
from .dossiers import hold, new_dossier, same_content
from .store import Json, Store, count_post
from .timeline import Happening, happen, newest, telling, told, told_many
from .web import Refusal, about, answer, body_of, codes_of, endpoint, tagged, text_of
from .world import the_world

SERVICE = "portal"
#: Reports in one answer of `changes`.
CHANGES = 500


def strikes(request: HttpRequest, name: str) -> bool:
    """Whether a fault of what is stored or told strikes; it then stands in the request log."""
    struck = the_world().dials.strikes(SERVICE, name) is not None
    if struck:
        request.META["simulator.faults"].append(name)
    return struck


@endpoint("POST")
def upload(request: HttpRequest) -> HttpResponse:
    """Takes one file, keeps its name, size and hash, forgets its bytes."""
    if (request.content_type or "").startswith("multipart/"):
        try:
            part = request.FILES.get("tep")
        except (MultiPartParserError, RequestDataTooBig):
            raise Refusal(400) from None
        if part is None:
            raise Refusal(422, 101, "Thiếu phần tep")
        name, chunks = part.name or "", part.chunks()
    else:
        name = unquote(request.headers.get("X-Ten-Tep", ""))
        chunks = iter(lambda: request.read(65536), b"")
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
    if not name.strip():
        raise Refusal(422, 101, "Thiếu tên tệp")
    if not 0 < size <= dossiers.MAX_FILE:
        raise Refusal(422, 104, "Tệp rỗng hoặc lớn hơn 20 MB")
    claimed = request.headers.get("X-Hash", "").lower()
    if claimed and claimed != digest.hexdigest():
        raise Refusal(422, 103, "X-Hash khác với tệp nhận được")
    file_id, world = uuid.uuid4().hex, the_world()
    with world.store.write() as db:
        db.execute(
            "INSERT INTO upload VALUES (?, ?, ?, ?, ?)",
            (file_id, name[:300], size, digest.hexdigest(), world.now()),
        )
    return answer(
        {
            "IdTepTin": file_id,
            "TenTep": name[:300],
            "HashTepTin": digest.hexdigest(),
            "SoByte": size,
        },
        status=201,
    )


@endpoint("POST")
def file_dossier(request: HttpRequest) -> HttpResponse:
    """NoiHoSo: one dossier per reference, unless the dial takes that promise away."""
    body, world = body_of(request), the_world()
    reference = text_of(body, "MaThamChieu", limit=64)
    about(request, reference)
    count_post(world.store, SERVICE, reference)
    for name in ("MaTTHC", "MaDonViTiepNhan"):
        text_of(body, name)
    filer = body.get("ThongTinNguoiNop")
    if not isinstance(filer, dict) or not filer:
        raise Refusal(422, 101, "Thiếu ThongTinNguoiNop")
    for name in ("NgaySinh", "NgaySinhChuHs"):
        _check_birth(filer.get(name, ""), name)
    idempotent, plan = world.dials.get(SERVICE, "idempotency"), world.dials.get(SERVICE, "plan")
    if idempotent and (known := _known(world.store, reference, body)) is not None:
        return answer(known)
    components = dossiers.with_last_file(
        dossiers.components_of(world.store, body),
        drop=strikes(request, "drop_file"),
        alter=strikes(request, "alter_file"),
    )
    seed = world.dials.seed
    with world.store.write() as db:
        if idempotent and (known := _known(world.store, reference, body)) is not None:
            return answer(known)
        code = new_dossier(
            db,
            body=body,
            reference=reference,
            source="gateway",
            components=components,
            now=world.now(),
            plan=plan,
            seed=seed,
        )
    return answer(_accepted(world.store, code), status=201)


def _check_birth(born: object, name: str) -> None:
    """A birth date is as precise as the person's papers: 1948, 1948-05, 1948-05-12, or empty."""
    parts = re.fullmatch(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?|", str(born), re.ASCII)
    try:
        if parts is None:
            raise ValueError
        if (
            born
            and date(*(int(part or 1) for part in parts.groups())) > local(the_world().now()).date()
        ):
            raise ValueError
    except ValueError:
        raise Refusal(422, 106, f"{name}: không phải ngày, tháng hoặc năm sinh") from None


def _known(store: Store, reference: str, body: Json) -> Json | None:
    """The answer for a reference already used. Raises Refusal(409) for another content."""
    row = store.row(
        "SELECT code, content FROM dossier WHERE reference = ? ORDER BY id LIMIT 1", reference
    )
    if row is None:
        return None
    if row["content"] != same_content(body):
        raise Refusal(409)
    return _accepted(store, row["code"])


def _accepted(store: Store, code: str) -> Json:
    row = store.row("SELECT * FROM dossier WHERE code = ?", code)
    assert row is not None
    current = newest(told(store, code, the_world().now()))
    return {
        "MaHoSo": code,
        "MaThamChieu": row["reference"],
        "NgayNop": iso(row["created_at"]),
        "NgayHenTra": iso(row["due_at"]),
        "TrangThai": current.code,
        "TenTrangThai": dossiers.status_name(current.code),
    }


def _held(store: Store, code: str) -> Json:
    components = dossiers.held_components(store, code)
    files = [file for item in components for file in item["GiayToDinhKem"]]
    return {
        **_accepted(store, code),
        "SoTep": len(files),
        "TongByte": sum(file["SoByte"] for file in files),
        "TrungLap": [],
        "ThanhPhanHoSo": components,
    }


@endpoint("GET", "HEAD")
def find_by_reference(request: HttpRequest) -> HttpResponse:
    """What the portal holds under our reference: the answer that settles an unknown outcome."""
    reference, world = request.GET.get("MaThamChieu", ""), the_world()
    about(request, reference)
    if not world.dials.get(SERVICE, "lookup"):
        raise Refusal(501)
    if not reference:
        raise Refusal(422, 101, "Thiếu MaThamChieu")
    codes = [
        row["code"]
        for row in world.store.rows(
            "SELECT code FROM dossier WHERE reference = ? ORDER BY id", reference
        )
    ]
    if not codes:
        raise Refusal(404, text="Không tìm thấy hồ sơ")
    return tagged(request, {**_held(world.store, codes[0]), "TrungLap": codes[1:]})


@endpoint("GET", "HEAD")
def detail(request: HttpRequest, code: str) -> HttpResponse:
    about(request, code)
    body = dossier_json(request, code)
    if body is None:
        raise Refusal(404, text="Không tìm thấy hồ sơ")
    return tagged(request, body)


def dossier_json(request: HttpRequest | None, code: str) -> Json | None:
    """Everything the portal tells about one dossier; with a request, its report faults apply."""
    store = the_world().store
    row = store.row("SELECT * FROM dossier WHERE code = ?", code)
    if row is None:
        return None
    held = _held(store, code)
    happenings = told(store, code, the_world().now())
    said = telling(code, happenings, **({} if request is None else _report_faults(request)))
    return {
        **held,
        "MaTTHC": row["procedure"],
        "TenTTHC": row["title"],
        "TepDangGiu": [
            {
                "IdTepTin": file["IdGiayTo"],
                "TenTep": file["TenGiayTo"],
                "SoByte": file["SoByte"],
                "HashTepTin": file["HashTepTin"],
                "MaThanhPhanHoSo": item["MaThanhPhanHoSo"],
            }
            for item in held["ThanhPhanHoSo"]
            for file in item["GiayToDinhKem"]
        ],
        **dossiers.status_json(row, happenings, said),
    }


def _report_faults(request: HttpRequest) -> Json:
    """One draw per answer, so that a fault hits a whole answer or none of it."""
    world = the_world()
    unknown = world.dials.strikes(SERVICE, "unknown")
    if unknown is not None:
        request.META["simulator.faults"].append("unknown")
    return {
        "duplicate": strikes(request, "duplicate"),
        "out_of_order": strikes(request, "out_of_order"),
        "unknown": None if unknown is None else unknown["code"],
        "seed": str(world.dials.seed),
    }


@endpoint("POST")
def batch_status(request: HttpRequest) -> HttpResponse:
    """Up to 100 dossiers at once; with `TuBaoCao` only what is newer than each one's report."""
    body, world = body_of(request), the_world()
    codes = codes_of(body, "MaHoSo", limit=100)
    since = body.get("TuBaoCao") or {}
    if not isinstance(since, dict):
        raise Refusal(422, 101, "TuBaoCao: đối tượng theo mã hồ sơ")
    rows = {
        row["code"]: row
        for row in world.store.rows(
            "SELECT * FROM dossier WHERE code IN (SELECT value FROM json_each(?))",
            json.dumps(codes),
        )
    }
    histories = told_many(world.store, list(rows), world.now())
    faults = _report_faults(request)
    known = [
        dossiers.status_json(
            rows[code],
            histories[code],
            telling(code, histories[code], after=_report_number(since.get(code)), **faults),
        )
        for code in codes
        if code in rows
    ]
    missing = [code for code in codes if code not in rows]
    return tagged(request, {"HoSo": known, "KhongTimThay": missing})


@endpoint("GET", "HEAD")
def changes(request: HttpRequest) -> HttpResponse:
    """Reports of all dossiers in the order of their time, from an opaque place in that order.

    A report dated back behind the place is not told here: only the batch and the detail tell it.
    """
    world = the_world()
    place = _place(request.GET.get("Tu", ""))
    rows = world.store.rows(
        "SELECT event.*, dossier.reference FROM event JOIN dossier ON dossier.code = subject "
        "WHERE (at, subject, number) > (?, ?, ?) AND at <= ? ORDER BY at, subject, number LIMIT ?",
        *place,
        world.now(),
        CHANGES,
    )
    last = (rows[-1]["at"], rows[-1]["subject"], rows[-1]["number"]) if rows else place
    listed = [
        {
            "MaHoSo": row["subject"],
            "MaThamChieu": row["reference"],
            **dossiers.report_json(
                f"{row['subject']}/{row['number']}",
                Happening(row["number"], row["code"], row["at"], row["place"], row["text"]),
            ),
        }
        for row in rows
    ]
    following = f"{last[0]!r}~{last[1]}~{last[2]}"
    return tagged(
        request, {"BaoCao": listed, "TiepTheo": following, "ConNua": len(rows) == CHANGES}
    )


def _place(text: str) -> tuple[float, str, int]:
    """`Tu` as `TiepTheo` gave it; empty is the beginning. Raises Refusal(422)."""
    if not text:
        return 0.0, "", 0
    parts = text.split("~")
    try:
        return float(parts[0]), parts[1], int(parts[2])
    except (ValueError, IndexError):
        raise Refusal(422, 101, "Tu: giá trị TiepTheo của lần hỏi trước") from None


def _report_number(report_id: object) -> int:
    """The number in `<MaHoSo>/<number>[/…]`; 0, so everything, for anything else."""
    parts = report_id.split("/") if isinstance(report_id, str) else []
    return int(parts[1]) if len(parts) > 1 and parts[1].isdecimal() else 0


@endpoint("POST")
def supplement(request: HttpRequest, code: str) -> HttpResponse:
    """Further papers for a dossier that waits for them; work on it goes on at once."""
    body, world = body_of(request), the_world()
    reference = text_of(body, "MaThamChieu", limit=64)
    about(request, reference)
    count_post(world.store, SERVICE, reference)
    if world.store.row("SELECT 1 FROM dossier WHERE code = ?", code) is None:
        raise Refusal(404, text="Không tìm thấy hồ sơ")
    components = dossiers.with_last_file(
        dossiers.components_of(world.store, body),
        drop=strikes(request, "drop_file"),
        alter=strikes(request, "alter_file"),
    )
    plan, seed = world.dials.get(SERVICE, "plan"), world.dials.seed
    done: Json = {"MaHoSo": code, "MaThamChieu": reference, "TrangThai": 4}
    with world.store.write() as db:
        known = db.execute(
            "SELECT content FROM supplement WHERE code = ? AND reference = ?", (code, reference)
        ).fetchone()
        if known is not None:
            if known["content"] != same_content(body):
                raise Refusal(409)
            return answer(done)
        now = world.now()
        if newest(told(world.store, code, now)).code not in dossiers.WAITS_FOR_SUPPLEMENT:
            raise Refusal(422, 105, "Hồ sơ không ở trạng thái chờ bổ sung")
        db.execute(
            "INSERT INTO supplement VALUES (?, ?, ?, ?)",
            (code, reference, same_content(body), now),
        )
        hold(db, code, components)
        rest = dossiers.rest_of_life(4, plan, seed, code)
        happen(db, code, now, 4, dossiers.EXPERTS, "Đã nhận hồ sơ bổ sung", rest)
    return answer(done, status=201)
