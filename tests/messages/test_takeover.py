"""F10, done-line 5 of sending messages: a provider that is down, slow or only pretends is left for
another one; nobody is told twice, and each message has its right outcome."""

import os
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from cases.messages import outcomes, routes
from cases.messages.sending import MessageSender
from cases.models import Message, Provider
from opsa.core import outbox
from opsa.core.actors import ActorKind
from opsa.core.models import JournalEntry
from opsa.core.outbox import Channel, Outbox
from opsa.embedded.places import PROJECT
from tests.messages.post import (
    away,
    carrier,
    drain,
    held,
    make_due,
    owe,
    times_told,
    work,
)
from tests.support.cases import Counter
from tests.support.helpers import Clock
from tests.support.processes import Simulator, database_url

pytestmark = pytest.mark.django_db(transaction=True)
State = Message.State
WORK = """
import django, sys
django.setup()
from opsa.core import outbox
outbox.work_one(sys.argv[1])
"""


def dial(simulator: Simulator, service: str, **change: object) -> None:
    simulator.put("/api/dial", {service: change})


def told_once(simulator: Simulator, messages: list[Message]) -> None:
    assert [times_told(simulator, message) for message in messages] == [1] * len(messages)


def test_by_day_and_in_good_weather_the_first_provider_carries_everything(
    counter: Counter, simulator: Simulator
) -> None:
    messages = owe(counter, 3)
    drain()
    told_once(simulator, messages)
    assert len(held(simulator)["sms"]) == 3
    made = Message.objects.values_list("state", "provider")
    assert set(made) == {(State.HANDED, "sms")}


def test_a_provider_that_is_down_is_left_after_three_failures_and_all_texts_still_go(
    counter: Counter, simulator: Simulator
) -> None:
    dial(simulator, "sms", mode="down")
    messages = owe(counter, 8)
    drain()
    assert away() == {"sms"}
    routes.look_round()
    drain()
    told_once(simulator, messages)
    assert (len(held(simulator)["sms"]), len(held(simulator)["sms2"])) == (0, 8)
    assert set(Message.objects.values_list("state", "provider")) == {(State.HANDED, "sms2")}
    entry = JournalEntry.objects.get(action="messages.left")
    assert (entry.actor_kind, entry.reason) == (ActorKind.SYSTEM, "failures")
    assert entry.facts == {"provider": "sms"}


def test_two_failures_and_a_success_are_not_three_in_a_row(
    counter: Counter, simulator: Simulator
) -> None:
    dial(simulator, "sms", error={"next": 2})
    owe(counter, 4)
    drain()
    make_due()
    drain()
    assert away() == set()
    assert Provider.objects.get(code="sms").failures == 0


def test_the_first_provider_is_used_again_when_it_is_well_three_times(
    counter: Counter, simulator: Simulator
) -> None:
    dial(simulator, "sms", mode="down")
    owe(counter, 3)
    work(2)
    assert away() == {"sms"}
    dial(simulator, "sms", mode="ok")
    routes.look_round()
    routes.look_round()
    assert away() == {"sms"}
    routes.look_round()
    assert away() == set()
    last = owe(counter)
    assert carrier(last[0]) == "sms"
    work(1)
    told_once(simulator, list(Message.objects.all()))
    assert JournalEntry.objects.filter(action="messages.back").count() == 1


def test_an_unclear_hand_over_is_looked_up_there_before_anybody_else_may_send_it(
    counter: Counter, simulator: Simulator
) -> None:
    """It was taken and the line broke: the first provider has it, so the second never gets it."""
    dial(simulator, "sms", cut={"next": 3})
    messages = owe(counter, 3)
    drain()
    assert away() == {"sms"}
    assert set(Outbox.objects.values_list("state", "channel")) == {("unknown", "sms")}
    work()
    told_once(simulator, messages)
    assert held(simulator)["sms2"] == {}
    assert set(Message.objects.values_list("state", "provider")) == {(State.HANDED, "sms")}


def test_an_unclear_hand_over_stays_where_it_may_be_while_that_provider_cannot_be_asked(
    counter: Counter, simulator: Simulator
) -> None:
    dial(simulator, "sms", cut={"next": 1})
    (message,) = owe(counter)
    drain()
    dial(simulator, "sms", mode="down")
    others = owe(counter, 4)
    work()
    assert away() == {"sms"}
    assert carrier(message) == "sms"
    assert {carrier(other) for other in others} == {"sms2"}
    assert held(simulator)["sms2"].keys() == {str(other.provider_key) for other in others}
    dial(simulator, "sms", mode="ok")
    work()
    told_once(simulator, [message, *others])


