"""Files that arrive in pieces: each piece sealed as it comes, so that a dropped line costs one
piece and not the file (F14, ux 4.6)."""

import hashlib
import uuid
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.models import Staff
from cases.intake import scans
from cases.models import CaseDocument, Scan, Upload
from opsa.core import file_check, files
from opsa.core.keys import Unreadable
from opsa.core.text import clean

PIECE: Final = 256 * 1024
FOLDER: Final = "uploads"
KEPT: Final = timedelta(hours=24)
#: Files that one person may have begun and not ended.
OPEN_UPLOADS: Final = 40


class PieceChangedError(ValueError):
    """The piece is not what its sender says it is: it is to be sent again."""


def upload_begin(
    *,
    staff: Staff,
    document: CaseDocument,
    name: str,
    size: int,
    sha256: str,
    replaces: uuid.UUID | None = None,
) -> Upload | Scan:
    """Announce a file, or take up one that was begun: says how much of it is here. A file that is
    here whole gives its Scan.

    Raises ScanRefusedError for a file that would not be taken anyway.
    """
    if size == 0:
        raise scans.ScanRefusedError(file_check.refusal("empty").message)
    if size > file_check.MAX_UPLOAD:
        raise scans.ScanRefusedError(file_check.refusal("too_large").message)
    with transaction.atomic():
        scans.open_case(document.case_id)
        if found := _here(document, sha256):
            return found
        begun = Upload.objects.filter(staff=staff)
        if found_upload := begun.filter(document=document, sha256=sha256).first():
            return found_upload
        if begun.count() >= OPEN_UPLOADS:
            raise scans.ScanRefusedError(_("Nhiều tệp đang tải dở. Chờ chúng xong rồi thêm."))
        return Upload.objects.create(
            agency_id=document.case.agency_id,
            document=document,
            staff=staff,
            name=clean(name)[-120:] or "tep",
            size=size,
            sha256=sha256,
            replaces=document.scans.filter(pk=replaces).first() if replaces else None,
        )


def _here(document: CaseDocument, sha256: str) -> Scan | None:
    """The scan of this file, when the paper has it already."""
    mine = Scan.objects.filter(document=document, upload_sha256=sha256)
    return mine.exclude(state__in=(scans.State.REMOVED, scans.State.REFUSED)).first()


def upload_piece(
    *, staff: Staff, upload: Upload, offset: int, sha256: str, content: bytes
) -> Upload | Scan:
    """Add the piece that begins at `offset`. One that is here already, or comes too early, changes
    nothing: the answer says where to go on. The last piece makes the file a Scan.

    Raises PieceChangedError, ScanRefusedError (the file is dropped), and OSError when nothing more
    can be stored: what came before stays.
    """
    if hashlib.sha256(content).hexdigest() != sha256:
        raise PieceChangedError
    if offset == upload.received and content:
        sealer = files.Sealer(FOLDER)
        sealer.write(content)
        upload = _added(upload, offset, len(content), sealer.finish())
    return _whole(staff, upload) if upload.received == upload.size else upload


def _added(upload: Upload, offset: int, size: int, stored: str) -> Upload:
    with transaction.atomic():
        held = Upload.objects.select_for_update().filter(pk=upload.pk).first()
        if held is None or held.received != offset or offset + size > held.size:
            files.remove(stored)
            return held or upload
        held.pieces = [*held.pieces, stored]
        held.received += size
        held.save(update_fields=["pieces", "received", "touched_at"])
    return held


def _whole(staff: Staff, upload: Upload) -> Scan:
    sealer = files.Sealer(scans.QUARANTINE, limit=file_check.MAX_UPLOAD)
    try:
        for piece in upload.pieces:
            sealer.write(files.load(piece))
    except (FileNotFoundError, Unreadable):
        # The last piece came twice, and the other one has made the file whole meanwhile.
        if here := _here(upload.document, upload.sha256):
            return here
        _drop(upload)
        raise scans.ScanRefusedError(file_check.refusal("changed").message) from None
    if sealer.sha256 != upload.sha256:
        _drop(upload)
        raise scans.ScanRefusedError(file_check.refusal("changed").message)
    arrived = scans.Arrived(sealer.finish(), upload.name, sealer.size, sealer.sha256)
    try:
        scan = scans.scan_add(
            staff=staff,
            case_id=upload.document.case_id,
            document_id=upload.document_id,
            upload=arrived,
            replaces=upload.replaces_id,
        )
    except scans.ScanRefusedError:
        _drop(upload)
        raise
    _drop(upload)
    return scan


def _drop(upload: Upload) -> None:
    Upload.objects.filter(pk=upload.pk).delete()
    for piece in upload.pieces:
        files.remove(piece)


def uploads_expire(*, kept: timedelta = KEPT) -> int:
    """Delete files that stayed incomplete, and pieces that belong to none. Returns how many."""
    before = timezone.now() - kept
    late = list(Upload.objects.filter(touched_at__lt=before)[:200])
    for upload in late:
        _drop(upload)
    for name in files.older_than(FOLDER, before - KEPT):
        files.remove(name)
    return len(late)
