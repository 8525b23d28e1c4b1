"""F25: the watch stays cheap however many cases are open. Counted in pages read, at 100,000."""

import json
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.watch import measures, metrics
from tests.support.cases import Counter

OPEN = 100_000


@pytest.fixture
def crowd(counter: Counter) -> Iterator[str]:
    """A schedule of so many open cases, in place of the table of that name, for this connection
    only: no filings stand behind it."""
    system = counter.version.system_id
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE cases_pollstate (LIKE public.cases_pollstate INCLUDING ALL)"
        )
        cursor.execute(
            "INSERT INTO cases_pollstate (filing_id, system_id, case_id, next_at, lease_token,"
            " asked_at, answered_at, misses, last_report)"
            " SELECT n, %s, n, now() + (n - 5000) * interval '1 second', 3, now(),"
            " now() - n * interval '1 second', CASE WHEN n %% 50 = 0 THEN 1 ELSE 0 END, 'x/4'"
            " FROM generate_series(1, %s) n",
            [system, OPEN],
        )
        cursor.execute("ANALYZE cases_pollstate")
        yield system
        cursor.execute("DROP TABLE pg_temp.cases_pollstate")


def pages(act: Callable[[], object]) -> int:
    """How many pages of the schedule its queries read, by the plans they ran with."""
    with CaptureQueriesContext(connection) as seen:
        act()
    read = 0
    with connection.cursor() as cursor:
        for query in seen.captured_queries:
            if "cases_pollstate" in query["sql"]:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query['sql']}")
                (told,) = cursor.fetchone()
                plan = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
                read += plan["Local Hit Blocks"] + plan["Local Read Blocks"]
    return read


def test_each_minutes_look_at_the_schedule_reads_a_handful_of_pages(crowd: str) -> None:
    found = {one.subject: one.value for one in measures._polls(timezone.now())}
    assert found == {crowd: 83}, "5,000 are due, the first for 4,999 seconds"
    assert pages(lambda: measures._polls(timezone.now())) < 40


def test_a_scrape_goes_over_the_slim_schedule_once_and_counts_it_right(crowd: str) -> None:
    def scrape() -> dict[str, float]:
        families = list(metrics._polls(timezone.now()))
        return {sample.labels["state"]: sample.value for sample in families[0].samples}

    counts = scrape()
    assert counts["open"] == OPEN
    assert counts["failing"] == OPEN / 50
    assert counts["due"] == pytest.approx(5000, abs=60)
    assert counts["answered_1h"] == pytest.approx(3600, abs=60)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size('pg_temp.cases_pollstate') / 8192")
        (whole,) = cursor.fetchone()
    assert whole < 2000, "16 MB at 100,000 open cases"
    assert pages(scrape) <= whole + 10
