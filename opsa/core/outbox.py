"""Sending that cannot be lost and is never done twice (F01; invariants 1 and 4).

PostgreSQL is the queue of record; a Celery message is only a nudge that carries no data.

States: `ready` (no byte was ever sent) → `unknown` (a claim moved it here *before* sending) →
`done`, `refused` or `person`. An `unknown` row is sent again only after the other side, asked by
our key once its settle time has passed, answered *absent*. The lease is `run_at` itself: a row
whose lease has run out is simply due again, and every later write names the lease token it was
claimed with, so a worker that comes back late changes nothing. Only the database's clock is used.

A breaker per channel stops sending into a known outage; while it is open one probe at a time goes
out, and probes use up no attempts. After `OUTBOX_HORIZON_HOURS` of real failures a person decides.
"""

import enum
import os
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Outbox(models.Model):
    """One effect owed to the outside world. Slim on purpose: the payload lives with its subject."""

    class State(models.TextChoices):
        READY = "ready", _("chờ gửi")
        UNKNOWN = "unknown", _("đang xác minh")
        DONE = "done", _("đã gửi")
        REFUSED = "refused", _("bị từ chối")
        PERSON = "person", _("cần người kiểm tra")

    kind = models.CharField(max_length=20)
    channel = models.CharField(max_length=40)
    key = models.CharField(max_length=80, unique=True)
    subject = models.BigIntegerField()
    payload_sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.READY)
    run_at = models.DateTimeField(db_default=Now())
    lease_token = models.PositiveIntegerField(default=0)
    claimed = models.BooleanField(default=False)
    tries = models.PositiveIntegerField(default=0)
    deaths = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    first_sent_at = models.DateTimeField(null=True)
    last_sent_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        app_label = "core"
        verbose_name = _("việc phải gửi")
        verbose_name_plural = _("việc phải gửi")
        indexes: ClassVar = [
            models.Index(
                fields=("channel", "run_at"),
                condition=models.Q(state__in=("ready", "unknown")),
                name="outbox_due",
            )
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(state="ready") | models.Q(last_sent_at__isnull=True),
                name="ready_was_never_sent",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} {self.state}"


class Channel(models.Model):
    """The breaker of one outside system, and its weather as our own sends see it."""

    code = models.CharField(max_length=40, primary_key=True)
    open_since = models.DateTimeField(null=True)
    next_probe_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    last_ok_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "core"
        verbose_name = _("đường gửi")
        verbose_name_plural = _("đường gửi")

    def __str__(self) -> str:
        return self.code


class Answer(enum.Enum):
    """What one send or look-up established."""

    DONE = "done"  # the other side has it, and it is what we sent
    REFUSED = "refused"  # a definite business refusal; repeating unchanged is pointless
    NOT_PROCESSED = "not_processed"  # definitely no effect (connection refused, 503, 429)
    UNKNOWN = "unknown"  # may or may not have had its effect
    ABSENT = "absent"  # look-up only: certainly not there
    CANNOT_TELL = "cannot_tell"  # look-up only: the other side cannot be asked


@dataclass(frozen=True)
class Outcome:
    """An answer with what to write for it; `apply` runs inside the fenced transaction."""

    answer: Answer
    detail: str = ""
    retry_after: float | None = None
    apply: Callable[[], None] | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Claim:
    """A row held by this worker until its lease ends."""

    id: int
    kind: str
    channel: str
    key: str
    subject: int
    token: int
    tries: int
    deaths: int
    was: str
    probe: bool
    expired: bool


class Handler(Protocol):
    """What a kind of effect knows: how to send it, how to ask about it, and what giving up
    means."""

    def send(self, claim: Claim) -> Outcome: ...

    def look_up(self, claim: Claim) -> Outcome: ...

    def to_person(self, claim: Claim, why: str) -> None: ...


_handlers: dict[str, Handler] = {}


def handles(kind: str, handler: Handler) -> None:
    """Register the handler of a kind; rooms do this in their AppConfig.ready."""
    _handlers[kind] = handler


def put(*, kind: str, channel: str, key: str, subject: int, payload_sha256: str = "") -> bool:
    """Owe an effect. Call inside the transaction that makes it owed; False if it was owed
    already."""
    if not connection.in_atomic_block:
        raise RuntimeError("outbox.put belongs into the transaction that makes the effect owed")
    Channel.objects.get_or_create(code=channel)
    row, created = Outbox.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "channel": channel,
            "subject": subject,
            "payload_sha256": payload_sha256,
        },
    )
    if not created and row.payload_sha256 != payload_sha256:
        raise ValueError("the same key with another payload")
    return created


def checkpoint(name: str) -> None:
    """A named point where a crash test may kill this process; does nothing otherwise."""
    if os.environ.get("CRASH_AT") == name:
        os.kill(os.getpid(), signal.SIGKILL)


