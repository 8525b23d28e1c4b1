"""One portal is slow or away: the counter does not feel it, and the other portal's work goes on.

The whole product runs in processes of its own, with two filing systems at two simulators.

First twenty clerks press "file" over HTTP, each every two seconds or so, while the first system's
portal is up, answers after 45 seconds, and refuses connections.

Then the second system gets its work, filings to send and cases to ask about, with the first one
quiet and with the first one slow at 45 seconds and full of work of the same kind, in turns. The
second portal answers after 0.3 seconds, so its rate is that of waiting, not of this machine's
processor.

    slow file_up_p95= file_slow_p95= file_down_p95= sending= asking=

`sending` and `asking` are the second system's rate beside the slow one over its rate alone (medians
of the turns): 1 means that it feels nothing.

Budgets: "file" answers within 1 s p95 in all three; both rates at least 0.9 (F01, F08).
"""

import argparse
import json
import os
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks._bench import Figures, make_clerk, p95, session_of, set_up
from benchmarks._filings import Desk, World, counters
from benchmarks._product import NAMES, choose_addresses, running
from opsa.embedded.children import end_child, start_child
from opsa.embedded.places import PROJECT, free_ports
from opsa.embedded.run import jobs

CLERKS = 20
WELL: dict[str, Any] = {"mode": "ok", "slow": {"seconds": 0.0, "on": ["any"]}}
SLOW: dict[str, Any] = {"slow": {"seconds": 45.0, "on": ["any"]}}
#: The second portal's own pace, seconds for each answer.
PACE = {"slow": {"seconds": 0.3, "on": ["any"]}}


