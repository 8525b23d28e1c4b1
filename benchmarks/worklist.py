"""The worklist at size: keyset pages beside OFFSET, with 100 thousand and a million cases (B1).

The product's own query (a list's page after a cursor, as the page asks it) in the largest office,
which holds a tenth of all rows, and the same rows by OFFSET. Buffers are 8 kB pages touched, by
EXPLAIN (ANALYZE, BUFFERS): a busy machine does not change them.

    worklist buffers_100000= walk_100000= offset_100000= … size_ratio= offset_ratio=

`walk` is the same page of the case table alone: what the index of open work costs without names,
filing systems and addresses.
Budgets: ≤ 70 buffers at every size, the larger size ≤ 1.2 × the smaller.
"""

import argparse
import sys
from functools import partial

from benchmarks._bench import Figures, captured, make_clerk, published, set_up
from benchmarks._many import pad, plan

DEEP = 4_000


def main() -> int:
    """Grow the table step by step and ask both ways; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", default="100000,1000000")
    options = parser.parse_args()
    set_up()
    from django.utils import timezone

    from cases.access import cases_for
    from cases.worklists.cursors import Cursor, fetch
    from cases.worklists.lists import LISTS, OTHERS
    from cases.worklists.rows import COLUMNS
    from tests.support.cases import Counter
    from tests.support.worklists import lay

    staff = make_clerk()
    template = lay(Counter(staff.agency, staff, published()), dossier="4", due_at=timezone.now())
    figures, now = Figures("worklist"), timezone.now()
    buffers: dict[int, int] = {}
    walks: list[int] = []
    for rows in (int(float(text)) for text in options.rows.split(",")):
        pad(rows, template=template.pk)
        ours = cases_for(staff).filter(LISTS["dang-cho"].condition(now))
        opened = ours.count()
        deep = min(DEEP, opened - 40)
        due, pk = ours.order_by("due_at", "pk").values_list("due_at", "pk")[deep]
        (page,) = captured(partial(fetch, ours, "due", Cursor(due, pk)))
        milliseconds, buffers[rows] = plan(*page)
        bare = cases_for(staff).filter(queue__in=OTHERS, due_at__gte=due)
        walk = bare.order_by("due_at", "pk").values_list("pk", "reference")[:31]
        _, walked = plan(*walk.query.sql_with_params())
        slow = ours.order_by("due_at", "pk").values_list(*COLUMNS)[deep : deep + 31]
        offset_ms, offset = plan(*slow.query.sql_with_params())
        print(
            f"{rows:9} rows, {opened} open here, page after {deep}: {buffers[rows]} buffers"
            f" {milliseconds:.2f} ms, {walked} without joins;"
            f" OFFSET {offset} buffers {offset_ms:.2f} ms"
        )
        walks.append(walked)
        figures.put(f"buffers_{rows}", buffers[rows], most=70)
        figures.put(f"walk_{rows}", walked, most=70)
        figures.put(f"offset_{rows}", offset)
        figures.put(f"ms_{rows}", round(milliseconds, 2))
    last = max(buffers)
    figures.put("size_ratio", round(buffers[last] / buffers[min(buffers)], 2), most=1.2)
    figures.put("walk_ratio", round(walks[-1] / walks[0], 2), most=1.2)
    figures.put("offset_ratio", round(offset / buffers[last], 1))
    return figures.end()


if __name__ == "__main__":
    sys.exit(main())
