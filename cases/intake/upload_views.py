"""Papers in pieces, for pages with a script: begun, continued, resumed. Each answer is JSON.

No form keys: a piece is known by its place and hash, a file by its hash, so sending either again
changes nothing. Token, office and limits hold on every piece.
"""

import re
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from agencies.access import require_role, staff_of
from cases.access import case_for
from cases.intake import scan_pieces, scans
from cases.intake.scan_views import COUNTER, replaced
from cases.intake.uploads import DISK_FULL, FULL
from cases.models import CaseDocument, Scan, Upload
from opsa.core.file_check import refusal

_HASH: Final = re.compile(r"[0-9a-f]{64}")


@require_POST
@require_role(*COUNTER)
def begin(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    """Announce a file (name, size, sha256): answers where to go on, or that it is here."""
    staff = staff_of(request)
    row = _line(request, pk, line)
    size, digest = request.POST.get("size", ""), request.POST.get("sha256", "")
    if not re.fullmatch(r"\d{1,12}", size, re.ASCII) or not _HASH.fullmatch(digest):
        return _problem(_("Trang đã cũ. Tải lại trang rồi thử lại."), 400)
    try:
        found = scan_pieces.upload_begin(
            staff=staff,
            document=row,
            name=request.POST.get("name", ""),
            size=int(size),
            sha256=digest,
            replaces=replaced(request.POST.get("replaces", "")),
        )
    except scans.ScanRefusedError as refused:
        return _problem(str(refused), 422)
    return _state(found)


@require_POST
@require_role(*COUNTER)
def piece(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    """One piece, as the body. Headers: Upload-Id, Upload-Offset, Upload-Hash (of the piece)."""
    staff = staff_of(request)
    row = _line(request, pk, line)
    if int(request.META.get("CONTENT_LENGTH") or 0) > scan_pieces.PIECE:
        answer = _problem(refusal("too_large").message, 413)
        answer["Connection"] = "close"
        return answer
    digest = request.headers.get("Upload-Hash", "")
    offset = request.headers.get("Upload-Offset", "")
    known = replaced(request.headers.get("Upload-Id", ""))
    mine = Upload.objects.filter(document=row, staff=staff)
    upload = mine.filter(pk=known).first() if known else None
    if upload is None or not re.fullmatch(r"\d{1,12}", offset, re.ASCII):
        raise Http404
    try:
        found = scan_pieces.upload_piece(
            staff=staff, upload=upload, offset=int(offset), sha256=digest, content=request.body
        )
    except scan_pieces.PieceChangedError:
        return _state(upload, status=409)
    except scans.ScanRefusedError as refused:
        return _problem(str(refused), 422)
    except OSError as error:
        if error.errno not in FULL:
            raise
        return _problem(str(DISK_FULL), 507)
    return _state(found)


def _line(request: HttpRequest, pk: int, line: int) -> CaseDocument:
    case = case_for(staff_of(request), pk)
    row = CaseDocument.objects.filter(pk=line, case=case).first()
    if row is None:
        raise Http404
    row.case = case
    return row


def _state(found: Upload | Scan, *, status: int = 200) -> HttpResponse:
    if isinstance(found, Scan):
        return JsonResponse({"done": True})
    return JsonResponse(
        {"id": str(found.pk), "offset": found.received, "piece": scan_pieces.PIECE}, status=status
    )


def _problem(text: str, status: int) -> HttpResponse:
    return JsonResponse({"problem": text}, status=status)
