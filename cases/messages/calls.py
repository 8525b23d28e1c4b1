"""People whom a message did not reach: somebody calls them (F10).

A number that is wrong, a phone that refuses, a message nobody can say arrived though it asks the
person to act: their cases stand in one list until somebody called, or a corrected number was told.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from agencies.models import Staff
from cases import services as case_services
from cases.access import cases_for
from cases.messages import outcomes, services, texts
from cases.messages.quiet import SECRET
from cases.models import Case, Message
from opsa.core import journal, outbox
from opsa.core.actors import Actor
from opsa.core.codes import group_reference

State = Message.State
#: What a person must hear of to act upon; for the others a silent network is no reason to call.
ASKS: Final = ("supplement", "failed", "returned", "out")
MOST: Final = 100
#: Nothing settles what stays unsure: it counts from its hand-over.
_SINCE: Final = Coalesce("settled_at", "handed_at")


@dataclass(frozen=True, slots=True)
class Call:
    """One person to call: what about, what became of the text, and since when."""

    case_id: int
    name: str
    code: str
    procedure: str
    office: str
    what: str
    why: str
    since: datetime | None
    may_send: bool


def unheard() -> QuerySet[Message]:
    """Failed texts to the person's own phone that nobody has called about. A one-time code at the
    counter is asked for again there; a helper's phone is not the person's."""
    return (
        Message.objects.filter(called_at__isnull=True)
        .filter(Q(state=State.FAILED) | Q(state=State.UNSURE, event__in=ASKS))
        .exclude(event="code")
        .exclude(key__startswith=services.HELPER)
    )


def waiting(staff: Staff) -> list[Call]:
    """The cases to call about, the longest waiting first; at most `MOST`."""
    found = (
        unheard()
        .filter(case__in=cases_for(staff))
        .select_related("case__version__procedure", "case__agency")
        .only(
            "event", "state", "outcome", "settled_at", "handed_at", "case__reference",
            "case__filer_name", "case__contact_by", "case__version__procedure__short_name",
            "case__agency__short_name",
        )
        .order_by(_SINCE, "pk")[: MOST * 4]
    )  # fmt: skip
    calls: dict[int, Call] = {}
    for message in found:
        case = message.case
        before = calls.get(case.pk)
        calls[case.pk] = Call(
            case_id=case.pk,
            name=case.filer_name,
            code=group_reference(case.reference),
            procedure=case.version.procedure.short_name,
            office=case.agency.short_name,
            what=str(texts.EVENTS.get(message.event, message.event)),
            why=message.why,
            since=before.since if before else message.settled_at or message.handed_at,
            may_send=message.event not in SECRET and case.contact_by != "none",
        )
    return list(calls.values())[:MOST]


def waits(case_id: int) -> bool:
    """Whether this case is still one to call about."""
    return unheard().filter(case=case_id).exists()


def called(case_id: int, *, actor: Actor) -> int:
    """Somebody called: the case leaves the list. Returns how many messages that answers."""
    with transaction.atomic():
        case = case_services.lock(case_id)
        answered = _close(case, actor)
        if answered:
            journal.record(
                actor, "message.called", chain=f"case:{case.pk}", subject=f"case:{case.pk}",
                messages=answered,
            )  # fmt: skip
    return answered


def _close(case: Case, actor: Actor) -> int:
    return unheard().filter(case=case).update(called_at=timezone.now(), called_by_id=actor.staff_id)


def send_again(case_id: int, to_e164: str, *, actor: Actor) -> Message | None:
    """Tell the newest of what did not arrive to a corrected number, which the case keeps from now
    on. None when nothing waits any more, or the person wants no texts. The journal says that it was
    corrected, not to what."""
    with transaction.atomic():
        case = case_services.lock(case_id)
        newest = (
            unheard()
            .filter(case=case)
            .exclude(event__in=SECRET)
            .order_by(_SINCE.desc(), "-pk")
            .first()
        )
        if newest is None or case.filer is None or case.contact_by == "none":
            return None
        if case.filer.phone != to_e164:
            case.filer.phone = to_e164
            case.filer.save(update_fields=["phone", "phone_index"])
            journal.record(
                actor, "case.phone_corrected", chain=f"case:{case.pk}", subject=f"case:{case.pk}"
            )
        again = services.again(newest, to_e164)
        _close(case, actor)
        journal.record(
            actor, "message.again", chain=f"case:{case.pk}", subject=f"message:{again.pk}"
        )
    return again


def stop(case_id: int, *, actor: Actor) -> bool:
    """Tell this person nothing more; what has not left does not leave. One-time codes still come,
    for they are asked for. False if it was so already."""
    with transaction.atomic():
        case = case_services.lock(case_id)
        if case.contact_by == "none":
            return False
        case.contact_by = "none"
        case_services.save(case, "contact_by")
        queued = Message.objects.filter(case=case, state=State.QUEUED).exclude(event__in=SECRET)
        keys = {f"message:{pk}": pk for pk in queued.values_list("pk", flat=True)}
        gone = outbox.withdraw(keys, "stopped")
        outcomes.stopped([keys[key] for key in gone], Message.Why.STOPPED)
        journal.record(
            actor, "message.stopped", chain=f"case:{case.pk}", subject=f"case:{case.pk}",
            withdrawn=len(gone),
        )  # fmt: skip
    return True


def start(case_id: int, *, actor: Actor) -> bool:
    """Tell this person again, by SMS. False if they are told already."""
    with transaction.atomic():
        case = case_services.lock(case_id)
        if case.contact_by != "none":
            return False
        case.contact_by = "sms"
        case_services.save(case, "contact_by")
        journal.record(actor, "message.started", chain=f"case:{case.pk}", subject=f"case:{case.pk}")
    return True
