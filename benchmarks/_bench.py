"""What the benchmarks share: figures and budgets, CPU medians of interleaved rounds, a clerk.

Every script compares in one process and one run, so a busy machine moves both sides alike.
Processor time is what counts; wall time is shown only where somebody waits for it.
"""

import gc
import math
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from secrets import token_hex
from typing import Any, Final

import django

PASSWORD: Final = "a-long-bench-password"


def set_up() -> None:
    """Django on the servers that `./start bench` started. Ends with 2 when run without them."""
    if "DATABASE_URL" not in os.environ:
        print("run it with: ./start bench <name>", file=sys.stderr)
        raise SystemExit(2)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsa.settings.local")
    django.setup()


def cpu_medians(
    sides: Mapping[str, Callable[[], Any]], *, rounds: int, warm: int = 3
) -> dict[str, float]:
    """Milliseconds of this process's CPU per call, the median of `rounds` interleaved rounds."""
    for _ in range(warm):
        for call in sides.values():
            call()
    spent: dict[str, list[float]] = {name: [] for name in sides}
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        for name, call in sides.items():
            begun = time.process_time_ns()
            call()
            spent[name].append((time.process_time_ns() - begun) / 1e6)
    gc.unfreeze()
    return {name: statistics.median(values) for name, values in spent.items()}


def captured(call: Any) -> list[tuple[str, Any]]:
    """The statements that `call` runs."""
    from django.db import connection

    kept: list[tuple[str, Any]] = []

    def keep(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        kept.append((sql, parameters))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(keep):
        call()
    return kept


def p95(waits: list[float]) -> float:
    """The smallest wait that at least 95 of 100 do not exceed."""
    return sorted(waits)[math.ceil(0.95 * len(waits)) - 1]


class Figures:
    """The last line of a benchmark, and which budgets were missed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._figures: dict[str, str] = {}
        self._missed: list[str] = []

    def put(
        self, key: str, value: float | str, *, most: float | None = None, least: float | None = None
    ) -> None:
        """A figure, with its budget when it has one."""
        self._figures[key] = value if isinstance(value, str) else f"{value:g}"
        if isinstance(value, str):
            return
        if most is not None and value > most:
            self._missed.append(f"{key} is {value:g}, at most {most:g} allowed")
        if least is not None and value < least:
            self._missed.append(f"{key} is {value:g}, at least {least:g} wanted")

    def miss(self, text: str) -> None:
        """A promise without a figure of its own was broken."""
        self._missed.append(text)

    def end(self) -> int:
        """Print what was missed, then the figures as the last line; the exit status."""
        for text in self._missed:
            print(f"budget missed: {text}")
        print(self.name, *(f"{key}={value}" for key, value in self._figures.items()), flush=True)
        return 1 if self._missed else 0


def make_clerk(office: str | None = None) -> Any:
    """A clerk of the office (its code; the first one when not named), PIN and counter included."""
    from agencies.models import Agency, Counter, Role, Staff

    found = Agency.objects.order_by("pk")
    agency = found.get(code=office) if office else found.first()
    assert agency is not None
    desk, _ = Counter.objects.get_or_create(agency=agency, number=3)
    return Staff.objects.create_user(
        f"bench-{token_hex(4)}", PASSWORD, display_name="Nhân viên đo", role=Role.CLERK,
        agency=agency, counter=desk,
    )  # fmt: skip


def session_of(staff: Any) -> str:
    """A signed-in session, as the sign-in page leaves it."""
    from django.db import connection
    from django.test import Client

    client = Client()
    client.force_login(staff)
    connection.close()
    return str(client.cookies["opsa_session"].value)


def published(slug: str | None = None) -> Any:
    """A published version of the catalogue: this one, or the birth registration."""
    from procedures import selectors

    return selectors.current_for(slug or "dang-ky-khai-sinh")


def serve_static(*, urls: str | None = None, address: str | None = None) -> None:
    """Settings for asking pages in this process: hashed static files collected once, any host, and
    the given URLs. Nothing that a page does is switched off."""
    from django.conf import settings
    from django.core.management import call_command
    from django.test.utils import override_settings

    static = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    changes: dict[str, Any] = {
        "STORAGES": {**settings.STORAGES, "staticfiles": {"BACKEND": static}},
        "ALLOWED_HOSTS": ["*"],
        "ROOT_URLCONF": urls or settings.ROOT_URLCONF,
    }
    if address:
        changes["PUBLIC_URL"] = address
    override_settings(**changes).enable()
    if not (settings.BASE_DIR / "static_built" / "vendor").exists():
        call_command("build_static", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
