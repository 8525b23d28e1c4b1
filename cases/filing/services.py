"""Filing: the clerk's one act that sends a case on its way, and what comes back (F01, F02)."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from agencies.models import Staff
from cases import services as case_services
from cases.filing import payload
from cases.filing.deciding import ABOUT_SENDING
from cases.filing.ports import HeldFile, Receipt
from cases.filing.readiness import Problem, problems
from cases.filing.systems import channel_of
from cases.intake.fees import fees_freeze
from cases.messages import services as messages
from cases.models import Case, CaseDocument, Filing, PollState
from cases.papers import slip
from cases.states import Dossier, Money, Work
from opsa.core import journal, outbox
from opsa.core.actors import PORTAL, SYSTEM, Actor
from opsa.core.working_time import TimeUnit, load_calendar
from procedures import fees
from procedures.models import FilingSystem, RequiredDocument

__all__ = ["NotReady", "case_file", "problems"]

FAST_START = timedelta(minutes=5)


class NotReady(Exception):
    """Something still blocks filing; carries the list for the page."""

    def __init__(self, found: list[Problem]) -> None:
        super().__init__(f"{len(found)} things left")
        self.problems = found


def load_for_filing(case_id: int, *, lock: bool = False) -> Case:
    """The case with everything that readiness and the payload read, in a fixed number of queries.

    `lock` holds the bare row first: rows joined in the query that waits for a lock are those of
    before the wait, so a name saved meanwhile would be filed as it was.
    """
    if lock:
        case_services.lock(case_id)
    found = Case.objects.select_related(
        "agency",
        "version__procedure",
        "system",
        "filer__commune",
        "subject",
        "delivery_address__commune",
    ).prefetch_related(
        "documents__document",
        "documents__scans",
        "mandates",
        "fees",
        "version__fields",
        "version__results",
        "version__fees",
    )
    return found.get(pk=case_id)


def case_file(
    case_id: int, *, staff: Staff, actor: Actor, taken_at: datetime | None = None
) -> Filing:
    """File the case: one transaction freezes the message, owes it to the outside, asks for the slip
    and tells the citizen. Filing twice gives the first filing (invariant 4).

    `taken_at` is for a case taken on paper earlier and typed in now; it is counted as such, apart
    from assisted filings (F16). Raises NotReady with what is left to do, ValueError for a time to
    come.
    """
    with transaction.atomic():
        case = load_for_filing(case_id, lock=True)
        living = case.filings.exclude(state=Filing.State.REFUSED).first()
        if living is not None:
            return living
        if found := problems(case):
            raise NotReady(found)
        now = timezone.now()
        key = uuid.uuid4()
        if taken_at is not None:
            if taken_at > now:
                raise ValueError("a case cannot have been taken in the future")
            case.channel = Case.Channel.TYPED_LATER
        case.taken_at = case.taken_at or taken_at or now
        case.due_at = _due(case, case.taken_at)
        _freeze_fees(case)
        case.documents.filter(
            document__kind=RequiredDocument.Kind.TYPED, mark=CaseDocument.Mark.OPEN
        ).update(mark=CaseDocument.Mark.TYPED, marked_by=staff, marked_at=now)
        message, sent = payload.build(case, str(key))
        text, digest = payload.freeze(message)
        gateway = case.system.way == FilingSystem.Way.GATEWAY
        filing = Filing.objects.create(
            case=case,
            system=case.system,
            way=case.system.way,
            key=key,
            number=case.filings.count() + 1,
            state=Filing.State.QUEUED if gateway else Filing.State.RECORDING,
            payload=text,
            payload_sha256=digest,
            files=payload.files_as_json(sent),
            filed_by=staff,
            taken_at=now,
        )
        case.work = Work.FILED
        case.attention = ""
        case.dossier = Dossier.NONE
        case.authority = case.authority or case.version.authority
        case_services.save(
            case,
            "work",
            "attention",
            "dossier",
            "taken_at",
            "due_at",
            "authority",
            "money",
            "channel",
        )
        journal.record(
            actor,
            "case.filed",
            chain=f"case:{case.pk}",
            subject=f"filing:{filing.pk}",
            way=filing.way,
            files=len(sent),
            payload=digest,
        )
        if gateway:
            outbox.put(
                kind="filing",
                channel=channel_of(case.system_id),
                key=f"filing:{filing.pk}",
                subject=filing.pk,
                payload_sha256=digest,
            )
            channel = channel_of(case.system_id)
            transaction.on_commit(lambda: _nudge(channel))
        slip.ask(case, filing, staff=staff)
        messages.tell(case, "taken")
    return filing


def _nudge(channel: str) -> None:
    from cases.filing.tasks import nudge

    nudge(channel)


def _due(case: Case, received: datetime) -> datetime:
    version = case.version
    return load_calendar().due(
        received, version.time_value, TimeUnit(version.time_unit), cutoff=version.cutoff
    )


def _freeze_fees(case: Case) -> None:
    if case.fees.exists():
        return  # kept since an earlier filing
    address = getattr(case, "delivery_address", None)
    quote = fees.quote(
        case.version, copies=case.copies, delivery="post" if address and address.by_post else "none"
    )
    fees_freeze(case, quote)
    if case.money == Money.UNKNOWN and quote.total == 0:
        case.money = Money.NOTHING_DUE


def compare(sent: Iterable[dict[str, Any]], held: Iterable[HeldFile]) -> list[dict[str, str]]:
    """How what the other side holds differs from what we sent: by name, count, bytes and hash.

    Each difference is `{"file": name, "what": "missing" | "size" | "content" | "extra"}`.
    """
    there = {f.name: f for f in held}
    found = []
    for f in sent:
        other = there.pop(str(f["name"]), None)
        if other is None:
            found.append({"file": str(f["name"]), "what": "missing"})
        elif other.size != f["size"]:
            found.append({"file": str(f["name"]), "what": "size"})
        elif other.sha256 != f["sha256"]:
            found.append({"file": str(f["name"]), "what": "content"})
    found.extend({"file": name, "what": "extra"} for name in there)
    return found


def _unsettled(filing_id: int, also: tuple[str, ...] = ()) -> tuple[Case, Filing | None]:
    """The case and its filing, held in this order everywhere; no filing when its sending is settled
    already: late news about that change nothing."""
    case, filing = case_services.lock_with_filing(filing_id)
    if filing.state not in (Filing.State.QUEUED, Filing.State.PERSON, *also):
        return case, None
    return case, filing


def accepted(filing_id: int, receipt: Receipt) -> None:
    """The other side holds the dossier. Accepted only if it holds what we sent (invariant 2).

    Runs inside the outbox's fenced transaction; applying it again changes nothing.
    """
    case, filing = _unsettled(filing_id)
    if filing is None:
        return
    now = timezone.now()
    row = outbox.Outbox.objects.filter(key=f"filing:{filing.pk}").first()
    filing.dossier_code = receipt.dossier_code
    filing.held = [{"name": h.name, "size": h.size, "sha256": h.sha256} for h in receipt.held]
    filing.difference = compare(filing.files, receipt.held)
    filing.accepted_at = receipt.received_at or now
    filing.first_sent_at = (row.first_sent_at if row else None) or filing.first_sent_at or now
    filing.state = Filing.State.MISMATCH if filing.difference else Filing.State.ACCEPTED
    filing.save()
    case.first_sent_at = case.first_sent_at or filing.first_sent_at
    case.dossier = Dossier.NEW
    case.moved_at = now
    case.accepted_at = now
    journal.record(
        PORTAL,
        "filing.accepted" if not filing.difference else "filing.mismatch",
        chain=f"case:{case.pk}",
        subject=f"filing:{filing.pk}",
        dossier=filing.dossier_code,
        differences=len(filing.difference),
    )
    case_services.save(case, "dossier", "first_sent_at", "accepted_at", "moved_at")
    start_asking(filing, case)
    if filing.difference:
        case_services.need_attention(case.pk, "mismatch", actor=SYSTEM, reason="held_files_differ")
    else:
        if case.work == Work.ATTENTION and case.attention in ABOUT_SENDING:
            case_services.resolve_attention(case.pk, actor=SYSTEM, reason="accepted_after_all")
        messages.tell(case, "accepted")


def refused(filing_id: int, detail: str) -> None:
    """The other side refused for a business reason; a person corrects and files again."""
    _case, filing = _unsettled(filing_id)
    if filing is None:
        return
    filing.state = Filing.State.REFUSED
    filing.refusal = detail[:300]
    filing.save(update_fields=["state", "refusal"])
    journal.record(
        PORTAL, "filing.refused", chain=f"case:{filing.case_id}", subject=f"filing:{filing.pk}"
    )
    case_services.need_attention(
        filing.case_id, "refused", actor=PORTAL, reason="refused_by_portal"
    )


def consent_gone(filing_id: int) -> None:
    """The consent was taken back while the sending was in doubt, and the portal has nothing."""
    _case, filing = _unsettled(filing_id)
    if filing is None:
        return
    filing.state, filing.refusal = Filing.State.REFUSED, "consent_revoked"
    filing.save(update_fields=["state", "refusal"])
    case_services.need_attention(filing.case_id, "revoked", actor=SYSTEM, reason="mandate_revoked")


@transaction.atomic
def to_person(filing_id: int, why: str, *, also: tuple[str, ...] = ()) -> bool:
    """Sending cannot be settled by machine; the evidence and the steps go before a person. False
    when it is settled already, or in none of the states `also` besides."""
    _case, filing = _unsettled(filing_id, also)
    if filing is None:
        return False
    filing.state = Filing.State.PERSON
    filing.refusal = why[:300]
    filing.save(update_fields=["state", "refusal"])
    code = {
        "not_reached_within_horizon": "horizon",
        "changed_on_disk": "scan_changed",
    }.get(why, "unknown_sending")
    journal.record(
        SYSTEM,
        "filing.to_person",
        chain=f"case:{filing.case_id}",
        subject=f"filing:{filing.pk}",
        why=why,
    )
    case_services.need_attention(filing.case_id, code, actor=SYSTEM, reason=why)
    return True


def start_asking(filing: Filing, case: Case) -> None:
    """Put the filing on the polling schedule, soon at first."""
    PollState.objects.get_or_create(
        filing=filing,
        defaults={
            "system_id": filing.system_id,
            "case": case,
            "next_at": timezone.now() + FAST_START,
        },
    )
