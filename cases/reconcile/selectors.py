"""Reads of the morning's list, scoped to what a person oversees."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from agencies.models import Staff
from cases.access import reader
from cases.models import Case, Difference, Reconciliation
from cases.reconcile import words
from cases.states import Delivery
from opsa.core.codes import group_reference
from opsa.core.kept import Kept

PAGE: Final = 30
#: So many lines go into a table at most; the page of a filter brings the rest.
EXPORTED: Final = 20_000
Kind = Difference.Kind
COLUMNS: Final = (
    "pk", "kind", "case_id", "case__reference", "agency__short_name", "system__name", "code",
    "procedure", "reported", "late", "said_at", "asked_at", "told_due", "observed", "observed_at",
    "due_on", "reason", "explained_at", "explained_by__display_name", "system__news",
    "made__made_at", "case__dossier", "case__delivery", "case__queue",
    "case__heard_at",
)  # fmt: skip

_kept: Kept[int | None, int] = Kept(60.0)


@dataclass(frozen=True, slots=True)
class Row:
    """One line as it is shown; `changed` says that there is newer word since it was written."""

    pk: int
    kind: str
    title: str
    case_id: int | None
    reference: str
    office: str
    code: str
    procedure: str
    system: str
    reported: str
    said_at: datetime | None
    asked_at: datetime | None
    by_file: bool
    observed: str
    observed_at: datetime | None
    sentence: str
    act: str
    asks: bool
    reason: str
    explained_at: datetime | None
    explained_by: str
    changed: bool


def lines_for(staff: Staff) -> QuerySet[Difference]:
    """The lines this person may see: their office's, or all. Raises as `cases.access.reader`."""
    scope = reader(staff).scope_agency_id
    lines = Difference.objects.order_by()
    return lines if scope is None else lines.filter(agency_id=scope)


def days() -> list[Reconciliation]:
    """The lists of the last days, newest first."""
    return list(Reconciliation.objects.order_by("-day")[:7])


def on(day: date) -> Reconciliation | None:
    """The list of one day."""
    return Reconciliation.objects.filter(day=day).first()


def chosen(lines: QuerySet[Difference], *, office: int | None, kind: str) -> QuerySet[Difference]:
    """Only one office's, only one kind."""
    if office is not None:
        lines = lines.filter(agency_id=office)
    return lines.filter(kind=kind) if kind else lines


def counts(lines: QuerySet[Difference]) -> dict[str, tuple[int, int]]:
    """For each kind how many lines, and how many of them nobody has explained."""
    found = lines.values_list("kind").annotate(
        every=Count("pk"), left=Count("pk", filter=Q(reason=""))
    )
    return {kind: (every, left) for kind, every, left in found}


def page(lines: QuerySet[Difference], after: int) -> tuple[list[Row], bool]:
    """The next lines behind this id, and whether more follow; one query."""
    found = list(_columns(lines.filter(pk__gt=after))[: PAGE + 1])
    return [row_of(one) for one in found[:PAGE]], len(found) > PAGE


def every(lines: QuerySet[Difference]) -> Iterator[Row]:
    """All lines, one more than `EXPORTED` when there are more."""
    return (row_of(one) for one in _columns(lines)[: EXPORTED + 1].iterator(chunk_size=500))


def _columns(lines: QuerySet[Difference]) -> Any:
    """The rows as dictionaries, by one query when they are read."""
    return lines.order_by("pk").values(*COLUMNS)


def row_of(one: dict[str, Any]) -> Row:
    """A line in words."""
    kind = Kind(one["kind"])
    asked = one["system__news"] == "asked"
    return Row(
        pk=one["pk"],
        kind=kind,
        title=str(kind.label),
        case_id=one["case_id"],
        reference=group_reference(one["case__reference"]) if one["case__reference"] else "",
        office=one["agency__short_name"] or "",
        code=one["code"],
        procedure=one["procedure"],
        system=one["system__name"],
        reported=words.reported(one),
        said_at=one["said_at"],
        asked_at=one["asked_at"],
        by_file=not asked or kind in (Kind.ABSENT, Kind.ELSEWHERE),
        observed=str(Delivery(one["observed"]).label) if one["observed"] else "",
        observed_at=one["observed_at"],
        sentence=words.sentence(one),
        act=words.act(one, asked=asked),
        asks=asked and kind in (Kind.SEEN, Kind.STALE),
        reason=str(Difference.Reason(one["reason"]).label) if one["reason"] else "",
        explained_at=one["explained_at"],
        explained_by=one["explained_by__display_name"] or "",
        changed=_changed(one),
    )


def _changed(one: dict[str, Any]) -> bool:
    if one["case_id"] is None:
        return False
    moved = one["kind"] != Kind.UNKNOWN and one["case__dossier"] != one["reported"]
    answered = one["kind"] in (Kind.STALE, Kind.ABSENT) and (
        one["case__heard_at"] is not None
        and one["case__heard_at"] > (one["asked_at"] or one["made__made_at"])
    )
    return bool(
        moved
        or answered
        or one["case__delivery"] != one["observed"]
        or one["case__queue"] == Case.Queue.DONE
    )


def still_to_explain(staff: Staff) -> int:
    """How many differences of the newest list nobody has explained; a minute old at most, so that
    the board does not pay for it."""
    return _kept.get(staff.scope_agency_id, lambda: _still_to_explain(staff))


def _still_to_explain(staff: Staff) -> int:
    newest = Reconciliation.objects.filter(day__lte=timezone.localdate()).order_by("-day")
    lines = lines_for(staff).filter(made=newest.values("pk")[:1], reason="")
    return lines.exclude(kind=Kind.ELSEWHERE).count()


def forget() -> None:
    """Count anew at the next call."""
    _kept.forget()
