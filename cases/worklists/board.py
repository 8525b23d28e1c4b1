"""What the board counts. The list behind a figure uses the figure's own condition (F16).

Open work is counted live (O(open), partial index); a period's filings by (office, taken_at).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Staff
from cases.access import cases_for
from cases.models import Case, Filing, Supplement
from cases.reconcile.conditions import unsynced
from cases.worklists import lists, silence
from cases.worklists.clock import day_start, soon_limit, week_start
from cases.worklists.known import known
from opsa.core.working_time import load_calendar

#: A filing that waits longer than this to leave is a failed sending in the making.
STUCK: Final = timedelta(minutes=30)
#: Smaller groups are hidden outside the office (F16).
SMALLEST: Final = 5
TARGET: Final = (30, 80)

Channel = Case.Channel
Words = str | Promise


def _undecided() -> Q:
    return Q(queue__in=lists.OPEN, decided_at__isnull=True, work__in=("filed", "attention"))


def _late(now: datetime) -> Q:
    return _undecided() & Q(due_at__lt=now)


def _near(now: datetime) -> Q:
    return _undecided() & Q(due_at__gte=now, due_at__lt=soon_limit(now, load_calendar()))


def _failed(now: datetime) -> Q:
    wrong = Filing.objects.filter(
        case=OuterRef("pk"),
        state__in=(Filing.State.PERSON, Filing.State.MISMATCH, Filing.State.REFUSED),
    )
    return (Q(queue=Case.Queue.ATTENTION) & Exists(wrong)) | Q(
        queue=Case.Queue.SENDING, system__in=known().systems("gateway"), taken_at__lt=now - STUCK
    )


def _asked_again(_now: datetime) -> Q:
    asked = Supplement.objects.filter(case=OuterRef("pk"), state=Supplement.State.ASKED, again=True)
    return Q(Exists(asked), queue=Case.Queue.SUPPLEMENT)


def _drafts(_now: datetime) -> Q:
    return Q(queue__in=(Case.Queue.DRAFT, Case.Queue.HELD))


def _today(now: datetime) -> Q:
    return Q(taken_at__gte=day_start(timezone.localdate(now)), taken_at__lte=now)


@dataclass(frozen=True)
class Measure:
    """One figure: its address, words, meaning, and the cases it counts."""

    slug: str
    title: Words
    meaning: Words
    condition: Callable[[datetime], Q]
    tone: Literal["", "bad", "wait", "good"] = ""
    by_taken: bool = False


MEASURES: Final = {
    one.slug: one
    for one in (
        Measure(
            "hom-nay", _("Nộp hôm nay"), _("Nhận tại quầy từ 0 giờ hôm nay"), _today, by_taken=True
        ),
        Measure("qua-han", _("Quá hạn"), _("Quá hẹn trả mà chưa có kết quả"), _late, "bad"),
        Measure("sap-han", _("Sắp đến hạn"), _("Hẹn trả đến hết ngày làm việc tới"), _near, "wait"),
        Measure(
            "im-lang",
            _("Im lặng"),
            _("Không có tin lâu hơn 9 trong 10 hồ sơ cùng loại, hoặc không hỏi được cổng"),
            silence.condition,
            "wait",
        ),
        Measure(
            "gui-hong",
            _("Gửi không được"),
            _("Cổng từ chối, nhận thiếu, hoặc chờ gửi quá 30 phút"),
            _failed,
            "bad",
        ),
        Measure(
            "hoi-lai",
            _("Hỏi lại giấy cũ"),
            _("Cơ quan hỏi lại giấy mà khách đã bổ sung"),
            _asked_again,
            "bad",
        ),
        Measure("nhap", _("Đang làm dở"), _("Nháp và đang giữ cho khách"), _drafts),
    )
}


@dataclass(frozen=True, slots=True)
class Share:
    """Filings of a period by how they came about. Percentages are whole numbers of all filings."""

    self_service: int = 0
    assisted: int = 0
    typed_later: int = 0
    paper: int = 0

    @property
    def all(self) -> int:
        return self.self_service + self.assisted + self.typed_later + self.paper

    @property
    def online(self) -> int | None:
        """Self-service and assisted, in per cent; typed in later is not counted as online."""
        return self.percent(self.self_service + self.assisted)

    @property
    def typed_percent(self) -> int | None:
        return self.percent(self.typed_later)

    def percent(self, part: int) -> int | None:
        """`part` in per cent of all, half up; None when there is nothing to divide."""
        return (200 * part + self.all) // (2 * self.all) if self.all else None

    def plus(self, other: "Share") -> "Share":
        return Share(
            self.self_service + other.self_service,
            self.assisted + other.assisted,
            self.typed_later + other.typed_later,
            self.paper + other.paper,
        )


@dataclass(frozen=True, slots=True)
class Period:
    """A day, a week or a month up to now, and the same stretch before it."""

    key: str
    start: datetime
    end: datetime
    before_start: datetime
    before_end: datetime


def period(key: str, now: datetime) -> Period:
    """The period named in the URL: ngay, tuan or thang (the default)."""
    today = timezone.localdate(now)
    if key == "ngay":
        start, before = day_start(today), day_start(today - timedelta(days=1))
    elif key == "tuan":
        start = week_start(now)
        before = start - timedelta(days=7)
    else:
        key, start = "thang", day_start(today.replace(day=1))
        before = day_start((today.replace(day=1) - timedelta(days=1)).replace(day=1))
    return Period(key, start, now, before, min(before + (now - start), start))


@dataclass(frozen=True, slots=True)
class OfficeLine:
    """One office on the board; `hidden` when its group is too small to be shown."""

    agency_id: int
    code: str
    name: str
    figures: tuple[int, ...]
    share: Share
    hidden: bool


@dataclass(frozen=True, slots=True)
class Board:
    """Everything the page shows."""

    offices: list[OfficeLine]
    totals: dict[str, int]
    share: Share
    before: Share
    period: Period
    #: Of the late ones so many may only be late because the news is: the result was seen, the code
    #: is unknown, or nothing was heard.
    unsynced: int = 0


def offices_for(staff: Staff) -> list[tuple[int, str, str]]:
    """The offices this person oversees: their own, or all real ones that are open."""
    found = Agency.objects.filter(closed_on__isnull=True)
    if staff.scope_agency_id is not None:
        found = found.filter(pk=staff.scope_agency_id)
    else:
        found = found.exclude(is_practice=True)
    return list(found.order_by("code").values_list("pk", "code", "short_name"))


def board(staff: Staff, key: str = "", now: datetime | None = None) -> Board:
    """The whole board in four queries, whatever the number of offices."""
    now = now or timezone.now()
    places = offices_for(staff)
    ids = [pk for pk, _code, _name in places]
    span = period(key, now)
    cases = cases_for(staff).order_by()
    opened = (
        cases.filter(agency_id__in=ids, queue__in=lists.OPEN)
        .values("agency_id")
        .annotate(
            unsynced=Count("pk", filter=_late(now) & unsynced(now)),
            **{
                measure.slug.replace("-", "_"): Count("pk", filter=measure.condition(now))
                for measure in MEASURES.values()
                if not measure.by_taken
            },
        )
    )
    work: dict[int, Any] = {line["agency_id"]: line for line in opened}
    current, filed = _shares(cases, ids, span.start, span.end, now)
    earlier, _none_today = _shares(cases, ids, span.before_start, span.before_end, now)
    before = _sum(earlier.values())
    lines = []
    for pk, code, name in places:
        found = work.get(pk, {})
        figures = tuple(
            filed.get(pk, 0)
            if measure.by_taken
            else int(found.get(measure.slug.replace("-", "_"), 0))
            for measure in MEASURES.values()
        )
        share = current.get(pk, Share())
        small = 0 < share.all < SMALLEST and staff.scope_agency_id is None
        lines.append(OfficeLine(pk, code, name, figures, share, small))
    totals = {
        slug: sum(line.figures[place] for line in lines) for place, slug in enumerate(MEASURES)
    }
    return Board(
        lines,
        totals,
        _sum(current.values()),
        before,
        span,
        sum(line["unsynced"] for line in work.values()),
    )


def _sum(shares: "Iterable[Share]") -> Share:
    total = Share()
    for share in shares:
        total = total.plus(share)
    return total


def _shares(
    cases: QuerySet[Case], ids: list[int], start: datetime, end: datetime, now: datetime
) -> tuple[dict[int, Share], dict[int, int]]:
    """Filings of a period by office and channel, by the (office, taken_at) index, and how many of
    them are of today. A period that reaches up to now has all of today's."""
    found: dict[int, dict[str, int]] = {}
    filed: dict[int, int] = {}
    lines = (
        cases.filter(agency_id__in=ids, taken_at__gte=start, taken_at__lte=end)
        .values_list("agency_id", "channel")
        .annotate(n=Count("pk"), today=Count("pk", filter=_today(now)))
    )
    for agency_id, channel, number, today in lines:
        found.setdefault(agency_id, {})[channel] = number
        filed[agency_id] = filed.get(agency_id, 0) + today
    return {pk: Share(**parts) for pk, parts in found.items()}, filed


def behind(staff: Staff, measure: Measure, agency_id: int | None, now: datetime) -> QuerySet[Case]:
    """The cases a figure counts: of one office, or of all the person oversees."""
    ids = [pk for pk, _code, _name in offices_for(staff)]
    wanted = [agency_id] if agency_id in ids else [] if agency_id is not None else ids
    return cases_for(staff).filter(measure.condition(now), agency_id__in=wanted)
