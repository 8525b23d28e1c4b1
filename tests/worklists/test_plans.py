"""What a page of a list touches in the database, with people behind the cases as in real life."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.access import cases_for
from cases.models import Case, Citizen
from cases.worklists.cursors import Cursor, fetch
from cases.worklists.lists import LISTS
from opsa.core import rls

#: DESIGN 10: 8 kB pages touched by one page of a worklist.
MOST_BUFFERS = 70


@pytest.fixture
def many(make) -> Case:
    """Three thousand open cases of the office; each has a filer and a filing of its own, which is
    asked about, written at another time, so that neighbours in the list are no neighbours on the
    disk."""
    one = make(
        dossier="4",
        due_at=timezone.now() + timedelta(days=3),
        name="NGUYỄN THỊ HƯỜNG",
        code="H26-MAU",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH people AS (INSERT INTO cases_citizen (name, id_number, old_id_number, sex,"
            " address, phone, email, source, changed_by_hand)"
            " SELECT 'VŨ ĐỨC ' || n, '', '', '', '', '', '', 'typed', '[]'"
            " FROM generate_series(0, 3000) n RETURNING id) SELECT min(id) FROM people"
        )
        (first,) = cursor.fetchone()
        changed = {
            "reference": "'B' || lpad(n::text, 10, '0')",
            "token": "lpad(n::text, 22, 'b')",
            "filer_id": f"{first} + n * 1009 %% 3001",
            "subject_id": "NULL",
            "due_at": "now() + n * interval '7 minutes'",
        }
        copy(cursor, "cases_case", changed, "generate_series(1, 3000) n WHERE t.id = %s", one.pk)
        cursor.execute("SELECT min(id) FROM cases_case WHERE id > %s", [one.pk])
        (case,) = cursor.fetchone()
        changed = {
            "case_id": f"{case} + n * 1013 %% 3000",
            "dossier_code": "'H26-' || n",
            "key": "gen_random_uuid()",
        }
        each = "generate_series(0, 2999) n WHERE t.case_id = %s"
        copy(cursor, "cases_filing", changed, each, one.pk)
        changed = {
            "filing_id": "f.id",
            "case_id": "f.case_id",
            "answered_at": "now() - f.id %% 977 * interval '1 second'",
        }
        each = "cases_filing f WHERE f.case_id <> t.case_id AND t.case_id = %s"
        copy(cursor, "cases_pollstate", changed, each, one.pk)
        cursor.execute("ANALYZE cases_case, cases_citizen, cases_filing, cases_pollstate")
    return one


def copy(cursor: Any, table: str, changed: dict[str, str], source: str, pk: int) -> None:
    """Rows like the one that `source` picks as `t`, with other values in the columns `changed`."""
    cursor.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_name = %s AND column_name <> 'id'",
        [table],
    )
    names = [name for (name,) in cursor.fetchall()]
    values = ", ".join(changed.get(name, f"t.{name}") for name in names)
    cursor.execute(
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {table} t, {source}", [pk]
    )


def test_a_page_of_a_list_touches_few_buffers_though_every_case_has_its_own_filer(counter, many):
    now = timezone.now()
    ours = cases_for(counter.staff).filter(LISTS["dang-cho"].condition(now))
    due, pk = ours.order_by("due_at", "pk").values_list("due_at", "pk")[2_000]
    with rls.office_scope(counter.agency.pk):
        with CaptureQueriesContext(connection) as asked:
            rows, more = fetch(ours, "due", Cursor(due, pk))
        assert len(rows) == 30
        assert more
        assert len({row[2] for row in rows}) == 30, "thirty people"
        touched = 0
        for query in asked.captured_queries:
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + query["sql"])
                found = cursor.fetchone()[0]
            plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
            touched += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    assert touched <= MOST_BUFFERS


def test_a_line_shows_the_filers_name_as_it_is_now(clerk, make):
    case = make(dossier="4", due_at=timezone.now() + timedelta(hours=1), name="VŨ ĐỨC TRỌNG")
    assert "VŨ ĐỨC TRỌNG" in clerk.get("/quay/buu-cuc/").content.decode()
    assert case.filer is not None
    case.filer.name = "VŨ ĐỨC TRỌNG ANH"
    case.filer.save()
    assert "VŨ ĐỨC TRỌNG ANH" in clerk.get("/quay/buu-cuc/").content.decode()
    # Somebody else files, and an old copy of the case is saved whole: the name stays right.
    old = Case.objects.get(pk=case.pk)
    other = Citizen.objects.create(name="ĐẶNG VĂN LƯỢNG")
    Case.objects.filter(pk=case.pk).update(filer=other)
    old.filer = other
    old.save()
    page = clerk.get("/quay/buu-cuc/").content.decode()
    assert "ĐẶNG VĂN LƯỢNG" in page
    assert "TRỌNG ANH" not in page
