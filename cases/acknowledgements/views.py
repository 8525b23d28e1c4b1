"""The filing system's acknowledgement at the counter: brought in, looked at, handed out again."""

from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_POST

from agencies.access import actor_of, passive, require_role, staff_of
from agencies.models import OFFICE_ROLES, Role, Staff
from cases.access import case_for
from cases.acknowledgements import eye as eyes
from cases.acknowledgements import services
from cases.acknowledgements.comparing import compared_in_words, in_words
from cases.filing import services as filing_services
from cases.filing.deciding import together
from cases.intake.uploads import DISK_FULL, QuarantineHandler, SealedUpload
from cases.models import Acknowledgement, Case, Filing
from opsa.core import file_check, files, journal
from opsa.core.file_check import refusal
from opsa.core.keys import Unreadable
from opsa.core.once import once
from opsa.core.pages import go, render_page

COUNTER: Final = (Role.CLERK, Role.LEAD)
TYPES: Final = {"pdf": "application/pdf", "txt": "text/plain; charset=utf-8"}
#: The file and the fields of its form.
MAX_BODY: Final = file_check.MAX_ISSUED + 256 * 1024
State = Acknowledgement.State


class AcknowledgementHandler(QuarantineHandler):
    """Sealed on arrival, in a place of its own: what is kept later is this very file."""

    folder = services.FOLDER
    limit = file_check.MAX_ISSUED


def shown(case: Case, filing: Filing | None, staff: Staff) -> dict[str, Any]:
    """What the panel says about the acknowledgements of a filing made together."""
    papers: list[Acknowledgement] = []
    if filing is not None and filing == together(case):
        kept = filing.acknowledgements.select_related("eye_by", "supplement")
        papers = list(kept[: services.MOST + 5])
    settled = [one for one in papers if one.state not in (State.QUARANTINED, State.REFUSED)]
    paper = next((one for one in settled if one.supplement is None), None)
    answers: dict[int, dict[str, Any]] = {}
    for one in settled:
        if one.supplement is not None:
            answers.setdefault(one.supplement.number, _answer(one))
    told = paper.told if paper else {}
    code = told.get("code", "")
    return {
        "paper": paper,
        "paper_waits": any(one.state == State.QUARANTINED for one in papers),
        "paper_refused": papers[0] if papers and papers[0].state == State.REFUSED else None,
        "told_code": code if filing and code != filing.dossier_code else "",
        "told_at": parse_datetime(told.get("at", "")),
        "compared": compared_in_words(paper.compared) if paper else "",
        "differences": [in_words(one) for one in paper.difference] if paper else [],
        "paper_answers": list(answers.values()),
        "may_bring": staff.role in OFFICE_ROLES,
        "may_say": staff.role in OFFICE_ROLES
        and filing is not None
        and eyes.may_say(filing, paper),
        "paper_problem": "",
    }


def _answer(paper: Acknowledgement) -> dict[str, Any]:
    return {
        "paper": paper,
        "compared": compared_in_words(paper.compared),
        "differences": [in_words(one) for one in paper.difference],
    }


def _context(case_id: int, staff: Staff, problem: str = "") -> dict[str, Any]:
    from cases.filing.copilot_views import panel_of

    return panel_of(filing_services.load_for_filing(case_id), staff) | {"paper_problem": problem}


@require_GET
@passive
def part(request: HttpRequest, pk: int) -> HttpResponse:
    """The acknowledgement's part of the panel, asked again while one is being read."""
    staff = staff_of(request)
    case_for(staff, pk)
    return render_page(request, "filing/copilot.html", _context(pk, staff), part="paper")


@csrf_exempt
@require_POST
@require_role(*COUNTER)
def bring(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take the file in. The token is checked inside, once the body may be read: a body of 200 MB
    never is."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY:
        response = _refused(request, pk, refusal("issued_too_large").message, status=413)
        response["Connection"] = "close"
        return response
    request.upload_handlers = [AcknowledgementHandler(request)]
    return _bring(request, pk)


@csrf_protect
@once
def _bring(request: HttpRequest, pk: int) -> HttpResponse:
    staff = staff_of(request)
    case = case_for(staff, pk)
    given = request.FILES.get("file")
    if not isinstance(given, SealedUpload):
        return _refused(request, pk, _("Chọn tệp giấy tiếp nhận (PDF hoặc TXT)."))
    if given.disk_full:
        return _refused(request, pk, str(DISK_FULL), status=507)
    if given.arrived is None:
        return _refused(request, pk, refusal("issued_too_large").message)
    try:
        services.acknowledgement_add(staff=staff, case_id=case.pk, upload=given.arrived)
    except services.NotTakenError as refused:
        return _refused(request, pk, str(refused))
    return go(request, reverse("quay:filed", args=[pk]) + "#paper")


def _refused(request: HttpRequest, pk: int, problem: str, status: int = 422) -> HttpResponse:
    found = _context(pk, staff_of(request), problem)
    return render_page(request, "filing/copilot.html", found, part="paper", status=status)


@require_GET
@require_role(*COUNTER)
def paper(request: HttpRequest, pk: int, paper: int) -> HttpResponse:
    """The file as it came, as an attachment that nothing may run in."""
    staff = staff_of(request)
    case = case_for(staff, pk)
    kept = Acknowledgement.objects.filter(pk=paper, filing__case=case)
    found = kept.exclude(state__in=(State.QUARANTINED, State.REFUSED)).first()
    if found is None:
        raise Http404
    try:
        content = files.load(found.file)
    except (FileNotFoundError, Unreadable):
        raise Http404 from None
    journal.record(
        actor_of(staff),
        "acknowledgement.seen",
        chain=f"case:{case.pk}",
        subject=f"acknowledgement:{found.pk}",
    )
    return HttpResponse(
        content,
        content_type=TYPES[found.kind],
        headers={
            "Content-Disposition": f'attachment; filename="giay-tiep-nhan-{found.pk}.{found.kind}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    )


@require_POST
@require_role(*COUNTER)
@once
def eye(request: HttpRequest, pk: int, paper: int) -> HttpResponse:
    """The clerk says what they saw, or takes it back."""
    staff = staff_of(request)
    case = case_for(staff, pk)
    try:
        eyes.eye_say(
            staff=staff, case_id=case.pk, paper_id=paper, said=request.POST.get("said", "")
        )
    except eyes.NotForTheEye as refused:
        return _refused(request, pk, str(refused))
    return go(request, reverse("quay:filed", args=[pk]) + "#paper")
