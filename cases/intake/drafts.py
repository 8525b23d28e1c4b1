"""Drafts that survive anything: opened, held, taken up again (F06)."""

import re
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from agencies.access import actor_of
from agencies.models import Agency, Staff
from cases import services as case_services
from cases.access import cases_for
from cases.intake import applicants, documents, fees
from cases.intake.cards import Card
from cases.intake.desk import version_parts
from cases.models import Case, Citizen
from cases.states import Work
from opsa.core import journal, practice
from opsa.core.actors import Actor
from opsa.core.codes import new_reference, new_token
from opsa.core.fields import blind, digits
from procedures.models import FilingOverride, FilingSystem, ProcedureVersion

_TRIES: Final = 5
#: The names that fields of the steps have.
_FIELD: Final = re.compile(r"[a-z0-9_-]{1,50}")


class NoOfficeError(ValueError):
    """Only people of an office take in cases."""


def draft_open(
    *,
    staff: Staff,
    version: ProcedureVersion,
    card: Card | None = None,
    reason: str = "",
    reference: str = "",
) -> Case:
    """A new draft under this version, with its checklist and price, and the person if a card was
    read.

    `reason` says why another case was started beside an open one (F06). `reference`: the one that a
    slip gave it beforehand (F25), else a fresh one. Raises NoOfficeError for city-wide roles. One
    transaction.
    """
    if staff.agency_id is None or staff.agency is None:
        raise NoOfficeError
    actor = actor_of(staff)
    version = version_parts(version.pk)
    with transaction.atomic():
        case = _insert(staff, version, reference)
        case.version = version
        documents.lines_make(case)
        journal.record(
            actor,
            "case.opened",
            chain=f"case:{case.pk}",
            subject=f"case:{case.pk}",
            reason=reason,
            procedure=version.procedure.code,
        )
        if card is not None:
            applicants.applicant_read(case=case, card=card, actor=actor)
        fees.fees_refresh(case, actor=actor)
    return case


def _insert(staff: Staff, version: ProcedureVersion, reference: str) -> Case:
    assert staff.agency is not None
    for _try in range(_TRIES):
        try:
            with transaction.atomic():
                return Case.objects.create(
                    reference=reference or new_reference(practice=staff.agency.is_practice),
                    token=new_token(),
                    agency=staff.agency,
                    counter_id=staff.counter_id,
                    opened_by=staff,
                    owner=staff,
                    version=version,
                    system=filing_system(staff.agency, version),
                    relation=documents.usual_relation(version),
                )
        except IntegrityError:
            continue
    raise IntegrityError("no free reference in five tries")


def filing_system(agency: Agency, version: ProcedureVersion) -> FilingSystem:
    """Where this office files this procedure: its own way when it has one, else the version's.

    A practice office has one way for all, whatever is set, and nobody else has it (F25)."""
    if agency.is_practice:
        return _practice_system(version.system)
    own = (
        FilingOverride.objects.filter(agency=agency, procedure_id=version.procedure_id)
        .select_related("system")
        .first()
    )
    return own.system if own else version.system


def _practice_system(like: FilingSystem) -> FilingSystem:
    """The filing system of practice cases; made when a practice office first needs it."""
    found, _new = FilingSystem.objects.get_or_create(
        pk=practice.SYSTEM,
        defaults={
            "name": "Cổng tập sự",
            "name_en": "Practice portal",
            "way": FilingSystem.Way.GATEWAY,
            "max_file_bytes": like.max_file_bytes,
            "max_files": like.max_files,
            "name_length": like.name_length,
        },
    )
    return found


def draft_hold(*, case_id: int, actor: Actor, step: str = "", field: str = "") -> Case:
    """Put the draft aside for the person, with the step it lies open at and the name of the field
    there (F8). Holding a held one changes nothing."""
    with transaction.atomic():
        case = case_services.lock(case_id)
        if step:
            step_remember(case, step, field if _FIELD.fullmatch(field) else "")
        if case.work == Work.HELD:
            return case
        return case_services.work_move(case_id, Work.HELD, actor=actor)


def draft_resume(*, case_id: int, actor: Actor) -> Case:
    """Take a held draft up again. An open one stays as it is."""
    with transaction.atomic():
        case = case_services.lock(case_id)
        take_up(case, actor=actor)
    return case


def take_up(case: Case, *, actor: Actor) -> None:
    """Make a held draft an open one, because somebody works on it. Inside the caller's transaction,
    which holds the case."""
    if case.work == Work.HELD:
        moved = case_services.work_move(case.pk, Work.DRAFT, actor=actor)
        case.work, case.queue = moved.work, moved.queue


def step_remember(case: Case, step: str, field: str = "") -> None:
    """Where to go on when the draft is opened again. Part of the caller's transaction."""
    if (case.step, case.field) != (step, field):
        Case.objects.filter(pk=case.pk).update(step=step, field=field)
        case.step, case.field = step, field


def another_because(*, case_id: int, reason: str, actor: Actor) -> None:
    """Note why this draft goes on beside an open one of the same person and procedure (F06)."""
    chain = f"case:{case_id}"
    journal.record(actor, "draft.another", chain=chain, subject=chain, reason=reason)


def step_leave(*, case_id: int, step: str, actor: Actor) -> None:
    """Remember the step that the clerk went on to; going on in a held draft opens it."""
    with transaction.atomic():
        case = case_services.lock(case_id)
        take_up(case, actor=actor)
        step_remember(case, step)


def cases_of_person(staff: Staff, id_number: str) -> QuerySet[Case]:
    """Every case of this office with this ID number as filer or subject, newest first (blind
    index)."""
    number = digits(id_number)
    if not number:
        return cases_for(staff).none()
    index = blind("citizen.id_number", number)
    people = Citizen.objects.filter(id_index=index).values("pk")
    return (
        cases_for(staff)
        .filter(Q(filer__in=people) | Q(subject__in=people))
        .select_related("version__procedure", "filer")
        .order_by("-pk")
    )


def open_cases_of_person(staff: Staff, id_number: str) -> QuerySet[Case]:
    """Their drafts and filed cases that are not closed."""
    return cases_of_person(staff, id_number).exclude(work=Work.CLOSED)
