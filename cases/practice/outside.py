"""The control port of the simulator that practice offices file with, as a clerk in training may
lead it (F25): a ready-made mishap, its clock, the texts that reached nobody.

It is asked over HTTP like any other outside side, for two seconds at most: a person waits.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx
import structlog
from django.utils.translation import get_language

from opsa.core import practice
from opsa.core.outside import Client

log = structlog.get_logger(__name__)

SECONDS: Final = 2.0
TEXTS: Final = 12
#: Practice has one provider of texts, so none that takes over.
NOT_HERE: Final = {"texts"}


class Away(Exception):
    """The simulator did not answer as one does, or there is none; nothing is known of an order."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A ready-made mishap in words: what happens outside, and what to try at the counter."""

    name: str
    title: str
    happens: str
    practise: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text as the phone would have shown it; `to` is the number's end alone."""

    at: datetime
    to: str
    body: str


@dataclass(frozen=True, slots=True)
class World:
    """How it stands outside: its own time, the scenario under way if any, the newest texts."""

    now: datetime
    running: str
    scenarios: tuple[Scenario, ...]
    texts: tuple[Text, ...]


def look() -> World:
    """How it stands now, in the person's language. Raises Away."""
    with _client() as client:
        clock = _json(client, "GET", "/api/clock")
        played = _json(client, "GET", "/api/scenario")
        texts = _json(client, "GET", f"/api/sms?limit={TEXTS}")
    try:
        scenarios = tuple(
            Scenario(one["name"], one["title"], one["happens"], one["practise"])
            for one in played["choices"]
            if one["name"] not in NOT_HERE
        )
        on = played["name"] if played["running"] else ""
        return World(
            datetime.fromisoformat(clock["now"]),
            next((one.title for one in scenarios if one.name == on), ""),
            scenarios,
            tuple(
                Text(datetime.fromisoformat(one["at"]), one["to"][-3:], one["text"])
                for one in texts["sms"]
            ),
        )
    except (KeyError, TypeError, ValueError) as odd:
        raise Away from odd


def play(name: str) -> None:
    """Start a ready-made scenario instead of what is under way. Raises Away."""
    with _client() as client:
        _json(client, "POST", "/api/scenario", {"preset": name})


def advance(until: datetime) -> None:
    """Move the outside world's clock on to a moment; one that is over changes nothing, so that the
    same wish told twice moves it once. Raises Away."""
    with _client() as client:
        _json(client, "POST", "/api/advance", {"until": until.isoformat()})


def _client() -> Client:
    if not practice.control():
        raise Away
    client = Client(practice.control(), seconds=SECONDS)
    client.cookies.set("django_language", get_language() or "vi")
    return client


def _json(client: Client, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    try:
        response = client.request(method, path, json=body)
        response.raise_for_status()
        return response.json()
    except (httpx.HTTPError, ValueError) as error:
        log.warning("practice.away", error=type(error).__name__)
        raise Away from error
