"""Filings on their way out: made, carried as a worker would, and found at the portal."""

from datetime import timedelta
from typing import Any

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


def fresh(filing: Filing) -> tuple[Filing, Case]:
    filing.refresh_from_db()
    return filing, Case.objects.get(pk=filing.case_id)


def uncertain(counter: Counter, simulator: Simulator) -> Filing:
    """A filing that the portal took without answering, and cannot be asked about."""
    simulator.put("/api/dial", {"portal": {"lookup": False, "cut": {"next": 1}}})
    filing = file(counter)
    drain(filing)
    make_due(filing)
    drain(filing)
    assert fresh(filing)[0].state == Filing.State.PERSON
    return filing
