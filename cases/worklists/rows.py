"""One line of a list: everything it shows, worked out once, as a light object without queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.headline import Facts, headline
from cases.states import Work
from cases.worklists import heard
from cases.worklists.clock import Due, due_words, since_words
from cases.worklists.known import known_with
from opsa.core.codes import group_reference
from opsa.core.working_time import WorkingCalendar, load_calendar

#: What a line needs, in the order of `_row`; `declaration` and other encrypted columns stay unread.
COLUMNS: Final = (
    "pk",
    "reference",
    "filer_name",
    "version_id",
    "work",
    "dossier",
    "money",
    "delivery",
    "sync",
    "attention",
    "waiting_for",
    "answered",
    "system_id",
    "due_at",
    "decided_at",
    "opened_at",
    "taken_at",
    "accepted_at",
    "closed_at",
    "changed_at",
    "by_post",
    "agency_id",
    "step",
    "moved_at",
    "heard_at",
)


@dataclass(frozen=True, slots=True)
class Row:
    """`tone` and `icon` come from the headline: shape and word, colour last. `heard`: when the
    filing system was last heard of, with the word when that is out of date (F08)."""

    pk: int
    url: str
    code: str
    name: str
    procedure: str
    label: str
    tone: str
    icon: str
    heard: str
    next: str
    due: Due
    office: str
    step: str
    key: tuple[datetime | None, int]


class RowMaker:
    """Turns column tuples into rows; addresses, clock and calendar are asked once a page.

    Without `drafts` a draft is a row without an address: it opens at the counter only.
    """

    def __init__(
        self, now: datetime | None = None, *, order: str = "due", drafts: bool = True
    ) -> None:
        self.order = order
        self.drafts = drafts
        self.now = now or timezone.now()
        self.calendar: WorkingCalendar = load_calendar()
        self.filed = reverse("quay:filed", args=[0]).split("0")
        self.draft = reverse("quay:case", args=[0]).split("0")
        self.unknown = _("Chưa có tên")

    def rows(self, found: Iterable[Sequence[Any]]) -> list[Row]:
        """Rows in the order they came."""
        return [self.row(*columns) for columns in found]

    def row(
        self,
        pk: int,
        reference: str,
        name: str,
        version_id: int,
        work: str,
        dossier: str,
        money: str,
        delivery: str,
        sync: str,
        attention: str,
        waiting_for: str,
        answered: bool,
        system_id: str,
        due_at: datetime | None,
        decided_at: datetime | None,
        opened_at: datetime,
        taken_at: datetime | None,
        accepted_at: datetime | None,
        closed_at: datetime | None,
        changed_at: datetime,
        by_post: bool,
        agency_id: int,
        step: str,
        _moved_at: datetime | None,
        heard_at: datetime | None,
    ) -> Row:
        known = known_with(version_id, agency_id, system_id)
        procedure, in_person = known.procedures[version_id]
        facts = Facts(
            work=work,
            dossier=dossier,
            money=money,
            delivery=delivery,
            sync=sync,
            attention=attention,
            waiting_for=waiting_for,
            answered=answered,
            way=known.ways[system_id],
            due_at=due_at,
            now=self.now,
            by_post=by_post,
            in_person=in_person,
        )
        said = headline(facts)
        if closed_at is not None:
            due = Due(timezone.localtime(closed_at).strftime("%H:%M %d/%m"), at=closed_at)
        elif work in (Work.DRAFT, Work.HELD):
            due = Due(since_words(changed_at if work == Work.HELD else opened_at, self.now))
        elif decided_at is not None:
            due = Due(since_words(decided_at, self.now), at=decided_at)
        elif due_at is not None:
            due = due_words(
                due_at, started=accepted_at or taken_at, now=self.now, calendar=self.calendar
            )
        else:
            due = Due(since_words(taken_at or opened_at, self.now))
        draft = work in (Work.DRAFT, Work.HELD)
        before, after = self.draft if draft else self.filed
        return Row(
            pk=pk,
            url=f"{before}{pk}{after}" if self.drafts or not draft else "",
            code=group_reference(reference),
            name=name or self.unknown,
            procedure=procedure,
            label=said.label,
            tone=said.tone,
            icon=said.icon,
            # Once it has decided, the state is no longer its word but ours, or the carrier's.
            heard=""
            if decided_at is not None
            else heard.in_a_row(sync, heard_at, accepted_at, self.now),
            next=said.next_action,
            due=due,
            office=known.offices[agency_id],
            step=step,
            key=(closed_at if self.order == "closed" else due_at, pk),
        )
