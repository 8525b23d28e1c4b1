"""The public page of all offices."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from agencies.access import public
from agencies.models import Agency
from agencies.selectors import Span, find_offices, office_open_now, week_of
from opsa.core.pages import render_page
from opsa.core.working_time import load_calendar

_DAYS_VI = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật")
_DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Card:
    """One office as the page shows it."""

    office: Agency
    name: str
    open_now: bool
    hours: str
    phone: str


def hours_words(spans: list[Span]) -> str:
    """`Thứ Hai đến Thứ Sáu 7:30-12:00, 13:00-17:30; Thứ Bảy 7:30-12:00`."""
    days = _DAYS_EN if get_language() == "en" else _DAYS_VI
    parts = []
    for span in spans:
        first, last = days[span.first], days[span.last]
        label = first if span.first == span.last else f"{first} {gettext('đến')} {last}"
        times = ", ".join(
            f"{opens.hour}:{opens:%M}-{closes.hour}:{closes:%M}" for opens, closes in span.times
        )
        parts.append(f"{label} {times}")
    return "; ".join(parts)


def phone_words(phone: str) -> str:
    """`+842438256686` as people dial it here: `024 3825 6686`; other numbers as they stand."""
    if phone.startswith("+8424") and len(phone) == 13:
        local = "0" + phone[3:]
        return f"{local[:3]} {local[3:7]} {local[7:]}"
    return phone


@public
@require_safe
def offices(request: HttpRequest) -> HttpResponse:
    """Every office with address, hours and phone; `q` finds one by ward, old or new."""
    text = request.GET.get("q", "")[:80]
    found = find_offices(text)
    now, calendar = timezone.now(), load_calendar()
    english = get_language() == "en"
    cards = [
        Card(
            office=office,
            name=office.name_en if english else office.name,
            open_now=office_open_now(office, now, calendar),
            hours=hours_words(week_of(office)),
            phone=phone_words(office.phone),
        )
        for office in found.offices
    ]
    context = {
        "q": text,
        "cards": cards,
        "nearby": found.nearby,
        "assumed": any(card.office.hours_assumed for card in cards),
        "unsure": any(card.office.confidence != "high" for card in cards),
        "helpline": settings.PHONE_HELPLINE,
    }
    return render_page(request, "agencies/offices.html", context)
