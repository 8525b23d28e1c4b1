"""The only doors to cases. A case of another office does not exist for a clerk (invariant 7)."""

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone

from agencies.access import actor_of
from agencies.models import Role, Staff
from cases.models import Case
from opsa.core import journal, practice

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


#: Who reads cases at all. Editors keep the catalogue and have no business with people's papers.
READERS: Final = frozenset({Role.CLERK, Role.LEAD, Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN})
#: How long one entry stands for all looks of a person at a case.
READING: Final = timedelta(minutes=10)


class Unscoped(RuntimeError):
    """A selector was asked for cases without saying for whom."""


def reader(staff: "Staff | AnonymousUser | None") -> Staff:
    """This person, who may read cases.

    Raises Unscoped for nobody: a selector cannot run unscoped by accident. Raises PermissionDenied
    for a role outside `READERS`.
    """
    if not isinstance(staff, Staff) or not staff.is_active:
        raise Unscoped("cases are read for a person")
    if staff.role not in READERS:
        raise PermissionDenied
    return staff


def cases_for(staff: "Staff | AnonymousUser | None") -> QuerySet[Case]:
    """The cases this person may see: their office's, or those of all real offices for city-wide
    roles: what is only practised stands in no figure of the city (F25).

    Raises as `reader`.
    """
    scope = reader(staff).scope_agency_id
    if scope is None:
        return Case.objects.exclude(system=practice.SYSTEM)
    return Case.objects.filter(agency_id=scope)


def case_for(
    staff: "Staff | AnonymousUser", pk: int, *, lock: bool = False, select: tuple[str, ...] = ()
) -> Case:
    """One case, or Http404 when it is not theirs to see; the reading is journalled (F17).

    The same person reading the same case again within ten minutes makes no second entry, whichever
    process serves it; an entry that is rolled back with its request stands for no reading. `lock`
    holds the bare row: what is joined to it is read afterwards, else it is as before the wait.
    """
    assert not (lock and select)
    found = cases_for(staff).select_related(*select) if select else cases_for(staff)
    if lock:
        found = found.select_for_update(of=("self",))
    case = found.filter(pk=pk).first()
    if case is None:
        raise Http404
    assert isinstance(staff, Staff)
    _note_reading(staff, pk)
    return case


def _note_reading(staff: Staff, pk: int) -> None:
    # The journal knows; this process's memory only spares the question until the entry is too old.
    seen = f"read:{staff.pk}:{pk}"
    if cache.get(seen) is not None:
        return
    actor, chain = actor_of(staff), f"case:{pk}"
    at = journal.last(actor, "case.read", chain=chain, within=READING)
    if at is None:
        at = journal.record(actor, "case.read", chain=chain, subject=chain).at
    left = (at + READING - timezone.now()).total_seconds()
    transaction.on_commit(lambda: cache.set(seen, 1, left))
