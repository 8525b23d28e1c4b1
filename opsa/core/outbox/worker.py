"""One worker's turn: claim, ask whether it was done already, send, write down what came of it."""

from django.conf import settings

from opsa.core.outbox.breaker import report
from opsa.core.outbox.checkpoints import checkpoint
from opsa.core.outbox.handlers import Answer, Chooser, Claim, Handler, Outcome, handler_of
from opsa.core.outbox.models import Outbox
from opsa.core.outbox.queue import backoff, claim, finish, put_off, sending, wait


def work_one(channel: str) -> bool:
    """Claim one row of the channel and carry it as far as it goes; False when there was none."""
    held = claim(channel)
    if held is None:
        return False
    checkpoint("after_claim")
    handler = handler_of(held)
    if held.deaths >= 3:
        _give_to_person(held, "worker_died_three_times")
        return True
    if held.was == Outbox.State.UNKNOWN and _was_sent(held):
        found = handler.look_up(held)
        checkpoint("after_look_up")
        if found.answer is Answer.DONE:
            report(channel, ok=True)
            finish(held, Outbox.State.DONE, found)
            return True
        if found.answer is Answer.CANNOT_TELL:
            report(channel, ok=True)
            _give_to_person(held, found.detail or "cannot_be_asked")
            return True
        if found.answer is not Answer.ABSENT:
            report(channel, ok=False)
            if held.expired:
                _give_to_person(held, "not_reached_within_horizon")
            else:
                wait(
                    held,
                    Outbox.State.UNKNOWN,
                    found.retry_after or backoff(held.tries),
                    found.detail,
                )
            return True
        if held.expired:  # each send of it got lost on the way: no more of them
            report(channel, ok=True)
            _give_to_person(held, "not_reached_within_horizon")
            return True
    _deliver(held, handler)
    return True


def _was_sent(held: Claim) -> bool:
    return bool(
        Outbox.objects.filter(pk=held.id, last_sent_at__isnull=False).values_list("pk", flat=True)[
            :1
        ]
    )


def _deliver(held: Claim, handler: Handler) -> None:
    if isinstance(handler, Chooser) and (later := handler.choose(held)) is not None:
        put_off(held, later)
        return
    if not sending(held):
        return
    checkpoint("before_send")
    outcome = handler.send(held)
    checkpoint("after_send")
    if outcome.answer is Answer.DONE:
        report(held.channel, ok=True)
        finish(held, Outbox.State.DONE, outcome)
    elif outcome.answer is Answer.REFUSED:
        report(held.channel, ok=True)
        finish(held, Outbox.State.REFUSED, outcome)
    elif outcome.answer is Answer.CANNOT_TELL:
        _give_to_person(held, outcome.detail)
    elif outcome.answer in (Answer.NOT_PROCESSED, Answer.LATER):
        report(held.channel, ok=outcome.answer is Answer.LATER)
        if held.expired and not held.probe:
            _give_to_person(held, "not_reached_within_horizon")
        else:
            state = Outbox.State.READY if held.was == Outbox.State.READY else Outbox.State.UNKNOWN
            wait(held, state, outcome.retry_after or backoff(held.tries), outcome.detail)
    else:
        report(held.channel, ok=False)
        wait(held, Outbox.State.UNKNOWN, settings.OUTBOX_SETTLE_SECONDS, outcome.detail)


def _give_to_person(claim: Claim, why: str) -> None:
    handler = handler_of(claim)
    finish(
        claim,
        Outbox.State.PERSON,
        Outcome(Answer.CANNOT_TELL, why, apply=lambda: handler.to_person(claim, why)),
    )
