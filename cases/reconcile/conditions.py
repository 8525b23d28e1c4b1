"""When what is reported and what is observed differ, as conditions on cases. The morning's list and
the board's count of late cases use the same ones (F08, domain rule of reported and observed)."""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from cases.models import Filing, PollState, StatusReport
from cases.states import Delivery, Dossier
from cases.worklists import lists
from cases.worklists.clock import day_start
from opsa.core.working_time import load_calendar
from procedures.models import FilingSystem

#: Reported as finished for more working days than this, and nobody has seen a result.
RESULT_DAYS: Final = 3
#: No answer for a whole working day where we ask, for five where a file must be brought.
ASKED_DAYS: Final = 1
FILE_DAYS: Final = 5
#: A code that nobody explained for longer than this.
UNKNOWN_FOR: Final = timedelta(days=1)

#: Codes by which the authority is still at work, or waits.
UNFINISHED: Final = (
    Dossier.NEW, Dossier.RECEIVED, Dossier.IN_WORK, Dossier.SUPPLEMENT, Dossier.FINANCIAL,
    Dossier.STOPPED,
)  # fmt: skip
FINISHED: Final = (Dossier.DECIDED, Dossier.RETURNED)
#: The result is, or was, in our hands.
SEEN: Final = tuple(
    state for state in Delivery if state not in (Delivery.WAITING, Delivery.NOT_NEEDED)
)


def days_back(now: datetime, days: int) -> datetime:
    """Midnight of the working day so many before today."""
    calendar, day = load_calendar(), timezone.localdate(now)
    for _step in range(days):
        day -= timedelta(days=1)
        while not calendar.is_working(day):
            day -= timedelta(days=1)
    return day_start(day)


def still_open() -> Q:
    """Cases that somebody still works at or waits for."""
    return Q(queue__in=lists.OPEN)


def seen() -> Q:
    """Reported as unfinished though the result was seen."""
    return still_open() & Q(dossier__in=UNFINISHED, delivery__in=SEEN)


def unseen(now: datetime) -> Q:
    """Reported as finished for some working days, and none of ours has seen a result."""
    limit = days_back(now, RESULT_DAYS)
    since = Q(decided_at__lt=limit) | Q(decided_at__isnull=True, moved_at__lt=limit)
    return still_open() & Q(dossier__in=FINISHED, delivery=Delivery.WAITING) & since


def stale(now: datetime) -> Q:
    """The last answer is too old to say anything about today."""
    heard = PollState.objects.filter(case=OuterRef("pk")).alias(
        heard=Coalesce("answered_at", "filing__accepted_at", "filing__taken_at")
    )
    old = Q(system__news=FilingSystem.News.ASKED, heard__lt=days_back(now, ASKED_DAYS)) | Q(
        system__news=FilingSystem.News.FILE, heard__lt=days_back(now, FILE_DAYS)
    )
    return still_open() & Q(dossier__in=UNFINISHED) & Q(Exists(heard.filter(old)))


def unknown(now: datetime) -> Q:
    """The newest report has a code that nobody has explained for more than a day."""
    same = StatusReport.objects.filter(filing=OuterRef("filing"))
    newest = same.order_by("-occurred_at", "-id").values("pk")[:1]
    held = StatusReport.objects.filter(
        filing__case=OuterRef("pk"),
        filing__state__in=(Filing.State.ACCEPTED, Filing.State.MISMATCH),
        unknown=True,
        received_at__lt=now - UNKNOWN_FOR,
        pk=Subquery(newest),
    )
    return still_open() & Q(Exists(held))


def unsynced(now: datetime) -> Q:
    """What the filing system says about the case cannot be held against anybody: it says too
    little, in a code unknown to us, or we hear too little."""
    return seen() | stale(now) | unknown(now)
