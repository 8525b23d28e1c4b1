"""Everything dies while clerks file: nothing is lost, nothing is sent twice, nothing is made up.

The whole product runs under its own supervisor. 32 clerks file 2,000 cases over HTTP while a
killer, from a printed seed, sends SIGKILL to workers, beat, web, Valkey (emptied, too) and
PostgreSQL at random moments, and to workers at the marked points of a sending (`CRASH_AT`). The
portal cuts answers after storing, fails, answers late, and knows no repeated reference. A clerk's
press that meets a dead server is repeated with its own key, as the page does it.

Afterwards what the portal holds is compared with what was frozen, file by file; every case whose
clerk saw it taken must be in the database, its journal must verify, and no act of a machine may
bear a person's name. Then a plain Celery task (`_peer.py`) sends the same messages while its worker
and the broker die in the same way.

    crash seed= filings= kills= lost= twice= wrong_files= unsaved= person= journal= misnamed=
          seconds= peer_lost= peer_twice=

`--deaf` starts the web without a way to the broker: every nudge is dropped. `--ahead 2` lets the
clock of the worker that sends run two hours ahead (needs libfaketime).

Budgets: 0 everywhere but in kills, seconds and the peer's.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks._bench import Figures, session_of, set_up
from benchmarks._filings import TROUBLE, Desk, World, compare, counted, counters
from benchmarks._product import choose_addresses, collect, wait_for_web
from opsa.embedded.places import PROJECT
from opsa.embedded.postgres import ServerFailed
from opsa.embedded.run import jobs
from opsa.embedded.servers import Servers
from opsa.embedded.supervisor import Guard, Job, Supervisor

POINTS = (
    "after_claim", "before_send", "file_uploaded", "files_uploaded", "posted", "after_send",
    "after_look_up", "before_apply", "before_commit", "after_finish",
)  # fmt: skip
DIE_HERE = """
import django, sys
django.setup()
from opsa.core import outbox
outbox.work_one(sys.argv[1])
"""
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
#: What only a machine does: none of it may stand under a person's name.
MACHINE_ACTS = (
    "filing.accepted", "filing.mismatch", "filing.refused", "filing.to_person", "dossier.moved",
    "paper.drawn",
)  # fmt: skip
#: What dies, and how often beside the others.
OURS = {
    "worker-outside": 5, "point": 6, "worker-interactive": 2, "worker-pdf": 2, "beat": 1, "web": 2,
    "valkey": 1, "flush": 1, "postgres": 1,
}  # fmt: skip
THEIRS = {"worker-peer": 5, "valkey": 1, "flush": 1, "postgres": 1}
CLERKS = 8
PEER_HOUR = 60


def main() -> int:
    """Run both sides; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--filings", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--kills", type=int, default=60, help="on each side")
    parser.add_argument("--every", type=float, default=2.5, help="seconds between kills, about")
    parser.add_argument("--deaf", action="store_true", help="drop every nudge of the web")
    parser.add_argument("--ahead", type=int, default=0, help="hours the sender's clock is ahead")
    parser.add_argument("--no-peer", action="store_true")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    ports = choose_addresses()
    set_up()
    if options.ahead and not FAKETIME.exists():
        print("no libfaketime: apt-get install libfaketime", file=sys.stderr)
        return 2
    offices = counters()
    cases = [offices[n % len(offices)].case().pk for n in range(options.filings)]
    base = f"http://127.0.0.1:{ports['web']}"
    desks = [Desk(base, session_of(office.staff)) for office in offices]
    figures, world = Figures("crash"), World(ports["simulator"])
    figures.put("seed", options.seed)
    figures.put("filings", options.filings)
    collect()
    town = Town(Path(os.environ["OPSA_BENCH_HOME"]), options.seed, offices[0].version.system_id)
    try:
        for job in jobs(ports, town.home):
            town.add(_odd(job, options))
        wait_for_web(f"{base}/", town.home / "log" / "web.log")
        world.portal(mode="ok", **TROUBLE)
        begun = time.monotonic()
        taken = file_all(town, cases, desks, options)
        figures.put("kills", town.kills)
        weigh(figures, world, taken)
        figures.put("seconds", round(time.monotonic() - begun))
        if not options.no_peer:
            peer(figures, world, town, options)
    finally:
        town.end()
    return figures.end()


def _odd(job: Job, options: argparse.Namespace) -> Job:
    """The job in the odd world that was asked for."""
    if options.deaf and job.name == "web":
        return replace(job, command=("env", "CELERY_BROKER_URL=redis://127.0.0.1:1", *job.command))
    if options.ahead and job.name == "worker-outside":
        clock = ("env", f"LD_PRELOAD={FAKETIME}", f"FAKETIME=+{options.ahead}h")
        return replace(job, command=(*clock, *job.command))
    return job


