"""Brings data and static files up to date before the product starts. Every step is idempotent."""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from opsa.embedded.children import end_child, start_child
from opsa.embedded.console import Console
from opsa.embedded.places import PROJECT
from opsa.embedded.postgres import tail

STATIC_SOURCES = ("static", "templates", "locale", "opsa/core", "requirements.lock")


class StepFailed(Exception):
    """A management command failed; the message ends with its last words."""


def run(console: Console, environment: Mapping[str, str], home: Path) -> None:
    """Migrate as the owner, load reference data and the practice day, build static files."""
    owner = {**environment, "DATABASE_URL": environment["DATABASE_OWNER_URL"]}
    with console.stage("Database tables"):
        command(console, owner, home, "migrate", "--no-input")
    with console.stage("Places, offices, procedures"):
        command(console, environment, home, "load_reference")
    with console.stage("Practice day"):
        command(console, environment, home, "practice_day")
    with console.stage("Static files") as notes:
        if not build_static(console, environment, home):
            notes.append("unchanged")


def build_static(console: Console, environment: Mapping[str, str], home: Path) -> bool:
    """Build fonts and sheets and collect them; False if nothing has changed since the last time."""
    stamp = home / "static.stamp"
    digest = fingerprint()
    built = PROJECT / "static_built"
    if stamp.exists() and stamp.read_text() == digest and built.exists():
        return False
    command(console, environment, home, "build_static")
    command(console, environment, home, "collectstatic", "--no-input", "--clear")
    stamp.write_text(digest)
    return True


def fingerprint() -> str:
    """Changes whenever a source of the static files does (names, sizes, times)."""
    digest = hashlib.sha256()
    for source in STATIC_SOURCES:
        top = PROJECT / source
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                info = path.stat()
                digest.update(f"{path}|{info.st_size}|{info.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def command(console: Console, environment: Mapping[str, str], home: Path, *words: str) -> None:
    """Run `manage.py words…`, its output in the log; raise StepFailed if it fails."""
    log = home / "log" / "prepare.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        child = start_child(
            [sys.executable, os.fspath(PROJECT / "manage.py"), *words],
            stop_signal=signal.SIGTERM, output=out, environment=environment, directory=PROJECT,
        )  # fmt: skip
    try:
        while True:
            try:
                status = child.wait(0.5)
                break
            except subprocess.TimeoutExpired:
                console.tick()
    except BaseException:
        end_child(child, signal.SIGTERM, 5.0)
        raise
    if status != 0:
        raise StepFailed(f"manage.py {words[0]} failed.\n{tail(log)}\nThe whole log: {log}")
