"""Which cases are silent: longer in their state than nine of ten like cases were (F08).

Nothing about it is kept on a case: it follows from when the case last moved and the paces of the
night, so a case that moves, or a pace that changes, is right at once.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.models import Case, Supplement
from cases.states import Sync
from cases.worklists.clock import day_start
from cases.worklists.known import known
from cases.worklists.rows import COLUMNS
from opsa.core.working_time import WorkingCalendar, load_calendar

#: For cases with too few like ones before them.
DEFAULT_DAYS: Final = 3
UNASKED: Final = (Sync.FAILING, Sync.STALE)
VERSION, DOSSIER, SYNC, MOVED = (
    COLUMNS.index(name) for name in ("version_id", "dossier", "sync", "moved_at")
)


def since(days: int, now: datetime, calendar: WorkingCalendar) -> datetime:
    """What moved before this moment has had more than so many working days since."""
    day = timezone.localdate(now)
    while not calendar.is_working(day):
        day -= timedelta(days=1)
    for _step in range(days):
        day -= timedelta(days=1)
        while not calendar.is_working(day):
            day -= timedelta(days=1)
    return day_start(day)


def condition(now: datetime) -> Q:
    """Silent cases in the authority's hands, and those whose filing system cannot be asked."""
    calendar = load_calendar()
    like: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    paced = Q(pk__in=[])
    for (version_id, state), days in known().paces.items():
        like[days][state].append(version_id)
    waited = Q(pk__in=[])
    for days, states in like.items():
        these = Q(pk__in=[])
        for state, versions in states.items():
            these |= Q(dossier=state, version_id__in=versions)
        paced |= these
        waited |= these & _unheard(since(days, now, calendar))
    waited |= ~paced & _unheard(since(DEFAULT_DAYS, now, calendar))
    return Q(queue=Case.Queue.AGENCY) & (waited | Q(sync__in=UNASKED))


def _unheard(limit: datetime) -> Q:
    # Papers that were just brought give the authority its days anew.
    brought = Supplement.objects.filter(case=OuterRef("pk"), taken_at__gte=limit)
    return Q(~Exists(brought), moved_at__lt=limit)


def reason(columns: Sequence[Any], now: datetime, calendar: WorkingCalendar) -> str:
    """Why a case of the silent list is there, from the columns of its row. Asks nothing."""
    moved = columns[MOVED]
    own = known().paces.get((columns[VERSION], columns[DOSSIER]))
    late = moved is not None and moved < since(own or DEFAULT_DAYS, now, calendar)
    if columns[SYNC] in UNASKED and not late:
        return _("Chưa hỏi được cổng")
    if moved is None:
        return ""
    stood = calendar.working_days_between(timezone.localdate(moved), timezone.localdate(now))
    if own is None:
        return _("Chưa có tin %(n)d ngày làm việc") % {"n": stood}
    return _(
        "Chưa có tin %(n)d ngày làm việc; 9 trong 10 hồ sơ loại này qua bước này trong %(p)d ngày"
    ) % {"n": stood, "p": own}
