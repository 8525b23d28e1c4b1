"""What the command line understands: a card, a code of ours or of others, a number, a name (ux
4.2, F12).

Other rooms add their own codes: `register(matcher)`. A matcher gets the person and the text and
returns
links when the text is one of its codes, else nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import Staff
from cases.access import cases_for
from cases.intake import drafts, phones
from cases.models import Case, CaseNameToken, Citizen
from opsa.core import codes
from opsa.core.fields import blind, digits
from opsa.core.text import clean, fold

MOST: Final = 8
LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Link:
    """One place to go: a plain address, with what the clerk reads."""

    url: str
    title: str
    note: str = ""


type Matcher = Callable[[Staff, str], list[Link]]

_matchers: list[Matcher] = []


def register(matcher: Matcher) -> Matcher:
    """Add a kind of code (a tracking number, a manifest). Called from AppConfig.ready; twice is
    once."""
    if matcher not in _matchers:
        _matchers.append(matcher)
    return matcher


def codes_of(staff: Staff, text: str) -> list[Link]:
    """Where a scanned or typed code leads; empty when it is none that we know."""
    text = clean(text)
    if not text or len(text) > LONGEST:
        return []
    for matcher in (by_reference, by_dossier_code, *_matchers):
        if found := matcher(staff, text):
            return found
    return []


def by_reference(staff: Staff, text: str) -> list[Link]:
    """Our own reference, also out of the address that a slip's QR holds."""
    try:
        reference = codes.check_reference(text)
    except ValueError:
        token = text.rstrip("/").rpartition("/t/")[2] if "/t/" in text else ""
        return links(cases_for(staff).filter(token=token)) if token else []
    return links(cases_for(staff).filter(reference=reference))


def only_practice(staff: Staff, text: str) -> bool:
    """Whether this is the code of a practice case, and the person is of a real office (F25)."""
    try:
        practised = codes.is_practice(codes.check_reference(text))
    except ValueError:
        return False
    return practised and not staff.practises


def by_dossier_code(staff: Staff, text: str) -> list[Link]:
    """The receiving system's code, opaque text."""
    if len(text) < 4 or len(text) > 60 or " " in text:
        return []
    return links(cases_for(staff).filter(filings__dossier_code=text))


def by_number(staff: Staff, text: str) -> list[Link]:
    """A phone or ID number: the office's cases of that person, through the blind index."""
    plain = digits(text)
    if len(plain) < 9 or len(plain) > 15 or any(char.isalpha() for char in text):
        return []
    found: list[Link] = []
    if len(plain) == 12:
        found = links(drafts.cases_of_person(staff, plain))
    phone = phones.read(text).e164
    if phone and not found:
        people = Citizen.objects.filter(phone_index=blind("citizen.phone", digits(phone))).values(
            "pk"
        )
        found = links(cases_for(staff).filter(filer__in=people))
    return found


def by_name(staff: Staff, text: str) -> list[Link]:
    """Cases of people whose names have all these words, newest first; accents don't matter."""
    words = [word[:30] for word in fold(text).split() if len(word) > 1][:6]
    if not words or any(char.isdigit() for char in text):
        return []
    # The given name comes last and is the rarest: its cases are walked from the newest, and the
    # walk ends with the last line that is shown.
    *rest, given = words
    tokens = CaseNameToken.objects.filter(token=given)
    scope = staff.scope_agency_id
    if scope is not None:
        tokens = tokens.filter(agency_id=scope)
    for word in set(rest):
        same = CaseNameToken.objects.filter(
            agency_id=OuterRef("agency_id"), token=word, case_id=OuterRef("case_id")
        )
        tokens = tokens.filter(Exists(same))
    ids = tokens.order_by("-case_id").values_list("case_id", flat=True)[:MOST]
    return links(cases_for(staff).filter(pk__in=list(ids)))


def links(cases: QuerySet[Case]) -> list[Link]:
    """Links to cases, newest first."""
    rows = cases.select_related("version__procedure", "filer").order_by("-pk")[:MOST]
    return [link(case) for case in rows]


def link(case: Case) -> Link:
    """One case as a line: whose it is, what for, its reference and where it stands."""
    name = case.filer.name if case.filer else _("Chưa có người nộp")
    return Link(
        url=reverse("quay:case", args=[case.pk]),
        title=f"{name}, {case.version.procedure.short_name}",
        note=f"{codes.group_reference(case.reference)} · {case.get_queue_display()}",
    )
