"""Keeps the product's processes running and ends them in order."""

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from opsa.embedded.children import end_child, end_group, group_alive, start_child
from opsa.embedded.places import PROJECT

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0


class Guard:
    """The launcher's side of `opsa.embedded.guard`."""

    def __init__(self, lock: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "opsa.embedded.guard", str(lock)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd=PROJECT,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The guard's process id."""
        return self._process.pid

    def watch(self, group: int) -> None:
        """End this process group should we die."""
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        """The group has ended."""
        self._tell(f"-{group}\n")

    def close(self) -> None:
        """Let it sweep what is left and end."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it has ended already
            self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it was killed: nobody sweeps, nobody waits
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()


@dataclass(frozen=True)
class Job:
    """One process of the product. `patience` is how many seconds it may take to end."""

    name: str
    command: tuple[str, ...]
    patience: float = 10.0


@dataclass
class _Running:
    job: Job
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    again_at: float = field(default=0.0)


class Supervisor:
    """Starts jobs, restarts those that die (with a growing pause), stops them in reverse order."""

    def __init__(
        self, environment: Mapping[str, str], logs: Path, guard: Guard, say: Callable[[str], None]
    ) -> None:
        self._environment = environment
        self._logs = logs
        self._guard = guard
        self._say = say
        self._running: list[_Running] = []

    def add(self, job: Job) -> None:
        """Start a job and keep it running from now on."""
        running = _Running(job)
        self._running.append(running)
        self._start(running)

    def processes(self) -> dict[str, int]:
        """Name and process id of what runs now."""
        return {r.job.name: r.process.pid for r in self._running if r.process is not None}

    def look(self) -> None:
        """Notice the dead and restart those whose pause is over. Call it often."""
        now = time.monotonic()
        for running in self._running:
            if running.process is None:
                if now >= running.again_at:
                    self._start(running)
                continue
            code = running.process.poll()
            if code is None:
                continue
            end_group(running.process.pid)
            self._guard.forget(running.process.pid)
            running.process = None
            if now - running.started > STEADY_SECONDS:
                running.pause = FIRST_PAUSE
            running.again_at = now + running.pause
            self._say(
                f"      {running.job.name} ended ({ending(code)}); again in {running.pause:.0f} s, "
                f"see {self._log(running.job)}"
            )
            running.pause = min(running.pause * 2, LONGEST_PAUSE)

    def stop(self) -> None:
        """Ask all to end at once, wait for each as long as its job allows, then kill."""
        alive = [r for r in reversed(self._running) if r.process is not None]
        for running in alive:
            if running.process is not None and running.process.poll() is None:
                running.process.send_signal(signal.SIGTERM)
        for running in alive:
            if running.process is None:
                continue
            pid = running.process.pid
            if not end_child(running.process, None, running.job.patience):
                self._say(f"      {running.job.name} did not end in time and was killed")
            if not group_alive(pid):
                self._guard.forget(pid)
            running.process = None

    def _log(self, job: Job) -> Path:
        return self._logs / f"{job.name}.log"

    def _start(self, running: _Running) -> None:
        with self._log(running.job).open("ab") as log:
            running.process = start_child(
                running.job.command,
                stop_signal=signal.SIGTERM,
                output=log,
                environment=self._environment,
                directory=PROJECT,
            )
        running.started = time.monotonic()
        self._guard.watch(running.process.pid)


def ending(code: int) -> str:
    """An exit status in words."""
    return f"signal {-code}" if code < 0 else f"exit {code}"
