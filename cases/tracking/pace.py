"""How fast like cases went on, from what the authorities reported (F08).

The unit is whole working days after the day a state began, up to and including the day it was left,
by the calendar of days off. Like cases are those of one procedure in one state, of the last half
year. Only states left again are counted; those where the citizen must act, and the ends, are not.
"""

from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from cases.states import Dossier
from cases.worklists import known
from opsa.core import practice
from opsa.core.working_time import load_calendar

WINDOW: Final = timedelta(days=180)
#: With fewer cases before it a percentile says nothing (as for the dates of F09).
FEWEST: Final = 20
#: Never sooner: a state left on the day it began says nothing about the next working day.
FLOOR_DAYS: Final = 1
STATES: Final = (Dossier.NEW, Dossier.RECEIVED, Dossier.IN_WORK)
LOCK: Final = 7324

_COMPUTE: Final = """
WITH worked AS (
  SELECT * FROM unnest(%(days)s::date[], %(counts)s::int[]) AS worked(day, n)
), told AS (
  SELECT id, filing_id, dossier, occurred_at, lag(dossier) OVER news AS before
  FROM cases_statusreport
  WHERE dossier <> '' AND occurred_at >= %(since)s
  WINDOW news AS (PARTITION BY filing_id ORDER BY occurred_at, id)
), moves AS (
  SELECT filing_id, dossier, occurred_at AS began, lead(occurred_at) OVER news AS ended
  FROM told WHERE before IS DISTINCT FROM dossier
  WINDOW news AS (PARTITION BY filing_id ORDER BY occurred_at, id)
), stood AS (
  SELECT version.procedure_id, filing.case_id, moves.dossier, last.n - first.n AS days
  FROM moves
  JOIN cases_filing filing ON filing.id = moves.filing_id
  JOIN cases_case c ON c.id = filing.case_id
  JOIN procedures_procedureversion version ON version.id = c.version_id
  JOIN worked first ON first.day = (moves.began AT TIME ZONE %(zone)s)::date
  JOIN worked last ON last.day = (moves.ended AT TIME ZONE %(zone)s)::date
  WHERE moves.dossier = ANY(%(states)s) AND c.system_id <> %(practice)s
)
INSERT INTO cases_pace (procedure_id, state, days, cases, computed_at)
SELECT procedure_id, dossier,
  greatest(%(floor)s, ceil(percentile_cont(0.9) WITHIN GROUP (ORDER BY days))),
  count(DISTINCT case_id), %(now)s
FROM stood GROUP BY procedure_id, dossier
HAVING count(DISTINCT case_id) >= %(fewest)s
"""


def compute(now: datetime | None = None) -> int:
    """Compute every pace anew and forget those with too few cases; how many there are. Run twice,
    or twice at once, it leaves the same."""
    now = now or timezone.now()
    since, calendar = now - WINDOW, load_calendar()
    first, today = timezone.localdate(since), timezone.localdate(now)
    days = [first + timedelta(days=step) for step in range((today - first).days + 1)]
    facts: dict[str, Any] = {
        "days": days,
        "counts": list(accumulate(int(calendar.is_working(day)) for day in days)),
        "since": since,
        "zone": timezone.get_default_timezone_name(),
        "states": [state.value for state in STATES],
        "floor": FLOOR_DAYS,
        "fewest": FEWEST,
        "practice": practice.SYSTEM,
        "now": now,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute("DELETE FROM cases_pace")
        cursor.execute(_COMPUTE, facts)
        made: int = cursor.rowcount
        known.forget()
    return made
