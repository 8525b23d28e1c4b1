"""What clerks do with the pages of a paper: take out, put back, move, turn, keep, count."""

import uuid
from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from agencies.access import actor_of
from agencies.models import Staff
from cases.intake.scan_binding import pages_changed
from cases.intake.scans import ScanRefusedError, State, only_asked, open_case
from cases.models import CaseDocument, Scan
from opsa.core import journal


def scan_remove(*, staff: Staff, case_id: int, scan_id: uuid.UUID) -> Scan:
    """Take a page out of the case; it can be put back until the draft is filed. Removing twice is
    once."""
    return _switch(staff, case_id, scan_id, remove=True)


def scan_restore(*, staff: Staff, case_id: int, scan_id: uuid.UUID) -> Scan:
    """Put a removed page back in its state and place. Raises ScanRefusedError when the same file
    came again meanwhile."""
    return _switch(staff, case_id, scan_id, remove=False)


def scan_turn(*, staff: Staff, case_id: int, scan_id: uuid.UUID) -> Scan:
    """Turn a page a quarter to the right."""

    def turn(scan: Scan) -> None:
        scan.turn = (scan.turn + 90) % 360
        scan.save(update_fields=["turn"])

    return _change(staff, case_id, scan_id, "scan.turned", turn)


def scan_keep(*, staff: Staff, case_id: int, scan_id: uuid.UUID) -> Scan:
    """Use a page in spite of its warnings; the page stays marked (F14)."""

    def keep(scan: Scan) -> None:
        scan.kept = True
        scan.save(update_fields=["kept"])

    return _change(staff, case_id, scan_id, "scan.kept", keep, binds=False)


def scan_move(*, staff: Staff, case_id: int, scan_id: uuid.UUID, later: bool) -> Scan:
    """Move a page one place; the first can't go earlier, the last not later: then it stays."""

    def move(scan: Scan) -> None:
        pages = list(
            Scan.objects.filter(document=scan.document_id)
            .exclude(state=State.REMOVED)
            .order_by("position", "uploaded_at")
        )
        at = next(place for place, page in enumerate(pages) if page.pk == scan.pk)
        to = at + (1 if later else -1)
        if 0 <= to < len(pages):
            pages[at], pages[to] = pages[to], pages[at]
        for place, page in enumerate(pages, start=1):
            if page.position != place:
                Scan.objects.filter(pk=page.pk).update(position=place)

    return _change(staff, case_id, scan_id, "scan.moved", move)


def pages_counted(*, staff: Staff, case_id: int, document_id: int, pages: int | None) -> None:
    """Note how many pages the paper itself has, so that the scan can be held against it (F14)."""
    with transaction.atomic():
        case = open_case(case_id)
        row = CaseDocument.objects.select_for_update().get(pk=document_id, case=case)
        if row.pages == pages:
            return
        row.pages = pages
        row.save(update_fields=["pages"])
        journal.record(
            actor_of(staff),
            "paper.counted",
            chain=f"case:{case.pk}",
            subject=f"document:{row.pk}",
            pages=pages,
        )


def _change(
    staff: Staff,
    case_id: int,
    scan_id: uuid.UUID,
    action: str,
    change: Callable[[Scan], None],
    *,
    binds: bool = True,
) -> Scan:
    with transaction.atomic():
        case = open_case(case_id)
        scan = (
            Scan.objects.select_for_update(of=("self",))
            .select_related("document")
            .exclude(state=State.REMOVED)
            .get(pk=scan_id, case=case)
        )
        only_asked(case, scan.document)
        change(scan)
        if binds:
            pages_changed(scan.document)
        journal.record(actor_of(staff), action, chain=f"case:{case.pk}", subject=f"scan:{scan.pk}")
    return scan


def _switch(staff: Staff, case_id: int, scan_id: uuid.UUID, *, remove: bool) -> Scan:
    with transaction.atomic():
        case = open_case(case_id)
        scan = (
            Scan.objects.select_for_update(of=("self",))
            .select_related("document")
            .get(pk=scan_id, case=case)
        )
        only_asked(case, scan.document)
        if (scan.state == State.REMOVED) == remove:
            return scan
        scan.state = State.REMOVED if remove else _state_before(scan)
        try:
            with transaction.atomic():
                scan.save(update_fields=["state"])
        except IntegrityError:
            raise ScanRefusedError(_("Tệp này đã được tải lên lại.")) from None
        _mark_follows(scan.document)
        pages_changed(scan.document)
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
