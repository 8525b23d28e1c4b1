"""Planned maintenance: what is filed meanwhile is taken, and sent after it (F19)."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from cases.filing.systems import channel_of
from cases.models import Outage
from cases.weather import sky
from opsa.core import journal
from opsa.core.actors import Actor
from opsa.core.outbox import Channel

__all__ = ["cancel", "channel_of", "plan", "renew"]

#: Shorter than the time after which a person decides about what was not sent.
LONGEST: Final = timedelta(hours=60)


def plan(
    system_id: str, began_at: datetime, ended_at: datetime, what: str, *, actor: Actor
) -> Outage:
    """Note a maintenance that was announced; nothing is sent into it."""
    with transaction.atomic():
        outage = Outage.objects.create(
            system_id=system_id,
            kind=Outage.Kind.PLANNED,
            began_at=began_at,
            ended_at=ended_at,
            what=what,
        )
        renew(system_id, timezone.now())
        journal.record(
            actor,
            "maintenance.planned",
            chain="system",
            subject=f"outage:{outage.pk}",
            system=system_id,
            began=began_at.isoformat(),
            ended=ended_at.isoformat(),
        )
        transaction.on_commit(sky.forget)
    return outage


def cancel(outage_id: int, now: datetime, *, actor: Actor) -> bool:
    """Take back what has not begun, or end what is going on. False when it was over already."""
    with transaction.atomic():
        outage = (
            Outage.objects.select_for_update()
            .filter(pk=outage_id, kind=Outage.Kind.PLANNED, ended_at__gt=now)
            .first()
        )
        if outage is None:
            return False
        if outage.began_at > now:
            outage.delete()
        else:
            outage.ended_at = now
            outage.save(update_fields=["ended_at"])
        renew(outage.system_id, now)
        journal.record(
            actor,
            "maintenance.ended" if outage.began_at <= now else "maintenance.cancelled",
            chain="system",
            subject=f"outage:{outage_id}",
            system=outage.system_id,
        )
        transaction.on_commit(sky.forget)
    return True


def renew(system_id: str, now: datetime) -> None:
    """Tell the sender the next hold of its channel: the maintenance that is on or comes next, with
    those that follow it without a gap."""
    coming = list(
        Outage.objects.filter(
            system=system_id, kind=Outage.Kind.PLANNED, ended_at__gt=now
        ).order_by("began_at")
    )
    first = last = None
    for one in coming:
        if first is None:
            first, last = one.began_at, one.ended_at
        elif last is not None and one.ended_at is not None and one.began_at <= last:
            last = max(last, one.ended_at)
    code = channel_of(system_id)
    if coming:
        Channel.objects.get_or_create(code=code)
    Channel.objects.filter(code=code).exclude(held_from=first, held_until=last).update(
        held_from=first, held_until=last
    )
