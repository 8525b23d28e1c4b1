"""What became of a message: from the provider's answer or its own report, each applied once.

A report may come twice, late, or before we know that the provider took the message. What arrived
has arrived; nothing takes that back, and a second report of the same changes nothing.
"""

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from cases.messages.providers import Report, by_code
from cases.models import Message

State = Message.State
#: A provider that said nothing for so long says nothing any more.
ASKED_FOR: Final = timedelta(days=2)
#: Without a word for so long we no longer know.
SILENT_AFTER: Final = timedelta(minutes=45)
MOST: Final = 2000
OPEN: Final = (State.QUEUED, State.HANDED, State.UNSURE)


def handed(message_id: int, provider: str, took_ms: int | None) -> None:
    """The provider has it. A report that overtook this stays."""
    Message.objects.filter(pk=message_id, handed_at__isnull=True).update(
        provider=provider, took_ms=took_ms, handed_at=Now()
    )
    Message.objects.filter(pk=message_id, state=State.QUEUED).update(state=State.HANDED)


def failed(message_id: int, why: str) -> None:
    """It will not arrive: somebody calls (the list of calls reads this)."""
    Message.objects.filter(pk=message_id, state__in=OPEN).update(
        state=State.FAILED, outcome=why, settled_at=Now()
    )


def stopped(messages: Iterable[int], why: str) -> None:
    """These were never handed over and will not be; nobody has to call."""
    Message.objects.filter(pk__in=list(messages), state=State.QUEUED).update(
        state=State.STOPPED, outcome=why, settled_at=Now()
    )


def apply(reports: list[Report], provider: str) -> int:
    """Write what a provider told about messages it carries; returns how many changed. What it
    tells of keys that are none of ours is left aside."""
    changed = 0
    for report in reports:
        try:
            key = uuid.UUID(report.key)
        except ValueError:
            continue
        theirs = Message.objects.filter(
            Q(provider=provider) | Q(provider="", state=State.QUEUED),
            provider_key=key,
            state__in=OPEN,
        )
        if report.arrived:
            changed += theirs.update(state=State.DELIVERED, outcome="", settled_at=Now())
        else:
            changed += theirs.update(state=State.FAILED, outcome=report.why, settled_at=Now())
    return changed


def ask() -> int:
    """Ask each provider about the last days' messages, the newest first; returns how many
    changed. Those that stay without an answer don't stand in the way of others."""
    waiting: dict[str, list[str]] = {}
    found = Message.objects.filter(
        state__in=(State.HANDED, State.UNSURE), handed_at__gt=timezone.now() - ASKED_FOR
    ).order_by("-handed_at")
    for provider, key in found.values_list("provider", "provider_key")[:MOST]:
        waiting.setdefault(provider or "sms", []).append(str(key))
    changed = sum(apply(by_code(code).outcomes(keys), code) for code, keys in waiting.items())
    return changed + _silent()


def _silent() -> int:
    """Nothing was told for long: we say so instead of hoping. Letters report nothing ever."""
    quiet = Message.objects.filter(
        state=State.HANDED, handed_at__lt=timezone.now() - SILENT_AFTER
    ).exclude(provider="email")
    return quiet.update(state=State.UNSURE, outcome=Message.Why.SILENT)
