"""Can we finish today: the light with its reasons, and the slip of what to bring."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agencies.access import actor_of, require_role, staff_of
from agencies.models import Role, Staff
from cases.intake import bringing, today
from cases.intake.desk import Desk, open_desk
from cases.models import Paper
from opsa.core.codes import group_reference
from opsa.core.once import once
from opsa.core.pages import go, render_page
from procedures.words import localised

COUNTER = (Role.CLERK, Role.LEAD)


def _missing(values: list[str], desk: Desk) -> set[int]:
    """The ticked papers of this case; anything else in the request is none."""
    own = {line.pk for line in today.to_bring(desk)}
    return {int(value) for value in values if value.isdecimal() and len(value) < 12} & own


def _page(
    request: HttpRequest, desk: Desk, missing: set[int], *, problem: str = "", status: int = 200
) -> HttpResponse:
    slip = (
        Paper.objects.filter(case=desk.case, kind=Paper.Kind.BRING).order_by("-pk").first()
        if "phieu" in request.GET
        else None
    )
    context = {
        "desk": desk,
        "case": desk.case,
        "version": desk.version,
        "reference": group_reference(desk.case.reference),
        "light": today.light(desk, missing),
        "papers": [
            {
                "pk": line.pk,
                "title": localised(line.document, "name"),
                "why": line.why,
                "missing": line.pk in missing,
            }
            for line in today.to_bring(desk)
        ],
        "paper": slip,
        "problem": problem,
    }
    return render_page(request, "intake/today.html", context, part="light", status=status)


@require_GET
@require_role(*COUNTER)
def today_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What the citizen has in hand is ticked; the light follows. Reads only."""
    desk = open_desk(staff_of(request), pk)
    if not desk.editable:
        return go(request, reverse("quay:filed", args=[pk]))
    return _page(request, desk, _missing(request.GET.getlist("thieu"), desk))


@require_POST
@require_role(*COUNTER)
@once
def bring(request: HttpRequest, pk: int) -> HttpResponse:
    """Print what to bring and put the draft aside until then."""
    staff: Staff = staff_of(request)
    desk = open_desk(staff, pk)
    if not desk.editable:
        return go(request, reverse("quay:filed", args=[pk]))
    missing = _missing(request.POST.getlist("thieu"), desk)
    light = today.light(desk, missing)
    if "look" in request.POST:
        return _page(request, desk, missing)
    if not missing and light.colour is not today.Colour.RED:
        problem = _("Đánh dấu giấy khách chưa mang.")
        return _page(request, desk, missing, problem=problem, status=422)
    bringing.bring_ask(case_id=pk, missing=missing, staff=staff, actor=actor_of(staff))
    messages.success(request, _("Đã giữ hồ sơ. In phiếu cho khách."))
    query = "".join(f"&thieu={one}" for one in sorted(missing))
    return go(request, reverse("quay:today", args=[pk]) + f"?phieu=1{query}")
