"""What is measured about the running house, for the health page, the alarms and the scraper (F25).

Nothing here names a person or a case; `subject` is a system, a channel or a queue.
"""

import shutil
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from django.conf import settings
from django.db import connection
from django.db.models import Max, Min, Q
from django.utils import timezone

from cases.models import AlarmRule, Case, Outage, Paper, PollState, Pulse
from cases.tracking import mapping
from cases.weather import sky
from cases.worklists import silence
from opsa.core import practice
from opsa.core.models import JournalSeal
from opsa.core.outbox import Channel, Outbox
from procedures.models import FilingSystem

Measure = AlarmRule.Measure
#: For these less is worse.
FALLING: Final = frozenset({Measure.DISK, Measure.CERTIFICATE})
WAITING: Final = ("ready", "unknown")
QUEUES: Final = ("interactive", "pdf", "outside", "bulk")


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured value, a whole number in the unit of its measure."""

    measure: str
    subject: str
    value: int


def readings(now: datetime | None = None) -> list[Reading]:
    """Everything that can be measured now. What is not configured or has no queue is left out."""
    now = now or timezone.now()
    found = [_database()]
    found += _sending(now)
    found += _polls(now)
    found += _codes()
    silent = Case.objects.exclude(system=practice.SYSTEM).filter(silence.condition(now)).count()
    found.append(Reading(Measure.SILENCE, "", silent))
    found += _pulses(now)
    found += _papers(now)
    found += _disk()
    found += _certificate(now)
    sealed = JournalSeal.objects.aggregate(at=Max("at"))["at"]
    if sealed is not None:
        found.append(Reading(Measure.SEAL, "", _whole(now - sealed, hours=1)))
    return found


def _whole(span: timedelta, **unit: int) -> int:
    return max(0, span // timedelta(**unit))


def _minutes(now: datetime, since: datetime | None) -> int:
    return _whole(now - since, minutes=1) if since else 0


def _database() -> Reading:
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return Reading(Measure.DATABASE, "", round((time.perf_counter() - began) * 1000))


def _sending(now: datetime) -> list[Reading]:
    """How long the oldest unsent waits while its portal is up, and how late the workers are."""
    found = []
    waiting = Outbox.objects.filter(state__in=WAITING)
    # A maintenance that held it back, or an outage, is no fault of ours: it counts from its end.
    oldest = dict(waiting.order_by().values_list("channel").annotate(at=Min("created_at")))
    due = dict(
        waiting.filter(run_at__lte=now).order_by().values_list("channel").annotate(at=Min("run_at"))
    )
    going_on = Q(began_at__lte=now) & (Q(ended_at__isnull=True) | Q(ended_at__gt=now))
    away = {
        one.system_id: one
        for one in Outage.objects.exclude(kind=Outage.Kind.SLOW)
        .exclude(system=practice.SYSTEM)
        .filter(going_on)
    }
    last = _back(now)
    for channel in Channel.objects.exclude(code__in=practice.CHANNELS).order_by("code"):
        kind, _colon, system = channel.code.partition(":")
        blocked = channel.open_since is not None or system in away
        if kind == "portal" and not blocked:
            since = oldest.get(channel.code)
            if since is not None and system in last:
                since = max(since, last[system])
            found.append(Reading(Measure.UNSENT, system, _minutes(now, since)))
        if not blocked:
            found.append(Reading(Measure.QUEUE, channel.code, _minutes(now, due.get(channel.code))))
    for system, one in away.items():
        if one.kind == Outage.Kind.DOWN:
            found.append(Reading(Measure.OUTAGE, system, _minutes(now, one.began_at)))
    return found


def _back(now: datetime) -> dict[str, datetime]:
    """When each system that was away came back, of late. Nothing of before counts against us."""
    ended = Outage.objects.exclude(kind=Outage.Kind.SLOW).filter(ended_at__lte=now)
    return dict(ended.order_by().values_list("system").annotate(at=Max("ended_at")))


def _polls(now: datetime) -> list[Reading]:
    """How late the latest question is, of systems that are not away: from their return on. A look
    at the head of the index for each system, however many cases are open."""
    back = _back(now)
    found = []
    asked = FilingSystem.objects.filter(news=FilingSystem.News.ASKED).exclude(pk=practice.SYSTEM)
    for system in asked.order_by("pk"):
        due = PollState.objects.filter(system=system, next_at__lte=now).order_by("next_at")
        at = due.values_list("next_at", flat=True).first()
        if at is not None and not sky.in_trouble(system.pk, now):
            since = max(at, back.get(system.pk, at))
            found.append(Reading(Measure.POLLS, system.pk, _minutes(now, since)))
    return found


def _codes() -> list[Reading]:
    """Reports that say what nobody has explained, by system and code: the most frequent ones."""
    return [
        Reading(Measure.CODES, f"{system}: {code}"[:60], count)
        for (system, code), count in mapping.unexplained().most_common(20)
    ]


def _pulses(now: datetime) -> list[Reading]:
    return [
        Reading(Measure.PULSE, pulse.queue, _minutes(now, pulse.at))
        for pulse in Pulse.objects.order_by("queue")
    ]


def _papers(now: datetime) -> list[Reading]:
    oldest = Paper.objects.filter(state=Paper.State.QUEUED).aggregate(at=Min("asked_at"))["at"]
    return [Reading(Measure.PAPERS, "", _minutes(now, oldest)), papers_failed(now)]


def papers_failed(now: datetime) -> Reading:
    """Papers of the last day that could not be made, among the newest few thousand."""
    newest = Paper.objects.order_by("-pk").values("pk")[:5000]
    failed = Paper.objects.filter(
        pk__in=newest, state=Paper.State.FAILED, asked_at__gt=now - timedelta(days=1)
    )
    return Reading(Measure.PAPERS_FAILED, "", failed.count())


def _disk() -> list[Reading]:
    usage = shutil.disk_usage(settings.VAR_DIR if settings.VAR_DIR.exists() else settings.BASE_DIR)
    return [Reading(Measure.DISK, "", 100 * usage.free // usage.total)]


def _certificate(now: datetime) -> list[Reading]:
    """Days the certificate is still good; 0 for one that can't be read: that wants a look too."""
    if not settings.TLS_CERTIFICATE:
        return []
    try:
        held = x509.load_pem_x509_certificate(Path(settings.TLS_CERTIFICATE).read_bytes())
    except (OSError, ValueError):
        return [Reading(Measure.CERTIFICATE, "", 0)]
    return [Reading(Measure.CERTIFICATE, "", _whole(held.not_valid_after_utc - now, days=1))]


def beyond(measure: str, value: int, bound: int) -> bool:
    """Whether a value passes its bound. Pure."""
    return value < bound if measure in FALLING else value > bound
