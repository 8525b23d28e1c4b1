"""The whole product in processes of their own, as `./start` runs it: web, workers, simulator."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from opsa.embedded.children import end_child, start_child
from opsa.embedded.places import PROJECT, free_ports
from opsa.embedded.run import jobs

NAMES = ("web", "portal", "carrier", "sms", "simulator", "sms2", "zalo")
PATIENCE = 90.0


def choose_addresses() -> dict[str, int]:
    """Free ports, put into the environment before the settings are read."""
    ports = dict(zip(NAMES, free_ports(len(NAMES)), strict=True))
    local = "http://127.0.0.1"
    os.environ.update(
        PORTAL_URL=f"{local}:{ports['portal']}",
        CARRIER_URL=f"{local}:{ports['carrier']}",
        SMS_URL=f"{local}:{ports['sms']}",
        SMS2_URL=f"{local}:{ports['sms2']}",
        ZALO_URL=f"{local}:{ports['zalo']}",
        SIMULATOR_CONTROL_URL=f"{local}:{ports['simulator']}",
        PUBLIC_URL=f"{local}:{ports['web']}",
    )
    return ports


def collect() -> None:
    """The files that browsers ask for, as the web process wants them."""
    from django.core.management import call_command

    call_command("build_static", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


@contextmanager
def running(ports: dict[str, int]) -> Generator[str]:
    """Everything started and the web answering; gives its address, ends all afterwards."""
    collect()
    started: list[subprocess.Popen[bytes]] = []
    with tempfile.TemporaryDirectory(prefix="opsa-bench-log-") as folder:
        home = Path(folder)
        try:
            for job in jobs(ports, home):
                with (home / f"{job.name}.log").open("ab") as log:
                    started.append(
                        start_child(
                            list(job.command),
                            stop_signal=signal.SIGTERM,
                            output=log,
                            environment=os.environ,
                            directory=PROJECT,
                        )
                    )
            wait_for_web(f"http://127.0.0.1:{ports['web']}/", home / "web.log")
            for log in home.glob("worker-*.log"):
                _settle(log)
            yield f"http://127.0.0.1:{ports['web']}"
        finally:
            for process in reversed(started):
                end_child(process, signal.SIGTERM, 10)


def wait_for_web(address: str, log: Path) -> None:
    """Until the first page answers. Raises, with the end of the log said, when it does not."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(address, timeout=10).close()
        except urllib.error.HTTPError as answer:
            if answer.code < 500:
                return
            raise
        except OSError:
            if time.monotonic() > deadline:
                print(log.read_text()[-3000:], file=sys.stderr)
                raise
            time.sleep(0.2)
        else:
            return


def _settle(log: Path, seconds: float = 3.0) -> None:
    """Workers say nothing at this log level when they are ready: wait until they stay quiet."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        time.sleep(0.2)
