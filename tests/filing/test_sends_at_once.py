"""F01: at most four sends at a time to one filing system, however many workers are free and however
late it answers."""

from typing import Any

import pytest
from django.conf import settings

from cases.filing import tasks
from cases.models import Filing
from opsa.core import outbox
from opsa.core.outbox import Outbox
from tests.support.cases import make_counter
from tests.support.processes import Simulator
from tests.support.sending import at_once, calls, channel, crowd, file, held

pytestmark = pytest.mark.django_db(transaction=True)
#: The two calls of a send: a file of the dossier, and the dossier.
SENDS = ("tep", "ho-so")


@pytest.fixture
def patient(settings: Any) -> None:
    """Time enough for a machine that has other things to do as well."""
    settings.OUTSIDE_TIMEOUT_SECONDS = settings.OUTSIDE_DEADLINE_SECONDS = 15
    settings.OUTBOX_LEASE_SECONDS = 40


def slow(simulator: Simulator, seconds: float) -> None:
    simulator.put("/api/dial", {"portal": {"slow": {"seconds": seconds, "on": list(SENDS)}}})


def test_a_system_that_answers_late_is_never_sent_more_than_four_things_at_once(
    simulator: Simulator, patient: None
) -> None:
    counter = make_counter()
    filings = [file(counter) for _ in range(10)]
    slow(simulator, 0.4)
    crowd(lambda: tasks.work(channel(filings[0])))
    assert 1 < at_once(calls(simulator, *SENDS)) <= 4
    assert set(Filing.objects.values_list("state", flat=True)) == {"accepted"}
    assert {held(simulator, one)["count"] for one in filings} == {1}


def test_a_worker_that_died_takes_one_of_the_four_until_its_lease_is_over(
    simulator: Simulator,
) -> None:
    counter = make_counter()
    filings = [file(counter) for _ in range(6)]
    line = channel(filings[0])
    dead = [outbox.claim(line) for _ in range(settings.OUTBOX_PARALLEL)]
    assert None not in dead
    assert outbox.claim(line) is None
    assert not outbox.work_one(line)
    assert Outbox.objects.filter(channel=line, state="ready").count() == 2
