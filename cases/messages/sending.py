"""The outbox handler of messages: which provider, whether now, and what its answer means."""

import json
import time
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from cases.messages import outcomes, routes, services, texts
from cases.messages.providers import Text, by_code
from cases.messages.quiet import until_morning
from cases.models import Message
from opsa.core.outbox import Answer, Claim, Later, Outbox, Outcome

#: So long is a text brought again that its provider puts off ("come back later"); then somebody
#: calls. Mail servers that do this to strangers take the second or third try.
PATIENCE: Final = timedelta(hours=12)
FIRST_AGAIN: Final = timedelta(minutes=5)
LAST_AGAIN: Final = timedelta(minutes=30)


class MessageSender:
    """Hands a message to the provider its outbox row names; both know it by the same key."""

    def choose(self, claim: Claim) -> Later | None:
        """Another provider while this one is away, or the morning while people sleep.

        What this provider may still be working on stays with it: `look_up` waits that time out,
        and is right also if the weather turned since it asked.
        """
        later = _elsewhere_or_later(claim)
        return None if later and _may_still_act(claim) > timedelta() else later

    def send(self, claim: Claim) -> Outcome:
        """Hand over once."""
        message = Message.objects.select_related("text").get(pk=claim.subject)
        port = by_code(claim.channel)
        began = time.monotonic()
        answer = port.hand_over(
            Text(
                key=str(message.provider_key),
                to=message.to,
                body=message.body,
                report_to=report_address(port.code),
                subject=str(texts.EVENTS.get(message.event, "")),
                template=message.text.zalo_template if message.text else "",
                values=json.loads(message.values or "{}"),
            )
        )
        took = round((time.monotonic() - began) * 1000)
        refused = answer.answer is Answer.REFUSED
        well = refused or answer.answer in (Answer.DONE, Answer.LATER)
        routes.told(port.code, well=well, took_ms=took)
        if answer.answer is Answer.DONE:
            return Outcome(Answer.DONE, apply=lambda: outcomes.handed(message.pk, port.code, took))
        if answer.why == Message.Why.NO_ACCOUNT:
            return Outcome(Answer.REFUSED, answer.why, apply=lambda: _other_way(message))
        if refused:
            return Outcome(
                Answer.REFUSED,
                answer.why,
                apply=lambda: outcomes.failed(message.pk, answer.why),
            )
        if answer.answer is Answer.LATER:
            return _later(message, claim, answer.why)
        return Outcome(answer.answer, answer.why)

    def look_up(self, claim: Claim) -> Outcome:
        """Ask the provider about our key. Where it would not go there again at once (another one
        takes over, or people sleep), or where nothing protects from a second one, *absent* counts
        only once the provider can no longer act."""
        port = by_code(claim.channel)
        answer = port.find(_key(claim.subject))
        if answer.answer is Answer.DONE:
            routes.told(port.code, well=True)
            return Outcome(
                Answer.DONE, apply=lambda: outcomes.handed(claim.subject, port.code, None)
            )
        if answer.answer is Answer.ABSENT and (
            not port.keyed or _elsewhere_or_later(claim) is not None
        ):
            rest = _may_still_act(claim)
            if rest > timedelta():
                return Outcome(Answer.UNKNOWN, "settling", rest.total_seconds())
        return Outcome(answer.answer, answer.why)

    def to_person(self, claim: Claim, why: str) -> None:
        """A text that cannot be handed over becomes a call to make."""
        outcomes.failed(claim.subject, Message.Why.NOT_HANDED)


def _later(message: Message, claim: Claim, why: str) -> Outcome:
    if timezone.now() - message.created_at > PATIENCE:
        given_up = Message.Why.NOT_HANDED
        return Outcome(
            Answer.REFUSED, given_up, apply=lambda: outcomes.failed(message.pk, given_up)
        )
    again = min(LAST_AGAIN, FIRST_AGAIN * 2 ** min(max(claim.tries - 1, 0), 8))
    return Outcome(Answer.LATER, why, retry_after=again.total_seconds())


def _elsewhere_or_later(claim: Claim) -> Later | None:
    better = routes.better(claim.channel)
    event = Message.objects.values_list("event", flat=True).get(pk=claim.subject)
    wait = until_morning(event, timezone.localtime())
    if better == claim.channel and not wait:
        return None
    return Later(better, wait.total_seconds(), "quiet_hours" if wait else "taken_over")


def _other_way(message: Message) -> None:
    outcomes.stopped([message.pk], Message.Why.NO_ACCOUNT)
    services.by_sms(message)


def _key(message_id: int) -> str:
    return str(Message.objects.values_list("provider_key", flat=True).get(pk=message_id))


def _may_still_act(claim: Claim) -> timedelta:
    """How long the provider may still act on what it was last sent. By the database's clock."""
    row = Outbox.objects.filter(pk=claim.id).annotate(now=Now())
    sent, now = row.values_list("last_sent_at", "now")[0]
    if sent is None:
        return timedelta()
    return sent + timedelta(seconds=settings.MESSAGE_SETTLE_SECONDS) - now


def report_address(code: str) -> str:
    """Where a provider tells what became of a message."""
    return settings.PUBLIC_URL.rstrip("/") + reverse("messages:report", args=[code])
