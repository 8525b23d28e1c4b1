"""The second SMS provider: references, a bearer key, delivery reports as forms."""

from collections.abc import Iterable, Mapping
from itertools import batched
from typing import Any, Final
from urllib.parse import parse_qsl

from django.conf import settings

from cases.messages.providers.port import (
    BadReport,
    Handed,
    Report,
    Text,
    answers_well,
    busy,
    call,
    check_signature,
)
from cases.models import Message
from opsa.core.outbox import Answer

Why = Message.Why
REASONS: Final = {
    "UNKNOWN_SUBSCRIBER": Why.WRONG_NUMBER,
    "ABSENT_SUBSCRIBER": Why.OFF,
    "BLOCKED": Why.BLOCKED,
}
BATCH: Final = 50


class Sms2:
    """Refuses a second message under a reference and says so."""

    code = "sms2"
    keyed = True

    def hand_over(self, text: Text) -> Handed:
        response = call(
            settings.SMS2_URL,
            "POST",
            "/v2/messages",
            json={
                "ref": text.key,
                "msisdn": text.to.removeprefix("+"),
                "text": text.body,
                "dlr_url": text.report_to,
            },
            headers=_key(),
        )
        if isinstance(response, Handed):
            return response
        error = _error(response.json) if response.is_client_error else ""
        if response.is_success or error == "DUPLICATE_REF":
            return Handed(Answer.DONE)
        if error == "INVALID_MSISDN":
            return Handed(Answer.REFUSED, Why.WRONG_NUMBER)
        return busy(response)

    def find(self, key: str) -> Handed:
        response = call(
            settings.SMS2_URL, "GET", "/v2/reports", params={"ref": key}, headers=_key()
        )
        if isinstance(response, Handed):
            return Handed(Answer.UNKNOWN, response.why)
        try:
            held = response.is_success and [m["ref"] for m in response.json()["messages"]]
        except (ValueError, KeyError, TypeError):
            held = False
        if held is False:
            return Handed(Answer.UNKNOWN, str(response.status_code))
        return Handed(Answer.DONE if key in held else Answer.ABSENT)

    def outcomes(self, keys: Iterable[str]) -> list[Report]:
        found: list[Report] = []
        for some in batched(keys, BATCH, strict=False):
            response = call(
                settings.SMS2_URL, "GET", "/v2/reports", params={"ref": list(some)}, headers=_key()
            )
            if isinstance(response, Handed) or not response.is_success:
                break
            try:
                told = [_report(line) for line in response.json()["messages"]]
            except (ValueError, KeyError, TypeError):
                break
            found += [one for one in told if one is not None]
        return found

    def well(self) -> bool:
        return answers_well(settings.SMS2_URL, "/v2/reports", params={"ref": "0"}, headers=_key())

    def read_report(self, body: bytes, headers: Mapping[str, str]) -> list[Report]:
        check_signature(self.code, body, headers.get("X-Signature", ""))
        try:
            told = _report(dict(parse_qsl(body.decode())))
        except (ValueError, KeyError):
            raise BadReport from None
        return [told] if told else []


def _key() -> dict[str, str]:
    return {"Authorization": f"Bearer {settings.MESSAGE_KEYS.get('sms2', '')}"}


def _error(read: Any) -> str:
    try:
        return str(read()["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def _report(line: Mapping[str, str]) -> Report | None:
    if line["status"] == "DELIVRD":
        return Report(line["ref"], arrived=True)
    if line["status"] == "UNDELIV":
        return Report(line["ref"], False, REASONS.get(line.get("reason", ""), Why.NOT_ARRIVED))
    return None
