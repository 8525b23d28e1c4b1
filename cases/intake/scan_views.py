"""Uploading, seeing, taking out and putting back scanned files."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_POST

from agencies.access import actor_of, require_role, staff_of
from agencies.models import Role
from cases.access import case_for, cases_for
from cases.intake import pages, scan_pages, scans, steps
from cases.intake.desk import open_desk
from cases.intake.uploads import QuarantineHandler, SealedUpload, body_too_large
from cases.models import CaseDocument, Scan
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
        if one.arrived is None:
            problems.append(refusal("too_large").message)
            continue
        try:
            scans.scan_add(staff=staff, case_id=pk, document_id=line, upload=one.arrived)
        except scans.ScanRefusedError as refused:
            problems.append(str(refused))
    if problems:
        return _refused(request, pk, " ".join(dict.fromkeys(problems)))
    if wants_part(request):
        return _part(request, pk)
    return go(request, reverse("quay:step", args=[pk, steps.SCANS]) + f"#d{line}")


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


def _filename(scan: Scan) -> str:
    return f"ban-quet-{scan.position}.{_ENDINGS[scan.kind]}"


@require_GET
def view(request: HttpRequest, scan: uuid.UUID) -> HttpResponse:
    """A checked file, as an attachment that nothing may run in (invariant 9). Others answer 404."""
    staff = staff_of(request)
    found = Scan.objects.filter(pk=scan, state=Scan.State.CLEAN, case__in=cases_for(staff)).first()
    if found is None:
        raise Http404
    try:
        content = files.load(found.file)
    except (FileNotFoundError, Unreadable):
        raise Http404 from None
    journal.record(
        actor_of(staff), "scan.seen", chain=f"case:{found.case_id}", subject=f"scan:{found.pk}"
    )
    return HttpResponse(
        content,
        content_type=_TYPES[found.kind],
        headers={
            "Content-Disposition": f'attachment; filename="{_filename(found)}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    )


@require_POST
@require_role(*COUNTER)
@once
def remove(request: HttpRequest, pk: int, scan: uuid.UUID) -> HttpResponse:
    """Take a file out; the page offers to put it back."""
    return _switched(request, pk, scan, out=True)


@require_POST
@require_role(*COUNTER)
@once
def restore(request: HttpRequest, pk: int, scan: uuid.UUID) -> HttpResponse:
    """Put a file back."""
    return _switched(request, pk, scan, out=False)


def _switched(request: HttpRequest, pk: int, scan: uuid.UUID, *, out: bool) -> HttpResponse:
    staff = staff_of(request)
    case_for(staff, pk)
    act = scan_pages.scan_remove if out else scan_pages.scan_restore
    try:
        act(staff=staff, case_id=pk, scan_id=scan)
    except Scan.DoesNotExist:
        raise Http404 from None
    except scans.ScanRefusedError as refused:
        messages.error(request, str(refused))
    undo = f"?go={scan}" if out else ""
    return go(request, reverse("quay:step", args=[pk, steps.SCANS]) + undo)
