"""The one PDF of a paper: bound by a worker from its pages in the clerk's order, stamped, and
within what the filing system takes (F14)."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.timezone import localtime

from cases import services as case_services
from cases.intake import documents
from cases.models import CaseDocument, Filing, Scan
from cases.states import Work
from opsa.core import file_check, files, journal
from opsa.core.actors import SYSTEM
from opsa.core.fonts import print_fonts
from opsa.core.keys import Unreadable
from opsa.core.waking import wake

FOLDER: Final = "scans"
CLEAN, WAITING = Scan.State.CLEAN, Scan.State.QUARANTINED


def pages_changed(row: CaseDocument, *, ask: bool = True) -> None:
    """Note that the pages of a paper differ from its PDF, and have it bound after the commit (not
    with `ask` off: then a check that is under way does it). Call it with the case locked."""
    row.pdf_due, row.pdf_problem = timezone.now(), ""
    row.save(update_fields=["pdf_due", "pdf_problem"])
    if ask:
        transaction.on_commit(lambda: _nudge(row.pk))


def _nudge(document_id: int) -> None:
    from cases.intake.tasks import bind_pages

    wake(bind_pages, document_id)


def document_bind(document_id: int) -> CaseDocument | None:
    """Bind the clean pages of a paper into its PDF, when they changed and none is still waiting.

    Idempotent; the slow work holds no lock, and is dropped when the pages changed meanwhile (that
    change asks again). A PDF that can't be made leaves its reason in `pdf_problem`.
    """
    row = (
        CaseDocument.objects.select_related("case__system", "case__agency")
        .filter(pk=document_id, pdf_due__isnull=False)
        .first()
    )
    if row is None:
        return None
    pages = list(
        row.scans.filter(state__in=(CLEAN, WAITING))
        .select_related("uploaded_by")
        .order_by("position", "uploaded_at")
    )
    if any(page.state == WAITING for page in pages):
        return row
    made, problem = b"", ""
    if pages:
        try:
            made = file_check.bind(
                _sheets(pages),
                stamp=stamp(row, pages),
                font=print_fonts()[400],
                most=row.case.system.max_file_bytes,
            )
        except file_check.RefusedFileError as refused:
            problem = refused.message
        except file_check.CheckUnavailable:
            return row  # still due: the sweeper asks again
        except (FileNotFoundError, Unreadable):
            problem = file_check.refusal("changed").message
    return _settle(row, made, problem, len(pages))


def _sheets(pages: list[Scan]) -> list[file_check.Sheet]:
    read: dict[str, bytes] = {}
    for page in pages:
        if page.file not in read:
            read[page.file] = files.load(page.file)
    return [
        file_check.Sheet(
            read[page.file], place=page.part - 1 if page.kind == "pdf" else 0, turn=page.turn
        )
        for page in pages
    ]


def stamp(row: CaseDocument, pages: list[Scan]) -> str:
    """Who turned the paper into an image, when, where, and how many pages: in Vietnamese, for the
    authority (Circular 01/2023/TT-VPCP art. 8). A note, not a signature."""
    first = pages[0]
    at = localtime(first.uploaded_at)
    return (
        f"Số hóa: {first.uploaded_by.display_name}, {at:%H:%M} ngày {at:%d/%m/%Y}, "
        f"{row.case.agency.short_name}. {len(pages)} trang."
    )


def _settle(row: CaseDocument, made: bytes, problem: str, pages: int) -> CaseDocument:
    stored, digest = "", ""
    if made:
        sealer = files.Sealer(FOLDER)
        sealer.write(made)
        stored, digest = sealer.finish(), sealer.sha256
    with transaction.atomic():
        case = case_services.lock(row.case_id)
        held = CaseDocument.objects.select_for_update().get(pk=row.pk)
        if held.pdf_due != row.pdf_due or not documents.pages_open(case):
            files.remove(stored)
            return held
        before, held.pdf = held.pdf, stored
        held.pdf_size, held.pdf_sha256 = len(made), digest
        held.pdf_pages = pages if made else 0
        held.pdf_due, held.pdf_problem = None, problem[:200]
        held.save(
            update_fields=["pdf", "pdf_size", "pdf_sha256", "pdf_pages", "pdf_due", "pdf_problem"]
        )
        journal.record(
            SYSTEM,
            "paper.bound",
            chain=f"case:{case.pk}",
            subject=f"document:{held.pk}",
            pages=held.pdf_pages,
            bytes=held.pdf_size,
            content=digest,
        )
        # A dossier that was sent before still stands for what it carried.
        if before and not Filing.objects.filter(case=case).exists():
            transaction.on_commit(lambda: files.remove(before))
    return held


def sweep(moment: datetime) -> None:
    """Bind what a lost nudge left."""
    late = CaseDocument.objects.filter(
        Q(case__work__in=(Work.DRAFT, Work.HELD)) | Q(case__supplements__state="asked"),
        pdf_due__lt=moment,
    )
    for pk in list(late.order_by("pdf_due").values_list("pk", flat=True)[:50]):
        document_bind(pk)
