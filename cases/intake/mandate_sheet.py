"""The consent on paper: printed with its own bar code, signed, scanned back (F05)."""

import json
import re
from io import BytesIO
from typing import Final

import zxingcpp
from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from PIL import Image

from agencies.models import Staff
from cases.access import cases_for
from cases.intake import phones, virus
from cases.intake.command import Link, link
from cases.models import Case, Mandate, Paper
from cases.papers.services import paper_ask
from opsa.core import file_check
from opsa.core.codes import group_reference
from procedures.words import localised

#: What the bar code holds: the mandate, and the reference for the eye.
CODE: Final = re.compile(r"DY(\d{1,12})-([0-9A-Z]{11})")


def code_of(mandate: Mandate, case: Case) -> str:
    """The text of the sheet's bar code."""
    return f"DY{mandate.pk}-{case.reference}"


def ask(case: Case, mandate: Mandate, *, staff: Staff) -> Paper:
    """Have the sheet of this request drawn."""
    with translation.override(case.language):
        data = {
            "language": case.language,
            "reference": group_reference(case.reference),
            "barcode": code_of(mandate, case),
            "office": case.agency.name,
            "office_address": case.agency.address,
            "office_phone": phones.read(case.agency.phone).shown,
            "helpline": settings.PHONE_HELPLINE,
            "procedure": localised(case.version, "name"),
            "filer": case.filer.name if case.filer else "",
            "mode": str(Case.Mode(mandate.mode).label),
            "words": mandate.shown.splitlines(),
            "number": mandate.text.number,
            "sha256": mandate.shown_sha256,
            "until": f"{mandate.valid_until:%d/%m/%Y}",
            "clerk": staff.display_name,
            "printed_at": timezone.localtime().isoformat(),
        }
        return paper_ask(
            Paper.Kind.CONSENT,
            case=case,
            key=f"consent:{mandate.pk}",
            data=data,
            template="papers/consent.html",
            staff=staff,
        )


def sheet_of(mandate: Mandate) -> Paper | None:
    """The printed sheet of a request."""
    return Paper.objects.filter(key=f"consent:{mandate.pk}").first()


def words_on(paper: Paper) -> list[str]:
    """The lines that were printed."""
    lines: list[str] = json.loads(paper.data)["words"]
    return lines


def by_code(staff: Staff, text: str) -> list[Link]:
    """The command line's answer to a scanned sheet: where its picture is to be added."""
    match = CODE.fullmatch(text.strip().upper())
    if match is None:
        return []
    case = (
        cases_for(staff)
        .filter(reference=match[2], mandates=int(match[1]))
        .select_related("version__procedure", "filer")
        .first()
    )
    if case is None:
        return []
    found = link(case)
    return [Link(reverse("quay:step", args=[case.pk, "dong-y"]) + "#signed", found.title)]


class SheetRefusedError(ValueError):
    """The picture is not this sheet's; the message is for the clerk."""


def read(content: bytes, expected: str) -> tuple[bytes, bool]:
    """The checked, rewritten picture of a signed sheet, and whether its bar code was read.

    Raises SheetRefusedError for another sheet, for more than one page, and for whatever the checker
    or the virus scanner does not let through.
    """
    match virus.scan(content):
        case virus.Verdict.FOUND:
            raise SheetRefusedError(file_check.refusal("virus").message)
        case virus.Verdict.AWAY:
            raise SheetRefusedError(_("Chưa kiểm tra được tệp. Thử lại sau một phút."))
    try:
        checked = file_check.examine(content)
    except file_check.RefusedFileError as refused:
        raise SheetRefusedError(refused.message) from None
    except file_check.CheckUnavailable:
        raise SheetRefusedError(_("Chưa kiểm tra được tệp. Thử lại sau một phút.")) from None
    if len(checked.pages) != 1:
        raise SheetRefusedError(_("Giấy đồng ý chỉ có một trang. Quét riêng trang đó."))
    page = checked.pages[0]
    found = _codes_in(page.content or page.preview)
    if found and expected not in found:
        raise SheetRefusedError(_("Đây là giấy của hồ sơ khác. So mã dưới cùng tờ giấy."))
    return page.content or checked.whole, bool(found)


def _codes_in(picture: bytes) -> set[str]:
    """The consent codes in a picture that the checker itself wrote."""
    if not picture:
        return set()
    with Image.open(BytesIO(picture)) as image:
        found = zxingcpp.read_barcodes(image.convert("L"))
    return {one.text for one in found if CODE.fullmatch(one.text)}
