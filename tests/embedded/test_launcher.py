"""`./start` with real processes: it survives what people and machines do to it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from opsa.celery import GIVES_WAY
from opsa.embedded import prepare
from opsa.embedded.children import end_group
from opsa.embedded.places import PROJECT, free_port, free_ports, socket_directory
from opsa.embedded.postgres import Footing, Postgres, ServerFailed, find_footing

OURS = (
    "DATABASE_", "REDIS_URL", "STORAGE_URL", "OPSA_", "SECRET_KEY", "PORTAL_URL", "CARRIER_URL",
    "SMS_URL", "SMS2_URL", "ZALO_URL", "PUBLIC_URL", "PRACTICE_", "SIMULATOR_", "DJANGO_",
    "PYTEST_", "PORT",
)  # fmt: skip
PATIENCE = 150.0


def clean_environment(home: Path, **extra: str) -> dict[str, str]:
    """The environment of a person's shell, with the data elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**kept, "OPSA_VAR_DIR": str(home), "PYTHONPATH": str(PROJECT), **extra}


def wait_until(done: Callable[[], bool], what: Callable[[], str], patience: float) -> None:
    deadline = time.monotonic() + patience
    while not done():
        assert time.monotonic() < deadline, what()
        time.sleep(0.1)


#: What the demo consists of, as its command lines say it.
RUNS = (
    "opsa.embedded.run", "opsa.embedded.guard", "opsa.simulator", "gunicorn", "-Q interactive",
    "-Q pdf", "-Q outside", "opsa.celery:app beat", "postgres", "valkey",
)  # fmt: skip


def processes_naming(text: str) -> dict[int, str]:
    """Processes whose command line, environment or folder names `text`, but for the present one."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            content = command + (folder / "environ").read_bytes()
            content += os.fsencode((folder / "cwd").readlink())
        except OSError:
            continue
        if text.encode() in content and int(folder.name) != os.getpid() and command:
            found[int(folder.name)] = command.replace(b"\0", b" ").decode(errors="replace")[:400]
    return found


def behind(processes: dict[int, str], *parts: str) -> set[int]:
    """How far the processes of these parts stand behind this one in the processor's queue."""
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    return {
        os.getpriority(os.PRIO_PROCESS, pid) - mine
        for pid, command in processes.items()
        if any(part in command for part in parts)
    }


