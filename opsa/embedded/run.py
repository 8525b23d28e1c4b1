"""`./start`: everything on one machine, in the foreground, until Ctrl+C.

Python, packages and Pango are the shell script's part (stages 1 to 3). Ends with 0 after Ctrl+C,
1 when something could not start or another launcher works in the same folder.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

from opsa.embedded import prepare
from opsa.embedded.console import Console
from opsa.embedded.places import (
    PROJECT,
    AlreadyRunning,
    free_port,
    lock,
    shown_path,
    var_directory,
    write_owner,
)
from opsa.embedded.postgres import ServerFailed, tail
from opsa.embedded.servers import Servers
from opsa.embedded.supervisor import Guard, Job, Supervisor

PORTS = {
    "web": 8000, "portal": 8801, "carrier": 8802, "sms": 8803, "simulator": 8804,
    "sms2": 8805, "zalo": 8806,
}  # fmt: skip
WEB_SECONDS = 90.0
RUNNING = "running.json"


class Stop(BaseException):
    """Somebody asked the launcher to end."""


def main() -> int:
    """Run the demo; the exit status."""
    console = Console()
    home = var_directory()
    home.mkdir(parents=True, exist_ok=True)
    try:
        held = lock(home / "launcher.lock", patience=0.5)
    except AlreadyRunning as other:
        console.say(f"OPSA already runs in this folder: {other}. Its addresses are in its window.")
        return 1
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, _stop)
    write_owner(held, "./start")
    try:
        with contextlib.suppress(Stop):
            return _serve(console, home)
    except (ServerFailed, prepare.StepFailed) as failure:
        console.say(f"\nOPSA could not start. {failure}")
        return 1
    finally:
        (home / RUNNING).unlink(missing_ok=True)
        held.close()
    console.say(
        f"OPSA has ended. The data stays in {shown_path(home)}/; ./start continues with it."
    )
    return 0


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise Stop


def _serve(console: Console, home: Path) -> int:
    _wait_for_old_guard(console, home)
    guard = Guard(home / "guard.lock")
    servers = Servers(home)
    supervisor: Supervisor | None = None
    try:
        with console.stage("PostgreSQL 18 and Valkey 9") as notes:
            notes.append("new data" if servers.postgres.is_new else "data kept")
            servers.start()
            _watch_servers(guard, servers)
        ports = _ports(console)
        environment = {**os.environ, **servers.environment(), **_addresses(ports)}
        supervisor = Supervisor(environment, home / "log", guard, console.say)
        outside, web, *others = jobs(ports, home)
        # The practice day is made through the simulated outside world, so that comes first.
        supervisor.add(outside)
        _wait_for(console, supervisor, f"127.0.0.1:{ports['simulator']}/healthz", outside, home)
        prepare.run(console, environment, home)
        write_running(home, environment)
        with console.stage("web, workers, beat") as notes:
            supervisor.add(web)
            _wait_for(console, supervisor, f"127.0.0.1:{ports['web']}/", web, home)
            for job in others:
                supervisor.add(job)
            notes.append(f"{len(supervisor.processes())} processes")
        _welcome(console, ports, environment, home)
        while True:
            time.sleep(0.25)
            supervisor.look()
            _keep_servers(console, guard, servers)
    finally:
        _ignore_signals()
        console.say("\nEnding …")
        if supervisor is not None:
            supervisor.stop()
        servers.stop()
        guard.close()


def _ignore_signals() -> None:
    """A second Ctrl+C must not cut the orderly end short; each part has its own time limit."""
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, signal.SIG_IGN)


def _wait_for_old_guard(console: Console, home: Path) -> None:
    """After a SIGKILL the last launcher's guard may still be ending its children."""
    path = home / "guard.lock"
    try:
        lock(path).close()
    except AlreadyRunning:
        console.say("      the last run was cut off; waiting until its processes have ended")
        lock(path, patience=30.0).close()


def _watch_servers(guard: Guard, servers: Servers) -> None:
    for process in (servers.postgres.process, servers.valkey.process):
        if process is not None:
            guard.watch(process.pid)


def _keep_servers(console: Console, guard: Guard, servers: Servers) -> None:
    for name, server in (("PostgreSQL", servers.postgres), ("Valkey", servers.valkey)):
        if server.process is not None and server.process.poll() is not None:
            guard.forget(server.process.pid)
            console.say(f"      {name} ended; starting it again, see {server.log}")
            server.start()
            _watch_servers(guard, servers)


def _ports(console: Console) -> dict[str, int]:
    wanted = {**PORTS, "web": int(os.environ.get("PORT", PORTS["web"]))}
    given: dict[str, int] = {}
    for name, port in wanted.items():
        first = port
        while (found := free_port(first)) in given.values():
            first = found + 1
        given[name] = found
        if found != port:
            console.say(f"      port {port} is taken; {name} uses {found}")
    return given


