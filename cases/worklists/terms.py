"""What the conditions of lists compare with, and who asks: as values, or as places for them.

The lists of an office have the same SQL for everybody and at any time. So it is written once
(`opsa.core.written`), with a place for each moment and for the person.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from django.db.models import BigIntegerField, DateTimeField
from django.utils import timezone

from agencies.models import Staff
from cases.worklists.clock import day_start, soon_limit, week_start
from cases.worklists.known import known
from opsa.core.working_time import load_calendar
from opsa.core.written import Given

MOMENTS: Final = ("now", "today", "week", "soon")
type Moment = datetime | Given


@dataclass(frozen=True, slots=True)
class Terms:
    """Moments that follow from `now`: midnight, Monday's midnight, the end of what is due soon; and
    the filing systems that a clerk files with by hand."""

    now: Moment
    today: Moment
    week: Moment
    soon: Moment
    copilot: tuple[str, ...]

    @classmethod
    def at(cls, now: datetime) -> Self:
        """The terms at this moment."""
        return cls(
            now,
            day_start(timezone.localdate(now)),
            week_start(now),
            soon_limit(now, load_calendar()),
            tuple(known().systems("copilot")),
        )

    @classmethod
    def open(cls, copilot: tuple[str, ...]) -> Self:
        """Places for the moments. The systems stand in the SQL itself: a list of others, or of
        none, is another query."""
        now, today, week, soon = (Given(name, DateTimeField()) for name in MOMENTS)
        return cls(now, today, week, soon, copilot)

    def given(self, staff: Staff) -> dict[str, Any]:
        """What a query written with `open` and for `anyone` is asked with."""
        moments = {name: getattr(self, name) for name in MOMENTS}
        return {**moments, "person": staff.pk, "office": staff.agency_id or 0}


def anyone(role: str) -> Staff:
    """A person of this role, with places for who it is and for the office."""
    person, office = (Given(name, BigIntegerField()) for name in ("person", "office"))
    return Staff(pk=person, agency_id=office, role=role)
