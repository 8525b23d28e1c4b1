"""Filing in the citizen's own session: what goes where, the files to give, the code that comes
back, and what the portal says that it took."""

from typing import Any

from django.contrib import messages as flash
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agencies.access import actor_of, require_role, staff_of
from agencies.models import OFFICE_ROLES, Role, Staff
from cases.access import case_for
from cases.acknowledgements import views as acknowledgements
from cases.filing import copying, dossier_codes, exporting, payload, services
from cases.filing.deciding import together
from cases.filing.ports import Receipt
from cases.models import Case, Filing, PollState
from opsa.core.once import once
from opsa.core.pages import go, render_page

COUNTER = (Role.CLERK, Role.LEAD)


def panel_of(case: Case, staff: Staff) -> dict[str, Any]:
    """What the panel shows this person about a case loaded for filing."""
    filing = case.filings.exclude(state=Filing.State.REFUSED).first()
    acts = staff.role in OFFICE_ROLES
    poll = PollState.objects.filter(filing=filing).first() if filing else None
    files = payload.files_of(filing) if filing else ()
    return {
        "case": case,
        "filing": filing,
        "sections": copying.sections(case, staff) if filing else [],
        "files": files if acts else (),
        "bytes": sum(file.size for file in files),
        "acts": acts,
        "unknown_since": poll.unknown_since if poll else None,
        "asked_at": poll.asked_at if poll else None,
        "correctable": filing is not None
        and acts
        and dossier_codes.may_correct(case, filing, code=""),
        **acknowledgements.shown(case, filing, staff),
    }


@require_GET
def copilot(request: HttpRequest, pk: int) -> HttpResponse:
    """The co-pilot panel of a filed case: what goes where, the files, and the box for the code."""
    staff = staff_of(request)
    case_for(staff, pk)
    found = panel_of(services.load_for_filing(pk), staff)
    return render_page(request, "filing/copilot.html", found, part="panel")


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
        found = panel_of(services.load_for_filing(case.pk), staff)
        found |= {"error": str(refused), "typed": typed[:80]}
        return render_page(request, "filing/copilot.html", found, part="code", status=422)
    say_compared(request, filing)
    return go(request, reverse("quay:filed", args=[case.pk]))


def say_compared(request: HttpRequest, filing: Filing) -> None:
    """What is known about the files of a filing whose code a person brought."""
    if dossier_codes.waits_for_comparison(filing):
        flash.warning(
            request,
            _("Đã giữ mã. Cổng chưa trả lời nên chưa so được tệp; hệ thống sẽ hỏi và so lại."),
        )
    elif filing.state == Filing.State.MISMATCH:
        flash.error(request, _("Đã ghi mã, nhưng cổng giữ không đúng các tệp đã gửi."))


@require_POST
@require_role(*COUNTER)
def export_all(request: HttpRequest, pk: int) -> HttpResponseBase:
    """All files of the filing as one ZIP, under the names they were frozen with. Not a once-form:
    asked again, it is handed out again, and journalled again."""
    return _export(request, pk, None)


@require_POST
@require_role(*COUNTER)
def export_one(request: HttpRequest, pk: int, place: int) -> HttpResponseBase:
    """One file of the filing."""
    return _export(request, pk, place)


def _export(request: HttpRequest, pk: int, place: int | None) -> HttpResponseBase:
    staff = staff_of(request)
    case = case_for(staff, pk)
    filing = together(case)
    if filing is None:
        raise Http404
    back = reverse("quay:filed", args=[pk])
    return handed_out(request, exporting.of_filing(filing), f"ho-so-{filing.pk}", back, place)


def handed_out(
    request: HttpRequest, listed: exporting.Listed, name: str, back: str, place: int | None = None
) -> HttpResponseBase:
    """These files as an attachment, all as the ZIP of this name or the one at this place; `back` is
    where the clerk reads that one was changed."""
    try:
        chosen = exporting.export(listed, actor=actor_of(staff_of(request)), place=place)
    except IndexError:
        raise Http404 from None
    except exporting.ChangedFile as changed:
        words = _(
            "Tệp %s trong kho bị mất hoặc không còn như lúc nộp, nên không tải xuống được. "
            "Đừng nộp tệp này. Quét lại giấy rồi nộp lại."
        )
        flash.error(request, words % changed.name)
        return go(request, back)
    if place is None:
        name, kind = f"{name}.zip", "application/zip"
        content = exporting.zipped(chosen, listed.at)
    else:
        name, kind = chosen[0].name, exporting.TYPES.get(chosen[0].kind, "application/octet-stream")
        content = exporting.clear(chosen[0])
    return StreamingHttpResponse(
        content,
        content_type=kind,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store",
        },
    )
