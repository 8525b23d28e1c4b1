"""Filings on their way out: made, carried as a worker would, and found at the portal."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connections
from django.utils import timezone

from cases.filing import services
from cases.models import Case, Filing
from opsa.core import outbox
from opsa.core.outbox import Channel, Outbox
from tests.support.cases import Counter
from tests.support.processes import Simulator


def file(counter: Counter, case: Case | None = None) -> Filing:
    case = case or counter.case()
    return services.case_file(case.pk, staff=counter.staff, actor=counter.actor)


def channel(filing: Filing) -> str:
    return f"portal:{filing.system_id}"


def drain(filing: Filing) -> int:
    """Send all that may leave now for this filing's system; how many rows were worked."""
    done = 0
    while outbox.work_one(channel(filing)):
        done += 1
    return done


def make_due(filing: Filing) -> None:
    """Let its next try, and its system's next probe, be now."""
    Outbox.objects.filter(key=f"filing:{filing.pk}").update(
        run_at=timezone.now() - timedelta(seconds=1)
    )
    Channel.objects.update(next_probe_at=None)


def held(simulator: Simulator, filing: Filing) -> dict[str, Any]:
    """What the portal holds under our reference: `count` dossiers, and its `items`."""
    empty = {"count": 0, "items": []}
    found: dict[str, Any] = simulator.get("/api/truth")["dossiers"].get(str(filing.key), empty)
    return found


def calls(simulator: Simulator, *ops: str) -> list[tuple[float, float]]:
    """When each call of these kinds began and ended at the portal, seconds; its last millisecond is
    left out, because how long it took is told rounded."""
    found = simulator.get("/api/requests?limit=10000")["requests"]
    begun = [
        (datetime.fromisoformat(one["at"]).timestamp(), (one["ms"] - 1) / 1000)
        for one in found
        if one["op"] in ops
    ]
    return [(at, at + seconds) for at, seconds in begun]


def at_once(spans: Sequence[tuple[float, float]]) -> int:
    """The most of these that went on at the same moment."""
    return max(sum(a <= at < b for a, b in spans) for at, _ in spans)


def crowd(work: Callable[[], object], size: int = 9) -> None:
    """So many workers do this at the same time; ends with the last."""

    def one() -> None:
        try:
            work()
        finally:
            connections.close_all()

    workers = [threading.Thread(target=one) for _ in range(size)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def fresh(filing: Filing) -> tuple[Filing, Case]:
    filing.refresh_from_db()
    return filing, Case.objects.get(pk=filing.case_id)


def ended(simulator: Simulator, filing: Filing) -> tuple[str, str, int]:
    """Where the filing and its case came to, and how many dossiers the portal holds of it."""
    filing, case = fresh(filing)
    return filing.state, case.work, held(simulator, filing)["count"]


def uncertain(counter: Counter, simulator: Simulator) -> Filing:
    """A filing that the portal took without answering, and cannot be asked about."""
    simulator.put("/api/dial", {"portal": {"lookup": False, "cut": {"next": 1}}})
    filing = file(counter)
    drain(filing)
    make_due(filing)
    drain(filing)
    assert fresh(filing)[0].state == Filing.State.PERSON
    return filing
