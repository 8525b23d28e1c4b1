"""Applying what the outside says: once, in the order it happened, whatever order it came in (F08).

The case's dossier fact is a pure function of *all* reports kept for its filing: the newest by the
other side's own time and number. So shuffled, repeated or late reports give the same state as
ordered ones, and old news never wins (invariant 5).
"""

import re
from collections.abc import Sequence
from datetime import datetime

from django.db import DatabaseError, transaction
from django.utils import timezone

from cases import services as case_services
from cases.filing.ports import DossierStatus, IssuedResult, Report
from cases.messages import services as messages
from cases.models import Case, Filing, PollState, StatusMapping, StatusReport
from cases.states import (
    DOSSIER_ENDS,
    DOSSIER_PAUSED,
    DOSSIER_PLAUSIBLE,
    Delivery,
    Dossier,
    Sync,
    Work,
)
from cases.supplements import asking as supplements
from cases.tracking.hooks import ResultNews, announce
from opsa.core import journal
from opsa.core.actors import PORTAL, SYSTEM
from opsa.core.states import IllegalMove
from opsa.core.working_time import TimeUnit, load_calendar
from procedures.models import ResultKind

Source = StatusReport.Source
#: What an answer raises that the database or our own rules can't take.
UNFIT = (DatabaseError, IllegalMove, LookupError, TypeError, ValueError)
_NUMBERS = re.compile(r"\d+")


def mapped(system_id: str, code: str) -> str:
    """Our dossier state for an outside code, or '' for one nobody has explained yet."""
    own = StatusMapping.objects.filter(system_id=system_id, raw_code=code).values_list(
        "dossier", flat=True
    )
    found = own.first()
    if found is not None:
        return found
    return code if code in Dossier.values and code else ""


def apply_reports(
    filing_id: int, status: DossierStatus, *, source: StatusReport.Source = Source.POLL
) -> Case | None:
    """Keep each new report once and derive the case's facts from all of them.

    `source` says who told: from a file only what differs from the news around it is kept. None, and
    a line in the journal, when the filing's code is another one by now: what was asked under the
    old one is about somebody else's dossier.
    """
    with transaction.atomic():
        case, filing = case_services.lock_with_filing(filing_id)
        if filing.dossier_code != status.dossier_code:
            journal.record(
                SYSTEM,
                "report.of_another_code",
                chain=f"case:{case.pk}",
                subject=f"filing:{filing.pk}",
                told=status.dossier_code,
                dossier=filing.dossier_code,
            )
            return None
        fresh = _keep(filing, status.reports, source)
        if not fresh and not status.results:
            return case
        return _settle(case, filing, fresh, status.results)


def read_again(filing_id: int) -> int:
    """Read the kept reports of a filing by the mappings of today, and derive its case anew; how
    many were understood. A case that waited for a person only because of them goes on."""
    with transaction.atomic():
        case, filing = case_services.lock_with_filing(filing_id)
        understood = []
        for report in filing.reports.filter(unknown=True):
            if state := mapped(filing.system_id, report.raw_code):
                report.dossier, report.unknown = state, False
                report.save(update_fields=["dossier", "unknown"])
                understood.append(report)
        if not understood:
            return 0
        journal.record(
            SYSTEM,
            "report.read_again",
            chain=f"case:{case.pk}",
            subject=f"filing:{filing.pk}",
            reports=len(understood),
        )
        _settle(case, filing, understood, ())
        case.refresh_from_db()
        waits = case.work == Work.ATTENTION and case.attention == "unknown_code"
        if waits and not filing.reports.filter(unknown=True).exists():
            case_services.resolve_attention(case.pk, actor=SYSTEM, reason="code_explained")
    return len(understood)


def _settle(
    case: Case, filing: Filing, fresh: Sequence[StatusReport], results: Sequence[IssuedResult]
) -> Case:
    _derive(case, filing, fresh)
    if results or case.dossier in (Dossier.DECIDED, Dossier.RETURNED):
        _results(case, filing, results)
    return case_services.close_if_over(case.pk, actor=SYSTEM)


