"""Search by name in an office: the token table beside a trigram index in the same database (B3).

Half a million cases, a tenth of them in one office, with names of three words. Two words of sampled
names are asked in that office, newest first, thirty rows: once as the product does it, once as
`name like '%word%'` on a trigram index (GIN with pg_trgm), built here beside it.

    search ratio= median_ms= p99_ms= trigram_ms= buffers= rows=

Budgets: the trigram plan takes ≥ 20 × as long in the median; ours p99 ≤ 10 ms and ≤ 250 buffers.
Times are the server's own execution times, both from one run.
"""

import argparse
import random
import statistics
import sys

from benchmarks._bench import Figures, captured, make_clerk, published, set_up
from benchmarks._many import name_tokens, owner, pad, plan


def main() -> int:
    """Fill, build the peer's index, ask both; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=float, default=5e5)
    parser.add_argument("--names", type=int, default=100)
    options = parser.parse_args()
    set_up()
    from django.utils import timezone

    from cases.access import cases_for
    from cases.models import Case
    from cases.worklists.search import SHOWN, _by_name
    from tests.support.cases import Counter
    from tests.support.worklists import lay

    staff = make_clerk()
    template = lay(Counter(staff.agency, staff, published()), dossier="4", due_at=timezone.now())
    pad(int(options.rows), template=template.pk)
    name_tokens()
    names = trigram_table(staff.agency_id)
    chosen = random.Random(7).sample(names, min(options.names, len(names)))
    ours: list[float] = []
    theirs: list[float] = []
    touched: list[int] = []
    for name in chosen:
        words = name.split()[-2:]
        statements = captured(
            lambda words=words: list(_by_name(staff, cases_for(staff), words)[:1])
        )
        plans = [plan(sql, parameters) for sql, parameters in statements]
        # The token walk; fetching the rows found is the same on both sides and left out.
        ours.append(plans[0][0])
        touched.append(plans[0][1])
        like = [f"%{word}%" for word in words]
        theirs.append(
            plan(
                "select case_id from bench_names where agency_id = %s and name like all (%s)"
                " order by case_id desc limit %s",
                (staff.agency_id, like, (SHOWN + 1) * 4),
            )[0]
        )
    figures = Figures("search")
    median, trigram = statistics.median(ours), statistics.median(theirs)
    figures.put("ratio", round(trigram / median, 1), least=20)
    figures.put("median_ms", round(median, 3))
    figures.put("p99_ms", round(sorted(ours)[int(len(ours) * 0.99) - 1], 2), most=10)
    figures.put("trigram_ms", round(trigram, 2))
    figures.put("buffers", statistics.median(touched), most=250)
    figures.put("rows", Case.objects.count())
    return figures.end()


def trigram_table(office: int) -> list[str]:
    """The peer: whole folded names with a trigram index; gives the office's different names."""
    with owner() as made, made.cursor() as cursor:
        cursor.execute("create extension if not exists pg_trgm")
        cursor.execute("drop table if exists bench_names")
        cursor.execute(
            "create table bench_names as select case_id, agency_id, string_agg(token, ' ') as name"
            " from cases_casenametoken group by case_id, agency_id"
        )
        cursor.execute("create index on bench_names using gin (name gin_trgm_ops)")
        cursor.execute("create index on bench_names (agency_id, case_id desc)")
        cursor.execute("grant select on bench_names to public")
        cursor.execute("vacuum analyze bench_names")
        cursor.execute(
            "select distinct name from bench_names where agency_id = %s order by 1", (office,)
        )
        return [name for (name,) in cursor.fetchall() if name.count(" ") >= 1]


if __name__ == "__main__":
    sys.exit(main())
