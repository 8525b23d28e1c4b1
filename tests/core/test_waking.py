"""Nobody at a counter waits for a broker: what it would have heard is found by the clock."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

WAKE = """
import time, django
django.setup()
from cases.tracking.tasks import ask_now
from opsa.core.waking import wake
begun = time.monotonic()
woken = [wake(ask_now, 1) for _ in range(4)]
print(any(woken), time.monotonic() - begun)
"""


@pytest.fixture
def silent() -> Iterator[int]:
    """A port where lines are taken and nothing is ever said."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]


def woken_by(port: int) -> tuple[str, float]:
    """Whether any of four nudges went out, and how long all of them took, seconds."""
    environment = os.environ | {"CELERY_BROKER_URL": f"redis://127.0.0.1:{port}"}
    done = subprocess.run(
        [sys.executable, "-c", WAKE], env=environment, capture_output=True, text=True, check=True
    )
    said, took = done.stdout.split()[-2:]
    return said, float(took)


def test_a_broker_that_refuses_costs_nobody_a_wait() -> None:
    said, took = woken_by(1)
    assert said == "False"
    assert took < 2  # it had been six seconds for each nudge


def test_a_broker_that_hangs_is_waited_for_once(silent: int) -> None:
    said, took = woken_by(silent)
    assert said == "False"
    assert took < 8  # one reading of three seconds, and a slow machine; four would be twelve
