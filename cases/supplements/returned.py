"""How many filings of a week came back for a missing or unreadable paper, procedure by procedure
(F03's target), and how long people take to answer (F20)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Aggregate, Count, DurationField, Exists, F, OuterRef
from django.utils import timezone

from agencies.models import Staff
from cases.access import cases_for
from cases.models import Supplement

#: At most this share of a week's filings should come back, in per cent (F03).
MOST_RETURNED: Final = 5
#: Weeks that can be looked at, this one included.
WEEKS: Final = 8


class Median(Aggregate):
    """The middle of the values, of the two in the middle their mean; None without values."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True, slots=True)
class Line:
    """One procedure: filings taken in the week, how many the authority asked papers for, and the
    median time from its request to the person's answer (None: nobody answered yet)."""

    procedure: str
    filed: int
    returned: int
    answered_in: timedelta | None

    @property
    def percent(self) -> int:
        """The share that came back, in whole per cent, half up."""
        return (200 * self.returned + self.filed) // (2 * self.filed) if self.filed else 0

    @property
    def over(self) -> bool:
        """More came back than should."""
        return self.returned * 100 > self.filed * MOST_RETURNED


def weeks(now: datetime) -> list[date]:
    """The Mondays of the weeks that can be looked at, this week's first."""
    today = timezone.localdate(now)
    monday = today - timedelta(days=today.weekday())
    return [monday - timedelta(weeks=back) for back in range(WEEKS)]


def returned(staff: Staff, start: datetime, end: datetime) -> list[Line]:
    """The filings taken in [start, end) that this person oversees, a line per procedure, those that
    come back most first. Two queries."""
    filings = cases_for(staff).order_by().filter(taken_at__gte=start, taken_at__lt=end)
    came_back = Exists(Supplement.objects.filter(case=OuterRef("pk")))
    answers = dict(
        Supplement.objects.filter(case__in=filings, taken_at__isnull=False)
        .order_by()
        .values_list("case__version__procedure")
        .annotate(middle=Median(F("taken_at") - F("asked_at")))
    )
    counted = filings.values_list("version__procedure", "version__procedure__short_name").annotate(
        filed=Count("pk"), returned=Count("pk", filter=came_back)
    )
    lines = [
        Line(name, filed, back, answers.get(procedure)) for procedure, name, filed, back in counted
    ]
    return sorted(
        lines, key=lambda line: (-line.returned / line.filed, -line.filed, line.procedure)
    )


def together(lines: list[Line]) -> Line:
    """All procedures as one line, without a median."""
    return Line("", sum(line.filed for line in lines), sum(line.returned for line in lines), None)
