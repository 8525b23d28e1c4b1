"""What happens to a whole case: its facts move, its queue follows, the journal says who did it.

Every function is one transaction, locks the case first, and leaves it in exactly one queue.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from cases.models import Case, Filing, PollState
from cases.states import DELIVERY_ENDS, MONEY, SYNC, WORK, Delivery, Dossier, Money, Sync, Work
from opsa.core import journal
from opsa.core.actors import SYSTEM, Actor

_BY_DELIVERY: dict[str, Case.Queue] = {
    Delivery.FAILED_ATTEMPT: Case.Queue.FAILED_DELIVERY,
    Delivery.HELD_AT_COUNTER: Case.Queue.FAILED_DELIVERY,
    Delivery.RETURNED: Case.Queue.FAILED_DELIVERY,
    Delivery.LOST: Case.Queue.FAILED_DELIVERY,
    Delivery.AVAILABLE: Case.Queue.RESULT,
    Delivery.LABELLED: Case.Queue.PARCEL,
    Delivery.HANDED_OVER: Case.Queue.ON_ROAD,
    Delivery.IN_TRANSIT: Case.Queue.ON_ROAD,
    Delivery.OUT_FOR_DELIVERY: Case.Queue.ON_ROAD,
    Delivery.RETURNING: Case.Queue.ON_ROAD,
}


def place(case: Case) -> Case.Queue:
    """The one queue a case stands in, from its facts (invariant 3). Pure."""
    match case.work:
        case Work.CLOSED:
            return Case.Queue.DONE
        case Work.DRAFT:
            return Case.Queue.DRAFT
        case Work.HELD:
            return Case.Queue.HELD
        case Work.ATTENTION:
            return Case.Queue.ATTENTION
    if case.delivery in _BY_DELIVERY:
        return _BY_DELIVERY[case.delivery]
    asked = case.dossier == Dossier.SUPPLEMENT and not case.answered
    if asked or case.dossier == Dossier.FINANCIAL:
        return Case.Queue.SUPPLEMENT
    if case.dossier == Dossier.NONE:
        return Case.Queue.SENDING
    return Case.Queue.AGENCY


def lock(case_id: int) -> Case:
    """The case, held until the transaction ends. Call inside one."""
    return Case.objects.select_for_update().get(pk=case_id)


def lock_with_filing(filing_id: int) -> tuple[Case, Filing]:
    """A filing and its case, both held until the transaction ends: the case first, as everybody
    takes them. Call inside one."""
    case = lock(Filing.objects.values_list("case_id", flat=True).get(pk=filing_id))
    return case, Filing.objects.select_for_update().get(pk=filing_id)


def save(case: Case, *fields: str) -> None:
    """Write the named fields and the queue that follows from them."""
    case.queue = place(case)
    case.save(update_fields=[*fields, "queue", "changed_at"])


def work_move(case_id: int, target: Work, *, actor: Actor, reason: str = "") -> Case:
    """Move the work at the counter. Raises IllegalMove or ReasonNeeded as the table says."""
    with transaction.atomic():
        case = lock(case_id)
        _work(case, target, actor=actor, reason=reason)
        save(case, "work", "closed_at", "attention")
    return case


def _work(case: Case, target: Work, *, actor: Actor, reason: str = "") -> None:
    WORK.check(case.work, target, actor, reason)
    before, case.work = case.work, target
    case.closed_at = timezone.now() if target == Work.CLOSED else None
    if target != Work.ATTENTION:
        case.attention = ""
    journal.record(
        actor,
        f"case.{target}",
        chain=f"case:{case.pk}",
        subject=f"case:{case.pk}",
        reason=reason,
        before=before,
    )


def close(case_id: int, *, actor: Actor, reason: str) -> Case:
    """End a case for good; what is still owed to the outside stays owed, and nobody asks about it
    any more (F08)."""
    with transaction.atomic():
        case = work_move(case_id, Work.CLOSED, actor=actor, reason=reason)
        if PollState.objects.filter(case=case).delete()[0] and case.sync != Sync.ENDED:
            sync_set(case, Sync.ENDED, actor=SYSTEM)
    return case


def need_attention(case_id: int, code: str, *, actor: Actor, reason: str) -> Case:
    """Put a filed case before a person, with the code of why (worded in `cases.headline`)."""
    with transaction.atomic():
        case = lock(case_id)
        if case.work == Work.FILED:
            _work(case, Work.ATTENTION, actor=actor, reason=reason)
        if case.work == Work.ATTENTION:
            case.attention = code
            save(case, "work", "closed_at", "attention")
    return case


def resolve_attention(case_id: int, *, actor: Actor, reason: str) -> Case:
    """The person has dealt with it; the case goes back to its ordinary queue, or closes when its
    results reached the citizen meanwhile."""
    with transaction.atomic():
        work_move(case_id, Work.FILED, actor=actor, reason=reason)
        return close_if_over(case_id, actor=actor)


def close_if_over(case_id: int, *, actor: Actor) -> Case:
    """Close a filed case that is decided and whose results are with their person, in whichever
    order the two became known."""
    with transaction.atomic():
        case = lock(case_id)
        decided = case.dossier in (Dossier.DECIDED, Dossier.RETURNED)
        if case.work == Work.FILED and decided and case.delivery in DELIVERY_ENDS:
            _work(case, Work.CLOSED, actor=actor, reason="results_reached_the_citizen")
            save(case, "work", "closed_at", "attention")
    return case


def money_set(case_id: int, target: Money, *, actor: Actor, reason: str = "") -> Case:
    """Move the money fact; the same value again is no event."""
    with transaction.atomic():
        case = lock(case_id)
        if case.money != target:
            MONEY.check(case.money, target, actor, reason)
            before, case.money = case.money, target
            journal.record(
                actor,
                "case.money",
                chain=f"case:{case.pk}",
                subject=f"case:{case.pk}",
                reason=reason,
                before=before,
                after=target,
            )
            save(case, "money")
    return case


def sync_set(case: Case, target: Sync, *, actor: Actor) -> None:
    """Note how the last question went. No journal entry: it is not an act, `PollState` has the
    times."""
    if case.sync != target:
        SYNC.check(case.sync, target, actor)
        case.sync = target
        save(case, "sync")


def delivery_set(
    case_id: int, target: Delivery, *, actor: Actor, at: datetime | None = None
) -> Case:
    """Note where the results are. When the last one has reached its person, the case closes."""
    with transaction.atomic():
        case = lock(case_id)
        if case.delivery == target:
            return case
        before, case.delivery = case.delivery, target
        case.moved_at = at or timezone.now()
        journal.record(
            actor,
            "case.delivery",
            chain=f"case:{case.pk}",
            subject=f"case:{case.pk}",
            before=before,
            after=target,
        )
        save(case, "delivery", "moved_at")
        return close_if_over(case_id, actor=actor)
