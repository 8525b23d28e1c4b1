"""Scans: sealed and quarantined as they arrive, checked by a worker, then and only then pages of
the case.

Nothing that was uploaded is ever served as it came: what is kept is the checker's own rewriting
(invariant 9). A checker that can't work, or a virus scanner that is set up but away, keeps files
in quarantine; a sweeper asks again. What clerks do with pages is in `scan_pages`, the one PDF of a
paper in `scan_binding`.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.access import actor_of
from agencies.models import Staff
from cases import services as case_services
from cases.intake import documents, quarantine, scan_binding
from cases.models import Case, CaseDocument, Scan
from opsa.core import file_check, files, journal
from opsa.core.actors import SYSTEM
from opsa.core.text import clean
from opsa.core.waking import wake

QUARANTINE: Final = "quarantine"
CHECKED: Final = "scans"
PAGES_PER_PAPER: Final = 30
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


def open_case(case_id: int) -> Case:
    """The case, locked, while its pages may still change. Raises ScanRefusedError after filing."""
    case = case_services.lock(case_id)
    if not documents.pages_open(case):
        raise ScanRefusedError(_("Hồ sơ đã nộp, không đổi tệp được nữa."))
    return case


def only_asked(case: Case, row: CaseDocument) -> None:
    """After filing only the papers that the authority asked for change (F20)."""
    if not documents.pages_open(case, row):
        raise ScanRefusedError(_("Cơ quan không hỏi giấy này, nên không đổi tệp được."))


def scan_add(
    *,
    staff: Staff,
    case_id: int,
    document_id: int,
    upload: Arrived,
    replaces: uuid.UUID | None = None,
) -> Scan:
    """Give an arrived file its place in the case and have it checked. The same file again gives
    the first scan; one that `replaces` a page takes its place, and that page is taken out.

    Raises ScanRefusedError (the sealed file is removed) for a case that is filed, or too many
    pages.
    """
    try:
        return _add(staff, case_id, document_id, upload, replaces)
    except (ScanRefusedError, CaseDocument.DoesNotExist):
        files.remove(upload.stored)
        raise


def _add(
    staff: Staff, case_id: int, document_id: int, upload: Arrived, replaces: uuid.UUID | None
) -> Scan:
    if upload.size == 0:
        raise ScanRefusedError(file_check.refusal("empty").message)
    with transaction.atomic():
        case = open_case(case_id)
        row = CaseDocument.objects.get(pk=document_id, case=case)
        only_asked(case, row)
        mine = Scan.objects.filter(document=row).exclude(state__in=(State.REMOVED, State.REFUSED))
        if same := mine.filter(upload_sha256=upload.sha256).first():
            transaction.on_commit(lambda: files.remove(upload.stored))
            return same
        before = mine.filter(pk=replaces).first() if replaces else None
        if mine.count() >= PAGES_PER_PAPER and before is None:
            raise ScanRefusedError(_("Mỗi giấy tờ nhiều nhất 30 trang."))
        last = Scan.objects.filter(document=row).aggregate(last=Max("position"))["last"] or 0
        try:
            with transaction.atomic():
                scan = Scan.objects.create(
                    case=case,
                    agency_id=case.agency_id,
                    document=row,
                    position=before.position if before else last + 1,
                    file=upload.stored,
                    original_name=clean(upload.name)[-120:] or "tep",
                    size=upload.size,
                    upload_size=upload.size,
                    upload_sha256=upload.sha256,
                    uploaded_by=staff,
                )
        except IntegrityError:
            raise ScanRefusedError(_("Tệp này vừa được tải lên.")) from None
        if before is not None:
            before.state = State.REMOVED
            before.save(update_fields=["state"])
        scan_binding.pages_changed(row, ask=False)
        journal.record(
            actor_of(staff),
            "scan.uploaded",
            chain=f"case:{case.pk}",
            subject=f"scan:{scan.pk}",
            bytes=upload.size,
            upload=upload.sha256,
            replaces=str(before.pk) if before else None,
        )
        transaction.on_commit(lambda: _nudge(scan.pk))
    return scan


def _nudge(scan_id: uuid.UUID) -> None:
    from cases.intake.tasks import check_scan

    wake(check_scan, str(scan_id))  # else the file waits in quarantine, and the sweep finds it


def scan_check(scan_id: uuid.UUID | str) -> Scan | None:
    """Check one quarantined file and settle it: clean, refused, or still waiting for the checker
    or the virus scanner. The last one of a paper has its PDF bound.

    Idempotent; the slow work holds no lock. Returns None for a scan that is not there.
    """
    scan = Scan.objects.filter(pk=scan_id).first()
    if scan is None or scan.state != State.QUARANTINED:
        return scan
    settled = _checked(scan)
    if settled.state != State.QUARANTINED:
        scan_binding.document_bind(scan.document_id)
    return settled


def _checked(scan: Scan) -> Scan:
    try:
        seen = quarantine.looked_through(scan.file, file_check.examine)
    except file_check.RefusedFileError as refused:
        return _refuse(scan, refused)
    return scan if seen is None else _accept(scan, seen[0], scanned=seen[1])


def _accept(scan: Scan, checked: file_check.Checked, *, scanned: bool) -> Scan:
    whole = _sealed(checked.whole)
    made = [_Made(page, _sealed(page.content), _sealed(page.preview)) for page in checked.pages]
    with transaction.atomic():
        case = case_services.lock(scan.case_id)
        held = Scan.objects.select_for_update().select_related("document").get(pk=scan.pk)
        if held.state != State.QUARANTINED:
            _forget(whole, made)
            return held
        others = Scan.objects.filter(document=held.document_id).exclude(pk=held.pk)
        kept = others.exclude(state__in=(State.REMOVED, State.REFUSED)).count()
        if kept + len(made) > PAGES_PER_PAPER:
            _forget(whole, made)
            return _refuse(scan, file_check.refusal("too_many_pages", pages=kept + len(made)))
        before, held.checked_at = held.file, timezone.now()
        others.filter(position__gt=held.position).update(position=F("position") + len(made) - 1)
        share = len(checked.whole) // max(1, sum(not one.page.content for one in made))
        rows = [held] + [_next_page(held, part) for part in range(2, len(made) + 1)]
        for row, one in zip(rows, made, strict=True):
            own = one.file if one.page.content else whole
            row.file, row.sha256, row.preview = own.name, own.sha256, one.preview.name
            row.size = own.size if one.page.content else share
            row.state, row.pages = State.CLEAN, 1
            row.kind = "jpeg" if one.page.content else "pdf"
            row.warnings = list(one.page.warnings)
            row.save()
        if held.document.mark in (CaseDocument.Mark.OPEN, CaseDocument.Mark.LATER):
            held.document.mark = CaseDocument.Mark.SCANNED
            held.document.marked_at = held.checked_at
            held.document.save(update_fields=["mark", "marked_at"])
            if case.incomplete_until is not None:
                documents.incomplete_settle(case)
        journal.record(
            SYSTEM,
            "scan.clean",
            chain=f"case:{case.pk}",
            subject=f"scan:{held.pk}",
            pages=len(rows),
            bytes=sum(row.size for row in rows),
            content=held.sha256,
            virus_scanned=scanned,
        )
        transaction.on_commit(lambda: files.remove(before))
    return held


@dataclass(frozen=True, slots=True)
class _Sealed:
    name: str = ""
    size: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class _Made:
    page: file_check.Page
    file: _Sealed
    preview: _Sealed


def _forget(whole: _Sealed, made: list[_Made]) -> None:
    for sealed in (whole, *(part for one in made for part in (one.file, one.preview))):
        files.remove(sealed.name)


def _sealed(content: bytes) -> _Sealed:
    if not content:
        return _Sealed()
    sealer = files.Sealer(CHECKED)
    sealer.write(content)
    return _Sealed(sealer.finish(), sealer.size, sealer.sha256)


def _next_page(first: Scan, part: int) -> Scan:
    """A further page of an upload, after those before it."""
    return Scan(
        case_id=first.case_id, agency_id=first.agency_id, document_id=first.document_id,
        position=first.position + part - 1, part=part, original_name=first.original_name,
        upload_sha256=first.upload_sha256, upload_size=first.upload_size,
        uploaded_by_id=first.uploaded_by_id, checked_at=first.checked_at,
    )  # fmt: skip


def _refuse(scan: Scan, refused: file_check.RefusedFileError) -> Scan:
    with transaction.atomic():
        case = case_services.lock(scan.case_id)
        held = Scan.objects.select_for_update().get(pk=scan.pk)
        if held.state != State.QUARANTINED:
            return held
        quarantine.refuse(held, refused, case_id=case.pk, noun="scan")
    return held


def scans_sweep(*, older_than_seconds: int = 45, orphan_hours: int = 24) -> int:
    """Check what a lost nudge left in quarantine, bind what still waits for its PDF, and delete
    sealed uploads that belong to no scan.

    Returns how many scans were looked at.
    """
    moment = timezone.now() - timedelta(seconds=older_than_seconds)
    waiting = Scan.objects.filter(state=State.QUARANTINED, uploaded_at__lt=moment)
    looked = 0
    for pk in list(waiting.values_list("pk", flat=True)[:50]):
        scan_check(pk)
        looked += 1
    scan_binding.sweep(moment)
    day_ago = timezone.now() - timedelta(hours=orphan_hours)
    for name in files.older_than(QUARANTINE, day_ago):
        if not Scan.objects.filter(file=name).exists():
            files.remove(name)
    return looked
