"""Brings data and static files up to date before the product starts. Every step is idempotent."""

import datetime
import hashlib
import json
import select
import signal
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from opsa.embedded.children import end_child, start_child
from opsa.embedded.console import Console
from opsa.embedded.places import PROJECT
from opsa.embedded.postgres import tail

ROOMS = ("opsa", "agencies", "procedures", "cases", "delivery")
STATIC_SOURCES = ("static", "templates", "locale", "opsa/core", "requirements.lock")
DATA_SOURCES = (*ROOMS, "deploy/postgres", "locale", "requirements.lock")
DATA_STAMP, STATIC_STAMP, SIGNINS = "data.stamp", "static.stamp", "signins.txt"


class StepFailed(Exception):
    """A management command failed; the message ends with its last words."""


class Steps:
    """The launcher's side of `opsa.embedded.steps`: commands run one after the other."""

    def __init__(self, console: Console, environment: Mapping[str, str], log: Path) -> None:
        self._console = console
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            self._child = start_child(
                [sys.executable, "-m", "opsa.embedded.steps"],
                stop_signal=signal.SIGTERM,
                output=out,
                environment=environment,
                directory=PROJECT,
                talk=True,
            )

    def run(self, *words: str) -> None:
        """Run one command and wait; raise StepFailed with the log's end if it fails."""
        child = self._child
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            child.stdin.write(json.dumps(words).encode() + b"\n")
            child.stdin.flush()
            while not select.select([child.stdout], [], [], 0.5)[0]:
                self._console.tick()
            answer = child.stdout.readline()
        except BrokenPipeError:
            answer = b""
        if answer != b"ok\n":
            raise StepFailed(
                f"manage.py {words[0]} failed.\n{tail(self._log)}\nThe whole log: {self._log}"
            )

    def close(self) -> None:
        """End the process: by itself when idle, by signal when in the middle of something."""
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()
        end_child(self._child, signal.SIGTERM, 5.0)


def run(console: Console, environment: Mapping[str, str], home: Path) -> None:
    """Migrate as the owner, load reference data and the practice day, build static files.

    What was prepared today from the same sources is not prepared again.
    """
    data, static = _data_digest(environment), fingerprint(STATIC_SOURCES)
    data_fresh = _stamp(home / DATA_STAMP) == data
    built = (PROJECT / "static_built").exists() and (home / "static").exists()
    static_fresh = built and _stamp(home / STATIC_STAMP) == static
    log = home / "log" / "prepare.log"
    started: list[Steps] = []

    def steps(role_environment: Mapping[str, str]) -> Steps:
        started.append(Steps(console, role_environment, log))
        return started[-1]

    try:
        if data_fresh:
            for name in ("Database tables", "Places, offices, procedures", "Practice day"):
                with console.stage(name) as notes:
                    notes.append("unchanged")
        else:
            forget(home)
            owner = steps({**environment, "DATABASE_URL": environment["DATABASE_OWNER_URL"]})
            application = steps(environment)
            with console.stage("Database tables"):
                owner.run("migrate", "--no-input")
            with console.stage("Places, offices, procedures"):
                application.run("load_reference")
            with console.stage("Practice day"):
                application.run("practice_day")
            (home / DATA_STAMP).write_text(data)
        with console.stage("Static files") as notes:
            if static_fresh:
                notes.append("unchanged")
            else:
                application = started[-1] if started else steps(environment)
                application.run("build_messages")
                application.run("build_static")
                application.run("collectstatic", "--no-input", "--clear")
                (home / STATIC_STAMP).write_text(static)
    finally:
        for one in started:
            one.close()


def forget(home: Path) -> None:
    """Prepare the data again at the next start: somebody changed it by hand."""
    for name in (DATA_STAMP, SIGNINS):
        (home / name).unlink(missing_ok=True)


def _stamp(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _data_digest(environment: Mapping[str, str]) -> str:
    """Sources, database and day: the practice day is today's."""
    today = datetime.datetime.now(tz=datetime.UTC).astimezone().date().isoformat()
    return f"{fingerprint(DATA_SOURCES)} {today} {environment['DATABASE_URL']}"


def fingerprint(sources: Iterable[str]) -> str:
    """Changes whenever a file below `sources` does (names, sizes, times), but for what is made out
    of them on the way: else the second start would prepare everything once more."""
    digest = hashlib.sha256()
    for source in sources:
        top = PROJECT / source
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            made = path.suffix == ".mo" or "__pycache__" in path.parts
            if path.is_file() and not made:
                info = path.stat()
                digest.update(f"{path}|{info.st_size}|{info.st_mtime_ns}\n".encode())
    return digest.hexdigest()
