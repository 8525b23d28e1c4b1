"""What the home page and the lists read: one query for the counts, one for the lines."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Literal

from django.db.models import (
    Avg,
    BigIntegerField,
    Count,
    DateTimeField,
    F,
    IntegerField,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models import Case as CaseWhen
from django.db.models.functions import Cast, Extract
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.models import Staff
from cases.access import cases_for, reader
from cases.models import Case, Payment
from cases.worklists import lists
from cases.worklists.cursors import PAGE, Cursor, walks
from cases.worklists.known import known
from cases.worklists.lists import WorkList
from cases.worklists.rows import COLUMNS, Row, RowMaker
from cases.worklists.terms import Terms, anyone
from opsa.core.written import Given, Written

#: The home page shows this many lines in all, so that it fits a 1366x768 screen.
LINES: Final = 12
#: Fewer when a note stands above the table.
LINES_WITH_NOTE: Final = 10
HELD_SHOWN: Final = 4
HELD: Final = (Case.Queue.HELD, Case.Queue.DRAFT)
SYSTEM, DUE, DECIDED = (COLUMNS.index(name) for name in ("system_id", "due_at", "decided_at"))
FIGURES: Final = ("a", "b", "c", "d", "e")
COUNTED: Final = 999
#: Longer than this from first key to filing means the case was set aside in between.
ONE_SITTING: Final = timedelta(hours=2)
#: More queries than there are lists, places in them and roles.
SHAPES: Final = 512
type After = Literal["first", "dated", "undated"]


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
    incomplete: int = 0

    def of(self, one: WorkList) -> int:
        """How many cases a list has; equals the list exactly."""
        if one.slug == "sap-den-han":
            return self.soon
        if one.order == "closed":
            return self.week
        if one.slug == "lam-ngay":
            return self.now
        if one is lists.INCOMPLETE:
            return self.incomplete
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
    terms = Terms.at(now or timezone.now())
    written = _counting(reader(staff).role, terms.copilot)
    return _counts(written.ask(**terms.given(staff)))


@lru_cache(SHAPES)
def _counting(role: str, copilot: tuple[str, ...]) -> Written:
    staff, terms = anyone(role), Terms.open(copilot)
    cases = cases_for(staff).order_by()
    nothing = Value(0, output_field=IntegerField())
    # Grouped by what is asked: each condition is written and computed once, not once a figure.
    opened = (
        cases.filter(queue__in=lists.OPEN)
        .annotate(
            a=F("queue"),
            c=_flag(mine(staff)),
            d=_flag(lists.due_soon(terms)),
            e=_flag(lists.needs_us(terms)),
        )
        .values("a", "c", "d", "e")
        .annotate(b=Count("pk"))
        .values_list(*FIGURES)
    )
    week = _line(cases.filter(lists.LISTS["da-tra"].where(terms)), "week", Count("pk"), nothing)
    seconds = Extract(F("taken_at") - F("opened_at"), "epoch")
    taken = _line(
        cases.filter(taken_at__gte=terms.today, opened_by=staff.pk),
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
            taken_by=staff.pk, agency_id=staff.agency_id or 0, taken_at__gte=terms.today
        )
        .order_by()
        .values("method")
        .annotate(a=F("method"), b=Sum("amount"), c=nothing, d=nothing, e=nothing)
        .values_list(*FIGURES)
    )
    promised = _line(cases.filter(lists.INCOMPLETE.where(terms)), "promised", Count("pk"), nothing)
    return Written(opened.union(week, taken, promised, paid, all=True))


def _line(cases: QuerySet[Case], key: str, number: Any, second: Any) -> Any:
    """One row of the union: a key and two figures over all given cases."""
    zero = Value(0, output_field=IntegerField())
    keyed = cases.annotate(a=Value(key)).values("a")
    return keyed.annotate(b=number, c=second, d=zero, e=zero).values_list(*FIGURES)


def _flag(condition: Q) -> CaseWhen:
    return CaseWhen(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField())


def _counts(found: Iterable[tuple[Any, ...]]) -> Counts:
    office: dict[str, int] = defaultdict(int)
    own: dict[str, int] = defaultdict(int)
    ours: dict[str, int] = defaultdict(int)
    own_ours: dict[str, int] = defaultdict(int)
    paid: dict[str, int] = {}
    soon = week = taken = minutes = promised = 0
    for key, number, second, due_soon, asks_us in found:
        if key in Case.Queue.values:
            office[key] += number
            own[key] += number if second else 0
            ours[key] += number if asks_us else 0
            own_ours[key] += number if second and asks_us else 0
            soon += number if due_soon else 0
        elif key == "week":
            week = number
        elif key == "taken":
            taken, minutes = number, round((second or 0) / 60)
        elif key == "promised":
            promised = number
        else:
            paid[key] = number
    return Counts(
        dict(office), dict(own), dict(ours), dict(own_ours), soon, week, taken, minutes, paid,
        promised,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one heading; `count` is all there are, `slug` the list that shows them, `cut`
    whether it has more than stands here."""

    key: str
    title: str
    count: str
    hot: bool
    slug: str
    cut: bool
    rows: list[Row]


