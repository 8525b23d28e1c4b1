"""What pages ask about offices and about a person's own acts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from django.core import signing
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from agencies import places
from agencies.models import Agency, OldUnit, OpeningHours, Staff
from opsa.core.models import JournalEntry
from opsa.core.text import fold
from opsa.core.working_time import WorkingCalendar, load_calendar

PAGE: Final = 30
_SALT: Final = "agencies.ledger"


def public_offices() -> QuerySet[Agency]:
    """Offices people may go to today, with commune and hours loaded (2 queries)."""
    today = timezone.localdate()
    return (
        Agency.objects.filter(Q(closed_on=None) | Q(closed_on__gt=today), is_practice=False)
        .select_related("commune__province")
        .prefetch_related(
            Prefetch("opening_hours", OpeningHours.objects.order_by("weekday", "opens"))
        )
    )


def day_off(calendar: WorkingCalendar, day: date) -> bool:
    """A public holiday. A plain Saturday isn't one: post offices open on Saturday mornings."""
    return day in calendar.off


def office_open_now(
    agency: Agency, at: datetime | None = None, calendar: WorkingCalendar | None = None
) -> bool:
    """Whether the office's hours and the calendar say it is open at `at` (default now)."""
    local = timezone.localtime(at)
    calendar = calendar or load_calendar()
    if day_off(calendar, local.date()):
        return False
    clock = local.time()
    return any(
        span.weekday == local.weekday() and span.opens <= clock < span.closes
        for span in agency.opening_hours.all()
    )


@dataclass(frozen=True)
class Span:
    """Days that share their hours: Monday to Friday, 7:30-12:00 and 13:00-17:30."""

    first: int
    last: int
    times: tuple[tuple[time, time], ...]


def week_of(agency: Agency) -> list[Span]:
    """The week's hours with equal days folded together; needs `opening_hours` prefetched."""
    days: list[tuple[int, tuple[tuple[time, time], ...]]] = []
    for weekday in range(7):
        times = tuple(
            (span.opens, span.closes)
            for span in agency.opening_hours.all()
            if span.weekday == weekday
        )
        if times:
            days.append((weekday, times))
    spans: list[Span] = []
    for weekday, times in days:
        if spans and spans[-1].times == times and spans[-1].last == weekday - 1:
            spans[-1] = Span(spans[-1].first, weekday, times)
        else:
            spans.append(Span(weekday, weekday, times))
    return spans


@dataclass(frozen=True)
class Found:
    """Offices for a search, and whether they only lie near what was asked."""

    offices: list[Agency]
    nearby: bool = False


def find_offices(text: str) -> Found:
    """Offices by name, street, or ward of today or of old, without accents; else those of the same
    old district. An empty text gives all."""
    offices = list(public_offices())
    words = fold(text)
    if not words:
        return Found(offices)
    communes = places.search_communes(text, limit=30)
    codes = {commune.code for commune in communes}
    parts = words.split()
    exact = [
        office
        for office in offices
        if office.commune_id in codes or all(part in _blob(office).split() for part in parts)
    ]
    if exact:
        return Found(exact)
    districts = {fold(_district_of(commune.old_name)) for commune in communes if commune.old_name}
    districts |= _districts_of(codes)
    near = [office for office in offices if fold(office.old_district) in districts]
    return Found(near, nearby=True)


def _district_of(old_name: str) -> str:
    return places.without_district_word(old_name.rpartition(", ")[2])


def _districts_of(codes: set[str]) -> set[str]:
    if not codes:
        return set()
    names = OldUnit.objects.filter(communes__in=codes).values_list("district", flat=True).distinct()
    return {fold(places.without_district_word(name)) for name in names}


def _blob(office: Agency) -> str:
    parts = (
        office.name,
        office.name_en,
        office.address,
        str(office.commune),
        office.old_ward,
        office.old_district,
    )
    return fold(" ".join(parts)).replace(",", " ")


@dataclass(frozen=True)
class LedgerPage:
    """One page of a person's acts, newest first; `after` is the signed place of the next page."""

    entries: Sequence[JournalEntry]
    after: str = ""


def own_acts(staff: Staff) -> QuerySet[JournalEntry]:
    """What stands under this person's name. The machine's acts never do."""
    return JournalEntry.objects.filter(staff_id=staff.pk).order_by("-id")


def ledger_page(staff: Staff, after: str = "") -> LedgerPage:
    """A page of `own_acts` by key, not by offset. Raises BadSignature for a made-up place."""
    entries = own_acts(staff)
    if after:
        entries = entries.filter(id__lt=signing.loads(after, salt=f"{_SALT}.{staff.pk}"))
    rows = list(entries[: PAGE + 1])
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    mark = signing.dumps(rows[-1].pk, salt=f"{_SALT}.{staff.pk}") if more else ""
    return LedgerPage(rows, mark)
