"""Identity numbers that a declaration holds, looked at as the card reader looks at a card's."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from django.core.exceptions import ValidationError

from cases.intake import cards
from cases.intake.fields import read_birth
from opsa.core.partial_date import PartialDate
from procedures.models import DeclarationField, ProcedureVersion

#: How the working catalogue names the parts of one person: `me-so-dinh-danh`, `me-ngay-sinh`.
_NUMBER: Final = "so-dinh-danh"
#: Whose sex the field's own name says.
_SEX: Final = {"me-": "nu", "nu-": "nu", "cha-": "nam", "nam-": "nam"}


def doubtful(version: ProcedureVersion, values: Mapping[str, str]) -> dict[str, list[str]]:
    """The number fields that disagree with what stands beside them, and in what ("id_number",
    "birth_date", "sex"). Warnings, never refusals: the number has no check digit (domain 4.1)."""
    found = {}
    for field in version.fields.all():
        number = values.get(field.key, "")
        if field.kind != DeclarationField.Kind.ID or len(number) != 12 or not number.isdecimal():
            continue
        person = field.key.partition(_NUMBER)[0] if field.key.endswith(_NUMBER) else None
        born, sex = _beside(person, values) if person is not None else (None, "")
        if odd := cards.number_warnings(number, born, sex):
            found[field.key] = odd
    return found


def _beside(person: str, values: Mapping[str, str]) -> tuple[PartialDate | None, str]:
    born = None
    with suppress(ValidationError):  # a date that is none has its own word at its field
        born = read_birth(values.get(f"{person}ngay-sinh", ""))
    sex = {"Nam": "nam", "Nữ": "nu"}.get(values.get(f"{person}gioi-tinh", ""), "")
    return born, sex or _SEX.get(person, "")
