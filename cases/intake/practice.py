"""A case made ready to file as a clerk would make it, through the services: for the practice day
and tests.

Invented people only; nothing here reads a real card.
"""

import json
from collections.abc import Mapping
from datetime import date
from io import BytesIO
from typing import Final

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from agencies.models import Commune, Staff
from cases.intake import clashes, documents, drafts, fees, mandates, saving, scans, steps
from cases.intake.cards import Card
from cases.intake.desk import open_desk
from cases.intake.forms import HAND, StepForm
from cases.models import Case, CaseDocument, Mandate, Scan
from cases.states import Money
from opsa.core import files
from opsa.core.partial_date import PartialDate
from procedures.models import DeclarationField, ProcedureVersion, RequiredDocument

SURNAMES: Final = ("NGUYỄN", "TRẦN", "LÊ", "PHẠM", "HOÀNG", "VŨ", "ĐẶNG", "BÙI", "ĐỖ", "NGÔ")
MIDDLE: Final = ("VĂN", "THỊ")
GIVEN: Final = ("AN", "BÌNH", "CHI", "DUNG", "ĐẠT", "HƯỜNG", "KHÁNH", "LINH", "MINH", "YẾN")


def person(number: int) -> Card:
    """The invented person of a number, as their card would say."""
    woman = number % 2 == 1
    born = date(1960 + number % 44, 1 + number % 12, 1 + number % 28)
    century_sex = (0 if born.year < 2000 else 2) + woman
    name = f"{SURNAMES[number % 10]} {MIDDLE[woman]} {GIVEN[number // 10 % 10]}"
    return Card(
        id_number=f"001{century_sex}{born.year % 100:02d}{number % 1_000_000:06d}",
        old_id_number="",
        name=name,
        birth_date=PartialDate.of(born),
        sex="nu" if woman else "nam",
        address=f"Số {1 + number % 90} Quan Hoa, Cầu Giấy, Hà Nội",
        issued_on=date(2022, 3, 1),
    )


def prepared_case(
    version: ProcedureVersion,
    situation: Mapping[str, str] | None = None,
    *,
    staff: Staff,
    number: int = 1,
    relation: str | None = None,
    by_post: bool = True,
    declaration: Mapping[str, str] | None = None,
    page: bytes | None = None,
) -> Case:
    """A draft of this version and situation with nothing left to do: read card, answers, papers
    scanned and checked, form filled, price paid, consent on the screen. Every step goes through the
    counter's services.

    `situation` is question key → value; what is left out is the usual answer. `page` is the file
    used as scan.
    """
    card = person(number)
    case = drafts.draft_open(staff=staff, version=version, card=card)
    relation = relation or (
        case.relation if situation is None else situation.get("relation", case.relation)
    )
    commune = Commune.objects.filter(province_id="01").order_by("code").first()
    values: dict[str, str] = {
        "commune": commune.pk if commune else "",
        "phone": f"09{12_000_000 + number % 1_000_000:08d}",
        "relation": relation,
        **{f"q-{key}": value for key, value in (situation or {}).items() if key != "relation"},
    }
    if relation != "self":
        values |= {
            "subject_name": f"{SURNAMES[(number + 3) % 10]} GIA HÂN",
            "subject_birth_date": "05/11/2026",
        }
    save(staff, case, steps.APPLICANT, values)
    papers(staff, case, page or paper_picture())
    fill(staff, case, declaration or {})
    save(staff, case, steps.FEES, {"by_post": "yes" if by_post else "no"})
    case.refresh_from_db()
    if case.money == Money.DUE:
        fees.payment_record(
            staff=staff, case_id=case.pk, method="transfer", reference=f"GD{number:08d}"
        )
    mandates.ensure_texts()
    mandates.mandate_begin(staff=staff, case_id=case.pk, method=Mandate.Method.SCREEN)
    mandates.mandate_on_screen(case_id=case.pk, agrees=True)
    return open_desk(staff, case.pk).case


def save(staff: Staff, case: Case, step: str, values: Mapping[str, str]) -> saving.Saved:
    """Post a step the way its page would: what is shown stays, `values` are typed over it."""
    desk = open_desk(staff, case.pk)
    form: StepForm = saving.FORMS[step](desk, hand=bool(values.keys() & set(HAND)))
    data = QueryDict(mutable=True)
    data["papers"] = " ".join(name for name in form.fields if name[:1] == "d")
    for name, value in form.stored().items():
        text = clashes.plain(value)
        if text or not name.startswith("d"):
            data[name] = text
    data.update(values)
    data["version"] = clashes.token_of(form)
    return saving.step_save(staff=staff, case_id=case.pk, step=step, data=data)


def papers(staff: Staff, case: Case, content: bytes) -> None:
    """Tick what is shown or looked up, scan what is to be sent, and have the scans checked."""
    for row in CaseDocument.objects.filter(case=case, needed=True).select_related("document"):
        if row.document.kind == RequiredDocument.Kind.UPLOAD:
            scan_of(staff, row, content)
        elif row.mark == CaseDocument.Mark.OPEN:
            with transaction.atomic():
                documents.tick(row, True, staff=staff)


def scan_of(staff: Staff, row: CaseDocument, content: bytes) -> Scan:
    """One file for one paper, through quarantine and the check."""
    sealer = files.Sealer(scans.QUARANTINE)
    sealer.write(content)
    arrived = scans.Arrived(sealer.finish(), "ban-quet.png", sealer.size, sealer.sha256)
    scan = scans.scan_add(staff=staff, case_id=row.case_id, document_id=row.pk, upload=arrived)
    return scans.scan_check(scan.pk) or scan


def fill(staff: Staff, case: Case, given: Mapping[str, str]) -> None:
    """Answer every field of the declaration that is still empty."""
    case.refresh_from_db()
    held = json.loads(case.declaration or "{}")
    values = {}
    for field in ProcedureVersion.objects.get(pk=case.version_id).fields.all():
        if given.get(field.key):
            values[f"f-{field.key}"] = given[field.key]
        elif not held.get(field.key):
            values[f"f-{field.key}"] = invented(field)
    if values:
        save(staff, case, steps.DECLARATION, values)


def invented(field: DeclarationField) -> str:
    """A plausible value for one field."""
    match field.kind:
        case DeclarationField.Kind.DATE | DeclarationField.Kind.BIRTH:
            return f"{timezone.localdate():%d/%m/%Y}"
        case DeclarationField.Kind.NUMBER:
            return "1"
        case DeclarationField.Kind.CHOICE:
            first = field.choices[0]
            return str(first["value"] if isinstance(first, dict) else first)
        case DeclarationField.Kind.ID:
            return person(int(timezone.localdate().strftime("%j"))).id_number
        case _:
            return "Theo giấy tờ đã nộp"


def paper_picture() -> bytes:
    """A small page of paper as PNG: white with a few dark lines."""
    from PIL import Image, ImageDraw

    picture = Image.new("L", (620, 877), 250)
    pen = ImageDraw.Draw(picture)
    for line in range(12):
        pen.rectangle((60, 90 + line * 60, 560 - line * 17, 98 + line * 60), fill=40)
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