def _keep(filing: Filing, reports: Sequence[Report], source: Source) -> list[StatusReport]:
    kept = list(filing.reports.all())
    known = {report.external_id for report in kept}
    fresh = []
    for report in reports:
        if report.external_id in known:
            continue
        known.add(report.external_id)
        state = mapped(filing.system_id, report.code)
        one = StatusReport(
            filing=filing,
            external_id=report.external_id[:80],
            raw_code=report.code[:40],
            dossier=state,
            unknown=not state,
            occurred_at=report.occurred_at,
            unit=report.unit,
            text=report.text,
            source=source,
        )
        if source != Source.FILE or not repeats(one, kept):
            fresh.append(one)
    StatusReport.objects.bulk_create(fresh, ignore_conflicts=True)
    return fresh


def repeats(one: StatusReport, kept: Sequence[StatusReport]) -> bool:
    """Whether the news just before it or just after it says the same: a file tells how things
    stand, not what happened. Pure."""
    before = max((r for r in kept if r.occurred_at <= one.occurred_at), key=order_of, default=None)
    after = min((r for r in kept if r.occurred_at > one.occurred_at), key=order_of, default=None)
    return any(
        near.raw_code == one.raw_code or (bool(one.dossier) and near.dossier == one.dossier)
        for near in (before, after)
        if near is not None
    )


def order_of(report: StatusReport) -> tuple[datetime, tuple[int, ...]]:
    """The order in which things happened outside: its time, then the numbers in its id."""
    return report.occurred_at, tuple(int(n) for n in _NUMBERS.findall(report.external_id))


def current(reports: Sequence[StatusReport]) -> StatusReport | None:
    """The report that holds: the newest one with a code we know. Pure; property-tested by
    shuffling."""
    known = [r for r in reports if r.dossier]
    return max(known, key=order_of, default=None)


def pauses(reports: Sequence[StatusReport], now: datetime) -> list[tuple[datetime, datetime]]:
    """When the clock stood still because the citizen was asked for more (classes 5 and 6)."""
    found = []
    began: datetime | None = None
    for report in sorted((r for r in reports if r.dossier), key=order_of):
        if report.dossier in DOSSIER_PAUSED:
            began = began or report.occurred_at
        elif began is not None:
            found.append((began, report.occurred_at))
            began = None
    if began is not None:
        found.append((began, max(now, began)))
    return found


def _derive(case: Case, filing: Filing, fresh: Sequence[StatusReport]) -> None:
    reports = list(filing.reports.all())
    newest = current(reports)
    if any(r.unknown for r in fresh):
        journal.record(
            PORTAL, "report.unknown_code", chain=f"case:{case.pk}", subject=f"filing:{filing.pk}"
        )
        if newest is None or max(fresh, key=order_of).unknown:
            case_services.need_attention(
                case.pk, "unknown_code", actor=SYSTEM, reason="unknown_status_code"
            )
            case.refresh_from_db()
    if newest is None or newest.dossier == case.dossier:
        _due(case, reports)
        if newest is not None and newest.external_id in {r.external_id for r in fresh}:
            _asked_again(case, filing, newest)
        return
    before = case.dossier
    odd = newest.dossier not in DOSSIER_PLAUSIBLE.get(before, frozenset())
    if odd:
        StatusReport.objects.filter(filing=filing, external_id=newest.external_id).update(odd=True)
    case.dossier = newest.dossier
    case.moved_at = newest.occurred_at
    case.waiting_for = newest.text[:200] if newest.dossier in DOSSIER_PAUSED else ""
    case.answered = False
    if newest.dossier == Dossier.DECIDED:
        case.decided_at = newest.occurred_at
    if newest.unit and newest.dossier in (Dossier.RECEIVED, Dossier.IN_WORK):
        case.authority = newest.unit[:200]
    journal.record(
        PORTAL,
        "dossier.moved",
        chain=f"case:{case.pk}",
        subject=f"filing:{filing.pk}",
        before=before,
        after=newest.dossier,
        odd=odd,
        report=newest.external_id,
    )
    case_services.save(
        case, "dossier", "moved_at", "waiting_for", "answered", "decided_at", "authority"
    )
    _due(case, reports)
    if before == Dossier.SUPPLEMENT:
        supplements.settled(case)
    _consequences(case, filing, newest)


