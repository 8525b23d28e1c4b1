"""The second wall: the database itself shows an office only its own rows (F63)."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, connection, transaction
from django.db.migrations.state import ProjectState
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from opsa.core.limits import LimitReached
from opsa.core.middleware import OfficeScopeMiddleware
from opsa.core.rls import OfficeScope, city_scope, office_scope
from opsa.core.roles import grant
from opsa.core.states import IllegalMove


def rows(sql: str, *params: object) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)
        return cursor.fetchall() if cursor.description else []


def state() -> tuple[str, str]:
    return rows("SELECT current_user, coalesce(current_setting('app.office', true), '')")[0]


def make_table() -> None:
    rows("CREATE TABLE walled (id serial PRIMARY KEY, agency_id bigint NOT NULL, note text)")
    rows("INSERT INTO walled (agency_id, note) VALUES (1, 'a'), (1, 'b'), (2, 'c')")
    grant()


def wall() -> None:
    with connection.schema_editor() as editor:
        OfficeScope("walled").database_forwards("core", editor, ProjectState(), ProjectState())


@pytest.fixture
def walled(db: None) -> None:
    make_table()
    wall()


@pytest.fixture
def committed(transactional_db: None) -> Iterator[None]:
    make_table()
    wall()
    yield
    rows("RESET ROLE")
    rows("DROP TABLE walled")


def notes() -> list[str]:
    return [row[0] for row in rows("SELECT note FROM walled ORDER BY id")]


@pytest.mark.usefixtures("walled")
def test_an_office_sees_its_rows_and_the_city_all() -> None:
    with office_scope(1):
        assert notes() == ["a", "b"]
    with office_scope(2):
        assert notes() == ["c"]
    with office_scope(3):
        assert notes() == []
    with city_scope():
        assert notes() == ["a", "b", "c"]
    assert notes() == ["a", "b", "c"]


@pytest.mark.django_db
def test_without_the_wall_an_office_would_see_everything() -> None:
    make_table()
    with office_scope(1):
        assert notes() == ["a", "b", "c"]


@pytest.mark.usefixtures("walled")
def test_an_office_cannot_write_change_or_delete_anothers_rows() -> None:
    with office_scope(1):
        rows("UPDATE walled SET note = 'x'")
        rows("DELETE FROM walled WHERE agency_id = 2")
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            rows("INSERT INTO walled (agency_id) VALUES (2)")
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            rows("UPDATE walled SET agency_id = 2")
    assert notes() == ["x", "x", "c"]


@pytest.mark.usefixtures("walled")
def test_a_counter_without_an_office_sees_nothing_and_gets_no_error() -> None:
    with transaction.atomic():
        rows("SET LOCAL ROLE opsa_counter")
        assert notes() == []
        rows("SET LOCAL app.office = ''")
        assert notes() == []
        rows("RESET ROLE")


@pytest.mark.usefixtures("walled")
def test_the_workers_login_sees_all_and_owns_nothing() -> None:
    with transaction.atomic():
        rows("SET LOCAL ROLE opsa_app")
        assert notes() == ["a", "b", "c"]
        with pytest.raises(DatabaseError), transaction.atomic():
            rows("ALTER TABLE walled DISABLE ROW LEVEL SECURITY")
        with pytest.raises(DatabaseError), transaction.atomic():
            rows("TRUNCATE walled")
        rows("RESET ROLE")


@pytest.mark.usefixtures("walled")
def test_the_policy_is_a_bare_equality() -> None:
    (policy,) = rows(
        "SELECT qual FROM pg_policies WHERE tablename='walled' AND policyname='office_own'"
    )
    assert " OR " not in policy[0].upper()
    assert policy[0].count("=") == 1


@pytest.mark.usefixtures("walled")
def test_the_wall_can_be_taken_down_again() -> None:
    with connection.schema_editor() as editor:
        OfficeScope("walled").database_backwards("core", editor, ProjectState(), ProjectState())
    with office_scope(1):
        assert notes() == ["a", "b", "c"]


def test_the_operation_can_be_written_to_a_migration() -> None:
    name, args, kwargs = OfficeScope("cases_case").deconstruct()
    assert (name, args, kwargs) == ("OfficeScope", ["cases_case", "agency_id"], {})


@pytest.mark.usefixtures("walled")
def test_scopes_nest_and_restore() -> None:
    outside = state()
    with office_scope(1):
        with city_scope():
            assert state() == ("opsa_city", "")
        assert state() == ("opsa_counter", "1")
    assert state() == outside


@pytest.mark.usefixtures("walled")
def test_the_scope_ends_after_an_error_too() -> None:
    outside = state()
    with pytest.raises(RuntimeError), office_scope(1):
        raise RuntimeError
    assert state() == outside


@pytest.mark.usefixtures("committed")
def test_the_scope_ends_after_a_database_error() -> None:
    outside = state()
    with pytest.raises(DatabaseError), office_scope(1):
        rows("SELECT 1/0")
    assert state() == outside
    with pytest.raises(DatabaseError), transaction.atomic(), office_scope(1):
        rows("SELECT 1/0")
    assert state() == outside


@pytest.mark.usefixtures("committed")
def test_a_rolled_back_transaction_does_not_open_the_wall() -> None:
    with office_scope(1):
        with transaction.atomic():
            rows("UPDATE walled SET note = 'x'")
            transaction.set_rollback(True)
        assert notes() == ["a", "b"]


@pytest.mark.usefixtures("committed")
def test_a_new_connection_in_the_middle_stays_behind_the_wall() -> None:
    with office_scope(1):
        connection.close()
        assert notes() == ["a", "b"]
        connection.close()
        with transaction.atomic():
            assert notes() == ["a", "b"]
    assert state()[0] not in ("opsa_counter", "opsa_city")


@pytest.mark.usefixtures("committed")
def test_a_connection_that_died_serves_nobody_else() -> None:
    with office_scope(1):
        pid = rows("SELECT pg_backend_pid()")[0][0]
        raw = connection.connection
        raw.close()
    assert state()[0] not in ("opsa_counter", "opsa_city")
    assert rows("SELECT pg_backend_pid()")[0][0] != pid


@pytest.mark.usefixtures("walled")
def test_the_wall_costs_one_round_trip_at_each_end(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(3), office_scope(1):  # set, ours, reset
        rows("SELECT 1")


@pytest.mark.usefixtures("committed")
def test_a_connection_given_back_in_the_middle_is_clean_for_the_next() -> None:
    with office_scope(1):
        pid = rows("SELECT pg_backend_pid()")[0][0]
        connection.close()
    connection.close()
    pool = connection.pool
    seen: dict[int, tuple[str, str]] = {}
    deadline = time.monotonic() + 10
    while pid not in seen and time.monotonic() < deadline:  # a thread of the pool brings it back
        with pool.connection(timeout=5) as raw:
            office, role, backend = raw.execute(
                "SELECT current_setting('app.office', true), current_setting('role'),"
                " pg_backend_pid()"
            ).fetchone()
            seen[backend] = (office or "", role)
    assert set(seen.values()) == {("", "none")}
    assert pid in seen


class Staff:
    is_authenticated = True

    def __init__(self, office: int | None) -> None:
        self.scope_agency_id = office


def ask(user: Any, view: Any) -> HttpResponse:
    request = RequestFactory().get("/quay/")
    request.user = user
    response = OfficeScopeMiddleware(view)(request)
    assert isinstance(response, HttpResponse)
    return response


@pytest.mark.usefixtures("walled")
@pytest.mark.parametrize(
    ("user", "seen"),
    [(Staff(1), "ab"), (Staff(2), "c"), (Staff(None), "abc"), (AnonymousUser(), "abc")],
    ids=["office 1", "office 2", "city", "citizen"],
)
def test_every_request_runs_behind_its_wall(user: Any, seen: str) -> None:
    outside = state()
    inside = []

    def view(request: HttpRequest) -> HttpResponse:
        inside.append(state()[0])
        return HttpResponse("".join(notes()))

    assert ask(user, view).content.decode() == seen
    assert inside[0] in ("opsa_counter", "opsa_city")
    assert state() == outside


@pytest.mark.usefixtures("walled")
def test_a_request_that_fails_leaves_the_connection_clean() -> None:
    outside = state()

    def view(request: HttpRequest) -> HttpResponse:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        ask(Staff(1), view)
    assert state() == outside


@pytest.mark.usefixtures("walled")
def test_an_office_zero_is_an_office_and_not_the_city() -> None:
    assert ask(Staff(0), lambda _request: HttpResponse("".join(notes()))).content == b""


@pytest.mark.parametrize(
    ("exception", "status"),
    [
        (LimitReached(70), 429),
        (IllegalMove("work", "draft", "closed"), 409),
        (RuntimeError(), None),
    ],
)
def test_what_core_refuses_has_its_own_page(exception: Exception, status: int | None) -> None:
    middleware = OfficeScopeMiddleware(lambda _request: HttpResponse())
    answer = middleware.process_exception(RequestFactory().get("/"), exception)
    assert (answer.status_code if answer else None) == status
    if status == 429:
        assert answer is not None
        assert answer["Retry-After"] == "70"
        assert "2 phút" in answer.content.decode()


@pytest.mark.django_db
def test_every_table_has_its_rights_and_no_more() -> None:
    found = rows(
        "SELECT relname, r, has_table_privilege(r, c.oid, 'SELECT'),"
        " has_table_privilege(r, c.oid, 'INSERT'), has_table_privilege(r, c.oid, 'UPDATE'),"
        " has_table_privilege(r, c.oid, 'DELETE'), has_table_privilege(r, c.oid, 'TRUNCATE'),"
        " has_table_privilege(r, c.oid, 'TRIGGER')"
        " FROM pg_class c, unnest(ARRAY['opsa_app', 'opsa_counter', 'opsa_city']) r"
        " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    )
    assert len(found) > 30
    for table, role, *rights in found:
        if table == "django_migrations":
            expected = [True, False, False, False]
        elif table in ("core_journalentry", "core_journalseal"):
            expected = [True, True, False, False]
        else:
            expected = [True, True, True, True]
        assert rights == [*expected, False, False], (table, role)


@pytest.mark.django_db
def test_the_roles_of_requests_cannot_sign_in_and_are_not_inherited() -> None:
    assert rows(
        "SELECT rolname, rolcanlogin, rolsuper, rolbypassrls FROM pg_roles"
        " WHERE rolname IN ('opsa_city', 'opsa_counter') ORDER BY 1"
    ) == [("opsa_city", False, False, False), ("opsa_counter", False, False, False)]
    assert rows(
        "SELECT pg_has_role('opsa_app', r, 'SET'), pg_has_role('opsa_app', r, 'USAGE')"
        " FROM unnest(ARRAY['opsa_city', 'opsa_counter']) r"
    ) == [(True, False), (True, False)]
