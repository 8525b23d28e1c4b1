"""Papers at the counter: progress in place, then the bytes."""

import structlog
from django.contrib import messages as flash
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agencies.access import actor_of, passive, require_role, staff_of
from agencies.models import Role, Staff
from cases.access import READERS, case_for, cases_for
from cases.filing import services as filing
from cases.models import Paper
from cases.papers import services, sheets
from opsa.core.once import once
from opsa.core.pages import go, render_page

log = structlog.get_logger(__name__)


def paper_for(staff: Staff, pk: int) -> Paper:
    """A paper of an office this person may see, or Http404; PermissionDenied for who reads none."""
    if staff.role not in READERS:
        raise PermissionDenied
    paper = Paper.objects.select_related("case").filter(pk=pk).first()
    if paper is None:
        raise Http404
    scope = staff.scope_agency_id
    if scope is not None and paper.agency_id != scope:
        raise Http404
    if paper.case_id and not cases_for(staff).filter(pk=paper.case_id).exists():
        raise Http404
    return paper


@require_GET
@passive
def paper_state(request: HttpRequest, pk: int) -> HttpResponse:
    """The line that says whether a paper is ready; asked again by the page until it is."""
    paper = paper_for(staff_of(request), pk)
    return render_page(request, "papers/state.html", {"paper": paper}, part="state")


@require_GET
def paper_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The bytes of a paper, as they were drawn. Counting a print is `paper_print`.

    409 when storage holds something else: a changed paper must not reach a citizen's hands.
    """
    paper = paper_for(staff_of(request), pk)
    if paper.state != Paper.State.READY:
        raise Http404
    try:
        content = services.paper_bytes(paper)
    except services.PaperChanged:
        # Somebody has to look at the storage: a disk or a person changed what we keep.
        log.error("paper_changed", paper=paper.pk)
        return render_page(request, "papers/changed.html", {"paper": paper}, status=409)
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{paper.kind}-{paper.pk}.pdf"',
            "X-Content-Type-Options": "nosniff",
        },
    )


@require_POST
@require_role(Role.CLERK, Role.LEAD, Role.SUPERVISOR)
def paper_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The print button: notes the print (a second one says so), then shows the bytes."""
    staff = staff_of(request)
    paper = paper_for(staff, pk)
    if paper.state != Paper.State.READY:
        raise Http404
    services.paper_printed(paper, actor=actor_of(staff))
    return HttpResponse(status=303, headers={"Location": reverse("quay:paper", args=[pk])})


@require_POST
@require_role(Role.CLERK, Role.LEAD, Role.SUPERVISOR)
@once
def paper_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask again for a paper that could not be drawn, or whose stored bytes changed."""
    staff = staff_of(request)
    paper = paper_for(staff, pk)
    services.paper_retry(paper, actor=actor_of(staff))
    back = reverse("quay:case", args=[paper.case_id]) if paper.case_id else _beside(paper)
    return go(request, back)


@require_POST
@require_role(Role.CLERK, Role.LEAD)
@once
def sheet(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Ask for the read-back sheet or the form on paper of what the case says now."""
    staff = staff_of(request)
    case_for(staff, pk)
    case = filing.load_for_filing(pk)
    if case.filer is None:
        flash.error(request, _("Chưa có người nộp, chưa in được."))
        return go(request, reverse("quay:case", args=[pk]))
    asked = sheets.check_ask if kind == "doc-lai" else sheets.twin_ask
    return go(request, _beside(asked(case, staff=staff)))


def _beside(paper: Paper) -> str:
    """Where the state of a paper of the whole office (a manifest) can be watched."""
    return reverse("quay:paper_state", args=[paper.pk])
