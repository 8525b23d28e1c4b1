"""Uploading papers, seeing their pages, and all that is done with them."""

import re
import uuid
from collections.abc import Callable
from functools import partial
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_POST

from agencies.access import actor_of, require_role, staff_of
from agencies.models import Role
from cases.access import case_for, cases_for
from cases.intake import pages, scan_pages, scans, steps
from cases.intake.desk import open_desk
from cases.intake.uploads import DISK_FULL, QuarantineHandler, SealedUpload, body_too_large
from cases.models import Case, CaseDocument, Scan
from opsa.core import files, journal
from opsa.core.file_check import refusal
from opsa.core.keys import Unreadable
from opsa.core.once import once
from opsa.core.pages import go, render_page, wants_part

COUNTER = (Role.CLERK, Role.LEAD)
_TYPES = {"pdf": "application/pdf", "jpeg": "image/jpeg", "png": "image/png"}
_ENDINGS = {"pdf": "pdf", "jpeg": "jpg", "png": "png"}


@csrf_exempt
@require_POST
@require_role(*COUNTER)
def upload(request: HttpRequest, pk: int, line: int) -> HttpResponseBase:
    """Files for one paper. The token is checked inside, once the body may be read: a body of 200
    MB never is."""
    if body_too_large(request):
        response = _refused(request, pk, refusal("too_large").message, status=413)
        response["Connection"] = "close"
        return response
    request.upload_handlers = [QuarantineHandler(request)]
    return _upload(request, pk, line)


