"""Strictness for every test: loopback only, nobody outside is waited for inside a transaction, no
undefined template variable, GET cannot write."""

import ipaddress
import re
import socket
import sys
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, suppress
from typing import Any

import httpx
import pytest
from django.db import DatabaseError, connections, transaction
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.backends.postgresql.operations import DatabaseOperations
from django.db.models.signals import post_migrate
from django.template import engines
from django.template.base import FilterExpression
from django.test import Client

# --- network ----------------------------------------------------------------------------------

LOCAL_NAMES = {"localhost", "testserver", "", None, socket.gethostname()}
_connect, _connect_ex, _getaddrinfo = (
    socket.socket.connect,
    socket.socket.connect_ex,
    socket.getaddrinfo,
)


#: What was tried, also where a library made another error of it.
tried: list[str] = []


class NetworkUsed(AssertionError):
    """A test tried to leave this machine."""


def _check(address: object) -> None:
    if isinstance(address, tuple) and address and not _is_local(address[0]):
        tried.append(f"a test tried to reach {address[0]}; only loopback is allowed")
        raise NetworkUsed(tried[-1])


def _is_local(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode()
    if host in LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Generator[None]:
    """Connections and look-ups beyond this machine fail the test that makes them."""

    def connect(self: socket.socket, address: Any) -> None:
        _check(address)
        _connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        _check(address)
        return _connect_ex(self, address)

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        _check((host,))
        return _getaddrinfo(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        patch.setattr(socket.socket, "connect_ex", connect_ex)
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        yield


@pytest.fixture(autouse=True)
def nobody_else_asked() -> Generator[None]:
    """A library that swallows what `loopback_only` says lets no test pass for a wrong reason."""
    tried.clear()
    yield
    assert not tried


class WaitedInTransaction(AssertionError):
    """The outside was called while a transaction held its locks."""


@pytest.fixture(scope="session", autouse=True)
def outside_is_asked_outside_transactions() -> Generator[None]:
    """A call to the portal, the carrier or the provider of texts inside a transaction of ours fails
    the test that makes it; the transaction of the test itself does not count."""
    send = httpx.Client.send

    def guarded(self: httpx.Client, *args: Any, **kwargs: Any) -> httpx.Response:
        for connection in connections.all(initialized_only=True):
            ours = [one for one in connection.atomic_blocks if not one._from_testcase]
            if ours and self.headers["User-Agent"].startswith("OPSA"):
                raise WaitedInTransaction("the outside was asked inside a transaction")
        return send(self, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.Client, "send", guarded)
        yield


# --- templates --------------------------------------------------------------------------------

FORGIVING = {"default", "default_if_none", "yesno"}


class UndefinedVariable(AssertionError):
    """A template names something that its view did not give."""


class StrictUndefined(str):
    """Fails where Django would print nothing. A `default` filter is an answer, so it is allowed.

    Django asks three things of `string_if_invalid`: its truth, whether it holds "%s", and then
    formats it with the variable. Their order is what this class builds on.
    """

    __slots__ = ()

    def __bool__(self) -> bool:
        expression = sys._getframe(1).f_locals.get("self")
        if not isinstance(expression, FilterExpression):
            return False  # a filter looks at it
        return not any(function.__name__ in FORGIVING for function, _ in expression.filters)

    def __contains__(self, key: object) -> bool:
        return key == "%s"

    def __mod__(self, variable: object) -> str:
        template = _template_name()
        if "/django/" in template:
            return ""
        raise UndefinedVariable(f"{template}: {{{{ {variable} }}}} is not defined")


def _template_name() -> str:
    """The template being rendered, from the nearest frame that knows its origin."""
    frame = sys._getframe(2)
    while frame is not None:
        node = frame.f_locals.get("self")
        origin = getattr(node, "origin", None)
        if origin is not None:
            return str(origin)
        if frame.f_back is None:
            break
        frame = frame.f_back
    return "a template"


@pytest.fixture(autouse=True)
def undefined_fails(request: pytest.FixtureRequest) -> Generator[None]:
    """Undefined template variables fail, except in Django's own templates."""
    engine = engines["django"].engine
    before = engine.string_if_invalid
    if request.node.get_closest_marker("loose_templates") is None:
        engine.string_if_invalid = StrictUndefined()
    yield
    engine.string_if_invalid = before


# --- GET is read-only -------------------------------------------------------------------------

WRITE = re.compile(r'^\s*(INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)', re.IGNORECASE)
# What a GET may do: keep the session, and say in the journal who looked.
MAY_WRITE = {"django_session", "core_journalentry"}


class GetWrote(AssertionError):
    """A GET request changed data."""


def _refuse_writes(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
) -> Any:
    found = WRITE.match(str(sql))
    if found and found[2].lower() not in MAY_WRITE:
        raise GetWrote(f"a GET request wrote: {str(sql)[:200]}")
    return execute(sql, params, many, context)


@pytest.fixture(autouse=True)
def get_is_read_only(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """client.get and client.head fail when the view writes; mark get_writes(reason) to allow."""
    if request.node.get_closest_marker("get_writes") is not None:
        return
    original = Client.request

    def guarded(self: Client, **environ: Any) -> Any:
        if environ.get("REQUEST_METHOD") not in {"GET", "HEAD"}:
            return original(self, **environ)
        with ExitStack() as stack:
            for connection in connections.all(initialized_only=True):
                stack.enter_context(connection.execute_wrapper(_refuse_writes))
            return original(self, **environ)

    monkeypatch.setattr(Client, "request", guarded)


def _all_back(connection: DatabaseWrapper, seconds: float = 5) -> None:
    """Wait until the pool holds again what it lent.

    A connection comes back through a thread of the pool, because we give a `reset`; a pool that
    closes meanwhile forgets the one on its way, and its session stays open.
    """
    deadline = time.monotonic() + seconds
    while connection.pool is not None and time.monotonic() < deadline:
        stats = connection.pool.get_stats()
        if stats.get("pool_available", 0) >= stats.get("pool_size", 0):
            return
        time.sleep(0.02)


#: What the code itself says, filled when the tables were made; no test's data.
KEPT_TABLES = {"django_content_type", "auth_permission"}
_flush = DatabaseOperations.sql_flush


def _sql_flush(self: DatabaseOperations, style: Any, tables: list[str], **how: Any) -> list[str]:
    return _flush(self, style, [table for table in tables if table not in KEPT_TABLES], **how)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Generator[None]:
    """Once the tables stand, emptying them keeps the kinds of objects and their permissions, so
    that neither these nor grants are made anew each time, and whichever test comes next finds them;
    every pooled connection is returned before the test database is dropped."""
    post_migrate.receivers = []
    post_migrate.sender_receivers_cache.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", _sql_flush)
        yield
    for connection in connections.all(initialized_only=True):
        connection.close()
        if isinstance(connection, DatabaseWrapper):
            _all_back(connection)
            connection.close_pool()


@pytest.fixture(autouse=True)
def _journal_of_its_own(request: pytest.FixtureRequest, django_db_blocker: Any) -> Generator[None]:
    """The journal cannot be emptied by what it records, so a test that commits leaves its lines;
    the tables' owner takes them away, lest the next test counts them as its own."""
    yield
    marker = request.node.get_closest_marker("django_db")
    commits = {"transactional_db", "live_server"} & set(request.fixturenames)
    if not commits and not (marker and marker.kwargs.get("transaction")):
        return
    with (
        django_db_blocker.unblock(),
        suppress(DatabaseError),  # who still reads them keeps the lines; a run must not hang
        transaction.atomic(),
        connections["default"].cursor() as cursor,
    ):
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        for table in ("core_journalentry", "core_journalseal"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(f"TRUNCATE {table}")
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
