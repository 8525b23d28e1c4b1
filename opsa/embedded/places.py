"""Where the embedded servers keep things: data, sockets, secrets, locks."""

import base64
import fcntl
import hashlib
import itertools
import json
import os
import secrets
import socket
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, TextIO

PROJECT = Path(__file__).resolve().parents[2]
LONGEST_SOCKET_PATH = 107  # sizeof(sockaddr_un.sun_path) - 1 on Linux
LONGEST_SOCKET_NAME = len("/.s.PGSQL.5432.lock")


class AlreadyRunning(Exception):
    """Another launcher works in the same folder; the message names it."""


def var_directory() -> Path:
    """The folder of everything that is not source: `var/`, or `OPSA_VAR_DIR`."""
    return Path(os.environ.get("OPSA_VAR_DIR", PROJECT / "var")).resolve()


def shown_path(path: Path) -> str:
    """A folder as a person at the project's folder would type it."""
    return str(path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path)


def socket_directory(home: Path) -> Path:
    """A folder for unix sockets, below `home` if its path is short enough, else a temporary one.

    Raises PermissionError if somebody else owns the temporary folder.
    """
    near = home / "run"
    if len(os.fsencode(near)) + LONGEST_SOCKET_NAME <= LONGEST_SOCKET_PATH:
        near.mkdir(parents=True, exist_ok=True, mode=0o700)
        return near
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    root = Path(tempfile.gettempdir())
    if len(os.fsencode(root)) > LONGEST_SOCKET_PATH - 40:
        root = Path("/tmp")
    short = root / f"opsa-{os.geteuid()}-{digest}"
    short.mkdir(exist_ok=True, mode=0o700)
    info = short.lstat()
    if not stat.S_ISDIR(info.st_mode) or info.st_uid not in {os.geteuid(), 65534}:
        raise PermissionError(f"{short} belongs to somebody else; remove it")
    return short


def free_port(wanted: int, *, tries: int = 50) -> int:
    """`wanted` or the next free port on loopback. Raises OSError if none is near."""
    for port in range(wanted, wanted + tries):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError(f"no free port between {wanted} and {wanted + tries}")


#: Below those that the system gives to whoever opens a connection.
_LOWEST: Final = 20_000
_PORTS: Final = 12_000
#: Each process begins at a place of its own, and never offers a port twice.
_offered = itertools.count(64 * os.getpid())


def free_ports(count: int) -> list[int]:
    """`count` free ports on loopback for servers that start later: until then neither a connection
    of anybody takes them nor another call of this."""
    found: list[int] = []
    while len(found) < count:
        port = _LOWEST + next(_offered) % _PORTS
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
    return found


def lock(path: Path, *, patience: float = 0.0) -> TextIO:
    """Hold `path` for this process; raise AlreadyRunning if another one holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    held = path.open("a+")
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return held
        except OSError:
            if time.monotonic() >= deadline:
                held.seek(0)
                owner = held.read().strip()
                held.close()
                raise AlreadyRunning(owner) from None
            time.sleep(0.1)


def write_owner(held: TextIO, what: str) -> None:
    """Note in a held lock file who holds it, for the message of the next launcher."""
    held.seek(0)
    held.truncate()
    held.write(f"{what} (process {os.getpid()})\n")
    held.flush()


def make_secrets(folder: Path) -> dict[str, str]:
    """Field-encryption keys and Django's secret, made once, readable by the owner only.

    Returns the environment variables that name the files.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys, secret = folder / "keys.json", folder / "secret_key"
    if not keys.exists():
        content = {"current": "k1", "keys": {"k1": _random()}, "blind": _random()}
        _write_private(keys, json.dumps(content))
    if not secret.exists():
        _write_private(secret, secrets.token_urlsafe(50))
    return {"OPSA_KEYS_FILE": str(keys), "SECRET_KEY_FILE": str(secret)}


def _random() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _write_private(path: Path, text: str) -> None:
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    draft.rename(path)
