"""The second wall between offices: PostgreSQL row-level security (F63).

The first wall is the selectors. Either must hold alone. The policy is a bare equality on an
indexed column, so plans stay the same; "sees everything" is another role, never an OR. A row that
only hangs on another one (a message on its case) is seen where that one is seen.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final
from weakref import WeakSet

from django.db import DatabaseError, connection, connections
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from opsa.core.roles import APP, CITY, COUNTER, CREATE_ROLES

_SET: Final = "SELECT set_config('role', %s, false), set_config('app.office', %s, false)"
_UNSCOPED: Final = ("none", "")
_current: ContextVar[tuple[str, str]] = ContextVar("office_scope", default=_UNSCOPED)


class OfficeScope(Operation):
    """Migration step: put a table behind the office wall.

    `OfficeScope("cases_case")` lets `opsa_counter` see and write only the rows whose `column`
    (default `agency_id`, a bigint) is the office of the request; `opsa_city` and `opsa_app` all.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, model_table: str, column: str = "agency_id") -> None:
        self.model_table, self.column = model_table, column

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.model_table, self.column], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        return None

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        table = schema_editor.quote_name(self.model_table)
        own = self.condition(schema_editor.quote_name)
        # So that no room has to depend on core's first migration for the roles alone.
        schema_editor.execute(CREATE_ROLES, params=None)
        schema_editor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        schema_editor.execute(
            f"CREATE POLICY office_own ON {table} TO {COUNTER} USING ({own}) WITH CHECK ({own})"
        )
        schema_editor.execute(
            f"CREATE POLICY office_all ON {table} TO {CITY}, {APP} USING (true) WITH CHECK (true)"
        )

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        table = schema_editor.quote_name(self.model_table)
        schema_editor.execute(f"DROP POLICY office_own ON {table}")
        schema_editor.execute(f"DROP POLICY office_all ON {table}")
        schema_editor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")

    def condition(self, quote: Callable[[str], str]) -> str:
        """Which rows the office of the request may see and write, as SQL."""
        return f"{quote(self.column)} = NULLIF(current_setting('app.office', true), '')::bigint"

    def describe(self) -> str:
        return f"Office wall on {self.model_table}"


class OfficeScopeThrough(OfficeScope):
    """Migration step: put a table behind the wall of the row it hangs on.

    `OfficeScopeThrough("cases_message", "case_id", "cases_case")`: the counter sees and writes a
    message whose case it may see. The parent's own policy applies inside, so nothing is said twice;
    it costs one look-up by primary key a row (about four buffers), which suits tables that are read
    by their parent. A table that is searched by itself wants an office column of its own.
    """

    def __init__(self, model_table: str, column: str, parent: str) -> None:
        super().__init__(model_table, column)
        self.parent = parent

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.model_table, self.column, self.parent], {}

    def condition(self, quote: Callable[[str], str]) -> str:
        own = f"{quote(self.model_table)}.{quote(self.column)}"
        return f"EXISTS (SELECT FROM {quote(self.parent)} parent WHERE parent.id = {own})"

    def describe(self) -> str:
        return f"Office wall on {self.model_table}, where {self.parent} is seen"


class CityOnly(OfficeScope):
    """Migration step: `CityOnly("cases_statusimport")` shows a table to no office at all."""

    def __init__(self, model_table: str) -> None:
        super().__init__(model_table)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.model_table], {}

    def condition(self, quote: Callable[[str], str]) -> str:
        return "false"

    def describe(self) -> str:
        return f"No office sees {self.model_table}"


# Raw connections that carry a scope right now. One that is closed in the middle of a request goes
# back to the pool with its role: the pool cleans it by `reset_returned` before anybody gets it.
_scoped: WeakSet[Any] = WeakSet()


def _mark(raw: Any, scope: tuple[str, str]) -> None:
    if scope == _UNSCOPED:
        _scoped.discard(raw)
    else:
        _scoped.add(raw)


def _apply(scope: tuple[str, str]) -> None:
    raw: Any = connection.connection
    if scope != _UNSCOPED:
        _mark(raw, scope)
    with connection.cursor() as cursor:
        cursor.execute(_SET, scope)
    _mark(raw, scope)


def reset_returned(raw: Any) -> None:
    """For the connection pool: take the scope off a connection that came back with one."""
    if raw in _scoped:
        raw.execute(_SET, _UNSCOPED)
        if not raw.autocommit:
            raw.commit()
        _scoped.discard(raw)


def guard_pools() -> None:
    """Make every configured connection pool clean what it gets back."""
    for alias in connections.settings:
        options = connections.settings[alias].get("OPTIONS", {})
        if options.get("pool"):
            options["pool"] = {"reset": reset_returned} | (
                options["pool"] if isinstance(options["pool"], dict) else {}
            )


class _Keeper:
    """Re-applies the scope when Django opens a new connection in the middle of a request: a fresh
    one would see all offices."""

    def __init__(self, scope: tuple[str, str]) -> None:
        self.scope = scope
        self.raw: object = None

    def __call__(
        self, execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        raw = connection.connection
        if raw is not self.raw:
            self.raw = raw
            _mark(raw, self.scope)
            with raw.cursor() as cursor:
                cursor.execute(_SET, self.scope)
        return execute(sql, params, many, context)


def _leave(outer: tuple[str, str]) -> None:
    raw = connection.connection
    if raw is None:
        return
    try:
        if connection.in_atomic_block and connection.needs_rollback:
            # The transaction that set the scope is about to be rolled back, and the scope with it.
            return
        _apply(outer)
    except DatabaseError:
        if connection.in_atomic_block:
            connection.needs_rollback = True
            return
        # A connection that couldn't be reset must serve nobody else, not even through the pool.
        raw.close()
        connection.close()


@contextmanager
def _scope(role: str, office: str) -> Iterator[None]:
    outer = _current.get()
    scope = (role, office)
    keeper = _Keeper(scope)
    connection.ensure_connection()
    _apply(scope)
    keeper.raw = connection.connection
    token = _current.set(scope)
    try:
        with connection.execute_wrapper(keeper):
            yield
    finally:
        _current.reset(token)
        _leave(outer)


def office_scope(office_id: int) -> Any:
    """Within the `with` block the database shows and takes only rows of this office.

    One round trip at the start, one at the end, also after an error. Nested scopes restore the
    outer one.
    """
    return _scope(COUNTER, str(int(office_id)))


def city_scope() -> Any:
    """Within the `with` block the database shows all offices, under the role without ownership."""
    return _scope(CITY, "")
