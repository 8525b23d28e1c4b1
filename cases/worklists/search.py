"""Search over the cases a person may see: code, phone, ID number, dossier code, name (F12).

The text is POSTed and never put into a URL or log. Names are found through the token table, newest
first: an index walk with a limit, without a worst case on common words (B3).
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, cast

from django.db.models import Exists, OuterRef, Q, QuerySet

from agencies.models import Agency, Staff
from cases.access import cases_for
from cases.models import Case, CaseNameToken, Citizen, Filing
from cases.worklists.rows import COLUMNS, Row, RowMaker
from opsa.core.codes import check_reference, is_practice
from opsa.core.fields import BlindIndexField, digits
from opsa.core.text import clean, fold

SHOWN: Final = 30
LONGEST: Final = 80
_NAME: Final = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)*")
_DOSSIER: Final = re.compile(r"[A-Za-z0-9]{2,}(?:[.\-/][A-Za-z0-9]+)+")


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave: `kind` is code, practice, number, dossier, name or nothing; `more`: it
    was cut."""

    kind: str
    rows: list[Row]
    more: bool = False


def search(staff: Staff, text: str, within: Q | None = None) -> Found:
    """The newest cases that fit `text`, at most thirty. `within` narrows the search to one list."""
    text = clean(text)[:LONGEST]
    cases = cases_for(staff)
    if within is not None:
        cases = cases.filter(within)
    kind, matching = _matching(staff, cases, text)
    if matching is None:
        return Found(kind, [])
    found = list(matching.order_by("-pk").values_list(*COLUMNS)[: SHOWN + 1])
    return Found(kind, RowMaker().rows(found[:SHOWN]), len(found) > SHOWN)


def _matching(staff: Staff, cases: QuerySet[Case], text: str) -> tuple[str, QuerySet[Case] | None]:
    try:
        code = check_reference(text)
        if is_practice(code) and not staff.practises:
            return "practice", None
        return "code", cases.filter(reference=code)
    except ValueError:
        pass
    number = digits(text)
    if len(number) >= 9 and not re.search(r"[^\d\s.+\-()]", text):
        people = list(_people(number))
        return "number", cases.filter(Q(filer_id__in=people) | Q(subject_id__in=people))
    if _DOSSIER.fullmatch(text) and any(char.isdigit() for char in text):
        held = Filing.objects.filter(dossier_code=text, system_id__in=_systems()).values("case_id")
        return "dossier", cases.filter(pk__in=held)
    words = fold(text).split(" ")
    if _NAME.fullmatch(fold(text)) and len(words[-1]) + len(words) >= 3:
        return "name", _by_name(staff, cases, words)
    return "nothing", None


@cache
def _index(name: str) -> BlindIndexField:
    return cast("BlindIndexField", Citizen._meta.get_field(name))


def _systems() -> "QuerySet[Any, Any]":
    from procedures.models import FilingSystem

    return FilingSystem.objects.values("pk")


def _people(number: str) -> "QuerySet[Citizen, int]":
    """Citizens with this ID number or phone, whichever way the phone was written."""
    national = "0" + number[2:] if number.startswith("84") else number
    spellings = {number, national, "84" + national[1:]} if national.startswith("0") else {number}
    ids = [_index("id_index").value_for(number)]
    phones = [_index("phone_index").value_for(one) for one in sorted(spellings)]
    return Citizen.objects.filter(Q(id_index__in=ids) | Q(phone_index__in=phones)).values_list(
        "pk", flat=True
    )[:200]


def _by_name(staff: Staff, cases: QuerySet[Case], words: list[str]) -> QuerySet[Case]:
    """Cases whose people have all these words; the last one may be unfinished.

    Equality words are index look-ups; the prefix is a range with both bounds (`LIKE $1` would lose
    the index once the plan is generic).
    """
    offices = (
        [staff.scope_agency_id]
        if staff.scope_agency_id is not None
        else list(Agency.objects.values_list("pk", flat=True))
    )
    *whole, last = words
    tokens = CaseNameToken.objects.filter(agency_id__in=offices)
    after = last[:-1] + chr(ord(last[-1]) + 1)
    base = tokens.filter(token__gte=last, token__lt=after)
    for word in whole:
        base = base.filter(
            Exists(
                CaseNameToken.objects.filter(
                    agency_id=OuterRef("agency_id"), token=word, case_id=OuterRef("case_id")
                )
            )
        )
    newest = base.order_by("-case_id").values_list("case_id", flat=True)[: (SHOWN + 1) * 4]
    return cases.filter(pk__in=list(newest))
