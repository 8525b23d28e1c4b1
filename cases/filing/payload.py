"""The message a filing freezes: built once, hashed, encrypted, and sent unchanged (F02).

Key names follow the LGSP message shape; `ThongTinNguoiNop` keeps the one who files and the one the
dossier is about apart.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from cases.filing.ports import SentFile
from cases.models import Case, CaseDocument, Citizen, Filing, Scan
from opsa.core.text import fold

_ENDINGS = {"pdf": "pdf", "jpeg": "jpg", "png": "png"}
_SEX = {Citizen.Sex.MALE: "Nam", Citizen.Sex.FEMALE: "Nữ"}


def build(case: Case, key: str) -> tuple[dict[str, Any], list[SentFile]]:
    """The message and its files for a case whose relations are loaded."""
    sent = sent_files(case)
    message: dict[str, Any] = {
        "MaThamChieu": key,
        "MaTTHC": case.version.procedure.code,
        "TenTTHC": case.version.name,
        "MaDonViTiepNhan": case.agency.vnpost_code,
        "NguonNop": "DAI_LY",
        "NgayNop": timezone.localtime(case.taken_at).isoformat() if case.taken_at else "",
        "HinhThucNhanKetQua": 2 if _by_post(case) else 3,
        "ThongTinNguoiNop": _people(case),
        "ToKhai": json.loads(case.declaration or "{}"),
        "ThanhPhanHoSo": [
            {
                "MaThanhPhanHoSo": line.document.key,
                "TenGiayTo": line.document.name,
                "SoTrang": sum(f.pages for f in sent if f.document == line.document.key),
                "SoLuong": max(line.document.originals, line.document.copies, 1),
                "LoaiBan": 2,
            }
            for line in case.documents.all()
            if any(f.document == line.document.key for f in sent)
        ],
    }
    return message, sent


def _by_post(case: Case) -> bool:
    address = getattr(case, "delivery_address", None)
    return bool(address and address.by_post)


def _people(case: Case) -> dict[str, str]:
    assert case.filer is not None
    subject = case.subject or case.filer
    return {
        **_person(case.filer, "HoTen", "SoDinhDanh", "NgaySinh", "GioiTinh"),
        "SoDienThoai": case.filer.phone,
        "MaXa": case.filer.commune_id or "",
        "DiaChi": case.filer.address,
        **_person(subject, "TenChuHs", "SoDinhDanhChuHs", "NgaySinhChuHs", "GioiTinhChuHs"),
        "QuanHe": case.relation,
    }


def _person(person: Citizen, name: str, number: str, born: str, sex: str) -> dict[str, str]:
    # A birth date goes out as precise as it is known: 1948, 1948-05 or 1948-05-12 (ISO 8601).
    return {
        name: person.name,
        number: person.id_number,
        born: person.birth_date.isoformat() if person.birth_date else "",
        sex: _SEX.get(Citizen.Sex(person.sex), "") if person.sex else "",
    }


def sent_files(case: Case) -> list[SentFile]:
    """The files that a case would send as it stands, under names that its system takes."""
    return named(case.documents.all(), case.system.name_length)


def named(lines: Iterable[CaseDocument], longest: int, before: str = "") -> list[SentFile]:
    """The files of these papers under names that a system takes: ASCII, no longer than it says,
    each once, and nobody's name in them. `before` are words that each begins with."""
    found: list[SentFile] = []
    taken: set[str] = set()
    for line in lines:
        for number, (kind, stored, size, pages, sha256) in enumerate(_stored(line), start=1):
            name = _name(before + line.document.name, number, kind, longest, taken)
            found.append(
                SentFile(
                    name=name,
                    document=line.document.key,
                    document_name=line.document.name,
                    size=size,
                    pages=pages,
                    sha256=sha256,
                    kind=kind,
                    stored=stored,
                )
            )
    return found


def _stored(line: CaseDocument) -> list[tuple[str, str, int, int, str]]:
    """Kind, place, bytes, pages and hash of what one paper sends: its PDF, else its pages."""
    if line.pdf:
        return [("pdf", line.pdf, line.pdf_size, line.pdf_pages, line.pdf_sha256)]
    return [
        (scan.kind, scan.file, scan.size, scan.pages, scan.sha256)
        for scan in line.scans.all()
        if scan.state == Scan.State.CLEAN
    ]


def places_of(line: CaseDocument) -> list[str]:
    """Where the storage keeps what one paper sends."""
    return [place for _kind, place, _size, _pages, _sha256 in _stored(line)]


def _name(paper: str, number: int, kind: str, longest: int, taken: set[str]) -> str:
    """The first free name; two papers may begin with the same words."""
    ending = _ENDINGS.get(kind, "bin")
    while True:
        tail = f"-{number}.{ending}"
        name = _slug(paper)[: longest - len(tail)].strip("-") + tail
        if name not in taken:
            taken.add(name)
            return name
        number += 1


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")[:50] or "giay-to"


def freeze(message: dict[str, Any]) -> tuple[str, str]:
    """The canonical text of a message and its SHA-256."""
    text = json.dumps(message, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text, hashlib.sha256(text.encode()).hexdigest()


def files_as_json(sent: list[SentFile]) -> list[dict[str, Any]]:
    """The frozen file list as it is kept on the filing."""
    return [asdict(f) for f in sent]


def files_of(filing: Filing) -> tuple[SentFile, ...]:
    """The frozen file list back in its type."""
    return tuple(SentFile(**f) for f in filing.files)
