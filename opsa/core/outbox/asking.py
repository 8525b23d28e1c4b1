"""Questions about the queue, and a person's wish for another try."""

from datetime import datetime

from django.conf import settings
from django.db import connection


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
            "SELECT greatest(o.run_at,"
            " CASE WHEN c.open_since IS NOT NULL THEN c.next_probe_at END,"
            " CASE WHEN c.held_from <= statement_timestamp() THEN c.held_until END)"
            " FROM core_outbox o JOIN core_channel c ON c.code = o.channel"
            " WHERE o.key = %s AND o.state IN ('ready', 'unknown')",
            [key],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def held_for(channel: str) -> float:
    """Seconds that are left of an absence told beforehand; 0 when there is none now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM held_until - statement_timestamp()) FROM core_channel"
            " WHERE code = %s AND held_from <= statement_timestamp()"
            " AND held_until > statement_timestamp()",
            [channel],
        )
        row = cursor.fetchone()
    return float(row[0]) if row else 0.0


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
    """A person asks for an immediate try, before everything else that waits on the same way out; an
    `unknown` row still waits out its settle time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_outbox SET run_at = (SELECT least(statement_timestamp(),"
            " min(other.run_at) - interval '1 microsecond') FROM core_outbox other"
            " WHERE other.channel = core_outbox.channel AND other.state IN ('ready', 'unknown'))"
            " WHERE key = %s AND state = 'ready'",
            [key],
        )
        return bool(cursor.rowcount == 1)
