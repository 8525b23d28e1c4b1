"""Delivery reports: a provider tells the sender by itself, once the message has its outcome.

Signed with a secret both sides know; repeated when the dial says so; tried three times.
"""

import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

import httpx

from .store import Json
from .world import World

#: Known to both sides of the practice world; a real provider gives its own.
PRACTICE: Final = b"practice"
TICK: Final = 0.2
TRIES: Final = 3
DONE: Final = ("DA_DEN", "THAT_BAI")


def wanted(world: World, service: str, key: str, url: str) -> None:
    """The sender wants to be told at `url`; nothing without one."""
    if not url.startswith(("http://", "https://")):
        return
    with world.store.write() as db:
        db.execute(
            "INSERT INTO callback (service, key, url, tries, told) VALUES (?, ?, ?, 0, '')"
            " ON CONFLICT (service, key) DO NOTHING",
            (service, key, url),
        )


def signature(body: bytes) -> str:
    """HMAC-SHA256 of the raw body, in hexadecimal."""
    return hmac.new(PRACTICE, body, hashlib.sha256).hexdigest()


def start(world: World) -> None:
    """Tell in the background until the world ends."""
    threading.Thread(target=_run, args=(world,), name="callbacks", daemon=True).start()


def _run(world: World) -> None:
    while not world.stopping.wait(TICK):
        tell_due(world)


def tell_due(world: World) -> int:
    """Tell everything that has an outcome and was not told; returns how many reports were sent."""
    sent = 0
    # Drawn by chance: those of which nothing will ever be told stay in it and stop no other.
    waiting = world.store.rows(
        "SELECT * FROM callback WHERE told = '' AND tries < ? ORDER BY random() LIMIT 200", TRIES
    )
    for row in waiting:
        service, key = row["service"], row["key"]
        if not world.dials.get(service, "callbacks"):
            continue
        body = _BODIES[service](world, key)
        if body is None:
            continue
        repeated = 3 if world.dials.strikes(service, "duplicate") else 1
        answers = [_post(row["url"], *body) for _ in range(repeated)]
        went = all(answers)
        sent += repeated
        if world.stopping.is_set():
            return sent
        with world.store.write() as db:
            db.execute(
                "UPDATE callback SET tries = tries + 1, told = ? WHERE service = ? AND key = ?",
                ("1" if went else "", service, key),
            )
    return sent


def _post(url: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        return httpx.post(url, content=body, headers=headers, timeout=5, trust_env=False).is_success
    except (httpx.HTTPError, httpx.InvalidURL):
        return False


def _first(world: World, key: str) -> tuple[bytes, dict[str, str]] | None:
    from .sms import outcome_json

    row = world.store.row("SELECT * FROM sms WHERE key = ?", key)
    told = outcome_json(row, world.now()) if row is not None else None
    if told is None or told["TrangThai"] not in DONE:
        return None
    body = json.dumps(told).encode()
    return body, {"Content-Type": "application/json", "X-Chu-Ky": signature(body)}


def _second(world: World, key: str) -> tuple[bytes, dict[str, str]] | None:
    from . import sms2, texts

    row = texts.find(world, "sms2", key)
    if row is None or (told := texts.told(world, row))[0] not in DONE:
        return None
    body = urlencode(sms2.status(told, key)).encode()
    return body, {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Signature": signature(body),
    }


def _zalo(world: World, key: str) -> tuple[bytes, dict[str, str]] | None:
    from . import texts

    row = texts.find(world, "zalo", key)
    if row is None or (told := texts.told(world, row))[0] != "DA_DEN":
        return None  # like the real one: only what arrived is told
    event: Json = {
        "event_name": "user_received_message",
        "message": {"tracking_id": key, "delivery_time": told[2]},
        "timestamp": told[2],
    }
    body = json.dumps(event).encode()
    return body, {"Content-Type": "application/json", "X-ZEvent-Signature": signature(body)}


type _Body = Callable[[World, str], tuple[bytes, dict[str, str]] | None]
_BODIES: Final[dict[str, _Body]] = {"sms": _first, "sms2": _second, "zalo": _zalo}