_CLAIM = """
UPDATE core_outbox SET
    state = 'unknown',
    claimed = true,
    deaths = deaths + CASE WHEN claimed THEN 1 ELSE 0 END,
    tries = tries + %(counts)s,
    run_at = statement_timestamp() + make_interval(secs => %(lease)s),
    lease_token = lease_token + 1
WHERE id = (
    SELECT id FROM core_outbox
    WHERE channel = %(channel)s AND state IN ('ready', 'unknown')
        AND run_at <= statement_timestamp()
    ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id, kind, channel, key, subject, lease_token, tries, deaths, old.state,
    %(probe)s, created_at < statement_timestamp() - make_interval(hours => %(horizon)s)
"""


def claim(channel: str) -> Claim | None:
    """Take one due row of the channel, or None: nothing due, breaker open, or enough in flight."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT open_since IS NOT NULL,"
            " next_probe_at IS NULL OR next_probe_at <= statement_timestamp()"
            " FROM core_channel WHERE code = %s FOR UPDATE",
            [channel],
        )
        row = cursor.fetchone()
        if row is None:
            return None
        is_open, may_probe = row
        if is_open and not may_probe:
            return None
        cursor.execute(
            "SELECT count(*) FROM core_outbox WHERE channel = %s AND state = 'unknown'"
            " AND claimed AND run_at > statement_timestamp()",
            [channel],
        )
        (in_flight,) = cursor.fetchone() or (0,)
        if in_flight >= (1 if is_open else settings.OUTBOX_PARALLEL):
            return None
        cursor.execute(
            _CLAIM,
            {
                "channel": channel,
                "counts": 0 if is_open else 1,
                "probe": is_open,
                "lease": settings.OUTBOX_LEASE_SECONDS,
                "horizon": settings.OUTBOX_HORIZON_HOURS,
            },
        )
        found = cursor.fetchone()
        if found is None:
            return None
        if is_open:
            cursor.execute(
                "UPDATE core_channel"
                " SET next_probe_at = statement_timestamp() + make_interval(secs => %s)"
                " WHERE code = %s",
                [settings.OUTBOX_BREAKER_PROBE_SECONDS, channel],
            )
        return Claim(*found)


def _fenced(claim: Claim, assignments: str, values: list[str | float]) -> bool:
    """Write to the claimed row if the lease is still ours; False when somebody else owns it."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE core_outbox SET {assignments} WHERE id = %s AND lease_token = %s"  # noqa: S608  # assignments are literals below
            " AND state = 'unknown'",
            [*values, claim.id, claim.token],
        )
        return bool(cursor.rowcount == 1)


def sending(claim: Claim) -> bool:
    """Write ahead that bytes are about to leave, and renew the lease. False: the lease is lost."""
    return _fenced(
        claim,
        "last_sent_at = statement_timestamp(),"
        " first_sent_at = coalesce(first_sent_at, statement_timestamp()),"
        " run_at = statement_timestamp() + make_interval(secs => %s)",
        [settings.OUTBOX_LEASE_SECONDS],
    )


def _finish(claim: Claim, state: str, outcome: Outcome) -> bool:
    with transaction.atomic():
        if not _fenced(
            claim,
            "state = %s, claimed = false, done_at = statement_timestamp(), last_error = %s",
            [state, outcome.detail[:200]],
        ):
            return False
        checkpoint("before_apply")
        if outcome.apply:
            outcome.apply()
        checkpoint("before_commit")
    checkpoint("after_finish")
    return True


def _wait(claim: Claim, state: str, seconds: float, detail: str) -> None:
    """Put the row back with a later turn. Back to `ready` only if nothing was ever sent."""
    sent = ", last_sent_at = NULL, first_sent_at = NULL" if state == Outbox.State.READY else ""
    _fenced(
        claim,
        "state = %s, claimed = false, run_at = statement_timestamp() + make_interval(secs => %s),"
        f" last_error = %s{sent}",
        [state, seconds, detail[:200]],
    )


def _give_to_person(claim: Claim, why: str) -> None:
    handler = _handlers[claim.kind]
    _finish(
        claim,
        Outbox.State.PERSON,
        Outcome(Answer.CANNOT_TELL, why, apply=lambda: handler.to_person(claim, why)),
    )


def _backoff(tries: int) -> float:
    return min(900.0, 5.0 * 2.0 ** min(tries, 8)) * random.uniform(0.8, 1.2)  # noqa: S311  # jitter, not a secret


