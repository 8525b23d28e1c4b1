"""What goes where on the portal's own form: each value as that form takes it, in its order (the
co-pilot; DESIGN 5)."""

import json
import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.translation import gettext as _

from agencies.models import OFFICE_ROLES, Staff
from cases.models import Case, Citizen
from opsa.core.fields import digits
from opsa.core.partial_date import PartialDate
from procedures.models import DeclarationField
from procedures.words import localised

#: 1.250.000; a comma before other than three digits is a decimal one and stays.
_THOUSANDS: Final = re.compile(r"\d{1,3}(?:[. ]\d{3})+|\d{1,3}(?:,\d{3})+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Row:
    """One field: what the portal's form calls it, and what to put there."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the portal's form."""

    title: str
    rows: list[Row]


def sections(case: Case, staff: Staff) -> list[Section]:
    """The parts of the form in the portal's order, without what was not declared: which procedure,
    who files, whose dossier it is, the declaration, how the result comes.

    Nothing for those who don't file: what a citizen declared is not theirs to read through. The
    case as `services.load_for_filing` loads it.
    """
    if staff.role not in OFFICE_ROLES:
        return []
    parts = [
        (_("Thủ tục"), _procedure(case)),
        (_("Người nộp"), _filer(case)),
        (_("Chủ hồ sơ"), _subject(case)),
        (_("Tờ khai"), _declaration(case)),
        (_("Nhận kết quả"), _result(case)),
    ]
    found = [
        Section(title, [Row(label, value) for label, value in rows if value])
        for title, rows in parts
    ]
    return [section for section in found if section.rows]


def _procedure(case: Case) -> list[tuple[str, str]]:
    return [
        (_("Mã thủ tục"), case.version.procedure.code),
        (_("Tên thủ tục"), case.version.name),
        (_("Cơ quan giải quyết"), case.authority or case.version.authority),
    ]


def _filer(case: Case) -> list[tuple[str, str]]:
    filer = case.filer
    if filer is None:
        return []
    return [
        *_person(filer),
        (_("Số điện thoại"), _local(filer.phone)),
        *_place(filer),
        (_("Địa chỉ"), filer.address),
    ]


def _subject(case: Case) -> list[tuple[str, str]]:
    """Only when it is somebody else: the form then asks for both."""
    if case.subject is None or case.relation == "self":
        return []
    return [*_person(case.subject), (_("Địa chỉ"), case.subject.address)]


def _person(person: Citizen) -> list[tuple[str, str]]:
    return [
        (_("Họ và tên"), person.name),
        (_("Số định danh"), person.id_number),
        (_("Ngày sinh"), str(person.birth_date or "")),
        (_("Giới tính"), Citizen.Sex(person.sex).label if person.sex else ""),
    ]


def _place(filer: Citizen) -> list[tuple[str, str]]:
    commune = filer.commune
    if commune is None:
        return []
    return [(_("Tỉnh, thành phố"), commune.province.name), (_("Xã, phường"), str(commune))]


def _local(phone: str) -> str:
    """As people dial it, which is what the form takes."""
    return "0" + phone.removeprefix("+84") if phone.startswith("+84") else phone


def _declaration(case: Case) -> list[tuple[str, str]]:
    values = json.loads(case.declaration or "{}")
    return [
        (localised(field, "label"), as_the_form_takes_it(field, str(values.get(field.key, ""))))
        for field in case.version.fields.all()
    ]


def as_the_form_takes_it(field: DeclarationField, value: str) -> str:
    """A declared value for the portal's form: the label of a choice and not its key, a day as
    dd/mm/yyyy (a year alone stays one), a number without signs between its digits."""
    value = value.strip()
    match field.kind:
        case DeclarationField.Kind.CHOICE:
            return next((t for v, t in map(_choice, field.choices) if v == value), value)
        case DeclarationField.Kind.DATE | DeclarationField.Kind.BIRTH:
            return _day(value)
        case DeclarationField.Kind.NUMBER if _THOUSANDS.fullmatch(value):
            return re.sub(r"\D", "", value)
        case DeclarationField.Kind.ID:
            return digits(value) or value
        case _:
            return value


def _choice(choice: object) -> tuple[str, str]:
    """The value and its Vietnamese words, which the portal's list has."""
    if isinstance(choice, dict):
        return str(choice["value"]), str(choice["text"])
    return str(choice), str(choice)


def _day(value: str) -> str:
    try:
        return str(PartialDate.fromisoformat(value))
    except ValueError:
        pass
    try:
        return f"{date.fromisoformat(value):%d/%m/%Y}"
    except ValueError:
        return value


def _result(case: Case) -> list[tuple[str, str]]:
    address = getattr(case, "delivery_address", None)
    if address is None:
        return []
    if not address.by_post:
        return [(_("Cách nhận kết quả"), "Nhận trực tiếp")]
    commune = address.commune
    return [
        (_("Cách nhận kết quả"), "Qua bưu chính"),
        (_("Người nhận"), address.recipient),
        (_("Điện thoại người nhận"), _local(address.phone)),
        (_("Tỉnh, thành phố nhận"), commune.province.name if commune else ""),
        (_("Xã, phường nhận"), str(commune) if commune else ""),
        (_("Địa chỉ nhận"), address.line),
    ]
