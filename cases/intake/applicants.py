"""The people of a case: read from a card, or typed; whose case it is is kept apart (F04)."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.utils import timezone, translation

from agencies.models import Commune
from cases.intake import addresses, phones
from cases.intake.cards import Card
from cases.intake.desk import version_parts
from cases.models import Case, CaseDocument, CaseNameToken, Citizen
from opsa.core import journal
from opsa.core.actors import Actor
from opsa.core.fields import digits
from opsa.core.partial_date import PartialDate
from opsa.core.text import fold
from procedures.models import DeclarationField, ProcedureVersion, RequiredDocument

#: Fields that a card gives; changing one by hand afterwards is marked.
CARD_FIELDS: Final = ("name", "id_number", "birth_date", "sex", "address")


class OtherPersonError(ValueError):
    """The card is another person's than the case's filer; nothing was changed (ux 4.2 rule 9)."""


def applicant_read(
    *, case: Case, card: Card, actor: Actor, part: str = "filer", replace: bool = False
) -> Citizen:
    """Fill the filer (or with `part="subject"` the subject) from a card. Inside the caller's
    transaction,
    which holds the case.

    The same person's card refreshes what it says and keeps phone, e-mail and the confirmed commune.
    Raises OtherPersonError, and changes nothing, when somebody else is there already and `replace`
    is false.
    """
    before = snapshot(case)
    person: Citizen | None = getattr(case, part)
    known = person.id_number if person else ""
    if person and known and digits(known) != card.id_number and not replace:
        raise OtherPersonError
    if person is None or (known and digits(known) != card.id_number):
        person = _fresh(person)
    person.name = card.name
    person.id_number = card.id_number
    person.old_id_number = card.old_id_number
    person.birth_date = card.birth_date
    person.sex = card.sex
    if person.address != card.address:
        person.commune = None
    person.address = card.address
    person.card_issued_on = card.issued_on
    person.source = Citizen.Source.CARD
    person.read_at = timezone.now()
    person.changed_by_hand = [f"?{name}" for name in card.doubts]
    person.save()
    attach(case, part, person)
    if part == "filer":
        _card_was_shown(case)
    settle(case, before)
    journal.record(
        actor,
        "applicant.card_read",
        chain=f"case:{case.pk}",
        subject=f"case:{case.pk}",
        part=part,
        doubts=",".join(card.doubts),
    )
    return person


def _fresh(person: Citizen | None) -> Citizen:
    """A blank person; the old row is emptied and used again, so nothing of the other one stays."""
    fresh = Citizen()
    if person is not None:
        fresh.pk = person.pk
    return fresh


def attach(case: Case, part: str, person: Citizen) -> None:
    """Make the person the case's filer or subject."""
    if getattr(case, f"{part}_id") != person.pk:
        setattr(case, part, person)
        case.save(update_fields=[part, "changed_at"])
    else:
        setattr(case, part, person)


def _card_was_shown(case: Case) -> None:
    """A card that was read is a card that was seen: its own line of the checklist needs no tick."""
    rows = CaseDocument.objects.filter(
        case=case, document__kind=RequiredDocument.Kind.SHOW, mark=CaseDocument.Mark.OPEN
    ).select_related("document")
    for row in rows:
        if is_identity(row.document):
            row.mark = CaseDocument.Mark.ORIGINAL_SEEN
            row.marked_at = timezone.now()
            row.save(update_fields=["mark", "marked_at"])


def is_identity(document: RequiredDocument) -> bool:
    """Whether the paper is the ID card itself."""
    name = fold(document.name)
    return document.kind == RequiredDocument.Kind.SHOW and ("can cuoc" in name or "cccd" in name)