@csrf_protect
@once
def _upload(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    staff = staff_of(request)
    case = case_for(staff, pk)
    if not CaseDocument.objects.filter(pk=line, case=case).exists():
        raise Http404
    given = [one for one in request.FILES.getlist("file") if isinstance(one, SealedUpload)]
    problems = [] if given else [_("Chọn một tệp.")]
    for one in given:
        if one.disk_full:
            return _refused(request, pk, str(DISK_FULL), status=507)
        if one.arrived is None:
            problems.append(refusal("too_large").message)
            continue
        try:
            scans.scan_add(
                staff=staff,
                case_id=pk,
                document_id=line,
                upload=one.arrived,
                replaces=replaced(request.POST.get("replaces", "")),
            )
        except scans.ScanRefusedError as refused:
            problems.append(str(refused))
    if problems:
        return _refused(request, pk, " ".join(dict.fromkeys(problems)))
    if wants_part(request):
        return _part(request, pk)
    return go(request, reverse("quay:step", args=[pk, steps.SCANS]) + f"#d{line}")


def replaced(text: str) -> uuid.UUID | None:
    """The page that a new file stands in for, if the form names one."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _part(request: HttpRequest, pk: int, status: int = 200) -> HttpResponse:
    desk = open_desk(staff_of(request), pk)
    return render_page(
        request, pages.PIECES["scans"], pages.context(desk, steps.SCANS), status=status
    )


def _refused(request: HttpRequest, pk: int, problem: str, status: int = 422) -> HttpResponse:
    """The sentence alone beside the file's name, or the whole page with it where there is no
    script."""
    if wants_part(request):
        return HttpResponse(problem, status=status, content_type="text/plain; charset=utf-8")
    desk = open_desk(staff_of(request), pk)
    found = pages.context(desk, steps.SCANS, problem=problem)
    return render_page(request, pages.TEMPLATES[steps.SCANS], found, status=status)


@require_GET
def view(request: HttpRequest, scan: uuid.UUID) -> HttpResponse:
    """A checked page, as an attachment that nothing may run in (invariant 9). Others answer 404."""
    staff = staff_of(request)
    found = Scan.objects.filter(pk=scan, state=Scan.State.CLEAN, case__in=cases_for(staff)).first()
    if found is None:
        raise Http404
    answer = _served(found.file, found.kind, f"trang-{found.position}.{_ENDINGS[found.kind]}")
    journal.record(
        actor_of(staff), "scan.seen", chain=f"case:{found.case_id}", subject=f"scan:{found.pk}"
    )
    return answer


@require_GET
def preview(request: HttpRequest, scan: uuid.UUID) -> HttpResponse:
    """The small picture of a page for the step, whose reading the page itself has journalled."""
    found = Scan.objects.filter(
        pk=scan, state=Scan.State.CLEAN, case__in=cases_for(staff_of(request))
    ).first()
    if found is None or not found.preview:
        raise Http404
    return _served(found.preview, "jpeg", "trang.jpg")


@require_GET
def pdf(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    """The one PDF of a paper, as it will be sent."""
    staff = staff_of(request)
    case = case_for(staff, pk)
    row = CaseDocument.objects.filter(pk=line, case=case).exclude(pdf="").first()
    if row is None:
        raise Http404
    answer = _served(row.pdf, "pdf", f"giay-to-{row.pk}.pdf")
    journal.record(actor_of(staff), "paper.seen", chain=f"case:{pk}", subject=f"document:{row.pk}")
    return answer


def _served(stored: str, kind: str, name: str) -> HttpResponse:
    try:
        content = files.load(stored)
    except (FileNotFoundError, Unreadable):
        raise Http404 from None
    return HttpResponse(
        content,
        content_type=_TYPES[kind],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    )


ACTS: Final[dict[str, Callable[..., Scan]]] = {
    "remove": scan_pages.scan_remove,
    "turn": scan_pages.scan_turn,
    "keep": scan_pages.scan_keep,
    "earlier": partial(scan_pages.scan_move, later=False),
    "later": partial(scan_pages.scan_move, later=True),
}


@require_POST
@require_role(*COUNTER)
@once
def act(request: HttpRequest, pk: int, scan: uuid.UUID) -> HttpResponse:
    """One thing done with a page: `act` is remove, turn, keep, earlier or later."""
    return _done(request, pk, scan, request.POST.get("act", ""))


@require_POST
@require_role(*COUNTER)
@once
def restore(request: HttpRequest, pk: int, scan: uuid.UUID) -> HttpResponse:
    """Put a page back."""
    return _done(request, pk, scan, "restore")


def _done(request: HttpRequest, pk: int, scan: uuid.UUID, name: str) -> HttpResponse:
    staff = staff_of(request)
    case = case_for(staff, pk)
    do = scan_pages.scan_restore if name == "restore" else ACTS.get(name)
    if do is None:
        raise Http404
    line = 0
    try:
        line = do(staff=staff, case_id=pk, scan_id=scan).document_id
    except Scan.DoesNotExist:
        raise Http404 from None
    except scans.ScanRefusedError as refused:
        messages.error(request, str(refused))
    return _back(request, case, line, removed=scan if line and name == "remove" else None)


@require_POST
@require_role(*COUNTER)
@once
def count(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    """How many pages the paper in the clerk's hand has; empty takes the number back."""
    staff = staff_of(request)
    case = case_for(staff, pk)
    given = request.POST.get("pages", "").strip()
    if given and not (re.fullmatch(r"\d{1,3}", given, re.ASCII) and int(given)):
        return _refused(request, pk, _("Số trang là số từ 1 đến 999."))
    try:
        scan_pages.pages_counted(
            staff=staff, case_id=pk, document_id=line, pages=int(given) if given else None
        )
    except CaseDocument.DoesNotExist:
        raise Http404 from None
    except scans.ScanRefusedError as refused:
        messages.error(request, str(refused))
    return _back(request, case, line)


def _back(
    request: HttpRequest, case: Case, line: int, *, removed: uuid.UUID | None = None
) -> HttpResponse:
    """The step again, with the undo bar for what was removed; htmx is told to fetch the pages."""
    if wants_part(request):
        body = ""
        if removed:
            back = reverse("quay:scan_restore", args=[case.pk, removed])
            told = {"text": _("Đã gỡ trang"), "url": back, "oob": "1"}
            body = render_to_string("components/undo.html", told, request)
        return HttpResponse(body, headers={"HX-Trigger": "pages"})
    undo = f"?go={removed}" if removed else ""
    place = f"#d{line}" if line and not removed else ""
    return go(request, reverse("quay:step", args=[case.pk, steps.SCANS]) + undo + place)
