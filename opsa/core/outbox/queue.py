"""The queue of record: owing an effect, claiming it under a lease, and fenced writes to it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import DateTimeField, Func
from django.db.models.functions import Coalesce

from opsa.core.outbox.checkpoints import checkpoint
from opsa.core.outbox.handlers import Claim, Later, Outcome
from opsa.core.outbox.models import Channel, Outbox
from opsa.core.spread import dice

#: The server's clock when the statement began: a worker's own clock may be hours wrong.
_NOW: Final = Func(function="statement_timestamp", output_field=DateTimeField())


def put(
    *,
    kind: str,
    channel: str,
    key: str,
    subject: int,
    payload_sha256: str = "",
    run_at: datetime | None = None,
) -> bool:
    """Owe an effect, from `run_at` on. Call inside the transaction that makes it owed; False if it
    was owed already."""
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
            **({"run_at": run_at} if run_at else {}),
        },
    )
    if not created and row.payload_sha256 != payload_sha256:
        raise ValueError("the same key with another payload")
    return created


_CLAIM = """
UPDATE core_outbox SET
    state = 'unknown',
    claimed = true,
    deaths = deaths + CASE WHEN claimed THEN 1 ELSE 0 END,
    tries = tries + %(counts)s,
    tried_at = statement_timestamp(),
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
    """Take one due row of the channel, or None: nothing due, breaker open, enough in flight, or the
    other side said beforehand that it is away now."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT open_since IS NOT NULL,"
            " next_probe_at IS NULL OR next_probe_at <= statement_timestamp(),"
            " held_from <= statement_timestamp() AND held_until > statement_timestamp()"
            " FROM core_channel WHERE code = %s FOR UPDATE",
            [channel],
        )
        row = cursor.fetchone()
        if row is None:
            return None
        is_open, may_probe, held = row
        if held or (is_open and not may_probe):
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


def _fenced(claim: Claim, **changes: Any) -> bool:
    """Write to the claimed row if the lease is still ours; False when somebody else owns it."""
    ours = Outbox.objects.filter(pk=claim.id, lease_token=claim.token, state=Outbox.State.UNKNOWN)
    return ours.update(**changes) == 1


def sending(claim: Claim) -> bool:
    """Write ahead that bytes are about to leave, and renew the lease. False: the lease is lost."""
    return _fenced(
        claim,
        last_sent_at=_NOW,
        first_sent_at=Coalesce("first_sent_at", _NOW),
        run_at=_NOW + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS),
    )


def finish(claim: Claim, state: str, outcome: Outcome) -> bool:
    """End the claim and do what its outcome asks, in one transaction; False: the lease is lost."""
    with transaction.atomic():
        if not _fenced(
            claim,
            state=state,
            claimed=False,
            done_at=_NOW,
            last_error=outcome.detail[:200],
        ):
            return False
        checkpoint("before_apply")
        if outcome.apply:
            outcome.apply()
        checkpoint("before_commit")
    checkpoint("after_finish")
    return True


def wait(claim: Claim, state: str, seconds: float, detail: str) -> None:
    """Put the row back with a later turn. Back to `ready` only if nothing was ever sent."""
    unsent = {"last_sent_at": None, "first_sent_at": None} if state == Outbox.State.READY else {}
    _fenced(
        claim,
        state=state,
        claimed=False,
        run_at=_NOW + timedelta(seconds=seconds),
        last_error=detail[:200],
        **unsent,
    )


def put_off(claim: Claim, later: Later) -> bool:
    """Nothing of it is out there: back to `ready`, for a later turn or by another channel."""
    Channel.objects.get_or_create(code=later.channel)
    return _fenced(
        claim,
        state=Outbox.State.READY,
        channel=later.channel,
        claimed=False,
        run_at=_NOW + timedelta(seconds=later.seconds),
        last_sent_at=None,
        first_sent_at=None,
        last_error=later.why[:200],
    )


def divert(channel: str, other: str) -> int:
    """Send what waits on a channel by another one; returns how many. Only `ready` rows move, of
    which no byte ever left: a worker that claims one at this moment keeps it.

    What was tried is due at once; what waits for its hour goes on waiting.
    """
    Channel.objects.get_or_create(code=other)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_outbox SET channel = %s,"
            " run_at = CASE WHEN tries > 0 THEN least(run_at, statement_timestamp())"
            " ELSE run_at END"
            " WHERE channel = %s AND state = 'ready'",
            [other, channel],
        )
        return int(cursor.rowcount)


def withdraw(keys: Iterable[str], why: str) -> list[str]:
    """Owe these no longer; returns those of which no byte had left, now `refused` with `why`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_outbox SET state = 'refused', done_at = statement_timestamp(),"
            " last_error = %s WHERE key = ANY(%s) AND state = 'ready' RETURNING key",
            [why[:200], list(keys)],
        )
        return [key for (key,) in cursor.fetchall()]


def backoff(tries: int) -> float:
    """Seconds until the next try: 5 doubling to 900, give or take a fifth."""
    return min(900.0, 5.0 * 2.0 ** min(tries, 8)) * dice.uniform(0.8, 1.2)
