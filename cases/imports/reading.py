"""A file of statuses as a filing system's screen exports it: which columns, which lines, what is
wrong with each. Pure: no database, nothing kept.

Only the columns named here are looked at. Names, numbers and phones of people, which such files
have too, never leave the reader.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from opsa.core.logs import mask_reason
from opsa.core.text import clean, fold

#: What is taken in at once: five megabytes, twenty thousand lines, two hundred columns.
MAX_BYTES: Final = 5 * 1024 * 1024
MAX_ROWS: Final = 20_000
MAX_COLUMNS: Final = 200
#: The titles stand in one of the first lines; what is above them is a heading.
LOOKED_AT: Final = 10
DELIMITERS: Final = ",;\t"

#: Our column → how its title may be written, the interface's own name first. Compared without
#: accents, case, spaces and signs.
TITLES: Final[dict[str, tuple[str, ...]]] = {
    "code": ("mahoso", "sohoso", "masohoso"),
    "status": ("trangthaihoso", "trangthai", "tinhtranghoso", "tinhtrang"),
    "procedure": ("matthc", "mathutuc", "mathutuchanhchinh"),
    "received": ("ngaytiepnhan", "ngaytiepnhanhoso", "ngaynhanhoso", "thoigiantiepnhan"),
    "due": ("ngayhentra", "ngayhentraketqua", "hentraketqua", "hantraketqua"),
    "returned": ("ngaytra", "ngaytraketqua"),
    "unit": ("donvixuly", "coquanxuly", "donvigiaiquyet", "coquangiaiquyet"),
    "note": ("ghichu",),
}
#: The published names of the ten codes are the codes themselves; any other word needs a mapping.
NAMED: Final = {fold(name): code for code, name in (
    ("1", "Mới đăng ký"), ("2", "Được tiếp nhận"), ("3", "Không được tiếp nhận"),
    ("4", "Đang xử lý"), ("5", "Yêu cầu bổ sung giấy tờ"),
    ("6", "Yêu cầu thực hiện nghĩa vụ tài chính"), ("7", "Công dân yêu cầu rút hồ sơ"),
    ("8", "Dừng xử lý"), ("9", "Đã xử lý xong"), ("10", "Đã trả kết quả"),
)}  # fmt: skip
LONGEST_STATUS: Final = 40
_CODE: Final = re.compile(r"[0-9A-Z][0-9A-Z./_-]{3,59}")
_PROCEDURE: Final = re.compile(r"[0-9A-Z][0-9A-Z.-]{0,39}")
_WRAPPED: Final = re.compile(r'="([^"=+@]*)"')
_TIME: Final = r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?(?:\.[0-9]+)?"
_DAY_FIRST: Final = re.compile(rf"([0-9]{{1,2}})[/-]([0-9]{{1,2}})[/-]([0-9]{{4}})(?: {_TIME})?")
_TIME_FIRST: Final = re.compile(rf"{_TIME},? ([0-9]{{1,2}})[/-]([0-9]{{1,2}})[/-]([0-9]{{4}})")
_YEAR_FIRST: Final = re.compile(rf"([0-9]{{4}})-([0-9]{{1,2}})-([0-9]{{1,2}})(?:[ T]{_TIME})?")
_TIGHT: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:([0-9]{2})([0-9]{2})([0-9]{2})?)?")


class Unfit(ValueError):
    """The file as a whole cannot be read; the message is for the person who brought it."""


class When(NamedTuple):
    """A day, and the moment when the file names one."""

    day: date
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Line:
    """One readable line. `status` is the outside's code; `number` counts as a spreadsheet does."""

    number: int
    code: str
    status: str
    procedure: str = ""
    received: When | None = None
    due: date | None = None
    returned: When | None = None
    unit: str = ""
    note: str = ""


class Problem(NamedTuple):
    """A line that is left out, and the key of why (`reasons`)."""

    number: int
    why: str


class _Odd(Exception):
    """Why a line is left out."""


def reasons() -> dict[str, str]:
    """Why a line is left out, in words."""
    return {
        "cells": _("nhiều ô hơn dòng tiêu đề"),
        "code": _("mã hồ sơ trống hoặc không phải mã"),
        "formula": _("ô là công thức"),
        "status": _("trạng thái trống hoặc quá dài"),
        "date": _("ngày không đọc được, cần ngày/tháng/năm"),
        "later": _("ngày sau lúc cổng xuất tệp"),
        "again": _("mã hồ sơ đã có ở dòng trên"),
    }


def read(data: bytes, exported_at: datetime) -> Iterator[Line | Problem]:
    """Every line of the file, in order. Raises Unfit, also half-way, when the file as a whole is no
    table of statuses: then nothing of it counts."""
    if not data.strip(b"\0 \r\n\t"):
        raise Unfit(_("Tệp trống."))
    if len(data) > MAX_BYTES:
        raise Unfit(too_large())
    text = decoded(data)
    delimiter, skipped, columns, width = _header(text)
    seen: set[str] = set()
    for number, cells in _records(text, delimiter):
        if number <= skipped or not any(cell.strip() for cell in cells):
            continue
        if number - skipped > MAX_ROWS:
            raise Unfit(_("Tệp quá %(n)s dòng. Chia kỳ ngắn hơn rồi xuất lại.") % {"n": MAX_ROWS})
        try:
            line = _line(number, cells, columns, width, exported_at)
            if line.code in seen:
                raise _Odd("again")
        except _Odd as odd:
            yield Problem(number, str(odd))
            continue
        seen.add(line.code)
        yield line


