"""The morning's list: what filing systems report held against what we observe (F08).

Made once a day by sets, a kind a query, five hundred lines at a time. What a person has explained
stays explained while nothing about it changes.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import batched
from typing import Any, Final

from django.db import transaction
from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from cases.models import (
    Case,
    Difference,
    Filing,
    ImportedDossier,
    Reconciliation,
    StatusImport,
    StatusReport,
)
from cases.reconcile import conditions
from cases.states import DOSSIER_PAUSED
from cases.worklists.clock import day_start
from opsa.core import practice
from opsa.core.models import JournalEntry

KEPT: Final = timedelta(days=90)
AT_ONCE: Final = 500
Kind = Difference.Kind


def morning(now: datetime | None = None) -> int:
    """Make today's list, once; how many lines it got now. Safe to repeat."""
    now = now or timezone.now()
    today = timezone.localdate(now)
    with transaction.atomic():
        made, new = Reconciliation.objects.get_or_create(day=today)
        if not new:
            return 0
        _add(made, Kind.SEEN, _cases().filter(conditions.seen()), now)
        _add(made, Kind.UNSEEN, _cases().filter(conditions.unseen(now)), now)
        _add(made, Kind.UNKNOWN, _cases().filter(conditions.unknown(now)), now)
        _add(made, Kind.STALE, _cases().filter(conditions.stale(now)), now)
        _add(made, Kind.DUE, _other_date(_cases()), now)
        for one in _latest_imports():
            _add(made, Kind.ABSENT, _absent(one), now, asked_at=one.exported_at)
        for one in StatusImport.objects.filter(state=StatusImport.State.APPLIED, listed=False):
            _add_elsewhere(made, one)
        _carry_over(made)
        Reconciliation.objects.filter(day__lt=today - KEPT).delete()
        _forget_superseded()
        return made.lines.count()


def list_import(one: StatusImport) -> None:
    """Add what a file just applied says to today's list; without one the next morning does it."""
    made = Reconciliation.objects.filter(day=timezone.localdate()).first()
    if made is None:
        return
    if one.whole:
        made.lines.filter(kind=Kind.ABSENT, system=one.system_id, reason="").delete()
        _add(made, Kind.ABSENT, _absent(one), timezone.now(), asked_at=one.exported_at)
    _add_elsewhere(made, one)


def _cases() -> QuerySet[Case]:
    """Cases with the one filing that is proven to be there."""
    return (
        Case.objects.filter(filings__state__in=(Filing.State.ACCEPTED, Filing.State.MISMATCH))
        .exclude(system=practice.SYSTEM)
        .order_by()
    )


def _other_date(cases: QuerySet[Case]) -> QuerySet[Case]:
    """The system promises another day than the law gives. In a pause the day moves on by itself."""
    return (
        cases.filter(
            conditions.still_open(),
            dossier__in=conditions.UNFINISHED,
            decided_at__isnull=True,
            due_at__isnull=False,
            filings__poll__told_due__isnull=False,
        )
        .exclude(dossier__in=DOSSIER_PAUSED)
        .exclude(filings__poll__told_due=F("due_at__date"))
    )


def _latest_imports() -> list[StatusImport]:
    """The newest complete file of each system."""
    newest = (
        StatusImport.objects.filter(
            state=StatusImport.State.APPLIED, whole=True, last_day__isnull=False
        )
        .order_by("system", "-exported_at", "-pk")
        .distinct("system")
    )
    return list(newest)


def _absent(one: StatusImport) -> QuerySet[Case]:
    """Filed within the file's period, without newer word, and not in the file. What was accepted on
    its last day may not have been received there yet."""
    if one.first_day is None or one.last_day is None:
        return Case.objects.none()
    named = ImportedDossier.objects.filter(imported=one, filing=OuterRef("filings__pk"))
    return _cases().filter(
        conditions.still_open(),
        ~Exists(named),
        Q(filings__poll__answered_at__isnull=True)
        | Q(filings__poll__answered_at__lte=one.exported_at),
        dossier__in=conditions.UNFINISHED,
        filings__system=one.system_id,
        filings__accepted_at__gte=day_start(one.first_day),
        filings__accepted_at__lt=min(day_start(one.last_day), one.exported_at),
    )


