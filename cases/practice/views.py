"""The page on which clerks of a practice office lead their outside world (F25)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import messages as flash
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agencies.access import actor_of, require_role, staff_of
from agencies.models import Role
from cases.practice import outside
from opsa.core import journal
from opsa.core.pages import go, render_page

#: Hours that the outside clock is moved on by.
STEPS: Final = (1, 6, 24, 72)
at_counter = require_role(Role.CLERK, Role.LEAD)


@require_GET
@at_counter
def world(request: HttpRequest) -> HttpResponse:
    """What happens outside, what to try, and the texts that reached nobody."""
    if not staff_of(request).practises:
        return _real_office(request)
    found: dict[str, Any] = {"steps": STEPS}
    try:
        found["world"] = outside.look()
    except outside.Away:
        found["world"] = None
    return render_page(request, "practice/outside.html", found)


# Neither is `once`: that holds a transaction, and the outside is not asked inside one. Told twice,
# both come to the same.


@require_POST
@at_counter
def play(request: HttpRequest) -> HttpResponse:
    """Start a ready-made scenario."""
    if not staff_of(request).practises:
        return _real_office(request)
    name = request.POST.get("kich-ban", "")
    if not name.isascii() or not name.isalpha():
        raise Http404
    return _led(request, lambda: outside.play(name), "practice.played", name[:40])


@require_POST
@at_counter
def advance(request: HttpRequest) -> HttpResponse:
    """Move the outside clock on from where the page showed it."""
    if not staff_of(request).practises:
        return _real_office(request)
    text = request.POST.get("gio", "")
    if text not in {str(step) for step in STEPS}:
        raise Http404
    try:
        until = datetime.fromisoformat(request.POST.get("tu", "")) + timedelta(hours=int(text))
    except (ValueError, OverflowError):
        raise Http404 from None
    if until.tzinfo is None:
        raise Http404
    return _led(request, lambda: outside.advance(until), "practice.advanced", f"+{text} h")


def _led(request: HttpRequest, order: Callable[[], None], action: str, what: str) -> HttpResponse:
    staff = staff_of(request)
    try:
        order()
    except outside.Away:
        flash.error(request, _("Cổng tập sự không trả lời. Xem dưới đã đổi chưa rồi hãy bấm lại."))
    else:
        journal.record(actor_of(staff), action, chain=f"office:{staff.agency_id}", subject=what)
        flash.success(request, _("Đã đổi thế giới tập sự."))
    return go(request, reverse("quay:practice"))


def _real_office(request: HttpRequest) -> HttpResponse:
    flash.info(request, _("Trang này chỉ có ở điểm tập sự."))
    return go(request, reverse("quay:home"))
