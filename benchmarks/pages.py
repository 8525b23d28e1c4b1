"""The named pages: queries, bytes and CPU, each beside a raw-cursor page with the same rows.

Pages are asked through Django's test client, with the whole middleware, DEBUG off and the cached
template loader. The raw page (`_raw.py`) stands behind the same middleware, reads the same rows by
hand-written SQL and glues them with f-strings: what remains when everything of ours is left out.

    pages home_queries= home_gz= home_ms= home_ratio= list_… …

Budgets: ≤ 6 queries on a clerk's page, ≤ 3 on a citizen's, not counting the two statements that
put the office wall up and take it down (they are part of the time on both sides); a clerk's page
≤ 8 kB compressed, a citizen's ≤ 15 kB; home and list ≤ 4 × the raw page and ≤ 8 ms CPU. The
milliseconds are held against the budget only with `--quiet-machine`: on a shared machine the ratio
is what counts.
"""

import argparse
import gzip
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex
from typing import Any

from benchmarks._bench import Figures, cpu_medians, make_clerk, published, serve_static, set_up

SLUGS = (
    "dang-ky-khai-sinh", "ban-sao-trich-luc-ho-tich", "xac-nhan-tinh-trang-hon-nhan",
    "doi-giay-phep-lai-xe", "phieu-ly-lich-tu-phap", "thanh-lap-ho-kinh-doanh",
)  # fmt: skip
#: The office wall is put up and taken down by one statement each, on every page alike.
WALL = "set_config('role'"
ROW = """select c.id, c.reference, z.name, p.short_name, c.work, c.dossier, c.money, c.delivery,
 c.sync, c.attention, c.waiting_for, c.due_at, c.decided_at, c.taken_at
 from cases_case c join procedures_procedureversion v on v.id = c.version_id
 join procedures_procedure p on p.id = v.procedure_id
 left join cases_citizen z on z.id = c.filer_id"""


@dataclass(frozen=True)
class Page:
    """One named page: what is asked, and how many queries and bytes it may take."""

    name: str
    client: Any
    url: str
    queries: int
    gz: int
    worklist: bool = False
    public: bool = False

    def ask(self) -> Any:
        """One request, through the whole middleware."""
        return self.client.get(self.url)

    def ask_raw(self) -> Any:
        """The same rows without anything of ours."""
        place = "raw-public" if self.public else "raw"
        return self.client.get(f"/{place}/{self.name}/")


