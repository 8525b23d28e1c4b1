"""The breaker of a channel: opened by failures in a row, closed by the first success."""

from django.conf import settings
from django.db import connection, transaction


def report(channel: str, ok: bool) -> None:
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


def in_trouble(channel: str) -> bool:
    """Whether our own sends fail: the breaker is open, or they failed minutes ago, none since."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM core_channel WHERE code = %s AND (open_since IS NOT NULL"
            " OR failing_since > statement_timestamp() - interval '10 minutes')",
            [channel],
        )
        return cursor.fetchone() is not None
