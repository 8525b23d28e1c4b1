"""A counter that things happen to: a web server in a process of its own, a clerk in a browser, and
a case laid through the counter's own services up to the marked point."""

import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from playwright.sync_api import BrowserContext, Error, Page, Playwright

from agencies.models import Commune, Staff
from cases.intake import cards, drafts, mandates, practice, steps
from cases.models import Case, Mandate
from opsa.embedded.children import start_child
from opsa.embedded.places import PROJECT, free_ports
from tests.support.birth import CARD
from tests.support.browser import let_in
from tests.support.cases import Counter
from tests.support.processes import database_url, wait_for

PASSWORD = "a-long-test-password"
PHONE = "+84912345678"
ORDER = ("draft", "applicant", "papers", "declaration", "fees", "paid", "asked", "given")


class Web:
    """The product's web server, which can be killed and started again on the same address."""

    def __init__(self, log: Path) -> None:
        (port,) = free_ports(1)
        self.url, self.log = f"http://127.0.0.1:{port}", log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [
            sys.executable, "-m", "gunicorn", "tests.chaos.served", "--workers", "1",
            "--threads", "4", "--bind", self.url.removeprefix("http://"), "--log-level", "warning",
        ]  # fmt: skip
        environment = {
            **os.environ,
            "DATABASE_URL": database_url(),
            "DJANGO_SETTINGS_MODULE": "opsa.settings.test",
            "PUBLIC_URL": self.url,
        }
        with self.log.open("ab") as out:
            self.process = start_child(
                command, stop_signal=signal.SIGTERM, output=out,
                environment=environment, directory=PROJECT,
            )  # fmt: skip
        wait_for(f"{self.url}/dang-nhap/", self.process, self.log)

    def kill(self) -> None:
        """SIGKILL for the server and its workers at once, as a power cut would be."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def largest_file(self, size: int) -> None:
        """Let the server write no file beyond this size: what a full disk answers."""
        assert self.process is not None
        for group in Path("/proc").glob("[0-9]*"):
            try:
                if os.getpgid(int(group.name)) == self.process.pid:
                    resource.prlimit(int(group.name), resource.RLIMIT_FSIZE, (size, -1))
            except ProcessLookupError:
                continue

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()
        time.sleep(0.5)  # the database ends the sessions of a killed process a moment later


@pytest.fixture(scope="module")
def web_process(
    django_db_setup: None, playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Web]:
    """One web server for all of these tests; what breaks it starts it again."""
    server = Web(tmp_path_factory.mktemp("web") / "web.log")
    server.start()
    yield server
    server.stop()
    # The browser's loop has connections of its own; they end with it.
    connections.close_all()


@pytest.fixture
def web(transactional_db: None, web_process: Web) -> Iterator[Web]:
    """The running web server, whole again whatever the test before did to it."""
    assert web_process.process is not None
    if web_process.process.poll() is not None:
        web_process.start()
    web_process.largest_file(-1)
    yield web_process
    # A request that a closed page left under way would meet the emptying of the tables.
    for _look in range(3):
        until(lambda: not under_way(), "the server's last request")
        time.sleep(0.1)


def under_way() -> int:
    """How many other connections are in the middle of something."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'"
        )
        return int(cursor.fetchone()[0])


@pytest.fixture
def counter(birth_counter: Counter) -> Counter:
    return birth_counter


@pytest.fixture
def lay(transactional_db: None, counter: Counter) -> Callable[[str], Case]:
    """`lay("papers")` takes one case through the counter's services up to this mark."""

    def up_to(mark: str) -> Case:
        clerk = counter.staff
        case = drafts.draft_open(staff=clerk, version=counter.version, card=cards.read(CARD))
        acts: dict[str, Callable[[], Any]] = {
            "draft": lambda: None,
            "applicant": lambda: practice.save(clerk, case, steps.APPLICANT, applicant()),
            "papers": lambda: practice.papers(clerk, case, practice.paper_picture()),
            "declaration": lambda: practice.fill(clerk, case, {}),
            "fees": lambda: practice.save(clerk, case, steps.FEES, {"by_post": "yes"}),
            "paid": lambda: pay(clerk, case),
            "asked": lambda: ask(clerk, case),
            "given": lambda: mandates.mandate_on_screen(staff=clerk, case_id=case.pk, agrees=True),
        }
        for name in ORDER[: ORDER.index(mark) + 1]:
            acts[name]()
        case.refresh_from_db()
        return case

    return up_to


def applicant() -> dict[str, str]:
    commune = Commune.objects.get(code="00169")
    return {"commune": commune.pk, "phone": "0912345678", "relation": "self"}


def pay(clerk: Staff, case: Case) -> None:
    from cases.intake import fees

    case.refresh_from_db()
    if case.money == "due":
        fees.payment_record(staff=clerk, case_id=case.pk, method="cash", reference="")


def ask(clerk: Staff, case: Case) -> None:
    mandates.ensure_texts()
    mandates.mandate_begin(staff=clerk, case_id=case.pk, method=Mandate.Method.SCREEN)


@pytest.fixture
def sit(web: Web, new_context: Callable[..., BrowserContext]) -> Iterator[Callable[..., Page]]:
    """`sit(staff, "/quay/…")` is this clerk at a browser of their own, on that page."""
    contexts = []

    def down(who: Staff, path: str) -> Page:
        context = new_context()
        contexts.append(context)
        let_in(context, who, web.url)
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(web.url + path)
        return page

    yield down
    # Nothing is under way in a page when its browser closes, and no question about leaving waits.
    for page in (page for context in contexts for page in context.pages):
        with contextlib.suppress(Error):  # a dead tab
            page.goto("about:blank", timeout=3000)


def until(check: Callable[[], Any], what: str, seconds: float = 12.0) -> Any:
    """Wait for something in the database."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := check():
            return found
        time.sleep(0.05)
    return pytest.fail(f"not in time: {what}")
