"""Texts owed to a citizen, handed over by hand, and what the outside holds of them."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from cases.messages import routes
from cases.messages.services import tell
from cases.models import Case, Message, Provider
from opsa.core import outbox
from opsa.core.outbox import Channel, Outbox
from tests.support.cases import Counter
from tests.support.processes import Simulator

SERVICES = ("sms", "sms2", "zalo")


def owe(counter: Counter, number: int = 1, event: str = "accepted") -> list[Message]:
    """So many cases, each owed one text."""
    made = []
    for _ in range(number):
        with transaction.atomic():
            message = tell(counter.case(), event)
        assert message is not None
        made.append(message)
    return made


def owe_for(case: Case, event: str = "accepted", **more: str) -> Message:
    with transaction.atomic():
        message = tell(case, event, **more)
    assert message is not None
    return message


def drain() -> int:
    """Carry everything that is due, by every channel."""
    done = 0
    for channel in outbox.due_channels():
        while outbox.work_one(channel):
            done += 1
    return done


def make_due() -> None:
    """Waiting times pass: back-off, probes, and the time a provider may still act."""
    past = Now() - timedelta(minutes=10)  # the database's clock, whatever a test froze
    waiting = Outbox.objects.filter(kind="message", state__in=("ready", "unknown"))
    waiting.update(run_at=past)
    waiting.filter(last_sent_at__isnull=False).update(last_sent_at=past)
    Channel.objects.update(next_probe_at=None)


def work(rounds: int = 6) -> None:
    """Everything that time would bring, as often as it takes."""
    for _ in range(rounds):
        routes.look_round()
        make_due()
        drain()


def held(simulator: Simulator) -> dict[str, dict[str, Any]]:
    """What each provider holds: service → our key → how often and in which state."""
    truth = simulator.get("/api/truth")
    return {service: truth[service] for service in SERVICES}


def times_told(simulator: Simulator, message: Message) -> int:
    """How often the person's phone got this, whoever carried it."""
    key = str(message.provider_key)
    return sum(told.get(key, {"count": 0})["count"] for told in held(simulator).values())


def carrier(message: Message) -> str:
    return Outbox.objects.get(key=f"message:{message.pk}").channel


def away() -> set[str]:
    return set(Provider.objects.filter(away_since__isnull=False).values_list("code", flat=True))