def main() -> int:
    """Ask every page and its floor; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--quiet-machine", action="store_true")
    parser.add_argument("--only", help="the names of pages, with commas")
    parser.add_argument("--show", action="store_true", help="print the queries")
    options = parser.parse_args()
    set_up()
    serve_static(urls="benchmarks._raw")

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    figures = Figures("pages")
    for page in make_pages():
        if options.only and page.name not in options.only.split(","):
            continue
        answer = page.ask()
        if answer.status_code != 200:
            figures.miss(f"{page.name} answers {answer.status_code}")
            continue
        with CaptureQueriesContext(connection) as captured:
            page.ask()
        queries = sum(WALL not in query["sql"] for query in captured.captured_queries)
        if options.show:
            print(*(f"    {query['sql'][:300]}" for query in captured.captured_queries), sep="\n")
        size = len(gzip.compress(answer.content, 6))
        sides: dict[str, Callable[[], Any]] = {
            "ours": page.ask,
            "raw": page.ask_raw,
        }
        assert sides["raw"]().status_code == 200
        medians = cpu_medians(sides, rounds=options.rounds, warm=5)
        ratio = medians["ours"] / medians["raw"]
        rows = answer.content.count(b"<tr>") + answer.content.count(b"<tr ")
        print(
            f"{page.name:9} {queries} queries  {size / 1000:5.1f} kB  {medians['ours']:6.2f} ms"
            f"  raw {medians['raw']:5.2f} ms  ratio {ratio:4.1f}  {rows} table rows"
        )
        figures.put(f"{page.name}_queries", queries, most=page.queries)
        figures.put(f"{page.name}_gz", size, most=page.gz)
        limit = 8.0 if page.worklist and options.quiet_machine else None
        figures.put(f"{page.name}_ms", round(medians["ours"], 1), most=limit)
        figures.put(f"{page.name}_ratio", round(ratio, 2), most=4 if page.worklist else None)
    return figures.end()


def make_pages() -> list[Page]:
    """The pages on seeded data, and the raw queries that answer to them."""
    from django.test import Client
    from django.urls import reverse

    from agencies.models import Role, Staff
    from tests.support.worklists import sign_in

    staff = make_clerk()
    filed, draft = seed(staff)
    lead = make_clerk()
    Staff.objects.filter(pk=lead.pk).update(role=Role.SUPERVISOR, agency=None, counter=None)
    board, clerk, public = sign_in(Client(), Staff.objects.get(pk=lead.pk)), Client(), Client()
    sign_in(clerk, staff)
    raw_queries(staff, filed, draft)
    status = reverse("public:status", args=[filed.token])
    detail = reverse("procedures:detail", args=[SLUGS[0]])
    step = reverse("quay:step", args=[draft.pk, "nguoi-nop"])
    return [
        Page("home", clerk, reverse("quay:home"), 6, 8192, worklist=True),
        Page("list", clerk, reverse("quay:list", args=["dang-cho"]), 6, 8192, worklist=True),
        Page("case", clerk, reverse("quay:filed", args=[filed.pk]), 6, 8192),
        Page("step", clerk, step, 6, 8192),
        Page("form", clerk, step.replace("nguoi-nop", "to-khai"), 6, 8192),
        Page("board", board, reverse("board:home"), 6, 8192),
        Page("status", public, status, 3, 15_000, public=True),
        Page("lookup", public, reverse("public:lookup"), 3, 15_000, public=True),
        Page("detail", public, detail, 3, 15_000, public=True),
    ]  # fmt: skip


def seed(staff: Any) -> tuple[Any, Any]:
    """An office in the middle of a morning: 60 open cases in every queue, one of them filed and one
    of them drafted through the counter's services. Gives those two."""
    from django.utils import timezone

    from agencies.access import actor_of
    from cases.filing.services import case_file
    from cases.intake import practice
    from tests.support.cases import Counter
    from tests.support.worklists import lay

    versions = [published(slug) for slug in SLUGS]
    counter, now = Counter(staff.agency, staff, versions[0]), timezone.now()
    run = token_hex(3)
    kinds: list[dict[str, Any]] = [
        {"work": "attention", "attention": "refused"},
        {"dossier": "9", "delivery": "available", "decided_at": now, "by_post": False},
        {"dossier": "9", "delivery": "labelled", "decided_at": now},
        {"dossier": "5", "waiting_for": "Mang bản chụp hộ chiếu ra bưu cục"},
        {"work": "held", "waiting_for": "Khách đi chụp giấy kết hôn"},
        {"dossier": "9", "delivery": "out", "decided_at": now},
        *[{"dossier": "4", "moved_at": now}] * 6,
    ]
    for number in range(60):
        facts = dict(kinds[number % 12])
        due = now + timedelta(days=number % 9 + 2, hours=number)
        facts["code"] = f"H26.13-{run}-{number:04d}" if "dossier" in facts else None
        lay(counter, version=versions[number % 6], due_at=due, **facts)
    case = practice.prepared_case(versions[0], {"relation": "parent"}, staff=staff, number=8)
    case_file(case.pk, staff=staff, actor=actor_of(staff))
    draft = practice.prepared_case(versions[0], {"relation": "parent"}, staff=staff, number=9)
    case.refresh_from_db()
    return case, draft


def raw_queries(staff: Any, filed: Any, draft: Any) -> None:
    """Each page's rows as hand-written SQL: no more columns than a page of that kind prints."""
    from benchmarks._raw import QUERIES

    first = "order by c.due_at, c.id limit"
    office = f"{ROW} where c.agency_id = %s and c.queue <> 'done'"
    waiting = f"{office} and c.queue in ('agency', 'sending', 'on_road') {first} 30"
    one = f"{ROW} where c.id = %s"
    papers = """select d.id, r.name, d.mark, s.pages, s.state from cases_casedocument d
 join procedures_requireddocument r on r.id = d.document_id
 left join cases_scan s on s.document_id = d.id where d.case_id = %s"""
    acts = (
        "select seq, action, at from core_journalentry where chain = %s order by seq desc limit 60"
    )
    fields = "select id, key, label, kind from procedures_declarationfield where version_id = %s"
    version = filed.version_id
    lists = """select id, name, kind, originals, copies from procedures_requireddocument
 where version_id = %s"""
    counts = """select queue, count(*), min(due_at) from cases_case
 where agency_id = %s and queue <> 'done' group by queue"""
    frequent = """select p.id, p.slug, p.short_name, count(c.id) from procedures_procedure p
 left join procedures_procedureversion v on v.procedure_id = p.id
 left join cases_case c on c.version_id = v.id and c.agency_id = %s
 group by p.id order by 4 desc, p.rank limit 6"""
    offices = """select a.id, a.short_name, count(c.id), count(c.id) filter (where c.due_at < now())
 from agencies_agency a left join cases_case c on c.agency_id = a.id group by a.id"""
    key = (staff.agency_id,)
    QUERIES.update(
        {
            "home": [(f"{office} {first} 16", key), (counts, key), (frequent, key)],
            "list": [
                (waiting, key),
                (counts, key),
            ],
            "case": [(one, (filed.pk,)), (papers, (filed.pk,)), (acts, (f"case:{filed.pk}",))],
            "step": [(one, (draft.pk,)), (papers, (draft.pk,))],
            "form": [(one, (draft.pk,)), (fields, (draft.version_id,))],
            "board": [(offices, ())],
            "status": [(one, (filed.pk,))],
            "lookup": [],
            "detail": [(lists, (version,)), (fields, (version,))],
        }
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
