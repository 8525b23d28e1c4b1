"""Noting that somebody asked how a case is doing, and what came together in a week (F10)."""

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agencies.access import require_role, staff_of
from agencies.models import Role
from cases.access import case_for, cases_for
from cases.messages import questions
from cases.models import StatusQuestion
from cases.supplements.returned import weeks
from cases.worklists.clock import day_start
from opsa.core.once import once
from opsa.core.pages import go, render_page

at_counter = require_role(Role.CLERK, Role.LEAD)


@require_POST
@at_counter
@once
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody asked, and was told what the page says. It can be taken back at once."""
    staff = staff_of(request)
    case = case_for(staff, pk)
    way = request.POST.get("way", "")
    if way not in StatusQuestion.Way.values:
        raise Http404
    noted = questions.question_note(case.pk, way, staff=staff)
    messages.success(
        request,
        _("Đã ghi: khách hỏi tình trạng."),
        extra_tags=reverse("quay:question_take_back", args=[noted.pk]),
    )
    return go(request, reverse("quay:filed", args=[case.pk]))


@require_POST
@at_counter
@once
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """It was pressed by mistake."""
    staff = staff_of(request)
    noted = get_object_or_404(StatusQuestion, pk=pk, case__in=cases_for(staff))
    if questions.question_take_back(noted, staff=staff):
        messages.info(request, _("Đã bỏ lần hỏi vừa ghi."))
    else:
        messages.warning(request, _("Lần hỏi này không bỏ được nữa."))
    return go(request, reverse("quay:filed", args=[noted.case_id]))


@require_GET
@require_role(Role.LEAD, Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN)
def week(request: HttpRequest) -> HttpResponse:
    """One week's filings: how often people asked about them, with a text and without."""
    mondays = weeks(timezone.now())
    asked = request.GET.get("tuan", "")
    monday = next((day for day in mondays if f"{day:%Y-%m-%d}" == asked), None)
    if asked and monday is None:
        raise Http404
    monday = monday or mondays[0]
    found = questions.asked_about(
        staff_of(request), day_start(monday), day_start(monday + timedelta(days=7))
    )
    context = {
        "lines": [
            (_("Khách đã nhận tin nhắn"), found.told),
            (_("Khách không nhận tin nào"), found.untold),
            (_("Tất cả"), found.all),
        ],
        "weeks": [{"day": day, "current": day == monday} for day in mondays],
        "monday": monday,
        "sunday": monday + timedelta(days=6),
        "total": found.all,
    }
    return render_page(request, "messages/questions.html", context)