class Town:
    """Servers and processes that die, and are brought up again as they are in life."""

    def __init__(self, home: Path, seed: int, system: str) -> None:
        self.home = home
        self.kills = 0
        self._chance = random.Random(seed)
        self._system = system
        self._servers = Servers(home)
        self._guard = Guard(home / "bench-guard.lock")
        self._supervisor = Supervisor(os.environ, home / "log", self._guard, lambda _: None)
        self._dying: list[subprocess.Popen[bytes]] = []
        self._next = 0.0

    def add(self, job: Job) -> None:
        """Keep this job running."""
        self._supervisor.add(job)

    def end(self) -> None:
        """End what was started here."""
        for process in self._dying:
            process.kill()
            process.wait()
        self._supervisor.stop()
        self._servers.stop()
        self._guard.close()

    def look(self, victims: dict[str, int], most: int, every: float) -> None:
        """One glance: restart the dead, and kill the next when its time has come."""
        self._supervisor.look()
        for process in self._dying[:]:
            if process.poll() is not None:
                self._dying.remove(process)
                self.kills += process.returncode == -signal.SIGKILL
        if self.kills < most and time.monotonic() > self._next:
            self._next = time.monotonic() + every * self._chance.uniform(0.2, 1.8)
            (victim,) = self._chance.choices(list(victims), list(victims.values()))
            self._kill(victim)

    def _kill(self, victim: str) -> None:
        match victim:
            case "point":
                self._dying.append(self._send_one_and_die(self._chance.choice(POINTS)))
            case "flush":
                self._broker().flushall()
                self.kills += 1
            case "valkey":
                os.kill(int(self._broker().info("server")["process_id"]), signal.SIGKILL)
                self._servers.valkey.start()
                self.kills += 1
            case "postgres":
                pid_file = self._servers.postgres.data / "postmaster.pid"
                os.kill(int(pid_file.read_text().split("\n")[0]), signal.SIGKILL)
                self._raise_postgres()
                self.kills += 1
            case name:
                if pid := self._supervisor.processes().get(name):
                    os.killpg(pid, signal.SIGKILL)
                    self.kills += 1

    def _send_one_and_die(self, point: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", DIE_HERE, f"portal:{self._system}"],
            env={**os.environ, "CRASH_AT": point},
            cwd=PROJECT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _broker(self) -> Any:
        import redis
        from django.conf import settings

        return redis.Redis.from_url(settings.REDIS_CLIENT_URL)

    def _raise_postgres(self) -> None:
        """Its orphans hold the memory for a moment; it starts once they have noticed."""
        for _ in range(20):
            try:
                self._servers.postgres.start()
            except ServerFailed:
                time.sleep(0.5)
            else:
                return
        raise ServerFailed("PostgreSQL did not come back")


def file_all(
    town: Town, cases: list[int], desks: list[Desk], options: argparse.Namespace
) -> list[int]:
    """File everything while things die, then wait until nothing is due; the cases whose clerk saw
    them taken."""
    with ThreadPoolExecutor(CLERKS) as clerks:
        pressed = {
            clerks.submit(desks[n % len(desks)].file, case, 180): case
            for n, case in enumerate(cases)
        }
        end = time.monotonic() + 3600
        try:
            while time.monotonic() < end:
                town.look(OURS, options.kills, options.every)
                time.sleep(0.1)
                done = all(future.done() for future in pressed)
                if done and town.kills >= options.kills and not _due():
                    break
        except BaseException:
            clerks.shutdown(wait=False, cancel_futures=True)
            raise
        return [case for future, case in pressed.items() if _went_well(future)]


def _went_well(future: Future[float]) -> bool:
    error = future.exception() if future.done() else TimeoutError("not answered")
    if error:
        print(f"a clerk saw no confirmation: {error}")
    return error is None


def _due() -> bool:
    """Whether a filing is still on its way. A database that is just away counts as yes."""
    from django.db import DatabaseError, connection

    from opsa.core.outbox import Outbox

    try:
        return Outbox.objects.filter(kind="filing", state__in=("ready", "unknown")).exists()
    except DatabaseError:
        connection.close()
        return True


def weigh(figures: Figures, world: World, taken: list[int]) -> None:
    """What is in the database and in the journal beside what the portal holds."""
    from cases.models import Filing
    from opsa.core import journal
    from opsa.core.actors import PEOPLE
    from opsa.core.models import JournalEntry

    in_hand = Filing.objects.filter(state=Filing.State.PERSON)
    found = compare(Filing.objects.exclude(pk__in=in_hand), world.truth())
    saved = set(Filing.objects.values_list("case_id", flat=True))
    misnamed = JournalEntry.objects.filter(action__in=MACHINE_ACTS, actor_kind__in=PEOPLE)
    figures.put("lost", found.lost, most=0)
    figures.put("twice", found.twice + compare(in_hand, world.truth()).twice, most=0)
    figures.put("wrong_files", found.wrong_files, most=0)
    figures.put("unsaved", len(set(taken) - saved), most=0)
    figures.put("person", in_hand.count())
    figures.put("journal", len(journal.verify()), most=0)
    figures.put("misnamed", misnamed.count(), most=0)


def peer(figures: Figures, world: World, town: Town, options: argparse.Namespace) -> None:
    """The same messages by a plain Celery task, its worker and broker killed as often."""
    from cases.models import Filing

    os.environ["PEER_HOUR"] = str(PEER_HOUR)
    from benchmarks import _peer

    owed = [(pk, str(uuid4())) for pk in Filing.objects.order_by("pk").values_list("pk", flat=True)]
    town.add(_peer.job())
    town.kills = 0
    pace = options.kills * options.every / len(owed)
    begun = time.monotonic()
    for number, (filing, key) in enumerate(owed):
        while time.monotonic() < begun + number * pace:
            town.look(THEIRS, options.kills, options.every)
            time.sleep(0.05)
        _peer.owe(filing, key)
    quiet, before = time.monotonic(), -1
    while time.monotonic() - quiet < 1.5 * PEER_HOUR:  # longer than a lost message is waited for
        town.look(THEIRS, 0, options.every)
        time.sleep(1)
        now = world.truth()["totals"]["posts"]
        if now != before:
            quiet, before = time.monotonic(), now
    lost, twice = counted([key for _, key in owed], world.truth())
    figures.put("peer_lost", lost)
    figures.put("peer_twice", twice)


if __name__ == "__main__":
    sys.exit(main())
