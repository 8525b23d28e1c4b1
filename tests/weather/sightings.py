"""What our calls met, and the judgement on it."""

from datetime import datetime, timedelta
from typing import Any

from cases.filing.systems import channel_of
from cases.models import CallMinute, Outage
from cases.weather import judging, sky
from tests.support.cases import Counter


def system_of(counter: Counter) -> str:
    return counter.version.system_id


def met(counter: Counter, now: datetime, *, ago: int = 0, **counts: Any) -> None:
    """What our calls met in the minute that lies `ago` minutes back."""
    at = now - timedelta(minutes=ago)
    bad = counts.get("failed", 0) + counts.get("slow", 0)
    CallMinute.objects.create(
        channel=channel_of(system_of(counter)),
        minute=at.replace(second=0, microsecond=0),
        bad_at=at if bad else None,
        good_at=at if counts["calls"] > bad else None,
        **counts,
    )


def judge(now: datetime) -> Outage | None:
    judging.judge(now)
    sky.forget()
    return Outage.objects.filter(ended_at__isnull=True).first()
