"""At most so many calls at once to one outside party, however many workers are free (F08).

A lane is a row with a lease. Who drives in one renews it before each call; a driver that died
blocks its lane for a lease and no longer. A party that does not answer gives its lane a rest, so a
slow one holds few workers, and what is due there waits in the database and not in a broker's queue.
Only the database's clock is used.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from django.db import connection, models
from django.db.models.functions import Now

#: Longer than one call may take, seconds.
LEASE_SECONDS = 90
#: A driver goes on for so long, then makes room for others.
TURN_SECONDS = 60.0

_TAKE = """
UPDATE core_lane SET free_at = statement_timestamp() + make_interval(secs => %s),
    lease_token = lease_token + 1
WHERE id = (
    SELECT id FROM core_lane WHERE party = %s AND number < %s
        AND free_at <= statement_timestamp()
    ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, lease_token
"""


class Lane(models.Model):
    """One of the calls that a party may have to answer at the same time."""

    party = models.CharField(max_length=40)
    number = models.PositiveSmallIntegerField()
    free_at = models.DateTimeField(db_default=Now())
    lease_token = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "core"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("party", "number"), name="lane_once")
        ]

    def __str__(self) -> str:
        return f"{self.party} {self.number}"


@dataclass(frozen=True)
class Held:
    """A lane in this driver's hands until its lease ends."""

    id: int
    token: int


def take(party: str, lanes: int) -> Held | None:
    """Take a free lane of the party, which has so many; None when all are driven in or rest."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [LEASE_SECONDS, party, lanes])
        row = cursor.fetchone()
        if row is None and Lane.objects.filter(party=party).count() < lanes:
            Lane.objects.bulk_create(
                [Lane(party=party, number=number) for number in range(lanes)],
                ignore_conflicts=True,
            )
            cursor.execute(_TAKE, [LEASE_SECONDS, party, lanes])
            row = cursor.fetchone()
    return Held(*row) if row else None


def keep(held: Held) -> bool:
    """Renew the lease; False when somebody else has the lane by now."""
    return _leave(held, LEASE_SECONDS)


def leave(held: Held, rest: float = 0.0) -> None:
    """Give the lane back, free after `rest` seconds. A lane that was lost meanwhile stays lost."""
    _leave(held, rest)


def _leave(held: Held, seconds: float) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_lane SET free_at = statement_timestamp() + make_interval(secs => %s)"
            " WHERE id = %s AND lease_token = %s",
            [seconds, held.id, held.token],
        )
        return bool(cursor.rowcount == 1)


def drive(party: str, call: Callable[[], float | None], *, lanes: int) -> bool:
    """Call again and again in a lane of the party, for at most a turn. True: more may be due.

    `call` answers with the seconds that its lane should rest now (0: go on), or None when nothing
    was due. Whatever it raises leaves the lane free again.
    """
    held = take(party, lanes)
    if held is None:
        return False
    rest: float | None = 0.0
    end = time.monotonic() + TURN_SECONDS
    try:
        while time.monotonic() < end and keep(held):
            rest = call()
            if rest is None or rest > 0:
                return False
        return True
    finally:
        leave(held, rest or 0.0)
