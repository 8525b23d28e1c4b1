"""Invariant 1 with real kills: whatever dies, each filing reaches the portal exactly once."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from cases.filing import services, tasks
from cases.models import Filing
from opsa.core import journal, outbox
from opsa.core.models import JournalEntry
from opsa.core.outbox import Channel, Outbox
from opsa.embedded.places import PROJECT
from tests.support.cases import make_counter
from tests.support.processes import Simulator, Workers, database_url

pytestmark = pytest.mark.django_db(transaction=True)

POINTS = [
    "after_claim",
    "before_send",
    "files_uploaded",
    "posted",
    "after_send",
    "before_apply",
    "before_commit",
    "after_finish",
]
WORK = """
import django, sys
django.setup()
from opsa.core import outbox
outbox.work_one(sys.argv[1])
"""


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_here_loses_nothing_and_sends_nothing_twice(
    point: str, simulator: Simulator
) -> None:
    simulator.put("/api/dial", {"portal": {"idempotency": False}})
    counter = make_counter()
    filing = services.case_file(counter.case().pk, staff=counter.staff, actor=counter.actor)
    channel = f"portal:{filing.system_id}"
    killed = subprocess.run(
        [sys.executable, "-c", WORK, channel],
        env={
            **os.environ,
            "DATABASE_URL": database_url(),
            "DJANGO_SETTINGS_MODULE": "opsa.settings.test",
            "CRASH_AT": point,
        },
        cwd=PROJECT,
        check=False,
        timeout=60,
    )
    assert killed.returncode == -signal.SIGKILL
    for _ in range(4):
        Outbox.objects.filter(state__in=("ready", "unknown")).update(
            run_at=timezone.now() - timedelta(seconds=1)
        )
        Channel.objects.update(next_probe_at=None)
        while outbox.work_one(channel):
            pass
    filing.refresh_from_db()
    truth = simulator.get("/api/truth")
    assert truth["dossiers"][str(filing.key)]["count"] == 1
    assert filing.state == Filing.State.ACCEPTED
    assert journal.verify(f"case:{filing.case_id}") == []


def test_workers_killed_and_the_broker_flushed_change_only_the_latency(
    simulator: Simulator, workers: Workers
) -> None:
    """Thirty filings, real Celery workers killed four times with SIGKILL, Valkey emptied twice, a
    portal that cuts every fifth answer after storing and refuses every tenth call."""
    seed = random.randrange(1_000_000)
    chance = random.Random(seed)
    simulator.put(
        "/api/dial",
        {"portal": {"idempotency": False, "cut": {"rate": 0.2}, "error": {"rate": 0.1}}},
    )
    counter = make_counter()
    broker = redis.Redis.from_url(settings.REDIS_CLIENT_URL)
    filings = []
    for number in range(30):
        filings.append(
            services.case_file(counter.case().pk, staff=counter.staff, actor=counter.actor)
        )
        tasks.sweep()
        if number in (6, 13, 20, 27):
            time.sleep(chance.uniform(0, 0.4))
            workers.kill()
            workers.start()
        if number in (10, 24):
            broker.flushall()
    deadline = time.monotonic() + 240  # effects are what counts here, not speed
    while time.monotonic() < deadline:
        tasks.sweep()
        if not Filing.objects.filter(state=Filing.State.QUEUED).exists():
            break
        time.sleep(0.3)
    truth = simulator.get("/api/truth")
    counts = {truth["dossiers"].get(str(f.key), {"count": 0})["count"] for f in filings}
    states = set(Filing.objects.values_list("state", flat=True))
    assert (counts, states) == ({1}, {Filing.State.ACCEPTED}), f"seed {seed}"
    people = JournalEntry.objects.filter(
        chain__in=[f"case:{f.case_id}" for f in filings],
        action__in=("filing.accepted", "paper.drawn", "dossier.moved"),
        actor_kind__in=("clerk", "supervisor"),
    )
    assert not people.exists()
