"""The clerk's doors to filing: file, the co-pilot panel, the dossier code, and what waits to be
sent."""

import json
from dataclasses import dataclass

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agencies.access import actor_of, require_role, staff_of
from agencies.models import Role, Staff
from cases.access import case_for
from cases.filing import deciding, dossier_codes, services
from cases.filing.ports import Receipt
from cases.models import Case, Filing
from cases.weather import sky
from opsa.core.once import once
from opsa.core.pages import go, render_page
from procedures.words import localised

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


@dataclass(frozen=True)
class CopyRow:
    """One line of the copy panel: what the portal's form calls it, and what to put there."""

    label: str
    value: str
    key: str


def copy_rows(case: Case, staff: Staff) -> list[CopyRow]:
    """The declaration in the order of the portal's form, ready to be copied field by field. Nothing
    for those who don't file: what a citizen declared is not theirs to read through."""
    if staff.role not in COUNTER:
        return []
    values = json.loads(case.declaration or "{}")
    return [
        CopyRow(localised(field, "label"), str(values.get(field.key, "")), field.key)
        for field in case.version.fields.all()
        if values.get(field.key)
    ]


@require_GET
def copilot(request: HttpRequest, pk: int) -> HttpResponse:
    """The co-pilot panel of a filed case: what goes where, the files, and the box for the code."""
    staff = staff_of(request)
    case_for(staff, pk)
    case = services.load_for_filing(pk)
    filing = case.filings.exclude(state=Filing.State.REFUSED).first()
    return render_page(
        request,
        "filing/copilot.html",
        {
            "case": case,
            "filing": filing,
            "rows": copy_rows(case, staff),
            "acts": staff.role in COUNTER,
        },
        part="panel",
    )


@require_POST
@require_role(*COUNTER)
def dossier_code(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Note the portal's dossier code. The portal is asked before the form takes its effect: nothing
    is held in the database while it keeps us waiting."""
    case = case_for(staff_of(request), pk)
    typed = request.POST.get("code", "")
    return _dossier_code(request, case, dossier_codes.held_under(pk, typed) if typed else None)


@once
def _dossier_code(request: HttpRequest, case: Case, receipt: Receipt | None) -> HttpResponse:
    typed = request.POST.get("code", "")
    staff = staff_of(request)
    try:
        filing = dossier_codes.dossier_code_record(
            case.pk, typed, actor=actor_of(staff), receipt=receipt
        )
    except dossier_codes.NotFiledYet as early:
        flash.error(request, str(early))
        return go(request, reverse("quay:filed", args=[case.pk]))
    except dossier_codes.DossierCodeRefused as refused:
        case = services.load_for_filing(case.pk)
        return render_page(
            request,
            "filing/copilot.html",
            {
                "case": case,
                "filing": case.filings.exclude(state=Filing.State.REFUSED).first(),
                "rows": copy_rows(case, staff),
                "acts": True,
                "error": str(refused),
                "typed": typed[:80],
            },
            part="panel",
            status=422,
        )
    _say_compared(request, filing)
    return go(request, reverse("quay:filed", args=[case.pk]))


def _say_compared(request: HttpRequest, filing: Filing) -> None:
    if dossier_codes.waits_for_comparison(filing):
        flash.warning(
            request,
            _("Đã giữ mã. Cổng chưa trả lời nên chưa so được tệp; hệ thống sẽ hỏi và so lại."),
        )
    elif filing.state == Filing.State.MISMATCH:
        flash.error(request, _("Đã ghi mã, nhưng cổng giữ không đúng các tệp đã gửi."))


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
        _say_compared(request, known)
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