def test_what_a_slow_provider_may_still_take_is_not_given_to_another_before_it_cannot_any_more(
    counter: Counter, simulator: Simulator, settings: Any
) -> None:
    """It breaks the line and takes the text later: a question in between would say *absent*."""
    settings.MESSAGE_SETTLE_SECONDS = 60
    dial(simulator, "sms", late={"next": 3, "seconds": 0.6})
    messages = owe(counter, 3)
    drain()
    assert away() == {"sms"}
    Outbox.objects.filter(state="unknown").update(run_at=timezone.now() - timedelta(seconds=1))
    Channel.objects.update(next_probe_at=None)
    drain()
    assert {carrier(message) for message in messages} == {"sms"}
    time.sleep(0.8)  # shorter than the time after which it can no longer act
    work()
    told_once(simulator, messages)
    assert held(simulator)["sms2"] == {}


def test_what_may_still_be_taken_at_night_is_not_given_to_another_by_the_morning(
    counter: Counter, simulator: Simulator, settings: Any, clock: Clock
) -> None:
    """Sent at the end of the day and taken late: it must not wait as if it had never been sent."""
    settings.MESSAGE_SETTLE_SECONDS = 60
    settings.MESSAGE_QUIET_HOURS = (21, 7)
    clock.at("2026-11-23 20:59")
    dial(simulator, "sms", late={"next": 1, "seconds": 0.6})
    (message,) = owe(counter)
    drain()
    clock.at("2026-11-23 21:00")
    Outbox.objects.filter(state="unknown").update(run_at=Now() - timedelta(seconds=1))
    drain()
    routes.leave("sms", Provider.Why.FAILURES)
    assert carrier(message) == "sms"
    time.sleep(0.8)  # shorter than the time after which it can no longer act
    clock.at("2026-11-24 07:00")
    work()
    told_once(simulator, [message])


def test_a_provider_left_between_the_question_and_the_sending_keeps_what_it_may_still_take(
    counter: Counter, simulator: Simulator, settings: Any
) -> None:
    settings.MESSAGE_SETTLE_SECONDS = 60
    dial(simulator, "sms", error={"next": 1, "status": 500})
    owe(counter)
    drain()
    Outbox.objects.filter(state="unknown").update(run_at=Now() - timedelta(seconds=1))
    ours = outbox.claim("sms")
    assert ours is not None
    sender = MessageSender()
    assert sender.look_up(ours).answer is outbox.Answer.ABSENT
    routes.leave("sms", Provider.Why.FAILURES)
    assert sender.choose(ours) is None


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_text_that_the_first_provider_never_got_goes_by_the_second(
    status: int, counter: Counter, simulator: Simulator
) -> None:
    """It took the request and stored nothing, or its gateway lost the answer: unclear, looked up,
    absent, taken over."""
    dial(simulator, "sms", error={"rate": 1.0, "status": status, "on": ["gui"]})
    messages = owe(counter, 3)
    drain()
    assert away() == {"sms"}
    assert set(Outbox.objects.values_list("state", "channel")) == {("unknown", "sms")}
    work()
    told_once(simulator, messages)
    assert len(held(simulator)["sms2"]) == 3


def test_a_slow_provider_is_left_and_taken_up_when_it_is_quick(
    counter: Counter, simulator: Simulator, settings: Any
) -> None:
    settings.MESSAGE_SLOW_SECONDS = 0.2
    dial(simulator, "sms", slow={"seconds": 0.4, "on": ["any"]})
    messages = owe(counter, 5)
    drain()
    assert away() == set()
    messages += owe(counter, 3)
    drain()  # the sixth slow one is reason enough, without waiting for the next look round
    assert away() == {"sms"}
    drain()
    assert len(held(simulator)["sms2"]) == 2
    dial(simulator, "sms", slow={"seconds": 0})
    work(3)
    assert away() == set()
    told_once(simulator, messages)


def test_one_slow_text_in_ten_is_no_reason_to_leave(counter: Counter, simulator: Simulator) -> None:
    messages = owe(counter, 10)
    drain()
    Message.objects.filter(pk=messages[0].pk).update(took_ms=60_000)
    routes.look_round()
    assert away() == set()
    Message.objects.filter(pk=messages[1].pk).update(took_ms=60_000)
    routes.look_round()
    assert away() == {"sms"}


