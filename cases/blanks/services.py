"""Runs of numbered slips, and the one case that is typed in from each (F25)."""

from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.access import actor_of
from agencies.models import Agency, Staff
from cases.intake import drafts, phones
from cases.intake.command import Link
from cases.models import BlankSlip, Paper
from cases.papers.services import office_paper_ask
from opsa.core import journal, rls
from opsa.core.codes import check_reference, group_reference, new_reference
from procedures.models import ProcedureVersion

#: Slips of one run: 25 sheets of A4.
RUN: Final = 100
#: While an office has more unused ones, it gets no new run.
ENOUGH: Final = 50


class EnoughLeftError(ValueError):
    """The office has slips enough."""


def unused(agency_id: int) -> QuerySet[BlankSlip]:
    """The slips of an office that nothing was typed in from."""
    return BlankSlip.objects.filter(agency_id=agency_id, case=None)


def run_ask(*, staff: Staff) -> Paper:
    """A new run for the person's office, as a paper to print. Raises EnoughLeftError, and
    NoOfficeError for city-wide roles."""
    if staff.agency_id is None:
        raise drafts.NoOfficeError
    with transaction.atomic():
        # Two at once would both count the same runs before.
        agency = Agency.objects.select_for_update(no_key=True).get(pk=staff.agency_id)
        if unused(agency.pk).count() > ENOUGH:
            raise EnoughLeftError
        number = Paper.objects.filter(agency=agency, kind=Paper.Kind.BLANKS).count() + 1
        codes: set[str] = set()
        while len(codes) < RUN:
            codes.add(new_reference(practice=agency.is_practice))
        paper = office_paper_ask(
            Paper.Kind.BLANKS,
            agency=agency,
            key=f"blanks:{agency.pk}:{number}",
            data={
                "codes": sorted(codes),
                "office": agency.name,
                "office_address": agency.address,
                "office_phone": phones.read(agency.phone).shown,
                "helpline": settings.PHONE_HELPLINE,
                "site": settings.PUBLIC_URL.removeprefix("https://")
                .removeprefix("http://")
                .rstrip("/"),
                "printed_at": timezone.localtime().isoformat(),
            },
            template="papers/blanks.html",
            staff=staff,
        )
        BlankSlip.objects.bulk_create(
            BlankSlip(agency=agency, paper=paper, reference=code) for code in sorted(codes)
        )
        journal.record(
            actor_of(staff),
            "blanks.made",
            chain=f"office:{agency.pk}",
            subject=f"paper:{paper.pk}",
            count=RUN,
        )
    return paper


def slip_open(
    *, staff: Staff, slip_id: int, version: ProcedureVersion, written_at: datetime | None
) -> tuple[int, bool]:
    """Type a slip in: the draft under its number, and True. One that was typed in gives its case,
    and False: no number is used twice.

    Raises BlankSlip.DoesNotExist for a slip of another office.
    """
    with transaction.atomic():
        slip = BlankSlip.objects.select_for_update().get(pk=slip_id, agency=staff.agency_id)
        if slip.case_id is not None:
            return slip.case_id, False
        case = drafts.draft_open(staff=staff, version=version, reference=slip.reference)
        slip.case, slip.written_at = case, written_at
        slip.save(update_fields=["case", "written_at"])
        journal.record(
            actor_of(staff),
            "blank.typed_in",
            chain=f"case:{case.pk}",
            subject=f"case:{case.pk}",
            written=written_at.isoformat() if written_at else "",
        )
    return case.pk, True


def by_code(staff: Staff, text: str) -> list[Link]:
    """A slip of the person's own office that nothing was typed in from, for the command line. One
    that was is found as its case."""
    code = _code(text)
    if not code or staff.agency_id is None:
        return []
    found = unused(staff.agency_id).filter(reference=code).first()
    if found is None:
        return []
    return [Link(reverse("quay:blank", args=[found.pk]), group_reference(code))]


def of_another_office(staff: Staff, text: str) -> str:
    """What to say of a slip that another office printed and did not type in yet; else nothing."""
    code = _code(text)
    if not code:
        return ""
    with rls.city_scope():
        found = (
            BlankSlip.objects.filter(reference=code, case=None, agency__is_practice=staff.practises)
            .exclude(agency=staff.agency_id)
            .select_related("agency")
            .first()
        )
    if found is None:
        return ""
    return _("Phiếu viết tay của %(office)s, chưa nhập vào máy. Gọi %(phone)s để nơi đó nhập.") % {
        "office": found.agency.name,
        "phone": phones.read(found.agency.phone).shown or settings.PHONE_HELPLINE,
    }


def _code(text: str) -> str:
    try:
        return check_reference(text)
    except ValueError:
        return ""
