"""Scans: sealed and quarantined as they arrive, checked by a worker, then and only then part of
the case.

Nothing that was uploaded is ever served as it came: what is kept is the checker's own rewriting
(invariant 9). A scanner for viruses that is set up but away keeps files in quarantine; a sweeper
asks again.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.access import actor_of
from agencies.models import Staff
from cases import services as case_services
from cases.intake import virus
from cases.models import CaseDocument, Scan
from cases.states import Work
from opsa.core import file_check, files, journal
from opsa.core.actors import SYSTEM
from opsa.core.keys import Unreadable
from opsa.core.text import clean

QUARANTINE: Final = "quarantine"
CHECKED: Final = "scans"
FILES_PER_PAPER: Final = 20
KINDS: Final = {"application/pdf": "pdf", "image/jpeg": "jpeg"}
State = Scan.State


class ScanRefusedError(ValueError):
    """The file is not taken in; the message is for the clerk."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """An upload that lies sealed in quarantine."""

    stored: str
    name: str
    size: int
    sha256: str


def scan_add(*, staff: Staff, case_id: int, document_id: int, upload: Arrived) -> Scan:
    """Give an arrived file its place in the case and have it checked. The same file again gives
    the first scan.

    Raises ScanRefusedError (the sealed file is removed) for a case that is filed, or too many
    files.
    """
    try:
        return _add(staff, case_id, document_id, upload)
    except (ScanRefusedError, CaseDocument.DoesNotExist):
        files.remove(upload.stored)
        raise


def _add(staff: Staff, case_id: int, document_id: int, upload: Arrived) -> Scan:
    if upload.size == 0:
        raise ScanRefusedError(file_check.refusal("empty").message)
    with transaction.atomic():
        case = case_services.lock(case_id)
        if case.work not in (Work.DRAFT, Work.HELD):
            raise ScanRefusedError(_("Hồ sơ đã nộp, không thêm tệp được nữa."))
        row = CaseDocument.objects.get(pk=document_id, case=case)
        mine = Scan.objects.filter(document=row).exclude(state__in=(State.REMOVED, State.REFUSED))
        if same := mine.filter(upload_sha256=upload.sha256).first():
            transaction.on_commit(lambda: files.remove(upload.stored))
            return same
        if mine.count() >= FILES_PER_PAPER:
            raise ScanRefusedError(_("Mỗi giấy tờ nhiều nhất 20 tệp. Gộp các trang vào một tệp."))
        place = Scan.objects.filter(document=row).aggregate(last=Max("position"))["last"] or 0
        try:
            with transaction.atomic():
                scan = Scan.objects.create(
                    case=case,
                    agency_id=case.agency_id,
                    document=row,
                    position=place + 1,
                    file=upload.stored,
                    original_name=clean(upload.name)[-120:] or "tep",
                    size=upload.size,
                    upload_sha256=upload.sha256,
                    uploaded_by=staff,
                )
        except IntegrityError:
            raise ScanRefusedError(_("Tệp này vừa được tải lên.")) from None
        journal.record(
            actor_of(staff),
            "scan.uploaded",
            chain=f"case:{case.pk}",
            subject=f"scan:{scan.pk}",
            bytes=upload.size,
            upload=upload.sha256,
        )
        transaction.on_commit(lambda: _nudge(scan.pk))
    return scan


def _nudge(scan_id: uuid.UUID) -> None:
    from kombu.exceptions import OperationalError

    from cases.intake.tasks import check_scan

    try:
        check_scan.apply_async(args=(str(scan_id),), retry=False)
    except OperationalError:
        # The broker is away. The file waits in quarantine and the sweeper will find it.
        return


def scan_check(scan_id: uuid.UUID | str) -> Scan | None:
    """Check one quarantined file and settle it: clean, refused, or still waiting for the virus
    scanner.

    Idempotent; the slow work holds no lock. Returns None for a scan that is not there.
    """
    scan = Scan.objects.select_related("case__system", "document").filter(pk=scan_id).first()
    if scan is None or scan.state != State.QUARANTINED:
        return scan
    try:
        content = files.load(scan.file)
    except (FileNotFoundError, Unreadable):
        return _refuse(scan, file_check.refusal("changed"))
    verdict = virus.scan(content)
    if verdict is virus.Verdict.FOUND:
        return _refuse(scan, file_check.refusal("virus"))
    if verdict is virus.Verdict.AWAY:
        return scan
    try:
        checked = file_check.examine(content)
        if len(checked.content) > scan.case.system.max_file_bytes:
            raise file_check.refusal("too_large_for_portal")
    except file_check.RefusedFileError as refused:
        return _refuse(scan, refused)
    return _accept(scan, checked, scanned=verdict is virus.Verdict.CLEAN)


def _accept(scan: Scan, checked: file_check.Checked, *, scanned: bool) -> Scan:
    sealer = files.Sealer(CHECKED)
    sealer.write(checked.content)
    stored = sealer.finish()
    with transaction.atomic():
        case = case_services.lock(scan.case_id)
        held = Scan.objects.select_for_update().select_related("document").get(pk=scan.pk)
        if held.state != State.QUARANTINED:
            files.remove(stored)
            return held
        before, held.file = held.file, stored
        held.state, held.kind = State.CLEAN, KINDS[checked.kind]
        held.size, held.pages, held.sha256 = sealer.size, checked.pages, sealer.sha256
        held.checked_at = timezone.now()
        held.save()
        if held.document.mark == CaseDocument.Mark.OPEN:
            held.document.mark = CaseDocument.Mark.SCANNED
            held.document.marked_at = held.checked_at
            held.document.save(update_fields=["mark", "marked_at"])
        journal.record(
            SYSTEM,
            "scan.clean",
            chain=f"case:{case.pk}",
            subject=f"scan:{held.pk}",
            pages=held.pages,
            bytes=held.size,
            content=held.sha256,
            virus_scanned=scanned,
        )
        transaction.on_commit(lambda: files.remove(before))
    return held


def _refuse(scan: Scan, refused: file_check.RefusedFileError) -> Scan:
    with transaction.atomic():
        case = case_services.lock(scan.case_id)
        held = Scan.objects.select_for_update().get(pk=scan.pk)
        if held.state != State.QUARANTINED:
            return held
        before, held.file = held.file, ""
        held.state, held.refused_because = State.REFUSED, refused.message[:200]
        held.checked_at = timezone.now()
        held.save()
        journal.record(
            SYSTEM,
            "scan.refused",
            chain=f"case:{case.pk}",
            subject=f"scan:{held.pk}",
            why=refused.code,
        )
        transaction.on_commit(lambda: files.remove(before))
    return held


def scan_remove(*, staff: Staff, case_id: int, scan_id: uuid.UUID) -> Scan:
    """Take a file out of the case; it can be put back until the draft is filed. Removing twice is
    once."""
    return _switch(staff, case_id, scan_id, remove=True)


def scan_restore(*, staff: Staff, case_id: int, scan_id: uuid.UUID) -> Scan:
    """Put a removed file back in its state. Raises ScanRefusedError when the same file came again
    meanwhile."""
    return _switch(staff, case_id, scan_id, remove=False)


def _switch(staff: Staff, case_id: int, scan_id: uuid.UUID, *, remove: bool) -> Scan:
    with transaction.atomic():
        case = case_services.lock(case_id)
        if case.work not in (Work.DRAFT, Work.HELD):
            raise ScanRefusedError(_("Hồ sơ đã nộp, không đổi tệp được nữa."))
        scan = (
            Scan.objects.select_for_update().select_related("document").get(pk=scan_id, case=case)
        )
        if (scan.state == State.REMOVED) == remove:
            return scan
        scan.state = State.REMOVED if remove else _state_before(scan)
        try:
            with transaction.atomic():
                scan.save(update_fields=["state"])
        except IntegrityError:
            raise ScanRefusedError(_("Tệp này đã được tải lên lại.")) from None
        _mark_follows(scan.document)
        journal.record(
            actor_of(staff),
            "scan.removed" if remove else "scan.restored",
            chain=f"case:{case.pk}",
            subject=f"scan:{scan.pk}",
        )
    return scan


def _state_before(scan: Scan) -> Scan.State:
    if scan.sha256:
        return State.CLEAN
    return State.REFUSED if scan.refused_because else State.QUARANTINED


def _mark_follows(row: CaseDocument) -> None:
    clean_ones = row.scans.filter(state=State.CLEAN).exists()
    if row.mark == CaseDocument.Mark.SCANNED and not clean_ones:
        row.mark = CaseDocument.Mark.OPEN
    elif row.mark == CaseDocument.Mark.OPEN and clean_ones:
        row.mark = CaseDocument.Mark.SCANNED
    else:
        return
    row.save(update_fields=["mark"])


def scans_sweep(*, older_than_seconds: int = 45, orphan_hours: int = 24) -> int:
    """Check what a lost nudge left in quarantine, and delete sealed uploads that belong to no scan.

    Returns how many scans were looked at.
    """
    waiting = Scan.objects.filter(
        state=State.QUARANTINED,
        uploaded_at__lt=timezone.now() - timedelta(seconds=older_than_seconds),
    ).values_list("pk", flat=True)[:50]
    looked = 0
    for pk in list(waiting):
        scan_check(pk)
        looked += 1
    for name in files.older_than(QUARANTINE, timezone.now() - timedelta(hours=orphan_hours)):
        if not Scan.objects.filter(file=name).exists():
            files.remove(name)
    return looked