def test_a_provider_that_takes_texts_and_never_delivers_is_left_and_its_texts_say_so(
    counter: Counter, simulator: Simulator
) -> None:
    dial(simulator, "sms", silent={"rate": 1.0}, callbacks=False)
    messages = owe(counter, 5)
    drain()
    simulator.post("/api/advance", {"hours": 1})
    Message.objects.update(handed_at=timezone.now() - timedelta(minutes=6))
    outcomes.ask()
    routes.look_round()
    assert away() == {"sms"}
    later = owe(counter)
    drain()
    assert carrier(later[0]) == "sms2"
    Message.objects.filter(provider="sms").update(handed_at=timezone.now() - timedelta(hours=1))
    outcomes.ask()
    found = Message.objects.filter(provider="sms").values_list("state", "outcome")
    assert set(found) == {(State.UNSURE, "silent")}
    told_once(simulator, [*messages, *later])


def test_what_waits_at_a_provider_that_is_no_longer_there_goes_by_the_other(
    counter: Counter, simulator: Simulator, settings: Any
) -> None:
    routes.leave("sms", Provider.Why.FAILURES)
    (message,) = owe(counter)
    assert carrier(message) == "sms2"
    settings.SMS2_URL = ""
    Provider.objects.update(away_since=None)
    drain()
    drain()
    told_once(simulator, [message])
    assert held(simulator)["sms"].keys() == {str(message.provider_key)}


def test_both_down_loses_nothing_and_tells_once_whoever_comes_back_first(
    counter: Counter, simulator: Simulator
) -> None:
    dial(simulator, "sms", mode="down")
    dial(simulator, "sms2", mode="down")
    messages = owe(counter, 6)
    work(4)
    assert Outbox.objects.filter(kind="message", state="ready").count() == 6
    dial(simulator, "sms2", mode="ok")
    work(6)
    told_once(simulator, messages)
    assert Message.objects.filter(state=State.HANDED).count() == 6


def test_the_weather_may_change_as_it_likes_and_nobody_is_told_twice(
    counter: Counter, simulator: Simulator
) -> None:
    faults = {"cut": {"rate": 0.3}, "error": {"rate": 0.2, "status": 500}}
    simulator.put("/api/dial", {"seed": 11, "sms": faults, "sms2": faults})
    messages = []
    for turn in range(5):
        messages += owe(counter, 6)
        dial(simulator, "sms", mode="down" if turn % 2 else "ok")
        work(2)
    simulator.put("/api/dial", {name: {"mode": "ok", "cut": {"rate": 0}, "error": {"rate": 0}}
                                for name in ("sms", "sms2")})  # fmt: skip
    work(6)
    told_once(simulator, messages)
    assert set(Message.objects.values_list("state", flat=True)) == {State.HANDED}
    assert held(simulator)["sms"]
    assert held(simulator)["sms2"]


@pytest.mark.parametrize("point", ["after_claim", "before_send", "after_send", "before_commit"])
def test_a_worker_killed_here_and_a_take_over_meanwhile_tell_once(
    point: str, counter: Counter, simulator: Simulator
) -> None:
    (message,) = owe(counter)
    killed = subprocess.run(
        [sys.executable, "-c", WORK, "sms"],
        env={
            **os.environ,
            "DATABASE_URL": database_url(),
            "DJANGO_SETTINGS_MODULE": "opsa.settings.test",
            "CRASH_AT": point,
        },
        cwd=PROJECT,
        check=False,
    )
    assert killed.returncode == -9
    routes.leave("sms", Provider.Why.FAILURES)
    work()
    told_once(simulator, [message])
    message.refresh_from_db()
    assert message.state == State.HANDED


def test_a_row_that_was_ever_sent_cannot_be_called_ready_by_anybody(counter: Counter) -> None:
    """The wall under the take-over: only a `ready` row changes its channel by itself."""
    (message,) = owe(counter)
    row = Outbox.objects.filter(key=f"message:{message.pk}")
    row.update(state="unknown", last_sent_at=timezone.now())
    assert outbox.divert("sms", "sms2") == 0
    with pytest.raises(IntegrityError), transaction.atomic():
        row.update(state="ready")
