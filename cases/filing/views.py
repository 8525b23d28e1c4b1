"""The clerk's doors to filing: file, and what waits to be sent or to be settled."""

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from agencies.access import actor_of, require_role, staff_of
from agencies.models import Role
from cases.access import case_for
from cases.filing import deciding, dossier_codes, services
from cases.filing.copilot_views import say_compared
from cases.filing.ports import Receipt
from cases.models import Case, Filing
from cases.weather import sky
from opsa.core.once import once
from opsa.core.pages import go, render_page

COUNTER = (Role.CLERK, Role.LEAD)


def _case_page(case: Case) -> str:
    return reverse("quay:case", args=[case.pk])


@require_POST
@require_role(*COUNTER)
@once
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """FILE. Answers at once whether the portal is up, slow or down: nothing outside is called
    here."""
    staff = staff_of(request)
    case = case_for(staff, pk)
    try:
        services.case_file(case.pk, staff=staff, actor=actor_of(staff))
    except services.NotReady as left:
        return render_page(
            request, "filing/not_ready.html", {"case": case, "problems": left.problems}, status=422
        )
    return go(request, reverse("quay:filed", args=[case.pk]))


def say_hurried(request: HttpRequest, case: Case, moved: bool) -> None:
    """What came of the wish to have it sent at once."""
    if not moved:
        flash.info(request, _("Không còn gì phải gửi ngay: đã gửi, hoặc đang hỏi lại cổng."))
    elif sky.in_trouble(case.system_id):
        flash.warning(request, _("Cổng đang trục trặc: hồ sơ đứng đầu hàng, chờ cổng."))
    else:
        flash.success(request, _("Đã đưa lên đầu hàng gửi."))


@require_POST
@require_role(*COUNTER)
@once
def resend(request: HttpRequest, pk: int) -> HttpResponse:
    """Try what waits of this case at once, and back to its page."""
    staff = staff_of(request)
    case = case_for(staff, pk)
    say_hurried(request, case, deciding.send_now(case, actor=actor_of(staff)))
    return go(request, reverse("quay:filed", args=[case.pk]))


@require_POST
@require_role(*COUNTER)
def settle(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Have the portal asked what it holds for a filing in doubt; what it lacks is sent again."""
    case = case_for(staff_of(request), pk)
    known = case.filings.filter(state=Filing.State.PERSON).exclude(dossier_code="").first()
    return _settle(request, case, known, dossier_codes.held_under(pk) if known else None)


@once
def _settle(
    request: HttpRequest, case: Case, known: Filing | None, receipt: Receipt | None
) -> HttpResponse:
    staff = staff_of(request)
    if known is not None:
        # Its code is known: it is there, so nothing is sent again, only compared.
        if receipt is not None:
            dossier_codes.compare(known, receipt)
        known.refresh_from_db()
        say_compared(request, known)
    elif deciding.filing_settle(case.pk, actor=actor_of(staff)):
        flash.info(request, _("Đang hỏi cổng. Cổng chưa có thì hệ thống tự gửi lại."))
    return go(request, reverse("quay:filed", args=[case.pk]))


@require_POST
@require_role(*COUNTER)
@once
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a refused case again, with everything in it, to mend and file once more."""
    staff = staff_of(request)
    case = case_for(staff, pk)
    reason = request.POST.get("reason", "").strip()[:200] or _("sửa theo lý do trả lại")
    try:
        deciding.file_again(case.pk, actor=actor_of(staff), reason=reason)
    except deciding.NotNow as refused:
        flash.error(request, str(refused))
        return go(request, reverse("quay:filed", args=[case.pk]))
    return go(request, _case_page(case))