def person_type(case: Case, part: str, values: dict[str, Any]) -> Citizen:
    """Write typed values to a person of the case; fields left out stay. Inside the caller's
    transaction.

    What the card said and a hand changed is noted in `changed_by_hand`.
    """
    person: Citizen = getattr(case, part) or Citizen()
    for name, value in values.items():
        if getattr(person, name) == value:
            continue
        if name in CARD_FIELDS and person.source == Citizen.Source.CARD:
            marks = [m for m in person.changed_by_hand if m.lstrip("?") != name]
            person.changed_by_hand = [*marks, name]
        setattr(person, name, value)
    person.phone = phones.read(person.phone).e164 or person.phone
    person.save()
    attach(case, part, person)
    return person


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What followed from the people before they changed: form fields and the delivery address."""

    fields: dict[str, str]
    address: dict[str, Any]


def snapshot(case: Case) -> Snapshot:
    with translation.override("vi"):
        return Snapshot(prefills(case), addresses.offered(case))


def settle(case: Case, before: Snapshot) -> None:
    """What follows from people that changed: form fields, the office that decides, address, search
    words."""
    # The form and the office's name are Vietnamese whatever language the clerk reads.
    with translation.override("vi"):
        declaration_prefill(case, before.fields)
        authority_set(case)
    addresses.address_suggest(case, before.address)
    names_index(case)


PARENTS = {"mother": Citizen.Sex.FEMALE, "father": Citizen.Sex.MALE}


def prefills(case: Case, version: ProcedureVersion | None = None) -> dict[str, str]:
    """What the declaration can take from the people of the case: field key → value."""
    found = {}
    for field in (version or version_parts(case.version_id)).fields.all():
        if field.prefill:
            found[field.key] = prefill(case, field)
    return found


def prefill(case: Case, field: DeclarationField) -> str:
    """The value of one `filer.…`, `subject.…`, `mother.…` or `father.…` source, as the form wants
    it; empty when not known. A parent who files for a child is the mother or the father by their
    card, so nothing on it is typed again."""
    who, _dot, what = field.prefill.partition(".")
    person = case.filer
    if who == "subject" and case.relation != "self":
        person = case.subject
    if who in PARENTS and (
        case.relation != "parent" or person is None or person.sex != PARENTS[who]
    ):
        return ""
    if person is None:
        return ""
    value = getattr(person, what, None)
    if field.kind == DeclarationField.Kind.DATE and isinstance(value, PartialDate):
        return str(value) if value.known else ""  # the form wants the day: it is asked, not made up
    return person_value(person, what)


def person_value(person: Citizen, what: str) -> str:
    """One thing about a person as text: names of fields, `birth_date` as dd/mm/yyyy or what is
    known of it, places with their kind."""
    if what == "sex":
        return {"nam": "Nam", "nu": "Nữ"}.get(person.sex, "")
    if what in ("commune", "place"):
        return str(person.commune or "")
    if what in ("full_address", "residence"):
        return addresses.written(person)
    value = getattr(person, what, "")
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if what == "phone":
        return phones.read(str(value or "")).shown
    return str(value or "")


def declaration_prefill(case: Case, before: dict[str, str]) -> None:
    """Fill empty form fields from the people; one that still holds the old value follows the
    person, also when nothing is known of them any more."""
    values: dict[str, str] = json.loads(case.declaration or "{}")
    now = prefills(case)
    changed = False
    for key, value in now.items():
        held = values.get(key, "")
        if held != value and held in ("", before.get(key, "")):
            values[key] = value
            changed = True
    if changed:
        case.declaration = json.dumps(values, ensure_ascii=False)
        case.save(update_fields=["declaration", "changed_at"])


def authority_set(case: Case) -> None:
    """The office that decides: for the commune's procedures the people's committee of the
    commune."""
    version = version_parts(case.version_id)
    person = case.subject if case.relation != "self" and case.subject else case.filer
    commune = (person.commune if person else None) or (case.filer.commune if case.filer else None)
    if version.level == ProcedureVersion.Level.COMMUNE and commune is not None:
        authority = f"UBND {commune.get_kind_display().lower()} {commune.name}"
    else:
        authority = version.authority
    if case.authority != authority:
        case.authority = authority[:200]
        case.save(update_fields=["authority", "changed_at"])


def names_index(case: Case) -> None:
    """The words of both names, folded, for the search inside the office."""
    words: set[str] = set()
    for person in (case.filer, case.subject):
        if person is not None:
            words |= {word[:30] for word in fold(person.name).split()}
    held = set(
        CaseNameToken.objects.filter(agency_id=case.agency_id, case=case).values_list(
            "token", flat=True
        )
    )
    if gone := held - words:
        CaseNameToken.objects.filter(agency_id=case.agency_id, case=case, token__in=gone).delete()
    CaseNameToken.objects.bulk_create(
        CaseNameToken(agency_id=case.agency_id, token=word, case=case) for word in words - held
    )


def commune_of(code: str) -> Commune | None:
    """The commune of a code, or None."""
    return Commune.objects.filter(pk=code).first() if code else None
