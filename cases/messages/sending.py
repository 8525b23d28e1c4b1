"""The outbox handler of messages, and the SMS port over HTTP."""

import httpx
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.models import Message
from opsa.core.outbox import Answer, Claim, Outcome

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def _client() -> httpx.Client:
    return httpx.Client(
        base_url=settings.SMS_URL, timeout=settings.OUTSIDE_TIMEOUT_SECONDS, trust_env=False
    )


class MessageSender:
    """Hands a text to the provider under our key; the provider refuses a second one under it."""

    def send(self, claim: Claim) -> Outcome:
        """Hand over once."""
        message = Message.objects.get(pk=claim.subject)
        try:
            with _client() as client:
                response = client.post(
                    "/sms/gui",
                    json={
                        "MaTin": str(message.provider_key),
                        "SoDienThoai": message.to,
                        "NoiDung": message.body,
                    },
                )
        except _NOT_SENT as error:
            return Outcome(Answer.NOT_PROCESSED, type(error).__name__)
        except httpx.HTTPError as error:
            return Outcome(Answer.UNKNOWN, type(error).__name__)
        if response.is_success:
            return Outcome(Answer.DONE, apply=lambda: _handed(message.pk))
        if response.status_code == 422:
            return Outcome(
                Answer.REFUSED,
                "wrong_number",
                apply=lambda: _failed(message.pk, _("Số không đúng")),
            )
        if response.status_code in (429, 502, 503):
            return Outcome(Answer.NOT_PROCESSED, str(response.status_code))
        return Outcome(Answer.UNKNOWN, str(response.status_code))

    def look_up(self, claim: Claim) -> Outcome:
        """Ask the provider about our key."""
        try:
            with _client() as client:
                response = client.get(f"/sms/tin/{_key(claim.subject)}")
        except httpx.HTTPError as error:
            return Outcome(Answer.UNKNOWN, type(error).__name__)
        if response.status_code == 404:
            return Outcome(Answer.ABSENT)
        if response.is_success:
            return Outcome(Answer.DONE, apply=lambda: _handed(claim.subject))
        return Outcome(Answer.UNKNOWN, str(response.status_code))

    def to_person(self, claim: Claim, why: str) -> None:
        """A text that cannot be handed over becomes a call to make."""
        _failed(claim.subject, _("Không chuyển được cho nhà mạng"))


def _key(message_id: int) -> str:
    return str(Message.objects.values_list("provider_key", flat=True).get(pk=message_id))


def _handed(message_id: int) -> None:
    Message.objects.filter(pk=message_id, state=Message.State.QUEUED).update(
        state=Message.State.HANDED, handed_at=timezone.now()
    )


def _failed(message_id: int, why: str) -> None:
    Message.objects.filter(pk=message_id).update(state=Message.State.FAILED, outcome=why)
