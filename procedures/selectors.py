"""Reads of the catalogue; what a page shows comes whole, without later queries."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from agencies.models import Agency

from .models import OtherProcedure, Procedure, ProcedureVersion

PARTS: Final = ("questions", "documents", "fees", "results", "fields")
FREQUENT: Final = 6


def current_versions(on: date | None = None) -> QuerySet[ProcedureVersion]:
    """The texts in force on a day (default today), one for each procedure, in the list's order."""
    day = on or timezone.localdate()
    return (
        ProcedureVersion.objects.filter(state=ProcedureVersion.State.PUBLISHED, valid_from__lte=day)
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day))
        .select_related("procedure", "system")
        .order_by("procedure__rank", "procedure__code")
    )


def version_for(pk: int) -> ProcedureVersion:
    """One text of any state with everything it says (six queries, then none).

    Raises ProcedureVersion.DoesNotExist.
    """
    return (
        ProcedureVersion.objects.select_related("procedure", "system")
        .prefetch_related(*PARTS)
        .get(pk=pk)
    )


def current_for(slug: str, *parts: str, on: date | None = None) -> ProcedureVersion:
    """The text in force of the procedure at this address, with the named parts (default: all).

    Raises ProcedureVersion.DoesNotExist.
    """
    return current_versions(on).prefetch_related(*(parts or PARTS)).get(procedure__slug=slug)


def frequent(
    agency: Agency | None = None, counts: Mapping[int, int] | None = None
) -> list[Procedure]:
    """Up to six procedures for the keys Alt+1 to Alt+6: this office's own use first.

    `counts` is procedure id → cases of late, given by the room that knows cases; without it the
    order is the list's own (our judgement of demand, not a statistic). One query.
    """
    today = timezone.localdate()
    found = list(
        Procedure.objects.filter(
            Q(versions__valid_to__isnull=True) | Q(versions__valid_to__gte=today),
            versions__state=ProcedureVersion.State.PUBLISHED,
            versions__valid_from__lte=today,
        ).order_by("rank", "code")
    )
    if counts:
        found.sort(key=lambda procedure: -counts.get(procedure.pk, 0))
    return found[:FREQUENT]


def elsewhere() -> QuerySet[OtherProcedure]:
    """What we do not file and can only point to."""
    return OtherProcedure.objects.all()
