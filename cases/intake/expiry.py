"""Drafts that nobody touches: shown to their owner after two days, deleted after a set term (F06).

A person who does not come back has a right to be forgotten; what stays is the journal, which holds
no personal values. A draft whose price was paid is never deleted by itself: somebody is owed money.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.deletion import PROTECT
from django.utils import timezone

from agencies.models import Staff
from cases import services as case_services
from cases.access import cases_for
from cases.models import (
    BlankSlip,
    Case,
    CaseDocument,
    Citizen,
    Filing,
    Mandate,
    Paper,
    Payment,
    Scan,
    Upload,
)
from cases.states import Work
from opsa.core import files, journal
from opsa.core.actors import SYSTEM, Actor

FORGOTTEN: Final = timedelta(days=2)
OPEN: Final = (Work.DRAFT, Work.HELD)
_AT_ONCE: Final = 200


def term() -> timedelta:
    """How long an untouched draft is kept."""
    return timedelta(days=settings.DRAFT_DAYS_KEPT)


def _untouched(cases: QuerySet[Case], since: timedelta) -> QuerySet[Case]:
    """Drafts with no change and no new file for that long."""
    before = timezone.now() - since
    fresh = Scan.objects.filter(case=OuterRef("pk"), uploaded_at__gte=before)
    return cases.filter(work__in=OPEN, changed_at__lt=before).exclude(Exists(fresh))


def forgotten(staff: Staff) -> QuerySet[Case]:
    """The drafts of this person that lie untouched for two days, oldest first."""
    mine = cases_for(staff).filter(owner=staff).select_related("version__procedure", "filer")
    return _untouched(mine, FORGOTTEN).order_by("changed_at")


def expire() -> int:
    """Delete drafts past their term; returns how many. Each is one transaction of its own."""
    due = _untouched(Case.objects.all(), term()).exclude(
        Exists(Payment.objects.filter(case=OuterRef("pk")))
    )
    done = 0
    for pk in list(due.order_by("changed_at").values_list("pk", flat=True)[:_AT_ONCE]):
        done += draft_delete(pk, actor=SYSTEM, untouched_for=term())
    return done


def draft_delete(case_id: int, *, actor: Actor, untouched_for: timedelta) -> bool:
    """Delete a draft with its people, papers and files, when it still is an untouched one."""
    with transaction.atomic():
        case = case_services.lock(case_id)
        keep = (
            Payment.objects.filter(case=case).exists() or Filing.objects.filter(case=case).exists()
        )
        if keep or not _untouched(Case.objects.filter(pk=case_id), untouched_for).exists():
            return False
        stored = _stored(case)
        people = [pk for pk in (case.filer_id, case.subject_id) if pk]
        _delete_rows(case)
        Citizen.objects.filter(pk__in=people).delete()
        journal.record(
            actor,
            "draft.deleted",
            chain=f"case:{case_id}",
            subject=f"case:{case_id}",
            files=len(stored),
            days=untouched_for.days,
        )
        transaction.on_commit(lambda: _remove(stored))
    return True


def _stored(case: Case) -> set[str]:
    """Every file that stands for this case alone: pages, their pictures and their one PDF, what is
    still being uploaded, printed papers, signed sheets and drawn signatures."""
    own: list[QuerySet[Any, tuple[str, ...]]] = [
        Scan.objects.filter(case=case).values_list("file", "preview"),
        CaseDocument.objects.filter(case=case).values_list("pdf"),
        Paper.objects.filter(case=case).values_list("file"),
        Mandate.objects.filter(case=case).values_list("proof"),
    ]
    names = {name for rows in own for row in rows for name in row}
    for pieces in Upload.objects.filter(document__case=case).values_list("pieces", flat=True):
        names.update(pieces)
    return names - {""}


def _remove(stored: Iterable[str]) -> None:
    for name in stored:
        files.remove(name)


def _delete_rows(case: Case) -> None:
    """All that hangs on the case, what guards against deletion first; then the case. A numbered
    slip stays with whoever holds it: its number opens a draft again (F25)."""
    BlankSlip.objects.filter(case=case).update(case=None, written_at=None)
    Scan.objects.filter(case=case).delete()
    CaseDocument.objects.filter(case=case).delete()
    for relation in Case._meta.related_objects:
        model: Any = relation.related_model
        if relation.on_delete is PROTECT:
            model._base_manager.filter(**{relation.field.name: case}).delete()
    case.delete()
