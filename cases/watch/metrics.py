"""`/metrics` in Prometheus' text format, for the scraper inside the house and nobody else (F25).

Labels are names of routes, channels, systems, queues and states: a closed set, never a person, a
case or an address. Web processes share their counts through files when `PROMETHEUS_MULTIPROC_DIR`
is set (the web server sets it); everything else is asked of the database at the scrape.
"""

import hmac
import ipaddress
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, Max, Min, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from prometheus_client import CollectorRegistry, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from cases.models import Alarm, CallMinute, Message, Paper, PollState, Pulse
from cases.tracking import mapping
from cases.watch import measures
from opsa.core import practice
from opsa.core.outbox import Channel, Outbox

_OWN: Final = CollectorRegistry()
REQUESTS: Final = Histogram(
    "opsa_request_seconds",
    "Time to answer, by route",
    ("route", "method", "status"),
    registry=_OWN,
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 20.0),
)
METHODS: Final = frozenset({"GET", "POST", "HEAD"})
#: Outcomes are counted among so many of the newest messages: a scrape never walks all of them.
NEWEST: Final = 5000


def count_request(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    """Note one answer. The route is a name of ours, so nobody can make new labels."""
    match = request.resolver_match
    route = (match.view_name or "unnamed") if match else "none"
    method = request.method if request.method in METHODS else "other"
    REQUESTS.labels(route, method, f"{response.status_code // 100}xx").observe(seconds)


def may_scrape(request: HttpRequest) -> bool:
    """Somebody with the token, or an address of the house that no proxy speaks for."""
    given = request.headers.get("Authorization", "")
    if settings.METRICS_TOKEN and given:
        wanted = f"Bearer {settings.METRICS_TOKEN}"
        return hmac.compare_digest(given.encode(), wanted.encode())
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(one) for one in settings.METRICS_FROM)


def answer(request: HttpRequest) -> HttpResponse:
    """The figures; for everybody else there is nothing here."""
    if not may_scrape(request):
        return HttpResponse(status=404)
    state = CollectorRegistry()
    state.register(House())
    web = _OWN
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        web = CollectorRegistry()
        multiprocess.MultiProcessCollector(web)
    response = HttpResponse(
        generate_latest(state) + generate_latest(web), content_type=CONTENT_TYPE_LATEST
    )
    response.headers["Cache-Control"] = "no-store"
    return response


class House(Collector):
    """What the database knows about queues, polls, papers, messages and alarms."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One family after another. A database that is away leaves the counts of the web processes
        to be read, when they are wanted most."""
        try:
            found = list(self._families())
        except DatabaseError:
            found = []
        yield _family("database_up", "1 if it answered", (), [((), float(bool(found)))])
        yield from found

    def _families(self) -> Iterator[GaugeMetricFamily]:
        """A handful of bounded queries."""
        now = timezone.now()
        yield from _sending(now)
        yield from _calls(now)
        yield from _polls(now)
        yield _codes()
        yield from _papers(now)
        yield _messages()
        yield from _watch(now)


