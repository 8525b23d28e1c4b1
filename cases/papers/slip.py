"""The hand-over slip: our own paper, not form 01, which the receiving authority issues.

It says what was shown, kept and sent (with page counts and the first signs of each hash), what it
costs and why, when to expect the result, and how to ask: a QR, a short address and the code in
groups (F07).
"""

from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from agencies.models import Staff
from cases.intake import phones
from cases.messages.services import public_link
from cases.models import Case, CaseDocument, Filing, Paper
from cases.papers.services import paper_ask
from opsa.core import outbox
from opsa.core.codes import group_reference
from opsa.core.text import mask_name
from procedures.models import RequiredDocument
from procedures.words import localised


def ask(case: Case, filing: Filing, *, staff: Staff) -> Paper:
    """Ask for the slip of a filing; a second filing of the same case has its own slip."""
    with translation.override(case.language):
        return paper_ask(
            Paper.Kind.SLIP,
            case=case,
            key=f"slip:{filing.pk}",
            data=data_of(case, filing, staff=staff),
            template="papers/slip.html",
            staff=staff,
        )


def data_of(case: Case, filing: Filing, *, staff: Staff) -> dict[str, Any]:
    """Everything the slip prints, as plain values."""
    assert case.filer is not None
    assert case.taken_at is not None
    sent: dict[str, tuple[str, int, list[str]]] = {}
    for f in filing.files:
        name, pages, digest = sent.get(f["document"], (f["document_name"], 0, []))
        sent[f["document"]] = (name, pages + f["pages"], [*digest, f["sha256"][:8]])
    address = getattr(case, "delivery_address", None)
    in_trouble = outbox.in_trouble(f"portal:{case.system_id}")
    return {
        "language": case.language,
        "reference": group_reference(case.reference),
        "barcode": case.reference,
        "qr": public_link(case),
        "address": settings.PUBLIC_URL.split("//", 1)[-1].rstrip("/"),
        "office": case.agency.name,
        "office_address": case.agency.address,
        "office_phone": phones.read(case.agency.phone).shown,
        "helpline": settings.PHONE_HELPLINE,
        "clerk": staff.display_name,
        "procedure": localised(case.version, "name"),
        "procedure_code": case.version.procedure.code,
        "filer": case.filer.name,
        "filer_id": f"••••••••{case.filer.id_number[-4:]}" if case.filer.id_number else "",
        "subject": case.subject.name if case.subject else "",
        "masked": mask_name(case.filer.name),
        "authority": case.authority
        if case.authority not in ("", case.version.authority)
        else localised(case.version, "authority"),
        "system": localised(case.system, "name"),
        "taken_at": timezone.localtime(case.taken_at).isoformat(),
        "due_at": timezone.localtime(case.due_at).isoformat() if case.due_at else "",
        "way": filing.way,
        "portal_down": in_trouble,
        "documents": [
            {
                "name": localised(line.document, "name"),
                "mark": _mark(line, case),
                "pages": sent[line.document.key][1] if line.document.key in sent else 0,
                "hashes": sent[line.document.key][2] if line.document.key in sent else [],
            }
            for line in case.documents.all()
            if line.needed
        ],
        "fees": [
            {
                "label": fee.label,
                "amount": fee.amount,
                "reason": fee.free_reason,
                "basis": fee.basis,
            }
            for fee in case.fees.all()
        ],
        "delivery": "post" if address and address.by_post else "none",
        "delivery_commune": str(address.commune) if address and address.commune else "",
        "results": [localised(result, "name") for result in case.version.results.all()],
    }


def _mark(line: CaseDocument, case: Case) -> str:
    if line.mark == CaseDocument.Mark.LATER and case.incomplete_until:
        return _("Nộp sau, đến %(day)s") % {"day": f"{case.incomplete_until:%d/%m}"}
    if line.document.kind == RequiredDocument.Kind.TYPED:
        return str(CaseDocument.Mark.TYPED.label)
    return str(CaseDocument.Mark(line.mark).label)
