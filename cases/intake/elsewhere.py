"""Drafts of other offices: a person may go on anywhere, and what is open elsewhere is seen before
it is done twice (F06).

The wall between offices stays. Through it one sees only what the person at the counter proves to be
theirs, by their card just read or by the code on their slip, and of that only which procedure,
where and since when. Taking a draft over moves it whole, and the journal says from where to where.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.access import actor_of
from agencies.models import Staff
from cases import services as case_services
from cases.intake import applicants, drafts
from cases.models import Case, CaseNameToken, Citizen, Paper, Scan
from cases.states import Dossier, Work
from opsa.core import codes, journal, rls
from opsa.core.fields import blind, digits
from procedures.models import ProcedureVersion

MOST: Final = 8
MOVABLE: Final = (Work.DRAFT, Work.HELD)


@dataclass(frozen=True, slots=True)
class Away:
    """One open case of another office: no name, no number."""

    pk: int
    procedure: str
    office: str
    changed_at: datetime
    movable: bool
    reference: str
    asked: bool = False

    @property
    def note(self) -> str:
        """Where it lies and since when, in words."""
        when = f"{timezone.localtime(self.changed_at):%H:%M %d/%m/%Y}"
        words = _("Đã nhận ở %(office)s, %(when)s")
        if self.movable:
            words = (
                _("Chờ bổ sung, nhận ở %(office)s, %(when)s")
                if self.asked
                else _("Nháp ở %(office)s, sửa lúc %(when)s")
            )
        return words % {"office": self.office, "when": when}


def of_person(staff: Staff, id_number: str, version: ProcedureVersion | None = None) -> list[Away]:
    """Open cases at other offices of the person whose card was just read, newest first."""
    number = digits(id_number)
    if not number or staff.scope_agency_id is None:
        return []
    people = Citizen.objects.filter(id_index=blind("citizen.id_number", number)).values("pk")
    wanted = Q(filer__in=people) | Q(subject__in=people)
    if version is not None:
        wanted &= Q(version__procedure=version.procedure_id)
    return _found(staff, wanted)


def by_code(staff: Staff, text: str) -> list[Away]:
    """The draft of another office that a slip's code or QR names; nothing for a filed case."""
    try:
        wanted = Q(reference=codes.check_reference(text))
    except ValueError:
        token = text.rstrip("/").rpartition("/t/")[2] if "/t/" in text else ""
        if not token:
            return []
        wanted = Q(token=token)
    if staff.scope_agency_id is None:
        return []
    return [one for one in _found(staff, wanted) if one.movable]


def _found(staff: Staff, wanted: Q) -> list[Away]:
    assert staff.agency is not None
    with rls.city_scope():
        rows: QuerySet[Case] = (
            Case.objects.filter(wanted, agency__is_practice=staff.agency.is_practice)
            .exclude(agency=staff.agency)
            .exclude(work=Work.CLOSED)
            .select_related("version__procedure", "agency")
            .order_by("-pk")[:MOST]
        )
        return [
            Away(
                pk=case.pk,
                procedure=case.version.procedure.short_name,
                office=case.agency.short_name,
                changed_at=case.changed_at
                if case.work in MOVABLE
                else case.taken_at or case.opened_at,
                movable=movable(case),
                asked=case.work not in MOVABLE,
                reference=case.reference,
            )
            for case in rows
        ]


def movable(case: Case) -> bool:
    """Whether the person may go on with this case at another office: a draft, and a filed one that
    waits for papers of theirs (F20)."""
    waits = case.work == Work.FILED and case.dossier == Dossier.SUPPLEMENT
    return case.work in MOVABLE or waits


def draft_fetch(*, staff: Staff, case_id: int, id_number: str = "", reference: str = "") -> Case:
    """Move a draft of another office to this one, open, with every field and file; so too a filed
    case that waits for papers, which stays filed.

    `id_number` is the number of the card just read, `reference` the code on the slip: one of them
    must be the case's. Raises Http404 otherwise, and for a case that may not move. One transaction.
    """
    if staff.agency is None:
        raise Http404
    actor = actor_of(staff)
    with transaction.atomic(), rls.city_scope():
        case = Case.objects.select_for_update().filter(pk=case_id).first()
        if case is not None and not movable(case):
            raise Http404
        if case is not None and case.agency_id == staff.agency_id:
            return case
        # What is practised never becomes real, nor the other way round (F25).
        if case is not None and codes.is_practice(case.reference) != staff.agency.is_practice:
            raise Http404
        if case is None or not _proven(case, id_number, reference):
            raise Http404
        before = case.agency_id
        CaseNameToken.objects.filter(case=case).delete()
        for moved in (Scan, Paper):
            moved._default_manager.filter(case=case).update(agency=staff.agency)
        case.agency, case.counter_id, case.owner = staff.agency, staff.counter_id, staff
        if case.work in MOVABLE:
            case.system = drafts.filing_system(staff.agency, case.version)
        case.save(update_fields=["agency", "counter", "owner", "system", "changed_at"])
        applicants.names_index(case)
        journal.record(
            actor,
            "draft.moved" if case.work in MOVABLE else "case.moved",
            chain=f"case:{case.pk}",
            subject=f"case:{case.pk}",
            before=before,
            after=staff.agency_id,
            by="card" if id_number else "code",
        )
        if case.work == Work.HELD:
            case_services.work_move(case.pk, Work.DRAFT, actor=actor)
    return case


def _proven(case: Case, id_number: str, reference: str) -> bool:
    if reference:
        return case.reference == reference
    number = digits(id_number)
    people = (case.filer, case.subject)
    return bool(number) and any(digits(one.id_number) == number for one in people if one)