def _asked_again(case: Case, filing: Filing, newest: StatusReport) -> None:
    """The citizen is asked for something else, and what lay between came with the same answer."""
    if newest.dossier not in DOSSIER_PAUSED:
        return
    case.waiting_for, case.answered = newest.text[:200], False
    case.moved_at = newest.occurred_at
    journal.record(
        PORTAL,
        "dossier.moved",
        chain=f"case:{case.pk}",
        subject=f"filing:{filing.pk}",
        before=case.dossier,
        after=newest.dossier,
        report=newest.external_id,
    )
    case_services.save(case, "moved_at", "waiting_for", "answered")
    if newest.dossier == Dossier.SUPPLEMENT:
        supplements.asked(case, filing, newest)
        messages.tell(case, "supplement", once=newest.external_id)


def _due(case: Case, reports: Sequence[StatusReport]) -> None:
    """The date by law counts from the authority's receipt and stands still in pauses."""
    received = min(
        (r.occurred_at for r in reports if r.dossier == Dossier.RECEIVED), default=case.taken_at
    )
    if received is None:
        return
    version = case.version
    due = load_calendar().due(
        received,
        version.time_value,
        TimeUnit(version.time_unit),
        cutoff=version.cutoff,
        paused=pauses(reports, timezone.now()),
    )
    if due != case.due_at:
        case.due_at = due
        case_services.save(case, "due_at")


def _consequences(case: Case, filing: Filing, newest: StatusReport) -> None:
    match newest.dossier:
        case Dossier.NOT_ACCEPTED:
            filing.state = Filing.State.REFUSED
            filing.refusal = newest.text[:300]
            filing.save(update_fields=["state", "refusal"])
            case_services.need_attention(
                case.pk, "not_accepted", actor=PORTAL, reason="not_accepted"
            )
            messages.tell(case, "returned", once=newest.external_id)
        case Dossier.SUPPLEMENT:
            supplements.asked(case, filing, newest)
            messages.tell(case, "supplement", once=newest.external_id)
        case Dossier.STOPPED:
            case_services.need_attention(
                case.pk, "stopped", actor=PORTAL, reason="stopped_by_authority"
            )
        case Dossier.WITHDRAWN:
            case_services.need_attention(case.pk, "withdrawn", actor=PORTAL, reason="withdrawn")
    if newest.dossier in DOSSIER_ENDS:
        PollState.objects.filter(filing=filing).delete()
        case.refresh_from_db()
        if case.sync != Sync.ENDED:
            case_services.sync_set(case, Sync.ENDED, actor=SYSTEM)


def _results(case: Case, filing: Filing, told: Sequence[IssuedResult]) -> None:
    case.refresh_from_db()
    first = case.delivery == Delivery.WAITING
    if (first and case.work == Work.CLOSED) or not (first or told):
        return
    at = case.decided_at or timezone.now()
    news = [
        ResultNews(f"{filing.pk}:{r.number or r.name}", r.name, r.form, r.number, at) for r in told
    ]
    if not news:
        kinds = list(case.version.results.all())
        if not any(k.form != ResultKind.Form.ELECTRONIC for k in kinds):
            case_services.delivery_set(case.pk, Delivery.NOT_NEEDED, actor=SYSTEM, at=at)
            messages.tell(case, "result")
        return
    announce(case.pk, news)
    case.refresh_from_db()
    if first and case.delivery == Delivery.NOT_NEEDED:
        # A paper is still at the authority then: the text goes when the office has it in hand.
        messages.tell(case, "result")
