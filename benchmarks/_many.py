"""Many cases by plain SQL: rows for measuring indexes. They have no story, only size and spread."""

from typing import Any

from django.db import connection

SURNAMES = (
    "nguyen", "tran", "le", "pham", "hoang", "vu", "dang", "bui", "do", "ngo", "duong", "ly",
    "phan", "truong", "dinh", "mai", "ha", "luong", "cao", "chu",
)  # fmt: skip
MIDDLES = ("van", "thi", "duc", "minh", "ngoc", "thanh", "huu", "quoc", "thu", "gia")
GIVENS = (
    "an", "anh", "bao", "binh", "chau", "chi", "cuong", "dat", "dung", "duy", "giang", "ha",
    "hai", "hanh", "hau", "hien", "hieu", "hoa", "hoai", "hung", "huong", "huy", "khanh",
    "khoa", "kien", "lam", "lan", "linh", "loan", "long", "mai", "manh", "minh", "my", "nam",
    "nga", "ngan", "nghia", "nhi", "nhung", "oanh", "phong", "phuc", "phuong", "quan", "quang",
    "quyen", "son", "tam", "thao", "thien", "thinh", "thuy", "tien", "trang", "tri", "trung",
    "tu", "tuan", "tung", "tuyet", "uyen", "viet", "vinh", "vy", "xuan", "yen",
)  # fmt: skip


def owner() -> Any:
    """A connection of the tables' owner: it may add indexes and skip triggers. Autocommit."""
    import os

    import psycopg

    return psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True)


def pad(rows: int, *, template: int, open_share: float = 0.05) -> None:
    """Cases like the one with id `template` until the table holds `rows`, in every office: the
    first has a tenth of them, `open_share` is open and due within weeks, the rest is closed. Each
    has a filer of its own, written long before or after it, as people's cards come."""
    columns = _columns("cases_case")
    changed = {
        "reference": "'B' || lpad(n::text, 10, '0')",
        "token": "lpad(n::text, 22, 'b')",
        "agency_id": "case when n %% 10 = 0 then t.agency_id else"
        " (select offices[1 + n %% array_length(offices, 1)] from o) end",
        "filer_id": "p.last - (n::bigint * 7919) %% p.many",
        "filer_name": "'NGUYỄN VĂN ' || n",
        "subject_id": "null",
        "work": "case when n %% 1000 < %(open)s then 'filed' else 'closed' end",
        "queue": "case when n %% 1000 < %(open)s then 'agency' else 'done' end",
        "dossier": "case when n %% 1000 < %(open)s then '4' else '10' end",
        "taken_at": "now() - n * interval '1 second'",
        "opened_at": "now() - n * interval '1 second'",
        "due_at": "now() + (n %% 5000) * interval '7 minutes'",
        "closed_at": "case when n %% 1000 < %(open)s then null else now() end",
    }
    names = [name for name in columns if name != "id"]
    values = ", ".join(changed.get(name, f"t.{name}") for name in names)
    with owner() as made, made.cursor() as cursor:
        cursor.execute("select count(*) from cases_case")
        held = cursor.fetchone()[0]
        many = _coprime(rows - held)
        cursor.execute(
            """insert into cases_citizen (name, agency_id, id_number, old_id_number, sex, address,
            phone, email, source, changed_by_hand)
            select 'NGUYỄN VĂN ' || n, null, '', '', '', '', '', '', 'typed', '[]'
            from generate_series(1, %s) n""",
            [many],
        )
        # What the triggers would look up for each case is written with it.
        cursor.execute("alter table cases_case disable trigger user")
        cursor.execute(
            f"""with o as (select array_agg(id order by id) offices from agencies_agency),
            p as (select max(id) as last, %(many)s::bigint as many from cases_citizen)
            insert into cases_case ({", ".join(names)}) select {values} from cases_case t, p,
            generate_series(%(first)s::bigint, %(last)s::bigint) n where t.id = %(template)s""",
            {
                "open": round(open_share * 1000),
                "first": held + 1,
                "last": rows,
                "template": template,
                "many": many,
            },
        )
        cursor.execute("alter table cases_case enable trigger user")
        cursor.execute(
            "update cases_citizen p set agency_id = c.agency_id from cases_case c"
            " where c.filer_id = p.id and p.agency_id is null"
        )
        cursor.execute("vacuum analyze cases_case, cases_citizen")


def _coprime(rows: int) -> int:
    """At least `rows`, and no multiple of the step between two cases' filers: each gets its own."""
    return rows + 1 if rows % 7919 == 0 else rows


def name_tokens() -> None:
    """A name of three or four words for each padded case, in the token table."""
    with owner() as made, made.cursor() as cursor:
        cursor.execute(
            """insert into cases_casenametoken (agency_id, token, case_id)
            select distinct c.agency_id, word, c.id from cases_case c
            cross join lateral unnest(array[
              (%(a)s::text[])[1 + (sqrt(abs(hashint8(c.id * 3)) %% 400))::int %% 20],
              (%(b)s::text[])[1 + abs(hashint8(c.id * 5)) %% 10],
              (%(c)s::text[])[1 + abs(hashint8(c.id * 7)) %% 67]]) word
            where c.reference like 'B%%' on conflict do nothing""",
            {"a": list(SURNAMES), "b": list(MIDDLES), "c": list(GIVENS)},
        )
        cursor.execute("vacuum analyze cases_casenametoken")


def _columns(table: str) -> list[str]:
    with connection.cursor() as cursor:
        return [
            column.name for column in connection.introspection.get_table_description(cursor, table)
        ]


def plan(sql: str, parameters: Any) -> tuple[float, int]:
    """Execution milliseconds and buffers touched, by EXPLAIN (ANALYZE, BUFFERS)."""
    with connection.cursor() as cursor:
        cursor.execute(f"explain (analyze, buffers, format json) {sql}", parameters)
        found = cursor.fetchone()[0][0]
    top = found["Plan"]
    return found["Execution Time"], top["Shared Hit Blocks"] + top["Shared Read Blocks"]
