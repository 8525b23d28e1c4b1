"""The list of people to call, and whether a person is texted at all."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agencies.access import actor_of, require_role, staff_of
from agencies.models import Role
from cases.access import case_for
from cases.intake import phones
from cases.messages import calls
from opsa.core.once import once
from opsa.core.pages import go, render_page

at_work = require_role(Role.CLERK, Role.LEAD, Role.SUPERVISOR)


def _list(request: HttpRequest, *, status: int = 200, **wrong: Any) -> HttpResponse:
    staff = staff_of(request)
    context = {
        "calls": calls.waiting(staff),
        "most": calls.MOST,
        "across": staff.scope_agency_id is None,
    }
    return render_page(request, "messages/calls.html", context | wrong, status=status)


@require_GET
@at_work
def waiting(request: HttpRequest) -> HttpResponse:
    """Whom to call, and why."""
    return _list(request)


@require_POST
@at_work
@once
def called(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody called."""
    staff = staff_of(request)
    case = case_for(staff, pk)
    calls.called(case.pk, actor=actor_of(staff))
    messages.success(request, _("Đã ghi: đã gọi cho khách."))
    return go(request, reverse("quay:calls"))


@require_POST
@at_work
@once
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell it to a corrected number."""
    staff = staff_of(request)
    case = case_for(staff, pk)
    typed = request.POST.get("phone", "")[:40]
    phone = phones.read(typed)
    problem = phone.fault or ("" if phone.e164 else _("Ghi số điện thoại đúng."))
    if problem and calls.waits(case.pk):
        return _list(request, status=422, wrong=case.pk, problem=problem, typed=typed)
    if problem or calls.send_again(case.pk, phone.e164, actor=actor_of(staff)) is None:
        messages.warning(request, _("Không còn tin nào chờ gửi lại."))
    else:
        messages.success(request, _("Đã ghi số mới và gửi lại tin."))
    return go(request, reverse("quay:calls"))


@require_POST
@at_work
@once
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """The person at the counter wants no more texts."""
    staff = staff_of(request)
    case = case_for(staff, pk)
    calls.stop(case.pk, actor=actor_of(staff))
    messages.success(request, _("Từ giờ không nhắn tin cho khách về hồ sơ này."))
    return go(request, reverse("quay:filed", args=[pk]))


@require_POST
@at_work
@once
def start(request: HttpRequest, pk: int) -> HttpResponse:
    """The person at the counter wants texts again."""
    staff = staff_of(request)
    case = case_for(staff, pk)
    calls.start(case.pk, actor=actor_of(staff))
    messages.success(request, _("Từ giờ lại nhắn tin cho khách về hồ sơ này."))
    return go(request, reverse("quay:filed", args=[pk]))
