"""What a provider of messages must be able to do, and what the adapters over HTTP share."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import httpx
from django.conf import settings
from django.utils.crypto import constant_time_compare

from opsa.core import outside
from opsa.core.outbox import Answer

#: The connection never came about: certainly nothing happened.
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Text:
    """One message to hand over, under our key. `repr` shows nothing personal."""

    key: str
    to: str = field(repr=False)
    body: str = field(repr=False)
    report_to: str = ""
    subject: str = ""
    template: str = ""
    values: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Handed:
    """What one hand-over or question established: an outbox answer, and our word for why."""

    answer: Answer
    why: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one message: `why` is a `Message.Why`, empty when it arrived."""

    key: str
    arrived: bool
    why: str = ""


class BadReport(Exception):
    """A delivery report that is not the provider's, or cannot be read."""


class Port(Protocol):
    """One provider. `code` names it and its outbox channel; `keyed` says that a second message
    under the same key is refused there, so handing over again is harmless."""

    code: str
    keyed: bool

    def hand_over(self, text: Text) -> Handed:
        """Hand over once. Never raises for what the outside does."""
        ...

    def find(self, key: str) -> Handed:
        """DONE if the provider has it, ABSENT if certainly not, else UNKNOWN or CANNOT_TELL."""
        ...

    def outcomes(self, keys: Iterable[str]) -> list[Report]:
        """What is known by now; messages still on their way are left out. Empty if it is away."""
        ...

    def well(self) -> bool:
        """Whether it answers a question, quickly."""
        ...

    def read_report(self, body: bytes, headers: Mapping[str, str]) -> list[Report]:
        """A delivery report that it sent by itself; raises BadReport."""
        ...


def call(base: str, method: str, path: str, **more: Any) -> httpx.Response | Handed:
    """One request; what went wrong on the way comes back as what it means for a hand-over."""
    try:
        with outside.Client(base) as client:
            return client.request(method, path, **more)
    except _NOT_SENT as error:
        return Handed(Answer.NOT_PROCESSED, type(error).__name__)
    except httpx.HTTPError as error:
        return Handed(Answer.UNKNOWN, type(error).__name__)


def busy(response: httpx.Response) -> Handed:
    """What an answer outside the provider's own words means: 401, 403, 429 and 503 did nothing. A
    gateway that lost the provider's answer (502, 504) does not know what the provider did."""
    if response.status_code in (401, 403, 429, 503):
        return Handed(Answer.NOT_PROCESSED, str(response.status_code))
    return Handed(Answer.UNKNOWN, str(response.status_code))


def answers_well(base: str, path: str, **more: Any) -> bool:
    """Whether a harmless question is answered, and within the time that is not slow. Who does not
    know us (401, 403) or has no room for us (429) carries nothing of ours either."""
    try:
        with outside.Client(base, seconds=settings.MESSAGE_SLOW_SECONDS) as client:
            status = client.get(path, **more).status_code
            return status < 500 and status not in (401, 403, 429)
    except httpx.HTTPError:
        return False


def check_signature(code: str, body: bytes, given: str) -> None:
    """HMAC-SHA256 of the raw body under the provider's secret; raises BadReport."""
    secret = settings.MESSAGE_SECRETS.get(code, "")
    right = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if not secret or not constant_time_compare(right, given):
        raise BadReport
