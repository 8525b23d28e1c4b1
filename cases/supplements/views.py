"""The counter's page of a supplement request: which papers, their new pages, and the answer."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agencies.access import passive, require_role, staff_of
from agencies.models import Role
from cases.access import case_for
from cases.filing.copilot_views import handed_out
from cases.intake import lines, promises, refusals, scan_step
from cases.intake.desk import Desk, open_desk
from cases.intake.documents import SENT, MarkRefusedError, choices_for
from cases.models import CaseDocument, Supplement
from cases.supplements import services
from opsa.core.codes import group_reference
from opsa.core.once import once
from opsa.core.pages import go, render_page
from opsa.core.text import clean
from procedures.models import FilingSystem
from procedures.words import localised

COUNTER = (Role.CLERK, Role.LEAD)


def _pages(desk: Desk, request: Supplement | None) -> dict[str, Any]:
    """The pages of the papers that were asked for, in the shape of the step of scans."""
    found = scan_step.context(desk)
    asked = request.papers if request is not None and request.confirmed else []
    papers = [one for one in found["papers"] if one["line"].document.key in asked]
    known = {one["line"].pk for one in papers}
    papers += [
        scan_step.paper(desk, line)
        for line in desk.documents
        if line.document.key in asked and line.pk not in known
    ]
    return {
        **found,
        "case": desk.case,
        "papers": papers,
        # The page begins at the first paper that waits for its new pages.
        "todos": bool(papers),
        "first_open": papers[0]["line"].pk if papers else 0,
        "waiting": any(one["waiting"] for one in papers),
        "scans_url": reverse("quay:asked_scans", args=[desk.case.pk]),
    }


def _context(desk: Desk, problem: str = "", typed: QueryDict | None = None) -> dict[str, Any]:
    """`typed` is the form of papers and words that was not taken: shown back as it was sent."""
    case = desk.case
    request = services.open_request(case.pk)
    papers = request.papers if request is not None else []
    words = request.words if request is not None and request.confirmed else ""
    if typed is not None:
        papers, words = typed.getlist("paper"), clean(typed.get("words", ""))
    memory = refusals.top(desk.version.procedure_id, case.authority)
    return {
        **_pages(desk, request),
        "desk": desk,
        "version": desk.version,
        "reference": group_reference(case.reference),
        "asked": request,
        "words": words,
        "unit": request.report.unit if request else "",
        "said": request.report.text if request else "",
        "choices": [
            {
                "key": line.document.key,
                "pk": line.pk,
                "title": localised(line.document, "name"),
                "chosen": line.document.key in papers,
                "refused": lines.refused(memory, line.document.key),
            }
            for line in desk.documents
            if line.document.kind in SENT
        ],
        "promised": [
            {
                "pk": line.pk,
                "title": localised(line.document, "name"),
                "choices": [
                    (one.value, one.label)
                    for one in choices_for(line)
                    if one in ("original", "copy", "in_database")
                ],
            }
            for line in desk.documents
            if line.needed and line.mark == CaseDocument.Mark.LATER
        ],
        "left": services.problems(request) if request else [],
        "gateway": request is None or request.filing.way == FilingSystem.Way.GATEWAY,
        "earlier": list(case.supplements.exclude(state=Supplement.State.ASKED)),
        "problem": problem,
    }


def _page(
    request: HttpRequest, pk: int, problem: str = "", typed: QueryDict | None = None
) -> HttpResponse:
    found = _context(open_desk(staff_of(request), pk), problem, typed)
    return render_page(request, "supplements/asked.html", found, status=422 if problem else 200)


@require_GET
@require_role(*COUNTER)
def asked(request: HttpRequest, pk: int) -> HttpResponse:
    """What the authority asked for, and only the papers it takes."""
    return _page(request, pk)


@require_GET
@passive
@require_role(*COUNTER)
def asked_scans(request: HttpRequest, pk: int) -> HttpResponse:
    """The pages alone, asked again while a worker checks them."""
    desk = open_desk(staff_of(request), pk)
    found = _pages(desk, services.open_request(pk))
    return scan_step.with_news(request, render_page(request, "intake/_scans.html", found), found)


@require_POST
@require_role(*COUNTER)
@once
def asked_papers(request: HttpRequest, pk: int) -> HttpResponse:
    """The clerk says which papers the request means."""
    staff = staff_of(request)
    case = case_for(staff, pk)
    try:
        services.papers_confirm(
            staff=staff,
            case_id=case.pk,
            papers=request.POST.getlist("paper"),
            words=request.POST.get("words", ""),
        )
    except services.NotReadyError as problem:
        return _page(request, pk, str(problem), request.POST)
    messages.success(request, _("Đã ghi giấy phải bổ sung. Khách thấy trên trang của mình."))
    return go(request, reverse("quay:asked", args=[pk]))


@require_POST
@require_role(*COUNTER)
def answer_files(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The papers of the answer as one ZIP, for the citizen's own session. Not a once-form: asked
    again, it is handed out again, and journalled again."""
    case = case_for(staff_of(request), pk)
    asked_for = services.open_request(case.pk)
    listed = services.to_hand_out(asked_for) if asked_for is not None else None
    if asked_for is None or listed is None:
        return _page(request, pk, _("Chưa có tệp bổ sung nào để tải."))
    back = reverse("quay:asked", args=[pk])
    return handed_out(request, listed, f"bo-sung-{asked_for.filing_id}-{asked_for.number}", back)


@require_POST
@require_role(*COUNTER)
@once
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the answer. Nothing outside is called here."""
    staff = staff_of(request)
    case = case_for(staff, pk)
    try:
        services.supplement_send(staff=staff, case_id=case.pk)
    except services.NotReadyError as problem:
        return _page(request, pk, str(problem))
    messages.success(request, _("Đã gửi bổ sung. Thời hạn chạy tiếp khi cơ quan nhận."))
    return go(request, reverse("quay:filed", args=[pk]))


@require_POST
@require_role(*COUNTER)
@once
def promise(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    """The paper that was promised when the case was taken in as incomplete came."""
    staff = staff_of(request)
    case = case_for(staff, pk)
    try:
        promises.promise_kept(
            staff=staff, case_id=case.pk, document_id=line, mark=request.POST.get("mark", "")
        )
    except MarkRefusedError as problem:
        return _page(request, pk, str(problem))
    messages.success(request, _("Đã ghi giấy khách mang đến."))
    return go(request, reverse("quay:filed", args=[pk]))