class Launcher:
    """One `./start` (its Python part) on a data folder of its own."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.port = home, port
        self.said = home.with_name("said.txt")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "opsa.embedded.run"],
                cwd=PROJECT,
                env=clean_environment(
                    self.home, PORT=str(self.port), OPSA_PRACTICE_PER_OFFICE="2"
                ),
                stdout=out, stderr=subprocess.STDOUT, process_group=0,
            )  # fmt: skip

    def text(self) -> str:
        return self.said.read_text()

    def wait_ready(self) -> None:
        assert self.process is not None
        wait_until(
            lambda: "Ctrl+C ends" in self.text() or self.process.poll() is not None,
            self.text, PATIENCE,
        )  # fmt: skip
        assert self.process.poll() is None, self.text()

    def status(self) -> int:
        url = json.loads((self.home / "running.json").read_text())["PUBLIC_URL"]
        try:
            with urllib.request.urlopen(url + "/", timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as answer:
            return answer.code

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "opsa.embedded.manage", *words],
            cwd=PROJECT, env=clean_environment(self.home), capture_output=True, text=True,
            timeout=PATIENCE, check=False,
        )  # fmt: skip

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                end_group(self.process.pid)


@pytest.fixture
def launcher(tmp_path: Path) -> Generator[Launcher]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    one = Launcher(tmp_path / "data of mine", port)
    yield one
    one.end()


def test_the_demo_survives_sigkill_with_its_data_and_leaves_no_process(launcher):
    launcher.start()
    launcher.wait_ready()
    assert launcher.status() < 500
    assert launcher.manage("shell", "-v0", "-c", COUNT).stdout == "0\n"

    again = subprocess.run(
        [sys.executable, "-m", "opsa.embedded.run"], cwd=PROJECT,
        env=clean_environment(launcher.home), capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert again.returncode == 1
    assert "already runs" in again.stdout

    assert launcher.manage("shell", "-v0", "-c", WRITE).returncode == 0
    before = processes_naming(str(launcher.home))
    commands = "\n".join(before.values())
    assert [one for one in RUNS if one not in commands] == []
    assert behind(before, "gunicorn", "-Q interactive") == {0}
    assert behind(before, "-Q pdf", "-Q outside") == {GIVES_WAY}
    os.kill(launcher.process.pid, signal.SIGKILL)
    launcher.process.wait()
    wait_until(
        lambda: not processes_naming(str(launcher.home)),
        lambda: str(processes_naming(str(launcher.home))), 20,
    )  # fmt: skip

    launcher.start()
    launcher.wait_ready()
    assert launcher.manage("shell", "-v0", "-c", COUNT).stdout == "1\n"
    launcher.process.send_signal(signal.SIGINT)
    assert launcher.process.wait(60) == 0
    assert "OPSA has ended" in launcher.text()
    assert not processes_naming(str(launcher.home))


CONNECT = """
import os, psycopg
connection = psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True)
connection.execute("create table if not exists kept (a int)")
"""
COUNT = CONNECT + 'print(connection.execute("select count(*) from kept").fetchone()[0])'
WRITE = CONNECT + 'connection.execute("insert into kept values (1)")'


def test_a_taken_port_is_passed_over():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert port < free_port(port) < port + 50


def test_a_long_path_gets_a_short_folder_for_sockets(tmp_path):
    deep = tmp_path.joinpath(*["a long folder name"] * 6)
    folder = socket_directory(deep)
    try:
        assert len(os.fsencode(folder / ".s.PGSQL.5432")) <= 107
        assert folder.stat().st_mode & 0o077 == 0
    finally:
        shutil.rmtree(folder)


def test_the_start_script_works_from_a_path_with_spaces_and_says_nothing_of_its_own(tmp_path):
    here = tmp_path / "a folder with spaces"
    here.mkdir()
    for entry in PROJECT.iterdir():
        if entry.name not in {"var", ".git", "start"}:
            (here / entry.name).symlink_to(entry)
    shutil.copy(PROJECT / "start", here / "start")
    if not (PROJECT / ".venv" / "opsa.stamp").exists():
        pytest.skip("the environment was not made by ./start")
    compiled = tmp_path / "compiled"
    environment = clean_environment(
        here / "var", PYTHONPYCACHEPREFIX=str(compiled), PYTHONDONTWRITEBYTECODE="1"
    )
    done = subprocess.run(
        [here / "start", "manage", "--version"], cwd=tmp_path, env=environment,
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == "6.1.3\n"
    assert any(compiled.rglob("*.pyc")), "what Python compiled is kept for the next process"


def test_the_start_script_explains_itself():
    done = subprocess.run(
        [PROJECT / "start", "nonsense"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "./start reset" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="PostgreSQL refuses root only")
@pytest.mark.parametrize("footing", [Footing.NAMESPACE, Footing.NOBODY])
def test_the_database_starts_as_root_and_keeps_its_data(tmp_path, monkeypatch, footing):
    monkeypatch.delenv("OPSA_FOOTING", raising=False)
    if footing is Footing.NAMESPACE and find_footing() is not Footing.NAMESPACE:
        pytest.skip("user namespaces are forbidden here")
    monkeypatch.setenv("OPSA_FOOTING", footing.value)
    server = Postgres(tmp_path / "home", tmp_path / "run")
    if footing is Footing.NOBODY:
        # pytest's folders are closed to others, as root's home is.
        server.sockets = server.home / "run"
    try:
        server.start()
        server.make_database("kept")
        first = server.process.pid
        os.kill(first, signal.SIGKILL)
        server.process.wait()
        server.start()
        server.make_database("kept")
        assert server.process.pid != first
    finally:
        server.stop()
        if server.home != tmp_path / "home":
            shutil.rmtree(server.home)


def test_ports_for_later_are_not_those_that_connections_get_nor_offered_twice():
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = [port for _ in range(20) for port in free_ports(3)]
    assert len(set(ports)) == 60
    assert max(ports) < lowest
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", ports[-1] + 1))
        assert ports[-1] + 1 not in free_ports(3)


def test_a_stranger_with_the_old_process_number_does_not_block_the_start(tmp_path):
    server = Postgres(tmp_path / "home", tmp_path / "run", durable=False)
    if server.footing is Footing.NOBODY:
        server.sockets = server.home / "run"
    try:
        server.start()
        lock = server.data / "postmaster.pid"
        left_behind = lock.read_text().split("\n", 1)[1]
        server.stop()
        lock.write_text(f"{os.getpid()}\n{left_behind}")
        of_the_socket = server.sockets / ".s.PGSQL.5432.lock"
        of_the_socket.write_text(f"{os.getpid()}\n{left_behind}")
        server.start()
        assert server.process.poll() is None
    finally:
        server.stop()


def test_a_dead_server_that_nobody_has_buried_does_not_block_the_next(tmp_path):
    server = Postgres(tmp_path / "home", tmp_path / "run", durable=False)
    if server.footing is Footing.NOBODY:
        server.sockets = server.home / "run"
    try:
        server.start()
        dead = server.process
        dead.kill()
        os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)  # it is dead, and stays a zombie
        second = Postgres(tmp_path / "home", server.sockets, durable=False)
        _start_once_the_memory_is_free(second)
        assert second.process.pid != dead.pid
        second.stop()
        dead.wait()
    finally:
        server.stop()


def _start_once_the_memory_is_free(server):
    """The dead server's own children hold its memory for a moment."""
    for _ in range(20):
        try:
            server.start()
        except ServerFailed:
            time.sleep(0.5)
        else:
            return
    pytest.fail("the second server never started")


def test_what_the_first_start_makes_is_no_reason_to_prepare_again(tmp_path, monkeypatch):
    monkeypatch.setattr(prepare, "PROJECT", tmp_path)
    words = tmp_path / "locale" / "en"
    words.mkdir(parents=True)
    (words / "django.po").write_text("one")
    before = prepare.fingerprint(("locale",))
    (words / "django.mo").write_bytes(b"made out of it")
    assert prepare.fingerprint(("locale",)) == before
    (words / "django.po").write_text("more")
    assert prepare.fingerprint(("locale",)) != before
