"""How often people have to ask how their case is doing, and whether those who were told ask less
(F10)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Count, Exists, OuterRef
from django.utils import timezone

from agencies.access import actor_of
from agencies.models import Staff
from cases import services as case_services
from cases.access import cases_for
from cases.models import Message, StatusQuestion
from opsa.core import journal

#: A question noted by a slip of the finger can be taken back by who noted it for this long.
TAKE_BACK: Final = timedelta(minutes=10)
#: A text that reached a phone, as far as anybody can know.
ARRIVED: Final = (Message.State.HANDED, Message.State.DELIVERED)

Way = StatusQuestion.Way


def question_note(case_id: int, way: str, *, staff: Staff) -> StatusQuestion:
    """Somebody asked about this case, at the counter or by phone. Raises ValueError for another
    way. Moves nothing on the case."""
    with transaction.atomic():
        case = case_services.lock(case_id)
        noted = StatusQuestion.objects.create(case=case, way=Way(way), heard_by=staff)
        journal.record(
            actor_of(staff),
            "question.noted",
            chain=f"case:{case_id}",
            subject=f"question:{noted.pk}",
            way=noted.way,
        )
    return noted


def question_take_back(noted: StatusQuestion, *, staff: Staff) -> bool:
    """Undo one's own note of a moment ago; False when it is another's, older or gone."""
    with transaction.atomic():
        case_services.lock(noted.case_id)
        gone, _kinds = StatusQuestion.objects.filter(
            pk=noted.pk, heard_by=staff, asked_at__gt=timezone.now() - TAKE_BACK
        ).delete()
        if gone:
            journal.record(
                actor_of(staff),
                "question.taken_back",
                chain=f"case:{noted.case_id}",
                subject=f"question:{noted.pk}",
            )
    return gone > 0


@dataclass(frozen=True, slots=True)
class Line:
    """Filings of one kind and how often somebody asked about them."""

    filed: int = 0
    counter: int = 0
    phone: int = 0

    @property
    def per_hundred(self) -> int | None:
        """Questions per 100 filings, rounded half up; None without filings."""
        asked = self.counter + self.phone
        return (200 * asked + self.filed) // (2 * self.filed) if self.filed else None


@dataclass(frozen=True, slots=True)
class Week:
    """The filings of a week: those whose citizen got a text, the others, and all."""

    told: Line
    untold: Line

    @property
    def all(self) -> Line:
        """Both together."""
        one, other = self.told, self.untold
        return Line(one.filed + other.filed, one.counter + other.counter, one.phone + other.phone)


def asked_about(staff: Staff, start: datetime, end: datetime) -> Week:
    """Questions so far about the filings taken in [start, end) that this person oversees. A
    filing's later questions count for its own week. Two queries."""
    filings = cases_for(staff).order_by().filter(taken_at__gte=start, taken_at__lt=end)
    arrived = Exists(Message.objects.filter(case=OuterRef("pk"), state__in=ARRIVED))
    filed = dict(
        filings.annotate(told=arrived).values_list("told").annotate(Count("pk")).order_by()
    )
    about = Exists(Message.objects.filter(case=OuterRef("case"), state__in=ARRIVED))
    asked = {
        (told, way): number
        for told, way, number in StatusQuestion.objects.filter(case__in=filings)
        .annotate(told=about)
        .values_list("told", "way")
        .annotate(Count("pk"))
        .order_by()
    }

    def line(told: bool) -> Line:
        return Line(
            filed.get(told, 0), asked.get((told, Way.COUNTER), 0), asked.get((told, Way.PHONE), 0)
        )

    return Week(told=line(True), untold=line(False))
