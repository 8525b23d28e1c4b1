"""Moving stored values to the current key, in small steps that may stop at any moment."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Field, Model
from psycopg import sql

from opsa.core.fields import Encrypted
from opsa.core.keys import Unreadable, open_sealed, ring, seal


@dataclass(frozen=True, slots=True)
class Step:
    """One batch of one column (`place`: `table:column`); `unreadable` rows were left as is."""

    place: str
    changed: int
    unreadable: int


def encrypted_columns() -> list[tuple[type[Model], "Field[object, object]"]]:
    """Every encrypted column of every installed model."""
    return [
        (model, field)
        for model in apps.get_models(include_auto_created=True)
        if not model._meta.proxy
        for field in model._meta.local_concrete_fields
        if isinstance(field, Encrypted)
    ]


def rotate(batch: int = 500) -> Iterator[Step]:
    """Re-encrypt what isn't under the current key, one short transaction per `batch` rows.

    Which rows are left is read from the values themselves, so an interrupted run simply goes on.
    """
    for model, field in encrypted_columns():
        assert isinstance(field, Encrypted)
        last: Any = None
        while True:
            with transaction.atomic():
                step, last = _step(model, field, batch, last)
            if step is None:
                break
            yield step


def _step(model: type[Model], field: Encrypted, batch: int, after: Any) -> tuple[Step | None, Any]:
    names = {
        "table": sql.Identifier(model._meta.db_table),
        "pk": sql.Identifier(str(model._meta.pk.column)),
        "column": sql.Identifier(str(field.column)),
    }
    prefix = ring().prefix
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "SELECT {pk}, {column} FROM {table} WHERE {column} IS NOT NULL"
                " AND substring({column} FROM 1 FOR %(length)s) <> %(prefix)s {more}"
                " ORDER BY {pk} LIMIT %(batch)s FOR NO KEY UPDATE"
            ).format(
                **names,
                more=sql.SQL("" if after is None else "AND {pk} > %(after)s").format(**names),
            ),
            {"length": len(prefix), "prefix": prefix, "batch": batch, "after": after},
        )
        rows = cursor.fetchall()
        changed = unreadable = 0
        for pk, stored in rows:
            try:
                fresh = seal(open_sealed(bytes(stored), field.place), field.place)
            except Unreadable:
                unreadable += 1
                continue
            cursor.execute(
                sql.SQL("UPDATE {table} SET {column} = %s WHERE {pk} = %s").format(**names),
                [fresh, pk],
            )
            changed += 1
    if not rows:
        return None, after
    return Step(field.place, changed, unreadable), rows[-1][0]