def too_large() -> str:
    """What is said about more bytes than are taken in."""
    return _("Tệp lớn hơn %(n)s MB. Chia kỳ ngắn hơn rồi xuất lại.") % {
        "n": MAX_BYTES // (1024 * 1024)
    }


def decoded(data: bytes) -> str:
    """The text of UTF-8 or UTF-16, with or without a byte order mark. Raises Unfit."""
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Unfit(_("Đây là tệp Excel. Mở ra, lưu thành “CSV UTF-8” rồi nhập lại."))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif data[1:400:2].count(0) > len(data[1:400:2]) // 2:
        encoding = "utf-16-le"
    elif data[0:400:2].count(0) > len(data[0:400:2]) // 2:
        encoding = "utf-16-be"
    else:
        encoding = "utf-8-sig"
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise Unfit(_("Tệp không phải UTF-8 hay UTF-16. Lưu lại thành “CSV UTF-8”.")) from None
    if "\0" in text:
        raise Unfit(_("Tệp có ký tự rỗng, không phải bảng CSV."))
    return text


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise Unfit(
                _("Dòng %(n)s: dấu ngoặc kép không đóng, hoặc một ô quá dài.") % {"n": number}
            ) from None
        if len(cells) > MAX_COLUMNS:
            raise Unfit(_("Dòng %(n)s có hơn %(most)s cột.") % {"n": number, "most": MAX_COLUMNS})
        yield number, cells


def _header(text: str) -> tuple[str, int, dict[str, int], int]:
    """Delimiter, the number of the line with the titles, our columns' places, and how many cells
    that line has. The delimiter is the one by which most columns are known."""
    best: tuple[str, int, dict[str, int], int] = ("", 0, {}, 0)
    problem: Unfit | None = None
    for delimiter in DELIMITERS:
        try:
            for number, cells in _records(text, delimiter):
                if number > LOOKED_AT:
                    break
                columns = _columns(cells)
                if len(columns) > len(best[2]):
                    best = (delimiter, number, columns, len(cells))
        except Unfit as unfit:
            # Split by another sign the same line may be a wild one.
            problem = problem or unfit
    missing = [name for key, name in (("code", "MaHoSo"), ("status", "TrangThaiHoSo"))
               if key not in best[2]]  # fmt: skip
    if missing:
        if problem is not None and not best[2]:
            raise problem
        raise Unfit(_("Không thấy cột %(names)s. Dòng tiêu đề phải ở mười dòng đầu.") % {
            "names": ", ".join(missing)})  # fmt: skip
    return best


def _columns(cells: Sequence[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, cell in enumerate(cells):
        places.setdefault(re.sub(r"[^0-9a-z]", "", fold(cell[:80])), place)
    found = {}
    for key, titles in TITLES.items():
        known = [places[title] for title in titles if title in places]
        if known:
            found[key] = known[0]
    return found


def _line(
    number: int, cells: Sequence[str], columns: dict[str, int], width: int, exported_at: datetime
) -> Line:
    if any(cell.strip() for cell in cells[width:]):
        raise _Odd("cells")

    def cell(key: str) -> str:
        place = columns.get(key)
        text = clean(cells[place]) if place is not None and place < len(cells) else ""
        if wrapped := _WRAPPED.fullmatch(text):
            return wrapped[1].strip()
        if text.startswith(("=", "+", "@")):
            raise _Odd("formula")
        return text

    code = cell("code").upper().replace(" ", "")
    if not _CODE.fullmatch(code):
        raise _Odd("code")
    status = cell("status")
    if not 0 < len(status) <= LONGEST_STATUS:
        raise _Odd("status")
    received, returned, due = (_when(cell(key)) for key in ("received", "returned", "due"))
    for one in (received, returned):
        if one and (
            one.day > timezone.localdate(exported_at) or (one.at or exported_at) > exported_at
        ):
            raise _Odd("later")
    procedure = cell("procedure").upper()
    return Line(
        number=number,
        code=code,
        status=as_code(status),
        procedure=procedure if _PROCEDURE.fullmatch(procedure) else "",
        received=received,
        due=due.day if due else None,
        returned=returned,
        unit=mask_reason(cell("unit"))[:200],
        note=mask_reason(cell("note"))[:500],
    )


def as_code(status: str) -> str:
    """The outside's code: one of the ten by its published name, else as it stands."""
    return NAMED.get(fold(status), status)


def _when(text: str) -> When | None:
    """A day with or without a time, in Hanoi. Raises _Odd for what is neither."""
    if not text:
        return None
    if found := _DAY_FIRST.fullmatch(text):
        day, month, year, *clock = found.groups()
    elif found := _TIME_FIRST.fullmatch(text):
        *clock, day, month, year = found.groups()
    elif found := _YEAR_FIRST.fullmatch(text) or _TIGHT.fullmatch(text):
        year, month, day, *clock = found.groups()
    else:
        raise _Odd("date")
    if not 2000 <= int(year) <= 2100:
        raise _Odd("date")
    try:
        whole = date(int(year), int(month), int(day))
        if clock[0] is None:
            return When(whole, None)
        moment = time(int(clock[0]), int(clock[1]), int(clock[2] or 0))
    except ValueError:
        raise _Odd("date") from None
    return When(whole, timezone.make_aware(datetime.combine(whole, moment)))