def main() -> int:
    """Both halves; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presses", type=int, default=10, help="by each clerk in each weather")
    parser.add_argument("--filings", type=int, default=60, help="and questions, each turn")
    parser.add_argument("--turns", type=int, default=2, help="alone and beside the slow one")
    options = parser.parse_args()
    ports = choose_addresses()
    second = dict(zip(NAMES, free_ports(len(NAMES)), strict=True))
    os.environ["PORTAL_URLS"] = json.dumps({"other": f"http://127.0.0.1:{second['portal']}"})
    set_up()
    from procedures.models import FilingSystem

    FilingSystem.objects.create(code="other", name="Cổng kia", name_en="Other", way="gateway")
    offices = counters()
    figures = Figures("slow")
    one, other = World(ports["simulator"]), World(second["simulator"])
    with outside(second), running(ports) as base:
        desks = [Desk(base, session_of(make_clerk(offices[n].agency.code))) for n in range(CLERKS)]
        for weather, dials in (("up", {}), ("slow", SLOW), ("down", {"mode": "down"})):
            cases = [[offices[n].case() for _ in range(options.presses)] for n in range(CLERKS)]
            one.portal(**WELL | dials)
            waits = press(desks, cases)
            figures.put(f"file_{weather}_p95", round(p95(waits), 3), most=1.0)
        other.portal(**PACE)
        FilingSystem.objects.update(status_batch=1)
        one.portal(**WELL)
        calm()
        turn(offices[0], options.filings)
        alone, beside = [], []
        for _ in range(options.turns):
            one.portal(**WELL)
            calm()
            alone.append(turn(offices[0], options.filings))
            burden(offices[1], one, options.filings)
            beside.append(turn(offices[0], options.filings))
        for number, name in enumerate(("sending", "asking")):
            ratio = statistics.median(t[number] for t in alone) / statistics.median(
                t[number] for t in beside
            )
            figures.put(name, round(ratio, 2), least=0.9)
            figures.put(f"{name}_s", round(statistics.median(t[number] for t in alone), 1))
    return figures.end()


@contextmanager
def outside(ports: dict[str, int]) -> Generator[None]:
    """A second outside world, with its own portal and dials."""
    with tempfile.TemporaryDirectory(prefix="opsa-bench-other-") as folder:
        process = start_child(
            list(jobs(ports, Path(folder))[0].command),
            stop_signal=signal.SIGTERM, output=None, environment=os.environ, directory=PROJECT,
        )  # fmt: skip
        try:
            time.sleep(5)
            yield
        finally:
            end_child(process, signal.SIGTERM, 5)


def press(desks: list[Desk], cases: list[list[Any]]) -> list[float]:
    """All clerks at once, each through its own cases; the seconds each press took."""
    waits: list[float] = []

    def clerk(desk: Desk, mine: list[Any]) -> None:
        desk.open()
        for case in mine:
            time.sleep(random.uniform(1, 3))
            waits.append(desk.file(case.pk))

    crowd = [threading.Thread(target=clerk, args=pair) for pair in zip(desks, cases, strict=True)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    if len(waits) != sum(map(len, cases)):
        raise RuntimeError("a press was not taken")
    return waits


def calm() -> None:
    """The first system has nothing to do and nothing to complain of."""
    from opsa.core.lanes import Lane
    from opsa.core.outbox import Channel, Outbox

    time.sleep(25)  # what is under way there ends by its own time limit
    Outbox.objects.filter(state__in=("ready", "unknown")).update(state="done", claimed=False)
    asked_about(exclude="other").update(next_at=later(days=2))
    Channel.objects.update(open_since=None, next_probe_at=None, failures=0, failing_since=None)
    Lane.objects.update(free_at=later())


def burden(office: Any, world: World, work: int) -> None:
    """The first system has as much to do as the second, and is slow."""
    filed = [file(office.case()) for _ in range(work)]
    until_accepted(filed)
    world.portal(**SLOW)
    for _ in range(work):
        file(office.case())
    asked_about(exclude="other").update(next_at=later())
    wake()
    time.sleep(10)


def turn(office: Any, work: int) -> tuple[float, float]:
    """Seconds in which the second system takes so many filings, and answers about as many."""
    from cases.models import Case, PollState
    from opsa.core.outbox import Channel

    held = Channel.objects.filter(code="portal:other")
    Channel.objects.get_or_create(code="portal:other")
    held.update(held_from=later(), held_until=later(days=1))
    cases = [office.case() for _ in range(work)]
    Case.objects.filter(pk__in=[case.pk for case in cases]).update(system="other")
    filings = [file(case) for case in cases]
    held.update(held_from=None, held_until=None)
    begun = time.monotonic()
    wake()
    until_accepted(filings)
    sending = time.monotonic() - begun
    PollState.objects.filter(system="other").update(next_at=later(days=2))
    asked = PollState.objects.filter(filing__in=filings)
    at = later()
    asked.update(next_at=at)
    begun = time.monotonic()
    wake()
    while asked.exclude(answered_at__gte=at).exists():
        time.sleep(0.1)
    return sending, time.monotonic() - begun


def file(case: Any) -> Any:
    """File it as its clerk."""
    from agencies.access import actor_of
    from cases.filing import services

    return services.case_file(case.pk, staff=case.opened_by, actor=actor_of(case.opened_by))


def until_accepted(filings: list[Any]) -> None:
    """Until the portal has them all. Raises when it takes ten minutes."""
    from cases.models import Filing

    open_still = Filing.objects.filter(pk__in=[f.pk for f in filings]).exclude(
        state=Filing.State.ACCEPTED
    )
    end = time.monotonic() + 600
    while open_still.exists():
        if time.monotonic() > end:
            raise RuntimeError(f"{open_still.count()} were not accepted")
        time.sleep(0.1)


def asked_about(*, exclude: str) -> Any:
    """The schedule of all systems but this one."""
    from cases.models import PollState

    return PollState.objects.exclude(system=exclude)


def later(days: float = 0) -> Any:
    """Now, or so many days on."""
    from django.utils import timezone

    return timezone.now() + timedelta(days=days)


def wake() -> None:
    """What the clock does every few seconds, at once."""
    from cases.filing.tasks import sweep
    from cases.tracking.tasks import poll_due

    sweep.delay()
    poll_due.delay()


if __name__ == "__main__":
    sys.exit(main())
