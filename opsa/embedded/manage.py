"""`./start manage <command>`: Django's command line on the demo's data.

Uses the servers of a running `./start`, else starts them for this call. Standard output carries the
command's output alone.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from opsa.embedded.places import PROJECT, AlreadyRunning, lock, var_directory, write_owner
from opsa.embedded.prepare import forget
from opsa.embedded.run import RUNNING
from opsa.embedded.servers import Servers

OWNER_COMMANDS = {"migrate", "sqlmigrate", "showmigrations", "makemigrations", "flush"}
PATIENCE = 120.0


def main(words: list[str]) -> int:
    """Run the command; its exit status."""
    home = var_directory()
    deadline = time.monotonic() + PATIENCE
    while True:
        found = running_environment(home)
        if found is not None:
            return call(words, found)
        try:
            held = lock(home / "launcher.lock")
        except AlreadyRunning as other:
            if time.monotonic() > deadline:
                print(f"The servers are held by {other}, which is not ready.", file=sys.stderr)
                return 1
            time.sleep(0.3)
            continue
        write_owner(held, "./start manage")
        with held:
            return call_alone(words, home)


def running_environment(home: Path) -> dict[str, str] | None:
    """The addresses of a running launcher, or None."""
    path = home / RUNNING
    try:
        lock(home / "launcher.lock").close()
    except AlreadyRunning:
        if path.exists():
            content: dict[str, str] = json.loads(path.read_text())
            return content
    return None


def call_alone(words: list[str], home: Path) -> int:
    """Start the servers, run the command, stop them."""
    lock(home / "guard.lock", patience=30.0).close()
    servers = Servers(home)
    try:
        servers.start()
        return call(words, servers.environment())
    finally:
        servers.stop()


def call(words: list[str], environment: dict[str, str]) -> int:
    """Run manage.py with our terminal; migrations run as the owner of the tables."""
    full = {
        "DJANGO_SETTINGS_MODULE": "opsa.settings.local",
        **os.environ,
        "PYTHONPATH": str(PROJECT),
        **environment,
    }
    if words and words[0] in OWNER_COMMANDS:
        forget(var_directory())
        full["DATABASE_URL"] = full["DATABASE_OWNER_URL"]
    try:
        return subprocess.run(
            [sys.executable, PROJECT / "manage.py", *words], env=full, check=False
        ).returncode
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
