"""What the carrier says, applied once and in the order it happened, however it came (F13).

A parcel's state is a pure function of all events kept for it: the newest by the carrier's own time
and number. So shuffled, repeated and late news give the same state as ordered ones, and old news
never wins. A proof of ours stands above the carrier's news.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from django.db import connection, transaction
from django.utils import timezone

from cases import services as case_services
from cases.messages import services as messages
from cases.models import Case
from cases.states import DELIVERY_ENDS, Delivery, Work
from cases.tracking.services import UNFIT
from delivery import codes, parcels, proofs, services
from delivery.carrier import Carrier, CarrierEvent
from delivery.models import Parcel, ParcelEvent, Result
from delivery.schedule import SILENCE, next_ask
from opsa.core import journal
from opsa.core.actors import CARRIER, SYSTEM
from opsa.core.working_time import load_calendar

log = structlog.get_logger(__name__)
BATCH = 100
LEASE = timedelta(seconds=90)
State = Parcel.State
#: Somebody at the office must act on these, even when the case was closed by hand.
NEEDS_US = frozenset(
    {Delivery.FAILED_ATTEMPT, Delivery.HELD_AT_COUNTER, Delivery.RETURNED, Delivery.LOST}
)


def order_of(event: ParcelEvent) -> tuple[datetime, int]:
    """The order in which things happened at the carrier: its time, then its own number."""
    return event.at, event.number


def current(events: Sequence[ParcelEvent]) -> ParcelEvent | None:
    """The event that holds: the newest one with a state we know. Pure; property-tested by
    shuffling."""
    return max((e for e in events if e.state), key=order_of, default=None)


def failures(events: Sequence[ParcelEvent]) -> int:
    """How many attempts failed; an event told twice is one attempt. Pure."""
    return len({order_of(e) for e in events if e.state == State.FAILED})


def apply_events(parcel_id: int, told: Sequence[CarrierEvent]) -> Parcel:
    """Keep each new event once and derive the parcel, and through it the case, from all of them."""
    with transaction.atomic():
        case, parcel = parcels.lock_parcel(parcel_id)
        fresh = _keep(parcel, told)
        if fresh:
            _derive(case, parcel, fresh)
    return parcel


def _keep(parcel: Parcel, told: Sequence[CarrierEvent]) -> list[ParcelEvent]:
    known = set(parcel.events.values_list("key", flat=True))
    fresh: list[ParcelEvent] = []
    for event in told:
        if event.key in known:
            continue
        known.add(event.key)
        fresh.append(
            ParcelEvent(
                parcel=parcel,
                key=event.key,
                raw_code=event.code,
                state=codes.state_of(event.code),
                unknown=codes.is_unknown(event.code),
                number=event.number,
                at=event.at,
                place=event.place,
                reason=event.reason,
            )
        )
    ParcelEvent.objects.bulk_create(fresh, ignore_conflicts=True)
    return fresh


def _derive(case: Case, parcel: Parcel, fresh: Sequence[ParcelEvent]) -> None:
    events = list(parcel.events.all())
    newest = current(events)
    before = parcel.state
    parcel.attempts = failures(events)
    if any(e.unknown for e in fresh):
        parcel.trouble = Parcel.Trouble.UNKNOWN_NEWS
        journal.record(
            CARRIER,
            "parcel.unknown_code",
            chain=f"case:{case.pk}",
            subject=f"parcel:{parcel.pk}",
            number=parcel.number,
        )
    elif parcel.trouble in (Parcel.Trouble.SILENT, Parcel.Trouble.UNSURE):
        parcel.trouble = ""
    if newest is not None:
        parcel.last_event_at = max(newest.at, parcel.last_event_at or newest.at)
        # What was told before has had its effect, and a person may have acted on it since.
        if newest.key in {event.key for event in fresh}:
            target = _target(parcel, newest)
            if target != before:
                _move(case, parcel, newest, target)
    parcel.save()
    if parcel.state != before:
        _consequences(case, parcel, newest)


def _target(parcel: Parcel, newest: ParcelEvent) -> str:
    """What the newest event makes of the parcel, with what we know better left standing."""
    if parcel.cancelled_at is not None:
        if newest.state != State.LABELLED:
            parcel.trouble = Parcel.Trouble.UNKNOWN_NEWS
        return parcel.state
    proof = getattr(parcel, "proof", None)
    if proof is not None and proof.confirmed_at is not None:
        return State.DELIVERED
    if newest.state == State.LABELLED:
        # Registered is all the carrier has said so far; that we handed it over we know ourselves.
        return State.HANDED_OVER if parcel.handed_over_at else State.LABELLED
    later = Parcel.objects.filter(
        case_id=parcel.case_id, pk__gt=parcel.pk, cancelled_at__isnull=True
    ).exists()
    if later and newest.state not in codes.ENDED:
        parcel.trouble = Parcel.Trouble.UNKNOWN_NEWS
        return parcel.state
    return newest.state


def _move(case: Case, parcel: Parcel, newest: ParcelEvent, target: str) -> None:
    before, parcel.state = parcel.state, target
    if parcel.handed_over_at is None:
        # The carrier has what no manifest of ours says: the outside is right, and it is odd.
        parcel.handed_over_at = newest.at
    parcel.reason = codes.reason_of(newest.reason) if target == State.FAILED else ""
    if target == State.DELIVERED:
        parcel.delivered_at = newest.at
    journal.record(
        CARRIER,
        "parcel.moved",
        chain=f"case:{case.pk}",
        subject=f"parcel:{parcel.pk}",
        number=parcel.number,
        before=before,
        after=target,
        event=newest.key,
    )


def _consequences(case: Case, parcel: Parcel, newest: ParcelEvent | None) -> None:
    """What the case and the citizen are told; only the newest parcel of a case speaks for it."""
    latest = parcels.current_parcel(case)
    if latest is None or latest.pk != parcel.pk or newest is None:
        return
    target = codes.DELIVERY[parcel.state]
    if parcel.state == State.DELIVERED:
        parcel.results.update(state=Result.State.DELIVERED)
        target = services.left_over(case, target)
    _reopen(case, target)
    once = f"{parcel.number}:{newest.key}"
    match parcel.state:
        case State.OUT:
            proofs.code_for_out(case, parcel)
        case State.FAILED:
            messages.tell(case, "failed", once=once)
        case State.DELIVERED:
            proofs.reported_by_carrier(case, parcel, newest.at)
            messages.tell(case, "delivered", once=parcel.number)
    # Closing a case because its results arrived is the machine's act, not the carrier's.
    actor = SYSTEM if target in DELIVERY_ENDS else CARRIER
    case_services.delivery_set(case.pk, target, actor=actor, at=newest.at)


def _reopen(case: Case, target: Delivery) -> None:
    """A closed case whose results turn out not to be with their person is work again."""
    if case.work != Work.CLOSED:
        return
    if case.delivery in DELIVERY_ENDS and target not in DELIVERY_ENDS:
        reason = "carrier_took_delivered_back"
    elif target in NEEDS_US:
        reason = "results_not_delivered"
    else:
        return
    case_services.work_move(case.pk, Work.FILED, actor=SYSTEM, reason=reason)


# --- asking ------------------------------------------------------------------------------------


def claim_due(limit: int = BATCH) -> list[tuple[int, str, int]]:
    """Take parcels whose turn it is: (id, number, token). The claim itself sets the next time,
    so two workers never ask about the same one, and an answer without news costs one more
    write only."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE delivery_parcel SET next_poll_at = now() + %s::interval, polled_at = now(),
                poll_token = poll_token + 1
            WHERE id IN (
                SELECT id FROM delivery_parcel WHERE next_poll_at <= now()
                ORDER BY next_poll_at LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING id, number, poll_token
            """,
            (f"{LEASE.total_seconds()} seconds", limit),
        )
        return list(cursor.fetchall())


class Asked(NamedTuple):
    """Whether the carrier answered at all, and how many of the parcels it knew."""

    answered: bool
    known: int


def ask(claims: Sequence[tuple[int, str, int]]) -> Asked:
    """Ask the carrier about claimed parcels and apply the answer. An answer that cannot be read or
    applied counts as none."""
    answer = Carrier().track([number for _, number, _ in claims])
    known = 0
    for parcel_id, number, token in claims:
        events = answer.events.get(number)
        told = answer.ok and (events is not None or number in answer.missing)
        if events is not None:
            try:
                apply_events(parcel_id, events)
                known += 1
            except UNFIT as error:
                # One odd answer stops no other. It is asked for again.
                log.error("answer_not_applied", parcel=parcel_id, error=type(error).__name__)
                told = False
        _note(parcel_id, token, answered=told, found=events is not None)
    return Asked(answer.ok, known)


def _note(parcel_id: int, token: int, *, answered: bool, found: bool) -> None:
    """Set the next time, and raise the alarm of silence. A worker whose claim was taken over
    does nothing."""
    with transaction.atomic():
        case, parcel = parcels.lock_parcel(parcel_id)
        if parcel.poll_token != token:
            return
        now = timezone.now()
        parcel.misses = 0 if answered else min(parcel.misses + 1, 1000)
        if answered and not found:
            parcel.trouble = Parcel.Trouble.UNSURE
        heard = max(filter(None, (parcel.last_event_at, parcel.handed_over_at)), default=now)
        silent = answered and parcel.state in codes.WITH_CARRIER and now - heard > SILENCE
        if silent:
            _lost(case, parcel)
        parcel.next_poll_at = next_ask(
            now, state=parcel.state, misses=parcel.misses, calendar=load_calendar()
        )
        parcel.save(update_fields=["misses", "trouble", "state", "next_poll_at"])


def _lost(case: Case, parcel: Parcel) -> None:
    parcel.state, parcel.trouble = State.LOST, Parcel.Trouble.SILENT
    journal.record(
        SYSTEM,
        "parcel.silent",
        chain=f"case:{case.pk}",
        subject=f"parcel:{parcel.pk}",
        number=parcel.number,
        days=SILENCE.days,
    )
    latest = parcels.current_parcel(case)
    if latest is not None and latest.pk == parcel.pk:
        _reopen(case, Delivery.LOST)
        case_services.delivery_set(case.pk, Delivery.LOST, actor=SYSTEM)


def ask_about(parcel_id: int) -> None:
    """Ask about one parcel outside its turn (the clerk's button); never asks about a label."""
    with transaction.atomic():
        _, parcel = parcels.lock_parcel(parcel_id)
        if parcel.handed_over_at is None or parcel.next_poll_at is None:
            return
        parcel.poll_token += 1
        parcel.polled_at = timezone.now()
        parcel.next_poll_at = timezone.now() + LEASE
        parcel.save(update_fields=["poll_token", "polled_at", "next_poll_at"])
    ask([(parcel.pk, parcel.number, parcel.poll_token)])