def _family(
    name: str, words: str, labels: Sequence[str], rows: Iterable[tuple[tuple[str, ...], float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"opsa_{name}", words, labels=labels)
    for values, value in rows:
        family.add_metric(values, value)
    return family


def _seconds(now: datetime, at: datetime | None) -> float:
    return max(0.0, (now - at).total_seconds()) if at else 0.0


def _sending(now: datetime) -> Iterator[GaugeMetricFamily]:
    lines: dict[str, dict[str, Any]] = {
        line["channel"]: dict(line)
        for line in Outbox.objects.filter(state__in=measures.WAITING)
        .order_by()
        .values("channel")
        .annotate(
            n=Count("pk"),
            due=Count("pk", filter=Q(run_at__lte=now)),
            oldest=Min("created_at"),
            late=Min("run_at", filter=Q(run_at__lte=now)),
        )
    }
    channels = list(Channel.objects.exclude(code__in=practice.CHANNELS).order_by("code"))

    def each(column: str) -> list[tuple[tuple[str, ...], float]]:
        return [((one.code,), lines.get(one.code, {}).get(column) or 0) for one in channels]

    def age(column: str) -> list[tuple[tuple[str, ...], float]]:
        return [
            ((one.code,), _seconds(now, lines.get(one.code, {}).get(column))) for one in channels
        ]

    label = ("channel",)
    yield _family("outbox_waiting", "Effects owed and not settled", label, each("n"))
    yield _family("outbox_due", "Effects whose turn has come", label, each("due"))
    yield _family("outbox_oldest_seconds", "Age of the oldest unsent", label, age("oldest"))
    yield _family("outbox_late_seconds", "How late the latest turn is", label, age("late"))
    yield _family(
        "breaker_open",
        "1 while nothing but probes is sent",
        label,
        [((one.code,), float(one.open_since is not None)) for one in channels],
    )
    held = [
        bool(one.held_from and one.held_until and one.held_from <= now < one.held_until)
        for one in channels
    ]
    yield _family(
        "channel_held",
        "1 during a maintenance told beforehand",
        label,
        [((one.code,), float(on)) for one, on in zip(channels, held, strict=True)],
    )


def _calls(now: datetime) -> Iterator[GaugeMetricFamily]:
    lines: list[Any] = list(
        CallMinute.objects.filter(minute__gt=now - timedelta(minutes=5))
        .exclude(channel__in=practice.CHANNELS)
        .order_by()
        .values("channel")
        .annotate(all=Sum("calls"), bad=Sum("failed"), slow_ones=Sum("slow"), most=Max("longest"))
    )
    counts = [
        ((line["channel"], result), float(line[column]))
        for line in lines
        for result, column in (("all", "all"), ("failed", "bad"), ("slow", "slow_ones"))
    ]
    label = ("channel", "result")
    yield _family("portal_calls_5m", "Real calls of the last five minutes", label, counts)
    longest = [((line["channel"],), float(line["most"])) for line in lines]
    yield _family("portal_longest_seconds_5m", "The slowest of them", ("channel",), longest)


def _polls(now: datetime) -> Iterator[GaugeMetricFamily]:
    lines: list[Any] = list(
        PollState.objects.exclude(system=practice.SYSTEM)
        .order_by()
        .values("system")
        .annotate(
            n=Count("pk"),
            due=Count("pk", filter=Q(next_at__lte=now)),
            missed=Count("pk", filter=Q(misses__gt=0)),
            done=Count("pk", filter=Q(answered_at__gt=now - timedelta(hours=1))),
            last=Max("answered_at"),
        )
    )
    columns = (("open", "n"), ("due", "due"), ("failing", "missed"), ("answered_1h", "done"))
    counts = [
        ((line["system"], state), float(line[column]))
        for line in lines
        for state, column in columns
    ]
    yield _family("polls", "Filings that are asked about", ("system", "state"), counts)
    last = [((line["system"],), _seconds(now, line["last"])) for line in lines if line["last"]]
    yield _family("poll_last_answer_seconds", "Since the last answer", ("system",), last)


def _codes() -> GaugeMetricFamily:
    counts: dict[str, int] = {}
    for (system, _code), count in mapping.unexplained().items():
        counts[system] = counts.get(system, 0) + count
    rows = [((system,), float(count)) for system, count in counts.items()]
    return _family("unknown_codes", "Reports with a code nobody explained", ("system",), rows)


def _papers(now: datetime) -> Iterator[GaugeMetricFamily]:
    waiting = Paper.objects.filter(state=Paper.State.QUEUED).aggregate(
        n=Count("pk"), oldest=Min("asked_at")
    )
    yield _family("papers_waiting", "PDFs not made yet", (), [((), float(waiting["n"]))])
    oldest = _seconds(now, waiting["oldest"])
    yield _family("papers_oldest_seconds", "Age of the oldest of them", (), [((), oldest)])
    failed = float(measures.papers_failed(now).value)
    yield _family("papers_failed_24h", "PDFs that could not be made", (), [((), failed)])


def _messages() -> GaugeMetricFamily:
    newest = Message.objects.order_by("-pk").values("pk")[:NEWEST]
    counts = dict(
        Message.objects.filter(pk__in=newest)
        .exclude(case__system=practice.SYSTEM)
        .order_by()
        .values_list("state")
        .annotate(n=Count("pk"))
    )
    rows = [((state,), float(counts.get(state, 0))) for state in Message.State.values]
    return _family("messages_newest", f"Outcomes of the newest {NEWEST} texts", ("state",), rows)


def _watch(now: datetime) -> Iterator[GaugeMetricFamily]:
    pulses = [((one.queue,), _seconds(now, one.at)) for one in Pulse.objects.order_by("queue")]
    yield _family("worker_pulse_seconds", "Since a worker of the queue moved", ("queue",), pulses)
    standing = Alarm.objects.filter(raised_at__isnull=False, ended_at__isnull=True)
    counts = standing.order_by().values_list("rule__measure").annotate(n=Count("pk"))
    rows = [((measure,), float(n)) for measure, n in counts]
    yield _family("alarms", "Alarms that stand now", ("measure",), rows)
