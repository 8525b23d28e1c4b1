"""The "bring these" slip: what is missing, and a code that opens the same draft at any office.

The code holds our reference and nothing else; the paper names the work and the papers, no number.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils import timezone, translation

from agencies.models import Staff
from cases.intake import phones
from cases.messages.services import public_link
from cases.models import Case, CaseDocument, Paper
from cases.papers.services import paper_ask
from opsa.core.codes import group_reference
from opsa.core.text import mask_name
from procedures.words import localised


def ask(
    case: Case, missing: Iterable[CaseDocument], reasons: Iterable[str], *, staff: Staff
) -> Paper:
    """Ask for the slip. Each visit has its own: another day other papers may be missing."""
    number = Paper.objects.filter(case=case, kind=Paper.Kind.BRING).count() + 1
    with translation.override(case.language):
        return paper_ask(
            Paper.Kind.BRING,
            case=case,
            key=f"bring:{case.pk}:{number}",
            data=data_of(case, missing, reasons),
            template="papers/bring.html",
            staff=staff,
        )


def data_of(case: Case, missing: Iterable[CaseDocument], reasons: Iterable[str]) -> dict[str, Any]:
    """Everything the slip prints, as plain values."""
    return {
        "language": case.language,
        "reference": group_reference(case.reference),
        "barcode": case.reference,
        "qr": public_link(case),
        "office": case.agency.name,
        "office_address": case.agency.address,
        "office_phone": phones.read(case.agency.phone).shown,
        "helpline": settings.PHONE_HELPLINE,
        "procedure": localised(case.version, "name"),
        "person": mask_name(case.filer.name) if case.filer and case.filer.name else "",
        "kept_days": settings.DRAFT_DAYS_KEPT,
        "printed_at": timezone.localtime().isoformat(),
        "papers": [
            {
                "name": localised(line.document, "name"),
                "originals": line.document.originals,
                "copies": line.document.copies,
                "why": localised(line.document, "condition_text"),
            }
            for line in missing
        ],
        "reasons": list(reasons),
    }
