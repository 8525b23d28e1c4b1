"""What the home page and the lists read: one query for the counts, one for the lines."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from typing import Any, Final

from django.db.models import Avg, Count, F, IntegerField, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, Extract
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.models import Staff
from cases.access import cases_for
from cases.models import Case, Payment
from cases.worklists import lists
from cases.worklists.clock import day_start
from cases.worklists.cursors import Cursor, fetch
from cases.worklists.lists import WorkList
from cases.worklists.rows import COLUMNS, Row, RowMaker

#: The home page shows this many lines in all, so that it fits a 1366x768 screen.
LINES: Final = 12
#: Fewer when a note stands above the table.
LINES_WITH_NOTE: Final = 10
HELD_SHOWN: Final = 4
FIGURES: Final = ("a", "b", "c", "d", "e", "f")
COUNTED: Final = 999
#: Longer than this from first key to filing means the case was set aside in between.
ONE_SITTING: Final = timedelta(hours=2)


def shown(number: int) -> str:
    """A count as it is shown: exact up to 999, `999+` beyond."""
    return str(number) if number <= COUNTED else f"{COUNTED}+"


@dataclass(frozen=True, slots=True)
class Counts:
    """Open work by queue (`office` for everyone, `mine` for the person), and the person's day."""

    office: dict[str, int]
    mine: dict[str, int]
    ours: dict[str, int]
    mine_ours: dict[str, int]
    soon: int
    week: int
    taken: int
    minutes: int
    paid: dict[str, int]

    def of(self, one: WorkList) -> int:
        """How many cases a list has; equals the list exactly."""
        if one.slug == "sap-den-han":
            return self.soon
        if one.order == "closed":
            return self.week
        if one.slug == "lam-ngay":
            return self.now
        if one.slug == "dang-cho":
            return sum(self.office.get(queue, 0) for queue in one.queues) - sum(self.ours.values())
        return sum(self.office.get(queue, 0) for queue in one.queues)

    @property
    def now(self) -> int:
        """Things to do at once, by anyone at this office."""
        urgent = sum(self.office.get(queue, 0) for queue in lists.NOW)
        return urgent + sum(self.ours.values())

    @property
    def guest(self) -> int:
        return sum(self.mine.get(queue, 0) for queue in lists.GUEST)

    @property
    def others(self) -> int:
        waiting = sum(self.mine.get(queue, 0) for queue in lists.OTHERS)
        return waiting - sum(self.mine_ours.values())

    @property
    def today(self) -> int:
        return self.now + self.guest + self.others

    @property
    def waiting_to_leave(self) -> int:
        """Taken at the counter and not yet with the filing system, by the gateway."""
        return self.office.get(Case.Queue.SENDING, 0) - self.ours.get(Case.Queue.SENDING, 0)


def mine(staff: Staff) -> Q:
    """Cases this person looks after, and those nobody does."""
    return Q(owner=staff.pk) | Q(owner__isnull=True)


def counts(staff: Staff, now: datetime | None = None) -> Counts:
    """All numbers of the page in one query. O(open work of the office) and O(today), by index."""
    now = now or timezone.now()
    cases, today = cases_for(staff).order_by(), day_start(timezone.localdate(now))
    nothing = Value(0, output_field=IntegerField())
    ours = lists.needs_us(now)
    opened = (
        cases.filter(queue__in=lists.OPEN)
        .values("queue")
        .annotate(
            a=F("queue"),
            b=Count("pk"),
            c=Count("pk", filter=mine(staff)),
            d=Count("pk", filter=lists.due_soon(now)),
            e=Count("pk", filter=ours),
            f=Count("pk", filter=ours & mine(staff)),
        )
        .values_list(*FIGURES)
    )
    week = _line(cases.filter(lists.LISTS["da-tra"].condition(now)), "week", Count("pk"), nothing)
    seconds = Extract(F("taken_at") - F("opened_at"), "epoch")
    taken = _line(
        cases.filter(taken_at__gte=today, opened_by=staff.pk),
        "taken",
        Count("pk"),
        Cast(
            Avg(
                seconds,
                filter=Q(
                    taken_at__gte=F("opened_at"), taken_at__lt=F("opened_at") + Value(ONE_SITTING)
                ),
            ),
            IntegerField(),
        ),
    )
    paid = (
        Payment.objects.filter(
            taken_by=staff.pk, agency_id=staff.agency_id or 0, taken_at__gte=today
        )
        .order_by()
        .values("method")
        .annotate(a=F("method"), b=Sum("amount"), c=nothing, d=nothing, e=nothing, f=nothing)
        .values_list(*FIGURES)
    )
    return _counts(list(opened.union(week, taken, paid, all=True)))