def _add(
    made: Reconciliation, kind: str, cases: QuerySet[Case], now: datetime, **more: Any
) -> None:
    told = StatusReport.objects.filter(filing=OuterRef("filings__pk")).order_by(
        "-occurred_at", "-pk"
    )
    known = told if kind == Kind.UNKNOWN else told.exclude(dossier="")
    seen = JournalEntry.objects.filter(
        chain=Concat(Value("case:"), Cast(OuterRef("pk"), CharField())), action="case.delivery"
    ).order_by("-seq")
    rows = cases.values_list(
        "pk",
        "agency_id",
        "system_id",
        "filings__dossier_code",
        "version__procedure__short_name",
        Subquery(told.values("raw_code")[:1]) if kind == Kind.UNKNOWN else F("dossier"),
        Subquery(known.values("occurred_at")[:1]),
        "accepted_at",
        "filings__poll__answered_at",
        "filings__poll__told_due",
        "delivery",
        Subquery(seen.values("at")[:1]),
        "due_at",
    )
    lines = (_line(made, kind, now, more, *row) for row in rows.iterator(chunk_size=AT_ONCE))
    _keep(lines)


def _line(
    made: Reconciliation,
    kind: str,
    now: datetime,
    more: dict[str, Any],
    case: int,
    agency: int,
    system: str,
    code: str,
    procedure: str,
    reported: str,
    said_at: datetime | None,
    accepted_at: datetime | None,
    answered_at: datetime | None,
    told_due: date | None,
    delivery: str,
    seen_at: datetime | None,
    due_at: datetime | None,
) -> Difference:
    line = Difference(
        made=made,
        kind=kind,
        case_id=case,
        agency_id=agency,
        system_id=system,
        code=code,
        procedure=procedure[:120],
        reported=reported,
        late=bool(due_at and due_at < now and reported in conditions.UNFINISHED),
        said_at=said_at or accepted_at,
        asked_at=answered_at,
        told_due=told_due,
        observed=delivery,
        observed_at=seen_at,
        due_on=timezone.localdate(due_at) if due_at else None,
    )
    for name, value in more.items():
        setattr(line, name, value)
    return line


def _add_elsewhere(made: Reconciliation, one: StatusImport) -> None:
    """Dossiers of others, each in one list only, however many files name it."""
    listed = Difference.objects.filter(
        kind=Kind.ELSEWHERE, system=one.system_id, code=OuterRef("code")
    )
    ours = Filing.objects.filter(system=one.system_id, dossier_code=OuterRef("code"))
    rows = (
        ImportedDossier.objects.filter(~Exists(listed), ~Exists(ours), imported=one, filing=None)
        .order_by()
        .values_list("code", "procedure", "received_on")
    )
    _keep(
        Difference(
            made=made,
            kind=Kind.ELSEWHERE,
            system_id=one.system_id,
            code=code,
            procedure=procedure,
            said_at=day_start(received_on) if received_on else None,
            asked_at=one.exported_at,
        )
        for code, procedure, received_on in rows.iterator(chunk_size=AT_ONCE)
    )
    StatusImport.objects.filter(pk=one.pk).update(listed=True)


def _keep(lines: Iterable[Difference] | Iterator[Difference]) -> None:
    for some in batched(lines, AT_ONCE, strict=False):
        Difference.objects.bulk_create(some, ignore_conflicts=True)


def _carry_over(made: Reconciliation) -> None:
    """What was explained in the list before, and is as it was then, needs no second explanation."""
    before = Reconciliation.objects.filter(day__lt=made.day).order_by("-day").first()
    if before is None:
        return
    same = before.lines.exclude(reason="").filter(
        Q(asked_at=OuterRef("asked_at")) | ~Q(kind=Kind.STALE),
        Q(told_due=OuterRef("told_due")) | ~Q(kind=Kind.DUE),
        kind=OuterRef("kind"),
        case=OuterRef("case"),
        reported=OuterRef("reported"),
        observed=OuterRef("observed"),
    )
    made.lines.filter(Exists(same)).update(
        reason=Subquery(same.values("reason")[:1]),
        explained_at=Subquery(same.values("explained_at")[:1]),
        explained_by=Subquery(same.values("explained_by")[:1]),
    )


def _forget_superseded() -> None:
    """Of each system only its newest complete file is still compared with."""
    keep = [one.pk for one in _latest_imports()]
    ImportedDossier.objects.filter(imported__listed=True).exclude(imported__in=keep).delete()
