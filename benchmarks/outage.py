"""Sixty hours without the portal: 500 filings from 32 offices, none lost, none sent twice.

The whole product runs in processes of its own (web, workers, beat, simulator). The portal refuses
connections; 32 clerks file 500 cases over HTTP, spread over sixty simulated hours, and beat and the
workers go on as they do in life. The hours pass by moving back what the queue and its breaker have
written down, half an hour at a time; rows in a worker's hands are left alone. Then the portal comes
back as such portals do: it cuts answers after storing, fails now and then, answers late, and knows
no repeated reference. From there on time is real.

What the portal holds in the end is compared with what was frozen, file by file. Then a plain Celery
task (`_peer.py`) sends the same messages through an outage of the same length, its clock as much
faster as ours was, and through the same recovery.

    outage lost= twice= wrong_files= person= accepted_p95= sent_95_min= sent_15min= sent_all_min=
           peer_lost= peer_twice= …

Budgets: (F01) 0 lost, 0 twice, no other files; every case accepted at the counter, ≤ 1 s p95; 95 %
sent within 15 minutes of the recovery and all within 60.
"""

import argparse
import os
import signal
import sys
import time
from typing import Any
from uuid import uuid4

from benchmarks._bench import Figures, p95, session_of, set_up
from benchmarks._filings import TROUBLE, Desk, World, compare, counted, counters
from benchmarks._product import choose_addresses, running

HOURS = 60
STEP_MINUTES = 30


def main() -> int:
    """Run both sides; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--filings", type=int, default=500)
    parser.add_argument("--step-seconds", type=float, default=1.0, help="real time in each step")
    parser.add_argument("--peer-hour", type=float, default=2.0, help="seconds in an hour of its")
    options = parser.parse_args()
    ports = choose_addresses()
    set_up()
    offices = counters()
    cases = [offices[n % len(offices)].case() for n in range(options.filings)]
    cookies = [session_of(office.staff) for office in offices]
    figures = Figures("outage")
    world = World(ports["simulator"])
    with running(ports) as base:
        desks = [Desk(base, cookie) for cookie in cookies]
        world.portal(mode="down")
        waits = take(cases, desks, options.step_seconds)
        figures.put("accepted", len(waits))
        figures.put("accepted_p95", round(p95(waits), 3), most=1.0)
        measure(figures, world)
        peer(figures, world, options)
    return figures.end()


def take(cases: list[Any], desks: list[Desk], step_seconds: float) -> list[float]:
    """File every case during the outage; the seconds each clerk waited."""
    waits: list[float] = []
    steps = HOURS * 60 // STEP_MINUTES
    for step in range(steps):
        begun = time.monotonic()
        due = range(len(waits), (step + 1) * len(cases) // steps)
        waits.extend(desks[number % len(desks)].file(cases[number].pk) for number in due)
        time.sleep(max(0.0, step_seconds - (time.monotonic() - begun)))
        pass_time(STEP_MINUTES)
        if step % 20 == 19:
            print(f"{(step + 1) * STEP_MINUTES // 60:3} h down, {len(waits)} taken", flush=True)
    return waits


def pass_time(minutes: int) -> None:
    """Let the queue believe that so much time went by; what a worker holds is left alone."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_outbox SET run_at = run_at - gone.by, created_at = created_at - gone.by,"
            " first_sent_at = first_sent_at - gone.by, last_sent_at = last_sent_at - gone.by"
            " FROM (SELECT make_interval(mins => %s) AS by) gone"
            " WHERE state IN ('ready', 'unknown')"
            " AND NOT (claimed AND run_at > statement_timestamp())",
            [minutes],
        )
        cursor.execute(
            "UPDATE core_channel SET open_since = open_since - gone.by,"
            " next_probe_at = next_probe_at - gone.by, failing_since = failing_since - gone.by,"
            " last_ok_at = last_ok_at - gone.by FROM (SELECT make_interval(mins => %s) AS by) gone",
            [minutes],
        )


def measure(figures: Figures, world: World) -> None:
    """From the portal's return until everything is sent, or an hour has gone by."""
    from cases.models import Filing

    filings = Filing.objects.all()
    whole, begun = filings.count(), time.monotonic()
    tries = sum_of_tries()
    world.portal(mode="ok", **TROUBLE)
    sent_95 = sent_15 = sent_all = float("nan")
    while time.monotonic() - begun < 3600:
        sent = filings.filter(state=Filing.State.ACCEPTED).count()
        minutes = (time.monotonic() - begun) / 60
        if sent >= 0.95 * whole and sent_95 != sent_95:
            sent_95 = minutes
        if minutes <= 15:
            sent_15 = 100 * sent / whole
        if sent == whole:
            sent_all = minutes
            break
        if not filings.filter(state=Filing.State.QUEUED).exists():
            break
        time.sleep(0.5)
    found = compare(filings, world.truth())
    figures.put("lost", found.lost, most=0)
    figures.put("twice", found.twice, most=0)
    figures.put("wrong_files", found.wrong_files, most=0)
    figures.put("person", filings.filter(state=Filing.State.PERSON).count(), most=0)
    figures.put("tries_down", tries)
    figures.put("sent_95_min", round(sent_95, 1))
    figures.put("sent_15min", round(sent_15, 1), least=95)
    figures.put("sent_all_min", round(sent_all, 1), most=60)
    if sent_all != sent_all:
        figures.miss("not everything was sent within an hour")


def sum_of_tries() -> int:
    """Attempts used up so far by what waits for the portal; probes are none."""
    from django.db.models import Sum

    from opsa.core.outbox import Outbox

    return int(Outbox.objects.filter(kind="filing").aggregate(all=Sum("tries"))["all"] or 0)


def peer(figures: Figures, world: World, options: argparse.Namespace) -> None:
    """The same messages by a plain Celery task; its hour lasts `--peer-hour` seconds."""
    from cases.models import Filing
    from opsa.embedded.children import end_child, start_child
    from opsa.embedded.places import PROJECT

    os.environ["PEER_HOUR"] = str(options.peer_hour)
    from benchmarks import _peer

    owed = [(pk, str(uuid4())) for pk in Filing.objects.order_by("pk").values_list("pk", flat=True)]
    world.portal(mode="down", idempotency=False)
    worker = start_child(
        _peer.job().command,
        stop_signal=signal.SIGTERM, output=None, environment=os.environ, directory=PROJECT,
    )  # fmt: skip
    try:
        begun = time.monotonic()
        for number, (filing, key) in enumerate(owed):
            time.sleep(
                max(0.0, begun + HOURS * options.peer_hour * number / len(owed) - time.monotonic())
            )
            _peer.owe(filing, key)
        world.portal(mode="ok", **TROUBLE)
        time.sleep(max(20.0, options.peer_hour))
        lost, twice = counted([key for _, key in owed], world.truth())
    finally:
        end_child(worker, signal.SIGTERM, 10)
    figures.put("peer_lost", lost)
    figures.put("peer_twice", twice)


if __name__ == "__main__":
    sys.exit(main())