def home_groups(
    staff: Staff, numbers: Counts, now: datetime | None = None
) -> tuple[list[Group], list[Row]]:
    """The three groups of the home page, and the cases held for people, in one query."""
    maker = RowMaker(now)
    terms = Terms.at(maker.now)
    # Else what waits for guests fits, and the held cases are among it.
    held_apart = numbers.guest > LINES
    written = _grouping(reader(staff).role, terms.copilot, held_apart)
    found: dict[str, list[list[Any]]] = {"now": [], "guest": [], "others": [], "held": []}
    for queue, *columns in written.ask(**terms.given(staff)):
        found[_group(queue, columns, maker.now)].append(columns)
        if queue in HELD:
            found["held"].append(columns)
    lines = LINES_WITH_NOTE if numbers.waiting_to_leave else LINES
    room = _share([min(LINES, len(found[key])) for key in ("now", "guest", "others")], lines)
    titles = (
        ("now", _("Làm ngay"), numbers.now, "lam-ngay"),
        ("guest", _("Chờ khách"), numbers.guest, "cho-khach"),
        ("others", _("Cơ quan đang giải quyết, chưa phải làm gì"), numbers.others, "dang-cho"),
    )
    groups = [
        Group(
            key,
            title,
            shown(count),
            key == "now" and count > 0,
            slug,
            count > most,
            maker.rows(found[key][:most]),
        )
        for (key, title, count, slug), most in zip(titles, room, strict=True)
    ]
    return groups, maker.rows(found["held"][:HELD_SHOWN])


@lru_cache(SHAPES)
def _grouping(role: str, copilot: tuple[str, ...], held_apart: bool) -> Written:
    staff, terms = anyone(role), Terms.open(copilot)
    cases, own = cases_for(staff), mine(staff)
    parts = [
        cases.filter(lists.LISTS["lam-ngay"].where(terms)),
        cases.filter(own, queue__in=lists.GUEST),
        cases.filter(own, lists.LISTS["dang-cho"].where(terms)),
    ]
    if held_apart:
        parts.append(cases.filter(own, queue__in=HELD))
    first, *more = (part.order_by("due_at", "pk").values("pk")[:LINES] for part in parts)
    # Only the keys are united: the columns are named, joined and read once for all groups.
    keyed = cases.filter(pk__in=first.union(*more, all=True)).order_by("due_at", "pk")
    return Written(keyed.values_list("queue", *COLUMNS))


def _group(queue: str, columns: list[Any], now: datetime) -> str:
    """Which group of the home page a line belongs to."""
    if queue in lists.GUEST:
        return "guest"
    way = known().ways[columns[SYSTEM]]
    urgent = lists.asks_us(now, queue, columns[DUE], columns[DECIDED], way)
    return "now" if urgent or queue in lists.NOW else "others"


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
    terms = Terms.at(maker.now)
    after: After = "first" if cursor is None else "dated" if cursor.at else "undated"
    given = terms.given(staff)
    if cursor is not None:
        given |= {"after_at": cursor.at, "after_pk": cursor.pk}
    found: list[tuple[Any, ...]] = []
    for walk in _walking(reader(staff).role, terms.copilot, one.slug, after):
        if len(found) <= PAGE:
            found += walk.ask(**given)
    rows = maker.rows(found[:PAGE])
    return rows, Cursor(*rows[-1].key) if len(found) > PAGE else None


@lru_cache(SHAPES)
def _walking(role: str, copilot: tuple[str, ...], slug: str, after: After) -> list[Written]:
    one = lists.LISTS[slug]
    cases = cases_for(anyone(role)).filter(one.where(Terms.open(copilot)))
    at = Given("after_at", DateTimeField()) if after == "dated" else None
    behind = None if after == "first" else (at, Given("after_pk", BigIntegerField()))
    return [Written(walk[: PAGE + 1]) for walk in walks(cases, one.order, behind)]
