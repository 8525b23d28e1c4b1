"""Limits count right, and guard when their store is away (F62)."""

import threading
import time

import pytest
from pytest_django import Settings

from opsa.core import limits
from opsa.core.limits import LimitReached, forget, hit


@pytest.fixture
def away(settings: Settings) -> None:
    settings.REDIS_CLIENT_URL = "unix:///nowhere/opsa.sock"


def passes(name: str, key: str, tries: int, *, limit: int, seconds: int) -> int:
    passed = 0
    for _attempt in range(tries):
        try:
            hit(name, key, limit=limit, seconds=seconds)
        except LimitReached:
            continue
        passed += 1
    return passed


def test_the_first_tries_pass_and_the_rest_wait() -> None:
    forget("sign-in", "10.0.0.1")
    assert passes("sign-in", "10.0.0.1", 8, limit=5, seconds=60) == 5
    with pytest.raises(LimitReached) as reached:
        hit("sign-in", "10.0.0.1", limit=5, seconds=60)
    assert 1 <= reached.value.retry_after <= 60


def test_keys_and_rules_do_not_share_a_count() -> None:
    for key in ("a", "b"):
        forget("x", key)
        forget("y", key)
    assert passes("x", "a", 3, limit=2, seconds=60) == 2
    assert passes("x", "b", 3, limit=2, seconds=60) == 2
    assert passes("y", "a", 3, limit=2, seconds=60) == 2


def test_after_the_window_tries_pass_again() -> None:
    forget("short", "a")
    assert passes("short", "a", 3, limit=1, seconds=1) == 1
    time.sleep(1.1)
    assert passes("short", "a", 1, limit=1, seconds=1) == 1


def test_the_window_does_not_move_with_each_try() -> None:
    forget("fixed", "a")
    hit("fixed", "a", limit=9, seconds=2)
    time.sleep(1.1)
    with pytest.raises(LimitReached) as reached:
        hit("fixed", "a", limit=0, seconds=2)
    assert reached.value.retry_after == 1


def test_a_counter_that_would_never_end_is_mended() -> None:
    forget("endless", "a")
    hit("endless", "a", limit=9, seconds=60)
    store = limits.client()
    (slot,) = store.scan_iter("opsa:limit:endless:*")
    store.persist(slot)
    hit("endless", "a", limit=9, seconds=60)
    assert store.ttl(slot) in range(1, 61)


def test_many_at_once_do_not_slip_through() -> None:
    forget("race", "a")
    passed: list[int] = []
    start = threading.Barrier(8)

    def worker() -> None:
        start.wait(5)
        passed.append(passes("race", "a", 20, limit=10, seconds=60))

    threads = [threading.Thread(target=worker) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sum(passed) == 10


def test_what_is_counted_stands_nowhere_in_clear() -> None:
    hit("phone", "0912345678", limit=5, seconds=60)
    assert not [key for key in limits.client().scan_iter("*") if b"0912345678" in key]


@pytest.mark.usefixtures("away")
def test_a_guard_refuses_when_its_store_is_away() -> None:
    with pytest.raises(LimitReached) as reached:
        hit("sign-in", "a", limit=5, seconds=60)
    assert reached.value.retry_after <= 30


@pytest.mark.usefixtures("away")
def test_a_courtesy_limit_lets_through_when_its_store_is_away() -> None:
    hit("refresh", "a", limit=5, seconds=60, guards=False)
    forget("refresh", "a")
