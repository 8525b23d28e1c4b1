"""Outside codes that nobody had explained, and what happens once somebody does (F08).

A kept report with such a code says nothing about its case until a mapping says what it means; then
a worker reads it again.
"""

import re
import time
from collections import Counter
from typing import Any, Final

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from cases.models import StatusMapping, StatusReport
from cases.tracking import services
from opsa.core import practice
from opsa.core.waking import wake

log = structlog.get_logger(__name__)
#: So many filings in one turn of a worker, and so long, seconds.
BATCH: Final = 200
TURN_SECONDS: Final = 45.0
#: Of so many of the newest reports nobody understands is it told which codes they have.
NEWEST: Final = 5000
#: What the other side calls a code may be anything; elsewhere it is shown only if it is one.
_A_CODE: Final = re.compile(r"[0-9A-Za-z_.-]{1,20}")


def unexplained() -> Counter[tuple[str, str]]:
    """How many kept reports wait for an explanation, by system and code."""
    newest = (
        StatusReport.objects.filter(unknown=True, dossier="")
        .exclude(filing__system=practice.SYSTEM)
        .order_by("-pk")
    )
    found = newest.values_list("filing__system", "raw_code")[:NEWEST]
    return Counter((system, shown(code)) for system, code in found)


def shown(code: str) -> str:
    """The code where it is named outside of its case's own story."""
    return code if _A_CODE.fullmatch(code) else "?"


def read_explained() -> int:
    """Read again what has been explained meanwhile; how many filings. One that cannot be derived
    stands in nobody's way, and is tried again at the next turn."""
    waiting = _explained().order_by("filing").values_list("filing", flat=True).distinct()
    done, end = 0, time.monotonic() + TURN_SECONDS
    for filing_id in list(waiting[: 10 * BATCH]):
        if done == BATCH or time.monotonic() > end:
            break
        try:
            done += bool(services.read_again(filing_id))
        except services.UNFIT as error:
            log.error("report_not_read_again", filing=filing_id, error=type(error).__name__)
    return done


def _explained() -> "QuerySet[StatusReport, Any]":
    means = StatusMapping.objects.filter(
        system=OuterRef("filing__system"), raw_code=OuterRef("raw_code")
    )
    return StatusReport.objects.filter(Exists(means), unknown=True)


def changed(mapping: StatusMapping) -> None:
    """A mapping was added or changed: reports that were read differently are read again, those of
    filings still asked about. Inside the transaction that changes it."""
    other = StatusReport.objects.filter(
        filing__system=mapping.system_id, raw_code=mapping.raw_code, filing__poll__isnull=False
    )
    other.exclude(dossier=mapping.dossier).update(unknown=True)
    transaction.on_commit(_nudge)


def _nudge() -> None:
    from cases.tracking.tasks import read_explained as task

    wake(task)  # else the clock comes by within a minute
