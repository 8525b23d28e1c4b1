"""The whole country and the city's offices, for tests that only read or change them."""

from functools import cache

from django.db import connection
from django.db.models import Model

from agencies import places
from agencies.loading import offices_load, places_load
from agencies.models import Agency, Commune, Counter, OldUnit, OpeningHours, Province

TABLES: tuple[type[Model], ...] = (
    Province, Commune, OldUnit, OldUnit.communes.through, Agency, Counter, OpeningHours,
)  # fmt: skip


def country_load() -> None:
    """Places and offices as the files have them, into tables without any: read from the files
    once in a run, copied as rows from then on."""
    if _rows.cache_info().currsize:
        _copy_in(_rows())
    else:
        country_read()
        _rows()
    places.forget()


def country_read() -> None:
    """The same, from the files."""
    places_load()
    offices_load()
    count_rows()


def count_rows() -> None:
    """Tell the database how many rows there are now. It looks by itself from time to time, and when
    it did so between two tests it joins the tables as if they were empty: half a minute each."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE " + ", ".join(model._meta.db_table for model in TABLES))


@cache
def _rows() -> dict[str, bytes]:
    held = {}
    with connection.cursor() as cursor:
        for table in (model._meta.db_table for model in TABLES):
            with cursor.copy(f"COPY {table} TO STDOUT") as out:
                held[table] = b"".join(bytes(part) for part in out)
    return held


def _copy_in(held: dict[str, bytes]) -> None:
    with connection.cursor() as cursor:
        for table, rows in held.items():
            with cursor.copy(f"COPY {table} FROM STDIN") as into:
                into.write(rows)
    count_rows()
