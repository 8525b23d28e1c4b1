"""A round of questions about every open case: five thousand, one second each, four at a time.

Workers, beat and the simulator run as in life. The cases are filed by the services and stand at the
portal as accepted; then all of them are due at once, three times: with a hundred in each question,
with one in each, and with a portal that keeps everybody waiting for 45 seconds. The simulator's
own log tells how many questions it had at once.

    polling open= batch_min= batch_calls= single_min= single_calls= at_once= slow_calls= slow_queue=

`slow_queue` is the longest the workers' queue grew while the portal was slow. Every call beyond one
for each open case would be one about a case that is over, or a second one in the same round.

Budgets: (F08) 2 minutes in hundreds and 30 minutes singly, at most 4 calls at once, no question too
many, and no more waiting in the queue than a few ticks of the clock leave there.
"""

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import httpx

from benchmarks._bench import Figures, set_up
from benchmarks._filings import World, counters
from benchmarks._product import choose_addresses, running

PATIENCE = 45 * 60


def main() -> int:
    """Three rounds; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--open", type=int, default=5000)
    parser.add_argument("--closed", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=1.0, help="the portal's answer takes")
    parser.add_argument("--slow-for", type=float, default=180.0, help="seconds of the slow portal")
    parser.add_argument("--only", choices=("batch", "single", "slow"), action="append")
    options = parser.parse_args()
    rounds = options.only or ["batch", "single", "slow"]
    ports = choose_addresses()
    set_up()
    offices = counters()
    cases = [offices[n % len(offices)].case() for n in range(options.open + options.closed)]
    figures = Figures("polling")
    figures.put("open", options.open)
    world = World(ports["simulator"])
    filings = file(cases)
    with running(ports):
        accept(filings, ports["portal"])
        close(cases[options.open :])
        system = cases[0].system_id
        world.portal(slow={"seconds": options.seconds, "on": ["trang-thai"]})
        peaks = []
        for name, batch in (("batch", 100), ("single", 1)):
            if name in rounds:
                minutes, spans = ask_all(world, system, batch)
                calls = -(-options.open // batch)
                figures.put(f"{name}_min", round(minutes, 2), most={"batch": 2, "single": 30}[name])
                figures.put(f"{name}_calls", len(spans), most=calls + (4 if batch > 1 else 0))
                peaks.append(at_once(spans))
        if "slow" in rounds:
            world.portal(slow={"seconds": 45.0, "on": ["trang-thai"]})
            spans, longest = wait_in_vain(world, system, options.slow_for)
            peaks.append(at_once(spans))
            figures.put("slow_calls", len(spans))
            figures.put("slow_queue", longest, most=20)
        figures.put("at_once", max(peaks), most=4)
    return figures.end()


def file(cases: list[Any]) -> list[Any]:
    """File them all, before any worker is there to send them."""
    from agencies.access import actor_of
    from cases.filing import services
    from opsa.core.outbox import Outbox

    filings = [
        services.case_file(case.pk, staff=case.opened_by, actor=actor_of(case.opened_by))
        for case in cases
    ]
    Outbox.objects.filter(kind="filing").update(state="done")
    return filings


def accept(filings: list[Any], port: int) -> None:
    """The portal has them, since hours."""
    from django.db import transaction
    from django.utils import timezone

    from cases import services as case_services
    from cases.filing import services
    from cases.models import Filing
    from cases.states import Dossier

    hours_ago = timezone.now() - timedelta(hours=2)
    with (
        ThreadPoolExecutor(8) as crowd,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as portal,
    ):
        codes = crowd.map(lambda filing: _hold(portal, str(filing.key)), filings)
        for filing, code in zip(filings, codes, strict=True):
            Filing.objects.filter(pk=filing.pk).update(
                state=Filing.State.ACCEPTED, dossier_code=code, accepted_at=hours_ago
            )
            with transaction.atomic():
                case = case_services.lock(filing.case_id)
                case.dossier = Dossier.NEW
                case_services.save(case, "dossier")
                filing.refresh_from_db()
                services.start_asking(filing, case)


def _hold(portal: httpx.Client, key: str) -> str:
    answer = portal.post(
        "/portal/ho-so",
        json={
            "MaThamChieu": key,
            "MaTTHC": "1.001193",
            "MaDonViTiepNhan": "10009",
            "ThongTinNguoiNop": {"HoTen": "Thử"},
            "ThanhPhanHoSo": [],
        },
    )
    answer.raise_for_status()
    return str(answer.json()["MaHoSo"])


def close(cases: list[Any]) -> None:
    """Their citizens gave up: nobody asks about these any more."""
    from agencies.access import actor_of
    from cases import services

    for case in cases:
        services.close(case.pk, actor=actor_of(case.opened_by), reason="khách rút")


def ask_all(world: World, system: str, batch: int) -> tuple[float, list[tuple[float, float]]]:
    """Let every case be due and wait for each answer; minutes, and when the portal was asked."""
    from cases.models import PollState

    begun, last = start(world, system, batch)
    while PollState.objects.exclude(answered_at__gte=begun).exists():
        if (minutes := (time.time() - begun.timestamp()) / 60) * 60 > PATIENCE:
            break
        time.sleep(1)
        left = PollState.objects.exclude(answered_at__gte=begun).count()
        print(f"{batch:3} in each: {minutes:5.1f} min, {left} left", end="\r", flush=True)
    print()
    return (time.time() - begun.timestamp()) / 60, calls_since(world, last)


def start(world: World, system: str, batch: int) -> tuple[datetime, int]:
    """Everything is due from now on; the time, and the portal's last call before."""
    from django.utils import timezone

    from cases.models import PollState
    from opsa.core.lanes import Lane
    from procedures.models import FilingSystem

    FilingSystem.objects.filter(pk=system).update(status_batch=batch)
    last = world.newest()
    begun = timezone.now()
    Lane.objects.update(free_at=begun)
    PollState.objects.update(next_at=begun)
    return begun, last


def wait_in_vain(
    world: World, system: str, seconds: float
) -> tuple[list[tuple[float, float]], int]:
    """A portal that answers nobody in time: what it was asked, and the longest queue of tasks."""
    from django.conf import settings
    from redis import Redis

    broker = Redis.from_url(settings.REDIS_CLIENT_URL)
    begun, last = start(world, system, 1)
    longest = 0
    while time.time() - begun.timestamp() < seconds:
        longest = max(longest, int(broker.llen("outside")))
        time.sleep(0.2)
    return calls_since(world, last), longest


def calls_since(world: World, last: int) -> list[tuple[float, float]]:
    """When each question about statuses began and ended, seconds."""
    spans = []
    while True:
        found = world.requests(last)
        if not found["requests"]:
            return spans
        last = found["last"]
        for one in found["requests"]:
            if one["op"] == "trang-thai":
                at = datetime.fromisoformat(one["at"]).timestamp()
                spans.append((at, at + one["ms"] / 1000))


def at_once(spans: list[tuple[float, float]]) -> int:
    """The most that were under way at one time. The simulator notes a call's end only after its
    answer has left, when the next call of that lane may have begun: so the last tenth of each
    second is not counted."""
    moves = sorted(
        [(at, 1) for at, _ in spans] + [(at + 0.9 * (end - at), -1) for at, end in spans]
    )
    most = now = 0
    for _, step in moves:
        now += step
        most = max(most, now)
    return most


if __name__ == "__main__":
    sys.exit(main())
