"""Queries whose SQL is written once and asked many times, each time with other values.

Django writes the SQL of a query anew whenever it is asked. For a query of a few columns that costs
little; for one of many conditions it can cost more than everything else a page does.
"""

from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, Field, QuerySet
from django.db.models.sql.compiler import SQLCompiler


class Given(Expression):
    """A value that a query names while it is written and that is given when it is asked."""

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        """A place for the value; `Written` puts it there."""
        return "%s", (self,)


class Written:
    """A `values_list` query with its SQL; whatever differs from one asking to the next stands in it
    as `Given`, also whose rows may be seen."""

    def __init__(self, query: QuerySet[Any, tuple[Any, ...]]) -> None:
        self._using = query.db
        compiler = query.query.get_compiler(self._using)
        self._sql, self._values = compiler.as_sql()
        columns = [column for column, _sql, _alias in compiler.select or ()]
        self._converters = compiler.get_converters(columns)

    def ask(self, **given: Any) -> list[tuple[Any, ...]]:
        """The rows for these values. Raises KeyError when one of them is missing."""
        connection = connections[self._using]
        values = [
            value.output_field.get_db_prep_value(given[value.name], connection)
            if isinstance(value, Given)
            else value
            for value in self._values
        ]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, values)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        if not self._converters:
            return rows
        return [self._converted(row, connection) for row in rows]

    def _converted(self, row: tuple[Any, ...], connection: BaseDatabaseWrapper) -> tuple[Any, ...]:
        values = list(row)
        for place, (converters, column) in self._converters.items():
            for converter in converters:
                values[place] = converter(values[place], column, connection)
        return tuple(values)
