"""So many calls at once to one outside party and no more, whoever dies with one (F08)."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.db.models.functions import Now

from opsa.core import lanes
from opsa.core.lanes import Lane

pytestmark = pytest.mark.django_db(transaction=True)


def run_out() -> None:
    """Let every lease end, as if its driver had died some time ago."""
    Lane.objects.update(free_at=Now() - timedelta(seconds=1))


def test_no_more_calls_at_once_than_lanes_whoever_comes() -> None:
    there, most, guard, start = 0, 0, threading.Lock(), threading.Barrier(9)

    def call() -> float | None:
        nonlocal there, most
        with guard:
            there += 1
            most = max(most, there)
        threading.Event().wait(0.15)
        with guard:
            there -= 1
        return None

    def driver() -> None:
        start.wait()
        lanes.drive("portal:x", call, lanes=3)
        connections.close_all()

    drivers = [threading.Thread(target=driver) for _ in range(9)]
    for one in drivers:
        one.start()
    for one in drivers:
        one.join()
    assert most == 3
    assert Lane.objects.filter(party="portal:x").count() == 3


def test_a_party_has_lanes_of_its_own() -> None:
    assert lanes.take("portal:x", 1)
    assert lanes.take("portal:x", 1) is None
    assert lanes.take("portal:y", 1)


def test_a_driver_goes_on_until_nothing_is_due_and_leaves_the_lane_free() -> None:
    answers = iter([0.0, 0.0, None])
    assert not lanes.drive("portal:x", lambda: next(answers), lanes=1)
    assert next(answers, "all asked") == "all asked"
    assert lanes.take("portal:x", 1)


def test_a_turn_ends_and_says_that_more_may_be_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "TURN_SECONDS", 0.05)
    assert lanes.drive("portal:x", lambda: 0.0, lanes=1)
    assert lanes.take("portal:x", 1)


def test_a_party_that_did_not_answer_is_left_alone_for_its_rest() -> None:
    assert not lanes.drive("portal:x", lambda: 30.0, lanes=1)
    assert lanes.take("portal:x", 1) is None
    run_out()
    assert lanes.take("portal:x", 1)


def test_the_lane_of_a_dead_driver_is_free_after_its_lease_and_a_late_one_changes_nothing() -> None:
    dead = lanes.take("portal:x", 1)
    assert dead
    run_out()
    heir = lanes.take("portal:x", 1)
    assert heir
    assert not lanes.keep(dead)
    lanes.leave(dead)
    assert lanes.take("portal:x", 1) is None, "the lane is the heir's"
    assert lanes.keep(heir)


def test_a_call_that_breaks_leaves_the_lane_free() -> None:
    def broken() -> float | None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        lanes.drive("portal:x", broken, lanes=1)
    assert lanes.take("portal:x", 1)
