"""F10: what became of a text, told by the provider itself: signed, once, in any order."""

import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cases.messages import outcomes, views
from cases.models import Message
from opsa.core.limits import client as valkey
from tests.messages.post import drain, held, owe, work
from tests.support.cases import Counter
from tests.support.processes import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
State = Message.State


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    for key in valkey().scan_iter("opsa:limit:*"):
        valkey().delete(key)


def tell(message: Message, state: str, why: str | None = None, *, secret: str = "practice") -> int:
    """The first provider's report about a text, signed with `secret`."""
    body = json.dumps({"MaTin": str(message.provider_key), "TrangThai": state, "LyDo": why})
    sign = hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()
    answer = Client(enforce_csrf_checks=True).post(
        "/tin-nhan/bao/sms/", body, content_type="application/json", headers={"X-Chu-Ky": sign}
    )
    return answer.status_code


def one(counter: Counter) -> Message:
    (message,) = owe(counter)
    drain()
    message.refresh_from_db()
    assert message.state == State.HANDED
    return message


def test_a_report_says_what_became_of_it_and_the_second_changes_nothing(
    counter: Counter, simulator: Simulator
) -> None:
    message = one(counter)
    assert tell(message, "DA_DEN") == 204
    message.refresh_from_db()
    settled = message.settled_at
    assert (message.state, message.why) == (State.DELIVERED, "")
    assert tell(message, "DA_DEN") == 204
    assert tell(message, "THAT_BAI", "SAI_SO") == 204
    message.refresh_from_db()
    assert (message.state, message.settled_at) == (State.DELIVERED, settled)


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("SAI_SO", "Số không có thật"),
        ("MAY_TAT", "Máy tắt hoặc ngoài vùng"),
        ("CHAN", "Máy chặn tin"),
        ("LA", "Không đến máy"),
    ],
)
def test_a_failure_is_told_in_plain_words(
    why: str, words: str, counter: Counter, simulator: Simulator
) -> None:
    message = one(counter)
    tell(message, "THAT_BAI", why)
    message.refresh_from_db()
    assert (message.state, message.why) == (State.FAILED, words)


def test_a_report_that_overtakes_the_hand_over_stays(
    counter: Counter, simulator: Simulator
) -> None:
    """The provider took it, the line broke, and it reports before we have asked."""
    simulator.put("/api/dial", {"sms": {"cut": {"next": 1}}})
    (message,) = owe(counter)
    drain()
    assert tell(message, "DA_DEN") == 204
    work(2)
    message.refresh_from_db()
    assert (message.state, message.provider) == (State.DELIVERED, "sms")
    assert held(simulator)["sms"][str(message.provider_key)]["count"] == 1


def test_a_forged_report_changes_nothing_and_soon_is_not_heard_any_more(
    counter: Counter, simulator: Simulator
) -> None:
    message = one(counter)
    answers = [tell(message, "DA_DEN", secret="guess") for _ in range(22)]
    assert set(answers) == {400, 429}
    message.refresh_from_db()
    assert message.state == State.HANDED


def test_forged_reports_use_up_nothing_of_the_providers_own(
    counter: Counter, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "REPORTS", 3)
    message = one(counter)
    for _ in range(5):
        tell(message, "DA_DEN", secret="guess")
    assert tell(message, "DA_DEN") == 204


@pytest.mark.parametrize("key", ["thu-1", "", "7"])
def test_a_report_about_a_key_that_is_none_of_ours_is_taken_and_changes_nothing(key: str) -> None:
    body = json.dumps({"MaTin": key, "TrangThai": "DA_DEN"})
    sign = hmac.new(b"practice", body.encode(), hashlib.sha256).hexdigest()
    answer = Client().post(
        "/tin-nhan/bao/sms/", body, content_type="application/json", headers={"X-Chu-Ky": sign}
    )
    assert answer.status_code == 204


def test_without_a_secret_no_report_is_believed(
    counter: Counter, simulator: Simulator, settings: Any
) -> None:
    message = one(counter)
    settings.MESSAGE_SECRETS = {}
    assert tell(message, "DA_DEN", secret="") == 400


def test_another_providers_report_about_a_text_it_never_had_is_not_believed(
    counter: Counter, simulator: Simulator
) -> None:
    message = one(counter)
    assert outcomes.apply([outcomes.Report(str(message.provider_key), arrived=True)], "sms2") == 0
    message.refresh_from_db()
    assert message.state == State.HANDED


@pytest.mark.parametrize("service", ["sms", "sms2"])
def test_each_provider_tells_by_itself_and_duplicate_callbacks_are_one_outcome(
    service: str, counter: Counter, simulator: Simulator, live_server: Any, settings: Any
) -> None:
    settings.PUBLIC_URL = live_server.url
    if service == "sms2":
        simulator.put("/api/dial", {"sms": {"mode": "down"}})
    simulator.put("/api/dial", {service: {"duplicate": {"rate": 1.0}, "fail": {"next": 1}}})
    messages = owe(counter, 4)
    for _ in range(3):
        work(1)
    simulator.post("/api/advance", {"minutes": 2})
    end = time.monotonic() + 15
    while Message.objects.filter(settled_at__isnull=True).exists() and time.monotonic() < end:
        time.sleep(0.1)
    found = sorted(Message.objects.values_list("state", "outcome"))
    assert found == [("delivered", "")] * 3 + [("failed", "wrong_number")]
    assert set(Message.objects.values_list("provider", flat=True)) == {service}
    assert {told["count"] for told in held(simulator)[service].values()} == {1}
    assert len(messages) == 4


def test_what_nobody_told_is_asked_for(counter: Counter, simulator: Simulator) -> None:
    simulator.put("/api/dial", {"sms": {"callbacks": False, "fail": {"next": 1}}})
    owe(counter, 3)
    drain()
    simulator.post("/api/advance", {"minutes": 2})
    assert outcomes.ask() == 3
    assert sorted(Message.objects.values_list("state", flat=True)) == [
        "delivered",
        "delivered",
        "failed",
    ]
    assert Message.objects.filter(settled_at__lte=timezone.now()).count() == 3
