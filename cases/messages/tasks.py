"""Messages are sent by the outbox (`cases.filing.tasks`); their outcome is asked for here."""

from datetime import timedelta
from itertools import batched
from typing import Final

import httpx
from celery import shared_task
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.models import Message

#: A provider that said nothing for so long says nothing any more.
ASKED_FOR: Final = timedelta(days=2)
BATCH: Final = 100
MOST: Final = 2000


@shared_task(name="cases.messages.tasks.ask_outcomes")
def ask_outcomes() -> int:
    """Ask the provider what became of the last days' texts, the newest first; returns how many
    changed. Texts that stay without an answer don't stand in the way of others."""
    waiting = Message.objects.filter(
        state=Message.State.HANDED, handed_at__gt=timezone.now() - ASKED_FOR
    ).order_by("-handed_at")[:MOST]
    return sum(_ask(some) for some in batched(waiting, BATCH, strict=False))


def _ask(waiting: tuple[Message, ...]) -> int:
    try:
        with httpx.Client(
            base_url=settings.SMS_URL, timeout=settings.OUTSIDE_TIMEOUT_SECONDS, trust_env=False
        ) as client:
            answer = client.post(
                "/sms/tra-cuu", json={"MaTin": [str(m.provider_key) for m in waiting]}
            )
            answer.raise_for_status()
            states = {str(t["MaTin"]): t for t in answer.json()["Tin"]}
    except (httpx.HTTPError, ValueError, KeyError):
        return 0
    words = {
        "SAI_SO": _("Số không có thật"),
        "MAY_TAT": _("Máy tắt hoặc ngoài vùng"),
        "CHAN": _("Máy chặn tin"),
    }
    changed = 0
    for message in waiting:
        told = states.get(str(message.provider_key))
        if told is None or told["TrangThai"] not in ("DA_DEN", "THAT_BAI"):
            continue
        delivered = told["TrangThai"] == "DA_DEN"
        message.state = Message.State.DELIVERED if delivered else Message.State.FAILED
        message.outcome = "" if delivered else words.get(str(told.get("LyDo")), _("Không đến máy"))
        message.save(update_fields=["state", "outcome"])
        changed += 1
    return changed
