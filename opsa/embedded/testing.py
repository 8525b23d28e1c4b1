"""pytest plugin (`-p opsa.embedded.testing`): throw-away servers for one test run.

Named in addopts and not in a conftest, because pytest-django reads the settings before any conftest
is imported. Durability is off, everything lies in a temporary folder, and the servers die with the
run, also when it is killed. Workers of pytest-xdist share PostgreSQL (a database each) and get a
Valkey and ports of their own.
"""

import atexit
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from opsa.core.words.po import BadCatalogue, build
from opsa.embedded.places import PROJECT, free_ports, make_secrets
from opsa.embedded.postgres import Postgres
from opsa.embedded.servers import DATABASE
from opsa.embedded.valkey import Valkey

PREFIX = "opsa-test-"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(args: list[str]) -> Generator[None]:
    """Start the servers and set the contract's variables before settings are read."""
    if not {"-h", "--help", "-V", "--version"} & set(args):
        if "PYTEST_XDIST_WORKER" in os.environ:
            _join_run(os.environ["PYTEST_XDIST_WORKER"])
        else:
            _start_run()
    yield


def _start_run() -> None:
    root = Path("/tmp") if os.access("/tmp", os.W_OK) else Path(tempfile.gettempdir())
    _remove_dead_runs(root)
    with contextlib.suppress(BadCatalogue):  # `./start check` says what is wrong with it
        build(PROJECT / "locale")
    home = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=root))
    if os.geteuid() == 0:
        home.chmod(0o711)
    postgres = Postgres(home, home / "run", durable=False)
    valkey = Valkey(home, home / "run")
    atexit.register(_end, home, postgres, valkey)
    postgres.start()
    postgres.make_database(DATABASE)
    valkey.start()
    _point_at(home, valkey)
    owner = postgres.url("opsa_owner", DATABASE)
    os.environ.update(
        DATABASE_URL=owner,
        DATABASE_OWNER_URL=owner,
        DATABASE_APP_URL=postgres.url("opsa_app", DATABASE),
        OPSA_TEST_HOME=str(home),
        PYTHONPATH=os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH")])),
    )
    if not (PROJECT / "static_built" / "vendor" / "htmx.min.js").exists():
        _build_static()


def _build_static() -> None:
    """On a clean checkout: fonts and htmx, without which no page works in the browser."""
    subprocess.run(
        [sys.executable, "manage.py", "build_static"],
        cwd=PROJECT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "opsa.settings.test"},
        check=True,
        capture_output=True,
    )


def _join_run(worker: str) -> None:
    home = Path(os.environ["OPSA_TEST_HOME"])
    valkey = Valkey(home, home / "run", name=f"valkey-{worker}")
    atexit.register(valkey.stop)
    valkey.start()
    _point_at(home / worker, valkey)


def _point_at(home: Path, valkey: Valkey) -> None:
    files = home / "files"
    files.mkdir(parents=True, exist_ok=True)
    portal, carrier, sms, control, sms2, zalo = (
        f"http://127.0.0.1:{port}" for port in free_ports(6)
    )
    os.environ.update(
        make_secrets(home / "secrets"),
        REDIS_URL=valkey.url,
        STORAGE_URL=files.as_uri(),
        OPSA_VAR_DIR=str(home),
        PORTAL_URL=portal,
        CARRIER_URL=carrier,
        SMS_URL=sms,
        SMS2_URL=sms2,
        PRACTICE_PORTAL_URL=portal,
        PRACTICE_SMS_URL=sms,
        PRACTICE_CONTROL_URL=control,
        ZALO_URL=zalo,
        SIMULATOR_CONTROL_URL=control,
        PUBLIC_URL="http://testserver",
        DJANGO_ALLOW_ASYNC_UNSAFE="true",
    )
    os.environ.pop("SECRET_KEY_FALLBACKS_FILE", None)


def _end(home: Path, postgres: Postgres, valkey: Valkey) -> None:
    valkey.stop(2)
    postgres.stop(10)
    shutil.rmtree(home, ignore_errors=True)
    if postgres.home != home:
        shutil.rmtree(postgres.home, ignore_errors=True)


def _remove_dead_runs(root: Path) -> None:
    """Remove folders left by runs that were killed; their servers are gone with them."""
    for folder in root.glob(f"{PREFIX}*-*"):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        if sys.platform != "linux" or Path("/proc", pid).exists():
            continue
        if folder.stat().st_uid == os.geteuid():
            shutil.rmtree(folder, ignore_errors=True)
