"""A provider shaped like Zalo's notification service: a registered template and its parameters.

It answers 200 with an error number inside, sends again what it is given again, and reports only
what arrived. So a hand-over that is unclear is asked about by its tracking number first, always.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

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
_REFUSED: Final = {-108: Why.WRONG_NUMBER, -118: Why.NO_ACCOUNT, -131: Why.NOT_HANDED}
_ABSENT: Final = -129
_REASONS: Final = {"SAI_SO": Why.WRONG_NUMBER, "MAY_TAT": Why.OFF, "CHAN": Why.BLOCKED}


class Zalo:
    """Template and parameters to a phone."""

    code = "zalo"
    keyed = False

    def hand_over(self, text: Text) -> Handed:
        answer = _ask(
            "POST",
            "/message/template",
            json={
                "phone": text.to.removeprefix("+"),
                "template_id": text.template,
                "template_data": dict(text.values),
                "tracking_id": text.key,
                "callback_url": text.report_to,
            },
        )
        if isinstance(answer, Handed):
            return answer
        number = answer.get("error")
        if number == 0:
            return Handed(Answer.DONE)
        if not isinstance(number, int):
            return Handed(Answer.UNKNOWN, "unreadable")
        if number in _REFUSED:
            return Handed(Answer.REFUSED, _REFUSED[number])
        return Handed(Answer.NOT_PROCESSED, str(number))

    def find(self, key: str) -> Handed:
        answer = _ask("GET", "/message/status", params={"tracking_id": key})
        if isinstance(answer, Handed):
            return Handed(Answer.UNKNOWN, answer.why)
        if answer.get("error") == 0:
            return Handed(Answer.DONE)
        absent = answer.get("error") == _ABSENT
        return Handed(Answer.ABSENT if absent else Answer.UNKNOWN, str(answer.get("error")))

    def outcomes(self, keys: Iterable[str]) -> list[Report]:
        found: list[Report] = []
        for key in keys:
            answer = _ask("GET", "/message/status", params={"tracking_id": key})
            if isinstance(answer, Handed):
                break
            told = answer.get("data")
            if not isinstance(told, dict):
                continue
            if told.get("status") == 1:
                found.append(Report(key, arrived=True))
            elif told.get("status") == -1:
                why = _REASONS.get(str(told.get("reason")), Why.NOT_ARRIVED)
                found.append(Report(key, arrived=False, why=why))
        return found

    def well(self) -> bool:
        return answers_well(
            settings.ZALO_URL, "/message/status", params={"tracking_id": "0"}, headers=_key()
        )

    def read_report(self, body: bytes, headers: Mapping[str, str]) -> list[Report]:
        check_signature(self.code, body, headers.get("X-ZEvent-Signature", ""))
        try:
            event = json.loads(body)
            if event["event_name"] != "user_received_message":
                return []
            return [Report(str(event["message"]["tracking_id"]), arrived=True)]
        except (ValueError, KeyError, TypeError):
            raise BadReport from None


def _key() -> dict[str, str]:
    return {"Access-Token": settings.MESSAGE_KEYS.get("zalo", "")}


def _ask(method: str, path: str, **more: Any) -> dict[str, Any] | Handed:
    response = call(settings.ZALO_URL, method, path, headers=_key(), **more)
    if isinstance(response, Handed):
        return response
    if not response.is_success:
        return busy(response)
    try:
        answer = response.json()
    except ValueError:
        return Handed(Answer.UNKNOWN, "unreadable")
    return answer if isinstance(answer, dict) else Handed(Answer.UNKNOWN, "unreadable")