def _line(cases: QuerySet[Case], key: str, number: Any, second: Any) -> Any:
    """One row of the union: a key and two figures over all given cases."""
    zero = Value(0, output_field=IntegerField())
    keyed = cases.annotate(a=Value(key)).values("a")
    return keyed.annotate(b=number, c=second, d=zero, e=zero, f=zero).values_list(*FIGURES)


def _counts(found: list[tuple[str, int, int | None, int, int, int]]) -> Counts:
    office: dict[str, int] = {}
    own: dict[str, int] = {}
    ours: dict[str, int] = {}
    own_ours: dict[str, int] = {}
    paid: dict[str, int] = {}
    soon = week = taken = minutes = 0
    for key, number, second, third, fourth, fifth in found:
        if key in Case.Queue.values:
            office[key], own[key], ours[key], own_ours[key] = number, second or 0, fourth, fifth
            soon += third
        elif key == "week":
            week = number
        elif key == "taken":
            taken, minutes = number, round((second or 0) / 60)
        else:
            paid[key] = number
    return Counts(office, own, ours, own_ours, soon, week, taken, minutes, paid)


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one heading; `count` is all there are, `slug` the list that shows them."""

    key: str
    title: str
    count: str
    hot: bool
    slug: str
    rows: list[Row]


def home_groups(
    staff: Staff, numbers: Counts, now: datetime | None = None
) -> tuple[list[Group], list[Row]]:
    """The three groups of the home page, and the cases held for people, in one query."""
    maker = RowMaker(now)
    cases, own = cases_for(staff), mine(staff)
    urgent, others = (lists.LISTS[slug].condition(maker.now) for slug in ("lam-ngay", "dang-cho"))
    wanted = {
        "now": cases.filter(urgent),
        "guest": cases.filter(own, queue__in=lists.GUEST),
        "others": cases.filter(own, others),
        "held": cases.filter(own, queue__in=(Case.Queue.HELD, Case.Queue.DRAFT)),
    }
    parts = [
        part.annotate(part=Value(key))
        .order_by("due_at", "pk")
        .values_list("part", *COLUMNS)[:LINES]
        for key, part in wanted.items()
    ]
    union = reduce(lambda one, other: one.union(other, all=True), parts)
    found: dict[str, list[Row]] = {key: [] for key in wanted}
    for key, *columns in union:
        found[key].append(maker.row(*columns))
    for rows in found.values():
        rows.sort(key=lambda row: (row.key[0] is None, row.key[0] or maker.now, row.pk))
    lines = LINES_WITH_NOTE if numbers.waiting_to_leave else LINES
    room = _share([len(found[key]) for key in ("now", "guest", "others")], lines)
    titles = (
        ("now", _("Làm ngay"), numbers.now, "lam-ngay"),
        ("guest", _("Chờ khách"), numbers.guest, "cho-khach"),
        ("others", _("Cơ quan đang giải quyết, chưa phải làm gì"), numbers.others, "dang-cho"),
    )
    groups = [
        Group(key, title, shown(count), key == "now" and count > 0, slug, found[key][:most])
        for (key, title, count, slug), most in zip(titles, room, strict=True)
    ]
    return groups, found["held"][:HELD_SHOWN]


def _share(sizes: list[int], lines: int) -> list[int]:
    """How the lines are dealt out: the urgent first, but two are kept for each group after it."""
    room: list[int] = []
    for place, size in enumerate(sizes):
        kept = sum(min(2, later) for later in sizes[place + 1 :])
        room.append(max(0, min(size, lines - sum(room) - kept)))
    return room


def list_page(
    staff: Staff, one: WorkList, cursor: Cursor | None, now: datetime | None = None
) -> tuple[list[Row], Cursor | None]:
    """One page of a list and the cursor of the next, or None at the end."""
    maker = RowMaker(now, order=one.order)
    found, more = fetch(cases_for(staff).filter(one.condition(maker.now)), one.order, cursor)
    rows = maker.rows(found)
    return rows, Cursor(*rows[-1].key) if more else None