def _addresses(ports: dict[str, int]) -> dict[str, str]:
    local = "http://127.0.0.1"
    ours = {
        "PORTAL_URL": f"{local}:{ports['portal']}",
        "CARRIER_URL": f"{local}:{ports['carrier']}",
        "SMS_URL": f"{local}:{ports['sms']}",
        "SMS2_URL": f"{local}:{ports['sms2']}",
        "ZALO_URL": f"{local}:{ports['zalo']}",
        "PRACTICE_PORTAL_URL": f"{local}:{ports['portal']}",
        "PRACTICE_SMS_URL": f"{local}:{ports['sms']}",
        "PRACTICE_CONTROL_URL": f"{local}:{ports['simulator']}",
        "SIMULATOR_CONTROL_URL": f"{local}:{ports['simulator']}",
        "PUBLIC_URL": f"{local}:{ports['web']}",
        "DJANGO_SETTINGS_MODULE": "opsa.settings.local",
        "PYTHONPATH": str(PROJECT),
        "PYTHONUNBUFFERED": "1",
    }
    return {name: os.environ.get(name, value) for name, value in ours.items()}


def jobs(ports: dict[str, int], home: Path) -> list[Job]:
    """The processes in the order of their start: the outside world, then what people wait for."""
    python = sys.executable
    simulator = (
        python, "-m", "opsa.simulator", "--data", str(home / "simulator"),
        "--port", str(ports["portal"]), "--carrier-port", str(ports["carrier"]),
        "--sms-port", str(ports["sms"]), "--control-port", str(ports["simulator"]),
        "--sms2-port", str(ports["sms2"]), "--zalo-port", str(ports["zalo"]),
    )  # fmt: skip
    web = (
        python, "-m", "gunicorn", "-c", str(PROJECT / "deploy" / "gunicorn.conf.py"),
        "--bind", f"127.0.0.1:{ports['web']}", "--graceful-timeout", "8",
    )  # fmt: skip
    celery = (python, "-m", "celery", "-A", "opsa.celery:app")

    def worker(name: str, queues: str, concurrency: int, pool: str = "prefork") -> Job:
        command = (
            *celery, "worker", "-Q", queues, "-n", f"{name}@opsa", "-c", str(concurrency),
            "-P", pool, "-l", "warning", "--without-gossip", "--without-mingle",
        )  # fmt: skip
        return Job(f"worker-{name}", command, patience=25.0)

    beat = (*celery, "beat", "-l", "warning", "--pidfile", "", "-s", str(home / "beat-schedule"))
    return [
        Job("simulator", simulator, patience=5.0),
        Job("web", web),
        worker("interactive", "interactive,bulk", 2),
        worker("pdf", "pdf", 1),
        # It waits for others and computes little: many threads, so that whoever keeps us waiting
        # holds up nobody else.
        worker("outside", "outside", 24, "threads"),
        Job("beat", beat),
    ]


def _wait_for(console: Console, supervisor: Supervisor, address: str, job: Job, home: Path) -> None:
    deadline = time.monotonic() + WEB_SECONDS
    log = home / "log" / f"{job.name}.log"
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://{address}", timeout=10).close()
        except urllib.error.HTTPError as answer:
            if answer.code < 500:
                return
            raise ServerFailed(f"the first page failed\n{tail(log)}") from None
        except OSError:
            time.sleep(0.1)
            supervisor.look()
            console.tick()
        else:
            return
    raise ServerFailed(f"{job.name} did not answer\n{tail(log)}")


def write_running(home: Path, environment: dict[str, str]) -> None:
    """Leave the addresses for `./start manage` of another window."""
    names = (
        "DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "STORAGE_URL", "OPSA_KEYS_FILE",
        "SECRET_KEY_FILE", "OPSA_VAR_DIR", "PORTAL_URL", "CARRIER_URL", "SMS_URL", "PUBLIC_URL",
        "SIMULATOR_CONTROL_URL", "DJANGO_SETTINGS_MODULE", "SMS2_URL", "ZALO_URL",
        "PRACTICE_PORTAL_URL", "PRACTICE_SMS_URL", "PRACTICE_CONTROL_URL",
    )  # fmt: skip
    draft = home / f"{RUNNING}.new"
    draft.touch(mode=0o600)
    draft.write_text(json.dumps({name: environment[name] for name in names}, indent=1))
    draft.rename(home / RUNNING)


def _signins(environment: dict[str, str], home: Path) -> str:
    """The practice staff's sign-ins; asked once for each preparation of the data."""
    kept = home / prepare.SIGNINS
    if not kept.exists():
        shown = subprocess.run(
            [sys.executable, "manage.py", "demo_signins"],
            cwd=PROJECT, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if shown.returncode != 0:
            return "The sign-ins could not be listed: ./start manage demo_signins"
        kept.touch(mode=0o600)
        kept.write_text(shown.stdout)
    return kept.read_text().rstrip()


def _welcome(
    console: Console, ports: dict[str, int], environment: dict[str, str], home: Path
) -> None:
    base = environment["PUBLIC_URL"]
    console.say(f"""
OPSA runs.
  Counter       {base}/quay/
  Citizens      {base}/
  Supervisors   {base}/dieu-hanh/
  Admin         {base}/quan-tri/
  The outside world (simulated)   http://127.0.0.1:{ports["simulator"]}/
""")
    console.say(_signins(environment, home))
    console.say("\nA code for the second factor: ./start code <user>")
    logs = home / "log"
    console.say(f"Ctrl+C ends everything. Logs are in {shown_path(logs)}/.")


if __name__ == "__main__":
    if shutil.which(sys.executable) is None:
        raise SystemExit("the Python of .venv is gone; remove .venv and run ./start again")
    sys.exit(main())