def _report(channel: str, ok: bool) -> None:
    """Feed the breaker. Closing it makes every waiting row due at once."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT open_since IS NOT NULL FROM core_channel WHERE code = %s FOR UPDATE", [channel]
        )
        (was_open,) = cursor.fetchone() or (False,)
        if ok:
            cursor.execute(
                "UPDATE core_channel SET open_since = NULL, next_probe_at = NULL, failures = 0,"
                " failing_since = NULL, last_ok_at = statement_timestamp() WHERE code = %s",
                [channel],
            )
            if was_open:
                cursor.execute(
                    "UPDATE core_outbox SET run_at = statement_timestamp()"
                    " WHERE channel = %s AND state = 'ready'"
                    " AND run_at > statement_timestamp()",
                    [channel],
                )
        else:
            cursor.execute(
                "UPDATE core_channel SET"
                " failures = CASE"
                "   WHEN failing_since > statement_timestamp() - interval '60 seconds'"
                "   THEN failures + 1 ELSE 1 END,"
                " failing_since = CASE"
                "   WHEN failing_since > statement_timestamp() - interval '60 seconds'"
                "   THEN failing_since ELSE statement_timestamp() END,"
                " open_since = CASE WHEN open_since IS NOT NULL THEN open_since"
                "   WHEN failing_since > statement_timestamp() - interval '60 seconds'"
                "     AND failures + 1 >= %s"
                "   THEN statement_timestamp() END,"
                " next_probe_at = statement_timestamp() + make_interval(secs => %s)"
                " WHERE code = %s",
                [
                    settings.OUTBOX_BREAKER_FAILURES,
                    settings.OUTBOX_BREAKER_PROBE_SECONDS,
                    channel,
                ],
            )


def work_one(channel: str) -> bool:
    """Claim one row of the channel and carry it as far as it goes; False when there was none."""
    held = claim(channel)
    if held is None:
        return False
    checkpoint("after_claim")
    handler = _handlers[held.kind]
    if held.deaths >= 3:
        _give_to_person(held, "worker_died_three_times")
        return True
    if held.was == Outbox.State.UNKNOWN and _was_sent(held):
        found = handler.look_up(held)
        checkpoint("after_look_up")
        if found.answer is Answer.DONE:
            _report(channel, ok=True)
            _finish(held, Outbox.State.DONE, found)
            return True
        if found.answer is Answer.CANNOT_TELL:
            _report(channel, ok=True)
            _give_to_person(held, found.detail or "cannot_be_asked")
            return True
        if found.answer is not Answer.ABSENT:
            _report(channel, ok=False)
            if held.expired:
                _give_to_person(held, "not_reached_within_horizon")
            else:
                _wait(
                    held,
                    Outbox.State.UNKNOWN,
                    found.retry_after or _backoff(held.tries),
                    found.detail,
                )
            return True
    _deliver(held, handler)
    return True


def _was_sent(held: Claim) -> bool:
    return bool(
        Outbox.objects.filter(pk=held.id, last_sent_at__isnull=False).values_list("pk", flat=True)[
            :1
        ]
    )


def _deliver(held: Claim, handler: Handler) -> None:
    if not sending(held):
        return
    checkpoint("before_send")
    outcome = handler.send(held)
    checkpoint("after_send")
    if outcome.answer is Answer.DONE:
        _report(held.channel, ok=True)
        _finish(held, Outbox.State.DONE, outcome)
    elif outcome.answer is Answer.REFUSED:
        _report(held.channel, ok=True)
        _finish(held, Outbox.State.REFUSED, outcome)
    elif outcome.answer is Answer.CANNOT_TELL:
        _give_to_person(held, outcome.detail)
    elif outcome.answer is Answer.NOT_PROCESSED:
        _report(held.channel, ok=False)
        if held.expired and not held.probe:
            _give_to_person(held, "not_reached_within_horizon")
        else:
            state = Outbox.State.READY if held.was == Outbox.State.READY else Outbox.State.UNKNOWN
            _wait(held, state, outcome.retry_after or _backoff(held.tries), outcome.detail)
    else:
        _report(held.channel, ok=False)
        _wait(held, Outbox.State.UNKNOWN, settings.OUTBOX_SETTLE_SECONDS, outcome.detail)


def due_channels() -> list[str]:
    """Channels with something due now; the sweeper nudges each (a lost nudge costs seconds
    only)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT channel FROM core_outbox"
            " WHERE state IN ('ready', 'unknown') AND run_at <= statement_timestamp()"
        )
        return [channel for (channel,) in cursor.fetchall()]


def next_try(key: str) -> datetime | None:
    """When a waiting effect is tried next, for the clerk's screen; None when nothing waits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT greatest(o.run_at, CASE WHEN c.open_since IS NOT NULL THEN c.next_probe_at END)"
            " FROM core_outbox o JOIN core_channel c ON c.code = o.channel"
            " WHERE o.key = %s AND o.state IN ('ready', 'unknown')",
            [key],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def in_trouble(channel: str) -> bool:
    """Whether our own sends fail: the breaker is open, or they failed minutes ago, none since."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM core_channel WHERE code = %s AND (open_since IS NOT NULL"
            " OR failing_since > statement_timestamp() - interval '10 minutes')",
            [channel],
        )
        return cursor.fetchone() is not None


def ask_again(key: str) -> bool:
    """A person has an effect taken up once more: looked up first, and sent only when it is absent.

    It waits out the settle time of its last sending and gets a fresh horizon.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_outbox SET state = 'unknown', claimed = false, deaths = 0, done_at = NULL,"
            " created_at = statement_timestamp(),"
            " run_at = greatest(statement_timestamp(),"
            " last_sent_at + make_interval(secs => %s))"
            " WHERE key = %s AND state = 'person'",
            [settings.OUTBOX_SETTLE_SECONDS, key],
        )
        return bool(cursor.rowcount == 1)


def retry_now(key: str) -> bool:
    """A person asks for an immediate try; an `unknown` row still waits out its settle time."""
    changed = Outbox.objects.filter(key=key, state=Outbox.State.READY).update(run_at=Now())
    return bool(changed)
