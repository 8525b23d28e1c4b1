"""The carrier's interface over HTTP: register an item, hand over a manifest, ask where items are.

One retry layer only, the outbox. *Not processed* and *don't know* are kept apart: a refused
connection never sent a byte, a broken answer may hide a registered item. No address or phone goes
into an error.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx
from django.conf import settings
from django.utils.dateparse import parse_datetime

from opsa.core import outside
from opsa.core.outbox import Answer
from opsa.core.outside import retry_after, word_of

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True)
class Said:
    """What one call established; `refused` is item → reason of a manifest's answer."""

    answer: Answer
    detail: str = ""
    retry_after: float | None = None
    taken: tuple[str, ...] = ()
    refused: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CarrierEvent:
    """One event as the carrier told it; `number` is its own serial, `key` the same each time."""

    key: str
    number: int
    code: str
    at: datetime
    place: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Tracked:
    """The answer to a batch question. Not `ok`: nothing is known, ask later."""

    ok: bool
    events: dict[str, tuple[CarrierEvent, ...]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    detail: str = ""


class Carrier:
    """Holds no state; one HTTP client per call keeps workers fork-safe."""

    def __init__(self, base: str | None = None) -> None:
        self.base = (base or settings.CARRIER_URL).rstrip("/")

    def _client(self) -> outside.Client:
        return outside.Client(self.base)

    def _post(self, path: str, body: dict[str, Any] | None = None) -> httpx.Response | Said:
        try:
            with self._client() as client:
                response = client.post(path, json=body or {})
        except _NOT_SENT as error:
            return Said(Answer.NOT_PROCESSED, type(error).__name__)
        except httpx.HTTPError as error:
            return Said(Answer.UNKNOWN, type(error).__name__)
        return response if response.is_success else _failed(response)

    def register(self, body: dict[str, Any]) -> Said:
        """Register an item under its number. The same again changes nothing over there."""
        said = self._post("/carrier/don", body)
        if isinstance(said, Said):
            return said
        return Said(
            Answer.DONE if word_of(said, "MaVanDon") == body["MaVanDon"] else Answer.UNKNOWN
        )

    def find(self, number: str) -> Said:
        """Whether the carrier has an item under this number."""
        try:
            with self._client() as client:
                response = client.get(f"/carrier/van-don/{quote(number, safe='')}")
        except httpx.HTTPError as error:
            return Said(Answer.UNKNOWN, type(error).__name__)
        if response.status_code == 404 and word_of(response, "MaLoi").endswith(".404"):
            return Said(Answer.ABSENT)
        if response.is_success and word_of(response, "MaVanDon") == number:
            return Said(Answer.DONE)
        return Said(Answer.UNKNOWN, str(response.status_code), retry_after(response))

    def cancel(self, number: str) -> Said:
        """Take a registered item back. Absent counts as done: there is nothing to take back."""
        said = self._post(f"/carrier/don/{quote(number, safe='')}/huy")
        if isinstance(said, Said):
            return Said(Answer.DONE) if said.detail.endswith(".404") else said
        return Said(Answer.DONE)

    def hand_over(self, body: dict[str, Any]) -> Said:
        """Hand over a manifest. The carrier answers the same manifest again with the same
        answer, so this call is also how one asks what became of it."""
        said = self._post("/carrier/ban-giao", body)
        if isinstance(said, Said):
            return said
        try:
            told = said.json()
            return Said(
                Answer.DONE,
                taken=tuple(str(n) for n in told["DaNhan"]),
                refused={str(r["MaVanDon"]): str(r["LyDo"])[:40] for r in told["TuChoi"]},
            )
        except (ValueError, KeyError, TypeError):
            return Said(Answer.UNKNOWN, "malformed_answer")

    def track(self, numbers: Sequence[str]) -> Tracked:
        """Where up to 100 items are."""
        try:
            with self._client() as client:
                response = client.post("/carrier/tra-cuu", json={"MaVanDon": list(numbers)})
        except httpx.HTTPError as error:
            return Tracked(False, detail=type(error).__name__)
        if not response.is_success:
            return Tracked(False, detail=str(response.status_code))
        try:
            told = response.json()
            return Tracked(
                True,
                dict(filter(None, map(_item, told["VanDon"]))),
                tuple(str(n) for n in told.get("KhongTimThay", [])),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            return Tracked(False, detail="malformed_answer")


def _item(item: dict[str, Any]) -> tuple[str, tuple[CarrierEvent, ...]] | None:
    """One parcel of a batch; None for one that can't be read, which hides no other."""
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        return str(item["MaVanDon"]), tuple(filter(None, map(_event, item["SuKien"])))
    return None


def _event(line: dict[str, Any]) -> CarrierEvent | None:
    at = parse_datetime(str(line["ThoiDiem"]))
    if at is None or at.tzinfo is None:
        return None
    return CarrierEvent(
        key=str(line["IdSuKien"])[:80],
        number=int(line.get("SoThuTu") or 0),
        code=str(line["MaSuKien"])[:20],
        at=at,
        place=str(line.get("Noi") or "")[:120],
        reason=str(line.get("LyDo") or "")[:120],
    )


def _failed(response: httpx.Response) -> Said:
    code = word_of(response, "MaLoi") or str(response.status_code)
    if response.status_code == 409:
        return Said(Answer.CANNOT_TELL, code)
    if response.status_code in (429, 503):
        return Said(Answer.NOT_PROCESSED, code, retry_after(response))
    if response.status_code == 404 and code.endswith(".404"):
        return Said(Answer.REFUSED, code)
    if 400 <= response.status_code < 500 and response.status_code not in (401, 403, 404, 408):
        return Said(Answer.REFUSED, code)
    return Said(Answer.UNKNOWN, code)
