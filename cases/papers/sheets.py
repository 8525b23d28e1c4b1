"""Two papers drawn from a declaration: the read-back sheet, and the form on paper (features 5).

The read-back sheet is one page in large type of what will be sent, for the citizen to check and
keep. The paper twin is the official form's fields in its order, for an authority that still wants
paper. Both show numbers in full, because checking them is what they are for.
"""

import hashlib
import json
from typing import Any

from django.utils import timezone, translation

from agencies.models import Staff
from cases.intake import phones
from cases.models import Case, Citizen, Paper
from cases.papers.services import paper_ask
from opsa.core.codes import group_reference
from procedures.models import DeclarationField, RequiredDocument
from procedures.words import localised

#: Up to so many lines the read-back sheet takes this size; one page comes before large type.
SIZES = ((14, "large"), (22, "tight"), (10_000, "dense"))


def check_ask(case: Case, *, staff: Staff) -> Paper:
    """Ask for the read-back sheet of what the case says now; unchanged, it is the same paper."""
    with translation.override(case.language):
        return _ask(case, Paper.Kind.CHECK, check_data(case), "papers/check.html", staff)


def twin_ask(case: Case, *, staff: Staff) -> Paper:
    """Ask for the form on paper, in Vietnamese whatever the citizen reads: an authority gets it."""
    with translation.override("vi"):
        return _ask(case, Paper.Kind.TWIN, twin_data(case), "papers/twin.html", staff)


def _ask(case: Case, kind: Paper.Kind, data: dict[str, Any], template: str, staff: Staff) -> Paper:
    text = json.dumps(data, ensure_ascii=False, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    data = {**data, "printed_at": timezone.localtime().isoformat()}
    key = f"{kind}:{case.pk}:{digest}"
    return paper_ask(kind, case=case, key=key, data=data, template=template, staff=staff)


def check_data(case: Case) -> dict[str, Any]:
    """What the read-back sheet prints, as plain values."""
    fields = [row for row in declared(case) if row[1]]
    address = getattr(case, "delivery_address", None)
    people = _person(case.filer)
    subject = _person(case.subject) if case.relation != "self" else []
    return {
        "language": case.language,
        "reference": group_reference(case.reference),
        "barcode": case.reference,
        "procedure": localised(case.version, "name"),
        "authority": case.authority or localised(case.version, "authority"),
        "filer": people,
        "subject": subject,
        "fields": [row for row in fields if row[1] not in {value for _, value in people}],
        "papers": [
            localised(line.document, "name")
            for line in case.documents.all()
            if line.needed and line.document.kind != RequiredDocument.Kind.TYPED
        ],
        "deliver_to": f"{address.recipient}, {address.line}, {address.commune or ''}".strip(", ")
        if address and address.by_post
        else "",
        "size": next(
            size for most, size in SIZES if len(fields) + len(people) + len(subject) <= most
        ),
        "office": case.agency.name,
    }


def twin_data(case: Case) -> dict[str, Any]:
    """What the form on paper prints, as plain values."""
    form = next(
        (
            document
            for document in case.version.documents.all()
            if document.kind == RequiredDocument.Kind.TYPED
        ),
        None,
    )
    return {
        "language": "vi",
        "reference": group_reference(case.reference),
        "barcode": case.reference,
        "title": form.name if form else case.version.name,
        "form_code": form.form_code if form else "",
        "authority": case.authority or case.version.authority,
        "fields": declared(case),
        "filer": case.filer.name if case.filer else "",
        "place": str(case.agency.commune) if case.agency.commune_id else "",
    }


def declared(case: Case) -> list[tuple[str, str]]:
    """Every field of the e-form in its order with what was declared, empty ones included."""
    values = json.loads(case.declaration or "{}")
    return [
        (localised(field, "label"), _shown(field, str(values.get(field.key, "")).strip()))
        for field in case.version.fields.all()
    ]


def _shown(field: DeclarationField, value: str) -> str:
    if field.kind == DeclarationField.Kind.CHOICE:
        for choice in field.choices:
            if isinstance(choice, dict) and choice.get("value") == value:
                return str(choice["text"])
    if field.kind == DeclarationField.Kind.ID and len(value) == 12:
        return f"{value[:3]} {value[3:6]} {value[6:9]} {value[9:]}"
    return value


def _person(person: Citizen | None) -> list[tuple[str, str]]:
    if person is None:
        return []
    number = person.id_number
    rows = [
        (translation.gettext("Họ và tên"), person.name),
        (
            translation.gettext("Số định danh"),
            f"{number[:3]} {number[3:6]} {number[6:9]} {number[9:]}" if number else "",
        ),
        (translation.gettext("Ngày sinh"), str(person.birth_date or "")),
        (translation.gettext("Điện thoại"), phones.read(person.phone).shown),
    ]
    return [(name, value) for name, value in rows if value]
