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
from django.db.models import F
from django.db.models.functions import Greatest, Least, Now
from django.utils import timezone

from cases.filing import services, tasks
from cases.models import Filing
from opsa.core import journal
from opsa.core.models import JournalEntry
from opsa.core.outbox import Channel, Outbox
from opsa.embedded.places import PROJECT
from procedures.models import RequiredDocument
from tests.support.cases import make_counter
from tests.support.processes import Simulator, Workers, database_url
from tests.support.sending import calls, channel, drain, file, held, make_due

pytestmark = pytest.mark.django_db(transaction=True)

POINTS = [
    "after_claim",
    "before_send",
    "file_uploaded",
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


def work_until_killed(filing: Filing, point: str) -> None:
    """A worker of its own carries the filing, and dies at this point."""
    killed = subprocess.run(
        [sys.executable, "-c", WORK, channel(filing)],
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


def come_again(filing: Filing) -> None:
    """The lease of the dead is over and the next try is due."""
    Outbox.objects.filter(state__in=("ready", "unknown")).update(
        run_at=timezone.now() - timedelta(seconds=1)
    )
    Channel.objects.update(next_probe_at=None)
    drain(filing)


def no_long_waits() -> None:
    """What waits for its next try has it now, or when its last sending has settled."""
    settled = F("last_sent_at") + timedelta(seconds=settings.OUTBOX_SETTLE_SECONDS)
    Outbox.objects.filter(state__in=("ready", "unknown"), claimed=False).update(
        run_at=Least("run_at", Greatest(Now(), settled))
    )


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_here_loses_nothing_and_sends_nothing_twice(
    point: str, simulator: Simulator
) -> None:
    simulator.put("/api/dial", {"portal": {"idempotency": False}})
    counter = make_counter()
    filing = services.case_file(counter.case().pk, staff=counter.staff, actor=counter.actor)
    work_until_killed(filing, point)
    for _ in range(4):
        come_again(filing)
    filing.refresh_from_db()
    truth = simulator.get("/api/truth")
    assert truth["dossiers"][str(filing.key)]["count"] == 1
    assert filing.state == Filing.State.ACCEPTED
    assert journal.verify(f"case:{filing.case_id}") == []


def test_a_worker_killed_between_two_files_leaves_none_out_and_sends_none_for_nothing(
    simulator: Simulator,
) -> None:
    simulator.put("/api/dial", {"portal": {"idempotency": False}})
    counter = make_counter()
    RequiredDocument.objects.create(
        version=counter.version, key="to-khai", position=2, name="Tờ khai", name_en="Declaration",
        kind=RequiredDocument.Kind.UPLOAD, originals=1,
    )  # fmt: skip
    filing = file(counter)
    assert len(filing.files) == 2
    work_until_killed(filing, "file_uploaded")
    assert len(calls(simulator, "tep")) == 1
    assert held(simulator, filing)["count"] == 0
    come_again(filing)
    (dossier,) = held(simulator, filing)["items"]
    assert [f["sha256"] for f in dossier["files"]] == [f["sha256"] for f in filing.files]


def test_a_worker_killed_after_the_portal_said_that_it_has_it_sends_nothing_again(
    simulator: Simulator,
) -> None:
    """The answer was lost, the look-up found the dossier, and nobody wrote it down."""
    simulator.put("/api/dial", {"portal": {"idempotency": False, "cut": {"next": 1}}})
    filing = file(make_counter())
    drain(filing)
    assert Outbox.objects.get(key=f"filing:{filing.pk}").state == Outbox.State.UNKNOWN
    make_due(filing)
    work_until_killed(filing, "after_look_up")
    filing.refresh_from_db()
    assert filing.state == Filing.State.QUEUED
    come_again(filing)
    filing.refresh_from_db()
    truth = held(simulator, filing)
    assert (filing.state, truth["count"], truth["posts"]) == (Filing.State.ACCEPTED, 1, 1)
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
        no_long_waits()
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
