"""The pages of what has not left yet, and the button that sends it at once."""

from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from agencies.access import actor_of, passive, require_role, staff_of
from agencies.models import Role, Staff
from cases.access import case_for
from cases.filing import deciding, unsent
from cases.filing.views import COUNTER, say_hurried
from cases.worklists import board
from cases.worklists.cursors import Cursor
from opsa.core.once import once
from opsa.core.pages import go, render_page

AT_WORK: Final = (Role.CLERK, Role.LEAD, Role.SUPERVISOR)
may_look = require_role(Role.CLERK, Role.LEAD, Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN)
for_board = require_role(Role.LEAD, Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN)


def _list(
    request: HttpRequest, here: str, staff: Staff, more: dict[str, Any], office: int | None = None
) -> HttpResponse:
    scope = f"unsent:{staff.scope_agency_id}:{office}"
    before = request.GET.get("sau", "")
    rows, older = unsent.page(staff, Cursor.read(before, scope), office)
    asked = f"diem={office}&" if office is not None else ""
    context = {
        "rows": rows,
        "here": f"{here}?{asked}" if asked else here,
        "poll": "" if before else f"{here}?{asked}",
        "first": not before,
        "next_url": f"?{asked}sau={older.sign(scope)}" if older else "",
        "acts": staff.role in AT_WORK,
        "asks": staff.role in COUNTER and not more["board"],
    }
    return render_page(request, "filing/unsent.html", context | more, part="rows")


@require_GET
@passive
@may_look
def of_office(request: HttpRequest) -> HttpResponse:
    """Everything of this office that is not at its filing system yet."""
    staff = staff_of(request)
    more = {"board": False, "across": staff.scope_agency_id is None, "offices": [], "back": ""}
    return _list(request, reverse("quay:unsent"), staff, more)


@require_GET
@passive
@for_board
def of_board(request: HttpRequest) -> HttpResponse:
    """The same across the offices that the person oversees."""
    staff = staff_of(request)
    asked = request.GET.get("diem", "")
    if asked and not asked.isdecimal():
        raise Http404
    office = int(asked) if asked else None
    places = {pk: name for pk, _code, name in board.offices_for(staff)}
    if office is not None and office not in places:
        raise Http404
    offices = [{"pk": pk, "name": name, "current": pk == office} for pk, name in places.items()]
    more = {
        "board": True,
        "across": len(places) > 1 and office is None,
        "offices": offices if len(places) > 1 else [],
        "back": "board",
    }
    return _list(request, reverse("board:unsent"), staff, more, office)


@require_POST
@require_role(*AT_WORK)
@once
def send_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Try what waits of this case at once, and back to the list."""
    staff = staff_of(request)
    case = case_for(staff, pk)
    say_hurried(request, case, deciding.send_now(case, actor=actor_of(staff)))
    where = "board:unsent" if request.POST.get("from") == "board" else "quay:unsent"
    return go(request, reverse(where))
