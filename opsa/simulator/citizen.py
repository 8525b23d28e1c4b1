"""The portal as the citizen sees it in a session of their own: the co-pilot's other window."""

import hashlib
import re
from datetime import datetime
from html import escape
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from . import dossiers
from .clock import iso
from .dossiers import Component, HeldFile, new_dossier
from .portal import SERVICE, dossier_json, strikes
from .store import Json
from .web import Refusal, about, answer, body_of, endpoint, text_of
from .world import the_world

RECEIPT = "/portal/cong-dan/ho-so/{code}/giay-tiep-nhan.{kind}"
NEEDED = ("MaTTHC", "TenTTHC", "HoTen", "SoDinhDanh", "SoDienThoai")
KEPT = (*NEEDED, "MaDonViTiepNhan", "HinhThucNhanKetQua", "TenKetQua")


@csrf_protect
def form_page(request: HttpRequest) -> HttpResponse:
    return render(request, "citizen_form.html", {"values": {}, "errors": []})


@csrf_exempt
def file_by_hand(request: HttpRequest) -> HttpResponse:
    """JSON for tests, the page's form for people: one address, two doors."""
    if request.content_type == "application/json" or request.method != "POST":
        return _by_machine(request)
    return _by_person(request)


@endpoint("POST")
def _by_machine(request: HttpRequest) -> HttpResponse:
    body = body_of(request)
    for name in NEEDED:
        text_of(body, name)
    listed = body.get("Tep") or []
    if not isinstance(listed, list):
        raise Refusal(422, 101, "Tep: danh sách")
    return answer(_filed(request, body, [_claimed(file) for file in listed]), status=201)


def _claimed(file: Any) -> HeldFile:
    if (
        not isinstance(file, dict)
        or not isinstance(file.get("SoByte"), int)
        or not re.fullmatch(r"[0-9a-f]{64}", str(file.get("HashTepTin", "")))
        or not str(file.get("TenTep", "")).strip()
    ):
        raise Refusal(422, 101, "Tep: TenTep, SoByte, HashTepTin")
    return "", str(file["TenTep"])[:300], file["SoByte"], file["HashTepTin"]


@csrf_protect
def _by_person(request: HttpRequest) -> HttpResponse:
    values = {name: request.POST.get(name, "").strip()[:300] for name in KEPT}
    values = {name: value for name, value in values.items() if value}
    errors = [_("Bạn chưa điền đủ các ô bắt buộc.")] if set(NEEDED) - set(values) else []
    uploads = request.FILES.getlist("tep")
    if any(not 0 < (upload.size or 0) <= dossiers.MAX_FILE for upload in uploads):
        errors.append(_("Mỗi tệp phải có nội dung và không quá 20 MB."))
    if errors:
        again: Json = {"values": values, "errors": errors}
        return render(request, "citizen_form.html", again, status=422)
    files: list[HeldFile] = []
    for upload in uploads:
        digest = hashlib.sha256()
        for chunk in upload.chunks():
            digest.update(chunk)
        files.append(("", (upload.name or "")[:300], upload.size or 0, digest.hexdigest()))
    filed = _filed(request, dict(values), files)
    code = filed["MaHoSo"]
    context = {
        "filed": filed,
        "at": datetime.fromisoformat(filed["NgayNop"]),
        "receipts": [(kind, RECEIPT.format(code=code, kind=kind)) for kind in ("pdf", "txt")],
    }
    return render(request, "citizen_done.html", context, status=201)


def _filed(request: HttpRequest, body: Json, files: list[HeldFile]) -> Json:
    world = the_world()
    components: list[Component] = [
        ("", name, [(upload, name, size, sha256)]) for upload, name, size, sha256 in files
    ]
    drop, alter = strikes(request, "drop_file"), strikes(request, "alter_file")
    plan, seed = world.dials.get(SERVICE, "plan"), world.dials.seed
    kept = {name: body[name] for name in KEPT if name in body}
    if isinstance(kept.get("HinhThucNhanKetQua"), str):
        kept["HinhThucNhanKetQua"] = {"1": 1, "3": 3}.get(kept["HinhThucNhanKetQua"], 2)
    now = world.now()
    with world.store.write() as db:
        code = new_dossier(
            db,
            body=kept,
            reference=None,
            source="citizen",
            components=dossiers.with_last_file(components, drop=drop, alter=alter),
            now=now,
            plan=plan,
            seed=seed,
        )
    about(request, code)
    return {
        "MaHoSo": code,
        "MaThamChieu": None,
        "NgayNop": iso(now),
        "NgayHenTra": iso(now + dossiers.PROMISED_DAYS * 86400),
        "TrangThai": 1,
        "TenTrangThai": dossiers.status_name(1),
        "GiayTiepNhan": RECEIPT.format(code=code, kind="txt"),
    }


def _receipt_lines(code: str) -> list[str]:
    """The acknowledgement's lines; the portal's words, so not translated. Raises Refusal(404)."""
    row = the_world().store.row("SELECT source FROM dossier WHERE code = ?", code)
    told = dossier_json(None, code)
    if row is None or told is None:
        raise Refusal(404)
    files = [
        f"- {file['TenTep']} ({file['SoByte']} byte, SHA-256 {file['HashTepTin']})"
        for file in told["TepDangGiu"]
    ]
    return [
        "CỔNG DỊCH VỤ CÔNG (MÔ PHỎNG)",
        "GIẤY TIẾP NHẬN HỒ SƠ TRỰC TUYẾN",
        f"Mã hồ sơ: {code}",
        f"Mã thủ tục: {told['MaTTHC']}",
        f"Tên thủ tục: {told['TenTTHC']}",
        f"Thời điểm nộp: {told['NgayNop']}",
        f"Số tệp: {len(files)}",
        *files,
    ]


@endpoint("GET", "HEAD")
def receipt_text(request: HttpRequest, code: str) -> HttpResponse:
    about(request, code)
    text = "\n".join(_receipt_lines(code)) + "\n"
    return _file(text.encode(), "text/plain; charset=utf-8", f"{code}.txt")


@endpoint("GET", "HEAD")
def receipt_pdf(request: HttpRequest, code: str) -> HttpResponse:
    about(request, code)
    lines = _receipt_lines(code)
    # Loading the PDF library costs more than the whole start; few runs ever need it.
    from weasyprint import HTML

    html = "".join(f"<p>{escape(line)}</p>" for line in lines)
    pdf: bytes = HTML(
        string=f"<html lang=vi><title>{escape(code)}</title>"
        f"<style>@page{{size:A4;margin:20mm}}p{{font:11pt sans-serif;overflow-wrap:anywhere}}"
        f"</style>{html}</html>"
    ).write_pdf()
    return _file(pdf, "application/pdf", f"{code}.pdf")


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
