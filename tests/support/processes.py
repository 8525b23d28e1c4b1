"""Real processes beside the tests: the simulator and the Celery workers."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from django.db import connection

from opsa.embedded.children import end_child, start_child
from opsa.embedded.places import PROJECT

PATIENCE = 40.0


@dataclass
class Simulator:
    """The outside world over HTTP. `control` is its dial board (never faulty)."""

    portal: str
    carrier: str
    sms: str
    control: str
    process: subprocess.Popen[bytes]

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """POST JSON to the control port."""
        return self._call(path, json.dumps(body or {}).encode())

    def get(self, path: str) -> Any:
        """GET JSON from the control port."""
        return self._call(path, None)

    def put(self, path: str, body: dict[str, Any]) -> Any:
        """PUT JSON to the control port (the dials)."""
        return self._call(path, json.dumps(body).encode(), "PUT")

    def _call(self, path: str, body: bytes | None, method: str | None = None) -> Any:
        request = urllib.request.Request(
            self.control + path, body, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read()
        return json.loads(text) if text else None


@pytest.fixture(scope="session")
def simulator_process(tmp_path_factory: pytest.TempPathFactory) -> Generator[Simulator]:
    """One simulator for the whole run, on the addresses that the settings already name."""
    data = tmp_path_factory.mktemp("simulator")
    urls = {name: os.environ[name] for name in ("PORTAL_URL", "CARRIER_URL", "SMS_URL")}
    control = os.environ["SIMULATOR_CONTROL_URL"]
    command = [
        sys.executable, "-m", "opsa.simulator", "--data", data,
        "--port", port(urls["PORTAL_URL"]), "--carrier-port", port(urls["CARRIER_URL"]),
        "--sms-port", port(urls["SMS_URL"]), "--control-port", port(control),
        "--sms2-port", port(os.environ["SMS2_URL"]), "--zalo-port", port(os.environ["ZALO_URL"]),
    ]  # fmt: skip
    log = data / "simulator.log"
    with log.open("ab") as out:
        process = start_child(command, stop_signal=signal.SIGTERM, output=out, directory=PROJECT)
    try:
        wait_for(f"{control}/healthz", process, log)
        yield Simulator(urls["PORTAL_URL"], urls["CARRIER_URL"], urls["SMS_URL"], control, process)
    finally:
        end_child(process, signal.SIGTERM, 5)


@pytest.fixture
def simulator(simulator_process: Simulator) -> Simulator:
    """The simulator with all dials at rest and nothing held."""
    simulator_process.post("/api/reset")
    return simulator_process


class Workers:
    """One worker process for all queues; `kill` is SIGKILL, as a power cut would be."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, queues: str = "interactive,pdf,outside,bulk", concurrency: int = 2) -> None:
        """Start and wait until the worker takes tasks."""
        environment = {
            **os.environ,
            "DATABASE_URL": database_url(),
            "DJANGO_SETTINGS_MODULE": "opsa.settings.test",
        }
        command = [
            sys.executable, "-m", "celery", "-A", "opsa.celery:app", "worker", "-Q", queues,
            "-c", str(concurrency), "-n", f"test{os.getpid()}@opsa", "-l", "info",
            "--without-gossip", "--without-mingle",
        ]  # fmt: skip
        mark = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as out:
            self.process = start_child(
                command, stop_signal=signal.SIGTERM, output=out,
                environment=environment, directory=PROJECT,
            )  # fmt: skip
        deadline = time.monotonic() + PATIENCE
        while b" ready." not in self.log.read_bytes()[mark:]:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, f"no worker in time\n{self.log.read_text()}"
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL for the worker and its pool at once."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End in order."""
        if self.process is not None and self.process.poll() is None:
            end_child(self.process, signal.SIGTERM, 10)


@pytest.fixture
def workers(transactional_db: None, tmp_path: Path) -> Generator[Workers]:
    """Celery workers of all queues on this test's database and broker."""
    crew = Workers(tmp_path / "workers.log")
    crew.start()
    yield crew
    crew.stop()


def database_url() -> str:
    """The address of the database of this test (and xdist worker)."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    name = quote(str(connection.settings_dict["NAME"]))
    return parts._replace(path=f"/{name}").geturl()


def port(url: str) -> str:
    """The port of an address, as text."""
    return str(urlsplit(url).port)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until `url` answers; fail with the log if the process ends or takes too long."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"{url} does not answer\n{log.read_text(errors='replace')[-2000:]}")
