"""Asking for news in turn: what is due is claimed under a lease, asked in batches, noted (F08)."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from django.db import connection, transaction
from django.db.models import Count, F
from django.utils import timezone

from cases import services as case_services
from cases.filing.ports import DossierStatus, Report
from cases.filing.systems import channel_of, port_of
from cases.models import Filing, PollState
from cases.states import Sync
from cases.tracking import unknown
from cases.tracking.schedule import HOURLY, next_ask
from cases.tracking.services import UNFIT, apply_reports
from opsa.core import lanes, outbox
from opsa.core.actors import SYSTEM
from opsa.core.working_time import load_calendar
from procedures.models import FilingSystem

log = structlog.get_logger(__name__)
#: So many calls may wait for one system's answer at the same time.
LANES = 4
#: A system that did not answer is left alone so long by each of them, seconds.
REST_SECONDS = 60.0
#: In a maintenance told beforehand one question goes out in so long, seconds.
PROBE_SECONDS = 600.0
STALE_AFTER_MISSES = 2
STALE_AT_ONCE = 200
#: A case that is over here is asked about a while longer: a further paper opens it again.
FAREWELL = timedelta(days=30)
LEASE = timedelta(seconds=90)


class Claim(NamedTuple):
    """A filing whose turn it is: what is asked about, and by which number it is still ours."""

    filing_id: int
    code: str
    last: str
    token: int


class Asked(NamedTuple):
    """What one call brought: seconds to leave the system alone (0: it answered), cases changed."""

    rest: float
    changed: int


def lanes_wanted() -> dict[str, int]:
    """Systems with something to ask about now, and how many calls at once that is worth."""
    due = (
        PollState.objects.filter(next_at__lte=timezone.now(), system__news=FilingSystem.News.ASKED)
        .values("system_id", batch=F("system__status_batch"))
        .annotate(due=Count("pk"))
    )
    return {row["system_id"]: min(LANES, math.ceil(row["due"] / row["batch"])) for row in due}


def ask_due(system_id: str) -> bool:
    """Ask one system, call after call, in one of its lanes; True when more may be due there.

    During a maintenance told beforehand only the first lane is driven in, for one question about
    one filing, and rests then; at its end whatever became due is asked about as always, in batches
    and lanes.
    """
    batch = FilingSystem.objects.values_list("status_batch", flat=True).get(pk=system_id)
    channel = channel_of(system_id)

    def call() -> float | None:
        if outbox.held_for(channel):
            return None  # it began meanwhile
        claims = claim_due(system_id, batch)
        return ask(system_id, claims).rest if claims else None

    def probe() -> float | None:
        claims = claim_due(system_id, 1)
        if not claims:
            return None
        ask(system_id, claims)
        return min(PROBE_SECONDS, max(outbox.held_for(channel), 1.0))

    if outbox.held_for(channel):
        return lanes.drive(channel, probe, lanes=1)
    return lanes.drive(channel, call, lanes=LANES)


def claim_due(system_id: str, limit: int) -> list[Claim]:
    """Take filings of one system whose turn it is.

    The claim itself sets the next time, so an unchanged answer costs one more write only.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE cases_pollstate p SET next_at = now() + make_interval(secs => %s),
                asked_at = now(), lease_token = lease_token + 1
            FROM cases_filing f
            WHERE f.id = p.filing_id AND p.filing_id IN (
                SELECT filing_id FROM cases_pollstate WHERE system_id = %s AND next_at <= now()
                ORDER BY next_at LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING p.filing_id, f.dossier_code, p.last_report, p.lease_token
            """,
            [LEASE.total_seconds(), system_id, limit],
        )
        return [Claim(*row) for row in cursor.fetchall()]


def ask(system_id: str, claims: Sequence[Claim]) -> Asked:
    """Ask one system about claimed filings and apply the answers. An answer that cannot be applied
    counts as none: its case shows that nothing is heard."""
    answer = port_of(system_id).status_of([(one.code, one.last) for one in claims])
    by_code = {d.dossier_code: d for d in answer.dossiers}
    changed = 0
    for claim in claims:
        status = by_code.get(claim.code)
        if status is not None and (status.reports or status.results):
            try:
                changed += apply_reports(claim.filing_id, status) is not None
            except UNFIT as error:
                # One odd answer stops no other. It is asked for again.
                log.error("answer_not_applied", filing=claim.filing_id, error=type(error).__name__)
                status = None
        _note(
            claim,
            answered=answer.ok and status is not None,
            missing=answer.ok and claim.code in answer.missing,
            status=status,
        )
    rest = 0.0 if answer.ok else min(max(answer.retry_after or 0.0, REST_SECONDS), 3600.0)
    return Asked(rest, changed)


def _note(
    claim: Claim,
    *,
    answered: bool,
    missing: bool,
    status: DossierStatus | None,
) -> None:
    """Set the next time and the sync fact; a late worker whose claim was taken over, or who asked
    under a code that was corrected since, changes nothing."""
    claimed = PollState.objects.filter(pk=claim.filing_id, lease_token=claim.token)
    with transaction.atomic():
        case_id = claimed.values_list("case_id", flat=True).first()
        if case_id is None:
            return
        # Case first: whoever applies a report holds it when it ends the asking.
        case = case_services.lock(case_id)
        poll = claimed.select_for_update(of=("self",)).select_related("filing").first()
        if poll is None or poll.filing.dossier_code != claim.code:
            return
        now = timezone.now()
        poll.misses = 0 if answered else poll.misses + 1
        if answered:
            poll.answered_at = now
        if status is not None and status.reports:
            newest = max(status.reports, key=lambda r: (r.occurred_at, r.external_id))
            poll.last_report = newest.external_id[:80] if not _odd_id(newest) else claim.last
        if status is not None and status.due_at is not None:
            poll.told_due = timezone.localdate(status.due_at)
        poll.next_at = next_ask(
            now,
            filed_at=poll.filing.accepted_at or poll.filing.taken_at,
            due_at=case.due_at,
            misses=poll.misses,
            calendar=load_calendar(),
        )
        poll.save(update_fields=["misses", "answered_at", "last_report", "told_due", "next_at"])
        if answered and case.closed_at and now - case.closed_at > FAREWELL:
            poll.delete()
            case_services.sync_set(case, Sync.ENDED, actor=SYSTEM)
        if case.sync != Sync.ENDED:
            target = (
                Sync.OK
                if answered
                else (Sync.FAILING if poll.misses >= STALE_AFTER_MISSES else case.sync)
            )
            if target != case.sync:
                case_services.sync_set(case, Sync(target), actor=SYSTEM)
            unknown.heard(poll, case, known=answered, missing=missing, now=now)


def mark_stale(now: datetime | None = None) -> int:
    """Say of cases that should have been asked about two turns ago, and were not, that what is
    known of them is old: asking rests, or nobody does it. How many; the rest at the next tick."""
    now = now or timezone.now()
    late = PollState.objects.filter(
        next_at__lt=now - HOURLY, case__sync=Sync.OK, system__news=FilingSystem.News.ASKED
    )
    marked = 0
    for case_id in late.order_by("next_at").values_list("case_id", flat=True)[:STALE_AT_ONCE]:
        with transaction.atomic():
            case = case_services.lock(case_id)
            if case.sync == Sync.OK and late.filter(case=case).exists():
                case_services.sync_set(case, Sync.STALE, actor=SYSTEM)
                marked += 1
    return marked


def _odd_id(report: Report) -> bool:
    """Ids that the other side did not number itself must not become the 'known until here' mark."""
    return not report.external_id.rsplit("/", 1)[-1].isdigit()


def ask_about(filing_id: int) -> bool:
    """Ask about one filing at once (the clerk's button); False when it is not being asked about, or
    its system tells by file only. During a maintenance told beforehand it becomes due at once, for
    the first questions after it."""
    with transaction.atomic():
        asked = PollState.objects.filter(pk=filing_id, system__news=FilingSystem.News.ASKED)
        poll = asked.select_for_update(of=("self",)).first()
        if poll is None:
            return False
        if outbox.held_for(channel_of(poll.system_id)):
            poll.next_at = timezone.now()
            poll.save(update_fields=["next_at"])
            return False
        poll.next_at = timezone.now() + LEASE
        poll.asked_at = timezone.now()
        poll.lease_token += 1
        poll.save(update_fields=["next_at", "asked_at", "lease_token"])
        code = Filing.objects.values_list("dossier_code", flat=True).get(pk=filing_id)
        claim = Claim(filing_id, code, poll.last_report, poll.lease_token)
        system = poll.system_id
    ask(system, [claim])
    return True
