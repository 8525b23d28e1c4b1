"""What the other two message providers hold: one row for each service and key of the sender."""

import sqlite3
from typing import Final

from .chance import Chance
from .clock import iso
from .sms import fate_of, parts, state_of
from .store import Json, content_hash, count_post, witness
from .world import World

#: Services whose messages lie in this table; the first SMS provider keeps a table of its own.
SERVICES: Final = ("sms2", "zalo")


class Conflict(Exception):
    """The key stands for another content."""


def take(world: World, service: str, key: str, phone: str, text: str, faults: list[str]) -> bool:
    """Hold one message; False if the key was held already, which `count` then says.

    Raises Conflict when the key was used for another content.
    """
    content = content_hash([phone, text])
    known = find(world, service, key)
    outcome, reason = ("delivered", None) if known else fate_of(world, service, faults)
    with world.store.write() as db:
        now, draw = world.now(), Chance(service, key)
        row = db.execute(
            "SELECT content FROM message WHERE service = ? AND key = ?", (service, key)
        ).fetchone()
        if row is not None and row["content"] != content:
            raise Conflict
        if row is not None:
            return False
        witness(db, now)
        db.execute(
            "INSERT INTO message (service, key, recipient, text, content, parts, at, outcome,"
            " reason, sent_at, done_at, count) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
            (
                service, key, phone, text, content, parts(text), now, outcome, reason,
                now + 2, now + draw.between(5, 30),
            ),
        )  # fmt: skip
    return True


def once_more(world: World, service: str, key: str) -> None:
    """A provider that knows no keys sends the same again: the phone rings twice."""
    with world.store.write() as db:
        db.execute(
            "UPDATE message SET count = count + 1 WHERE service = ? AND key = ?", (service, key)
        )


def find(world: World, service: str, key: str) -> sqlite3.Row | None:
    """The message of a key, if it is held."""
    return world.store.row("SELECT * FROM message WHERE service = ? AND key = ?", service, key)


def told(world: World, row: sqlite3.Row) -> tuple[str, str | None, str]:
    """State, reason and time, in the first provider's words."""
    state, reason, at = state_of(row, world.now())
    return state, reason, iso(at)


def counted(world: World, service: str, key: str) -> None:
    """A request to send reached the work."""
    count_post(world.store, service, key)


def held(world: World) -> Json:
    """For the comparison: service → key → how often it was sent, and its state."""
    out: Json = {service: {} for service in SERVICES}
    posts = {
        (row["service"], row["reference"]): row["posts"]
        for row in world.store.rows("SELECT * FROM post")
    }
    now = world.now()
    for row in world.store.rows("SELECT * FROM message ORDER BY id"):
        out[row["service"]][row["key"]] = {
            "count": row["count"],
            "posts": posts.get((row["service"], row["key"]), 0),
            "state": state_of(row, now)[0],
        }
    return out
