"""When trouble began and when it was over, from what our own calls met (F19).

Trouble begins with an open breaker, with three sendings in a row that failed, or when of enough
calls within the window too many failed or were slow (more than one in twenty slower than the bound
is the same as a 95th percentile beyond it). It ends when calls go well again, not when nobody
calls: silence proves nothing until half an hour of it, with nothing left to send.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Max, Min, Q, QuerySet, Sum

from cases.models import CallMinute, Filing, Outage
from cases.weather import holds, sky
from opsa.core.outbox import Channel, Outbox
from procedures.models import FilingSystem

WINDOW: Final = timedelta(minutes=5)
RECENT: Final = timedelta(minutes=1)
CALM: Final = timedelta(seconds=60)
SILENCE: Final = timedelta(minutes=30)
IN_A_ROW: Final = 3
SLOW_PERCENT: Final = 5
#: A filing that the system took within this time did not wait because of it.
AT_ONCE: Final = timedelta(minutes=2)
#: Nothing taken longer ago than this is looked at: by then a person has it.
LONGEST: Final = timedelta(days=4)
MINUTES_KEPT: Final = timedelta(days=35)

Kind = Outage.Kind


@dataclass(frozen=True, slots=True)
class Calls:
    """What the calls of some minutes came to."""

    calls: int
    failed: int
    slow: int
    first_bad: datetime | None
    last_bad: datetime | None
    last_good: datetime | None

    @property
    def kind(self) -> str:
        """What enough calls say: down, slow or ''."""
        if self.calls < settings.WEATHER_LEAST_CALLS:
            return ""
        if self.failed * 100 > self.calls * settings.WEATHER_FAILED_PERCENT:
            return Kind.DOWN
        return Kind.SLOW if self.slow * 100 > self.calls * SLOW_PERCENT else ""


def calls_since(channel: str, since: datetime, until: datetime) -> Calls:
    """The calls of the whole minutes from `since` on."""
    found = CallMinute.objects.filter(channel=channel, minute__gte=since, minute__lte=until)
    sums = found.aggregate(
        calls=Sum("calls", default=0),
        failed=Sum("failed", default=0),
        slow=Sum("slow", default=0),
        first_bad=Min("minute", filter=Q(bad_at__isnull=False)),
        last_bad=Max("bad_at"),
        last_good=Max("good_at"),
    )
    return Calls(**sums)


def the_time() -> datetime:
    """The database's: a worker's own clock may be hours wrong."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        row = cursor.fetchone()
    assert row is not None
    at: datetime = row[0]
    return at


def judge(now: datetime | None = None) -> None:
    """Look at every filing system once: begin and end outages, move holds on, count who waited."""
    now = now or the_time()
    for system in FilingSystem.objects.order_by("pk"):
        with transaction.atomic():
            _judge(system, now)
    for over in Outage.objects.filter(ended_at__lte=now, affected__isnull=True):
        over.affected = affected(over)
        over.save(update_fields=["affected"])
    CallMinute.objects.filter(minute__lt=now - MINUTES_KEPT).delete()
    transaction.on_commit(sky.forget)


def _judge(system: FilingSystem, now: datetime) -> None:
    name = holds.channel_of(system.pk)
    # Held while it is judged, so that two judges at once begin one outage.
    channel = Channel.objects.select_for_update().filter(code=name).first()
    holds.renew(system.pk, now)
    going_on = Outage.objects.filter(system=system, ended_at__isnull=True).first()
    if going_on is not None:
        _maybe_end(going_on, channel, now)
        return
    if Outage.objects.filter(
        system=system, kind=Kind.PLANNED, began_at__lte=now, ended_at__gt=now
    ).exists():
        return  # told beforehand; what fails meanwhile is no news
    over = Outage.objects.filter(system=system, ended_at__lte=now).aggregate(at=Max("ended_at"))
    since = max(now - WINDOW, over["at"] or now - WINDOW)
    found = calls_since(name, since, now)
    kind = Kind.DOWN if channel and _failing(channel, now, over["at"]) else found.kind
    if kind:
        began = found.first_bad or now
        if channel and channel.failing_since and kind == Kind.DOWN:
            began = min(channel.failing_since, now)
        _begin(system, kind, began)


def _failing(channel: Channel, now: datetime, over: datetime | None) -> bool:
    """The breaker is open, or sendings failed in a row. The breaker keeps its count when polls go
    well again, so those that an outage now over was made of begin no second one."""
    if channel.open_since is not None:
        return True
    fresh = channel.failing_since is not None and channel.failing_since > now - 2 * WINDOW
    if not fresh or channel.failures < IN_A_ROW:
        return False
    return (
        over is None
        or CallMinute.objects.filter(
            channel=channel.code, minute__gte=over - timedelta(minutes=1), bad_at__gt=over
        ).exists()
    )


def _begin(system: FilingSystem, kind: str, began: datetime) -> None:
    Outage.objects.bulk_create(
        [Outage(system=system, kind=kind, began_at=began)], ignore_conflicts=True
    )


def _maybe_end(outage: Outage, channel: Channel | None, now: datetime) -> None:
    name = holds.channel_of(outage.system_id)
    if channel is not None and channel.open_since is not None:
        if outage.kind == Kind.SLOW:  # slow became away: another line in the history
            _end(outage, channel.open_since)
            _begin(outage.system, Kind.DOWN, channel.open_since)
        return
    whole = calls_since(name, outage.began_at.replace(second=0, microsecond=0), now)
    recent = calls_since(name, now - RECENT - timedelta(seconds=now.second), now)
    if recent.calls >= settings.WEATHER_LEAST_CALLS:
        if recent.kind == "":
            _end(outage, whole.last_bad or now)
        return
    last_bad = whole.last_bad or outage.began_at
    well = whole.last_good is not None and whole.last_good > last_bad and now - last_bad >= CALM
    if well or (now - last_bad >= SILENCE and not _anything_waits(name)):
        _end(outage, last_bad)


def _anything_waits(channel: str) -> bool:
    return Outbox.objects.filter(channel=channel, state__in=("ready", "unknown")).exists()


def _end(outage: Outage, at: datetime) -> None:
    """The outage reached from the first to the last call that went wrong, and no further."""
    outage.ended_at = max(outage.began_at, at)
    outage.save(update_fields=["ended_at"])


def affected(outage: Outage) -> int:
    """How many filings waited because of it: taken before its end, not taken there at once."""
    return waited(outage).count()


def waited(outage: Outage) -> QuerySet[Filing]:
    """The filings that an outage held up. A closed or refused one that never arrived counts as
    long as it was on its way."""
    until = outage.ended_at or the_time()
    return Filing.objects.filter(
        Q(accepted_at__gt=outage.began_at) | Q(accepted_at__isnull=True),
        Q(accepted_at__isnull=True) | Q(accepted_at__gt=F("taken_at") + AT_ONCE),
        system=outage.system_id,
        way=FilingSystem.Way.GATEWAY,
        taken_at__lt=until,
        taken_at__gt=outage.began_at - LONGEST,
    ).exclude(state=Filing.State.REFUSED, accepted_at__isnull=True)
