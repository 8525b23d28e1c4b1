"""Consent at the counter: asked on paper, by SMS or on the turned screen; given, declined, taken
back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agencies.access import require_role, staff_of
from agencies.models import Role
from cases import services as case_services
from cases.access import case_for
from cases.intake import mandates, pages, steps
from cases.intake.desk import open_desk
from cases.models import Mandate
from cases.states import Work
from opsa.core.once import once
from opsa.core.pages import go, render_page

COUNTER = (Role.CLERK, Role.LEAD)


def _back(request: HttpRequest, pk: int) -> HttpResponse:
    return go(request, reverse("quay:step", args=[pk, steps.MANDATE]))


def _wrong(request: HttpRequest, pk: int, problem: str) -> HttpResponse:
    desk = open_desk(staff_of(request), pk)
    found = pages.context(desk, steps.MANDATE, problem=problem)
    return render_page(request, pages.TEMPLATES[steps.MANDATE], found, status=422)


@require_POST
@require_role(*COUNTER)
@once
def mode(request: HttpRequest, pk: int) -> HttpResponse:
    """Assist or on behalf; the checklist follows."""
    from django.db import transaction

    case_for(staff_of(request), pk)
    with transaction.atomic():
        case = case_services.lock(pk)
        if case.work in (Work.DRAFT, Work.HELD):
            mandates.mode_set(case, request.POST.get("mode", ""))
    return _back(request, pk)


@require_POST
@require_role(*COUNTER)
@once
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for consent in the chosen way."""
    staff = staff_of(request)
    case_for(staff, pk)
    method = request.POST.get("method", "")
    try:
        mandate = mandates.mandate_begin(
            staff=staff,
            case_id=pk,
            method=method,
            keep_scans="keep_scans" in request.POST,
            tell_helper="tell_helper" in request.POST,
            signed_seen="signed_seen" in request.POST,
        )
    except mandates.MandateRefusedError as refused:
        return _wrong(request, pk, str(refused))
    if mandate.method == Mandate.Method.SCREEN and mandate.state == Mandate.State.ASKED:
        return go(request, reverse("quay:customer", args=[pk]))
    if mandate.state == Mandate.State.GIVEN:
        return go(request, reverse("quay:step", args=[pk, steps.REVIEW]))
    return _back(request, pk)


@require_POST
@require_role(*COUNTER)
@once
def code(request: HttpRequest, pk: int) -> HttpResponse:
    """The six digits from the person's phone."""
    staff = staff_of(request)
    case_for(staff, pk)
    try:
        mandates.mandate_code(staff=staff, case_id=pk, code=request.POST.get("code", ""))
    except mandates.MandateRefusedError as refused:
        return _wrong(request, pk, str(refused))
    return go(request, reverse("quay:step", args=[pk, steps.REVIEW]))


@require_POST
@require_role(*COUNTER)
@once
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    """The person said no: the draft closes."""
    staff = staff_of(request)
    case_for(staff, pk)
    try:
        mandates.mandate_decline(staff=staff, case_id=pk)
    except mandates.MandateRefusedError as refused:
        return _wrong(request, pk, str(refused))
    messages.info(request, _("Khách không đồng ý. Hồ sơ nháp đã đóng, không gửi gì đi."))
    return go(request, reverse("quay:home"))


@require_POST
@require_role(*COUNTER)
@once
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """The person takes their consent back."""
    staff = staff_of(request)
    case_for(staff, pk)
    try:
        mandates.mandate_revoke(staff=staff, case_id=pk)
    except mandates.MandateRefusedError as refused:
        return _wrong(request, pk, str(refused))
    messages.info(request, _("Đã ghi: khách rút lại đồng ý."))
    return go(request, reverse("quay:case", args=[pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(*COUNTER)
@once
def customer(request: HttpRequest, pk: int) -> HttpResponse:
    """What the citizen reads on the turned screen, in their language and in large type, with yes
    and no."""
    staff = staff_of(request)
    problem = ""
    if request.method == "POST":
        case_for(staff, pk)
        try:
            mandate = mandates.mandate_on_screen(
                staff=staff, case_id=pk, agrees=request.POST.get("answer") == "yes"
            )
        except mandates.MandateRefusedError as refused:
            problem = str(refused)
        else:
            if mandate.state == Mandate.State.GIVEN:
                return go(request, reverse("quay:step", args=[pk, steps.REVIEW]))
            messages.warning(request, _("Khách bấm Không đồng ý. Hỏi lại khách."))
            return _back(request, pk)
    desk = open_desk(staff, pk)
    with translation.override(desk.case.language):
        found = {
            **pages.context(desk, steps.REVIEW),
            **pages.context(desk, steps.MANDATE),
            "problem": problem,
            "review": pages.context(desk, steps.REVIEW),
        }
        return render_page(request, "intake/customer.html", found, status=422 if problem else 200)
