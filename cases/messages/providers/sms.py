"""The first SMS provider: JSON with Vietnamese names, one key per message."""

import json
from collections.abc import Iterable, Mapping
from itertools import batched
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
from opsa.core import practice
from opsa.core.outbox import Answer

Why = Message.Why
REASONS: Final = {"SAI_SO": Why.WRONG_NUMBER, "MAY_TAT": Why.OFF, "CHAN": Why.BLOCKED}
BATCH: Final = 100


class Sms:
    """Refuses another content under a key and repeats its answer for the same one."""

    code = "sms"
    keyed = True

    @property
    def base(self) -> str:
        """Where it is."""
        return str(settings.SMS_URL)

    def hand_over(self, text: Text) -> Handed:
        body = {
            "MaTin": text.key,
            "SoDienThoai": text.to,
            "NoiDung": text.body,
            "UrlBao": text.report_to,
        }
        response = call(self.base, "POST", "/sms/gui", json=body)
        if isinstance(response, Handed):
            return response
        if response.is_success:
            return Handed(Answer.DONE)
        if response.status_code == 422:
            return Handed(Answer.REFUSED, Why.WRONG_NUMBER)
        return busy(response)

    def find(self, key: str) -> Handed:
        response = call(self.base, "GET", f"/sms/tin/{key}")
        if isinstance(response, Handed):
            return Handed(Answer.UNKNOWN, response.why)
        if response.is_success:
            return Handed(Answer.DONE)
        if response.status_code == 404:
            return Handed(Answer.ABSENT)
        return Handed(Answer.UNKNOWN, str(response.status_code))

    def outcomes(self, keys: Iterable[str]) -> list[Report]:
        found: list[Report] = []
        for some in batched(keys, BATCH, strict=False):
            response = call(self.base, "POST", "/sms/tra-cuu", json={"MaTin": list(some)})
            if isinstance(response, Handed) or not response.is_success:
                break
            try:
                told = [_report(line) for line in response.json()["Tin"]]
            except (ValueError, KeyError, TypeError):
                break
            found += [one for one in told if one is not None]
        return found

    def well(self) -> bool:
        return answers_well(self.base, "/sms/tin/0")

    def read_report(self, body: bytes, headers: Mapping[str, str]) -> list[Report]:
        check_signature(self.code, body, headers.get("X-Chu-Ky", ""))
        try:
            told = _report(json.loads(body))
        except (ValueError, KeyError, TypeError):
            raise BadReport from None
        return [told] if told else []


class Practice(Sms):
    """The simulator's copy of it, for practice cases alone (F25)."""

    code = "tapsu"

    @property
    def base(self) -> str:
        """Where the simulator is."""
        return practice.sms()


def _report(line: Any) -> Report | None:
    """One line of theirs; None while the message is on its way."""
    state = line["TrangThai"]
    if state == "DA_DEN":
        return Report(str(line["MaTin"]), arrived=True)
    if state == "THAT_BAI":
        why = REASONS.get(str(line.get("LyDo")), Why.NOT_ARRIVED)
        return Report(str(line["MaTin"]), arrived=False, why=why)
    return None
