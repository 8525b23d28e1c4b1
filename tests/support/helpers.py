"""Small tools: query budgets and a frozen clock."""

import datetime
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from opsa.core import kept
from opsa.core.limits import client as valkey
from opsa.core.working_time import forget_calendar, load_calendar

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
QueryBudget = Callable[..., AbstractContextManager[CaptureQueriesContext]]


class Clock:
    """A clock that stands still in Hanoi until it is told otherwise."""

    def __init__(self, traveller: time_machine.Traveller) -> None:
        self._traveller = traveller

    def at(self, moment: str | datetime.datetime) -> datetime.datetime:
        """Set the time; text without a zone is Hanoi's. Returns it, aware."""
        if isinstance(moment, str):
            moment = datetime.datetime.fromisoformat(moment)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=HANOI)
        self._traveller.move_to(moment, tick=False)
        return moment

    def forward(self, **parts: float) -> datetime.datetime:
        """Move on, e.g. `forward(hours=3)`."""
        self._traveller.shift(datetime.timedelta(**parts))
        return datetime.datetime.now(HANOI)


@pytest.fixture
def clock() -> Generator[Clock]:
    """Time stands still at Monday 2026-11-23 09:00 in Hanoi until moved."""
    start = datetime.datetime(2026, 11, 23, 9, 0, tzinfo=HANOI)
    with time_machine.travel(start, tick=False) as traveller:
        yield Clock(traveller)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Generator[None]:
    """The test database; at the end nobody else is in it, so that it can be dropped.

    The last request of a closed browser may still hold a connection of the pool in a thread of the
    live server.
    """
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(autouse=True)
def memory_starts_fresh() -> None:
    """What processes keep in memory or in Valkey for a while belongs to one test's database."""
    cache.clear()
    if screens := list(valkey().scan_iter("opsa:screen:*")):
        valkey().delete(*screens)
    forget_calendar()
    kept.forget_all()


@pytest.fixture
def query_budget(db: None) -> QueryBudget:
    """`with query_budget(6): …` fails above 6 queries and prints them; `exactly=True` also below.

    Savepoints are not counted: they come from the test's own transaction. The calendar is in
    memory, as it is in a process that has answered before.
    """

    @contextmanager
    def budget(most: int, *, exactly: bool = False) -> Generator[CaptureQueriesContext]:
        load_calendar()
        with CaptureQueriesContext(connection) as captured:
            yield captured
        queries = [q["sql"] for q in captured.captured_queries if "SAVEPOINT" not in q["sql"]]
        wrong = len(queries) != most if exactly else len(queries) > most
        if wrong:
            listing = "\n".join(f"{n:3}. {sql[:400]}" for n, sql in enumerate(queries, 1))
            pytest.fail(f"{len(queries)} queries, budget {most}:\n{listing}", pytrace=False)

    return budget
