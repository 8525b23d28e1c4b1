"""The checklist of a case: which papers this situation needs and what became of each (F03)."""

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.access import actor_of
from agencies.models import Staff
from cases import services as case_services
from cases.intake.desk import version_parts
from cases.models import Case, CaseDocument, Scan
from opsa.core import journal
from opsa.core.text import clean
from procedures import checklist
from procedures.models import ProcedureVersion, RequiredDocument

Mark = CaseDocument.Mark
Kind = RequiredDocument.Kind

#: What a tick means, by kind of paper; an upload is never done by a tick alone.
TICKED: Final[dict[str, CaseDocument.Mark]] = {
    Kind.SHOW: Mark.ORIGINAL_SEEN,
    Kind.IF_LOOKUP_FAILS: Mark.IN_DATABASE,
}
#: Marks that need a reason in words.
REASONED: Final = frozenset({Mark.NOT_NEEDED, Mark.LATER})
INCOMPLETE_DAYS: Final = 10


class MarkRefusedError(ValueError):
    """The mark doesn't fit; the message is for the clerk."""


def usual_relation(version: ProcedureVersion) -> str:
    """How the filer usually stands to the case's subject: a parent where the form asks for a
    child."""
    keys = {field.key for field in version.fields.all()}
    return "parent" if any(key.startswith(("con-", "tre-")) for key in keys) else "self"


def lines_make(case: Case) -> None:
    """One row for each paper of the version. Inside the transaction that opens the draft."""
    CaseDocument.objects.bulk_create(
        CaseDocument(
            case=case,
            document=line.document,
            needed=line.needed,
            why=line.why[:200],
            mark=Mark.OPEN,
        )
        for line in _lines(case)
    )


def lines_refresh(case: Case) -> list[CaseDocument]:
    """Bring `needed` and its reason in line with the situation. Inside the caller's transaction.

    Marks and scans stay: a paper that is needed again still has what was done for it.
    """
    rows = {row.document_id: row for row in CaseDocument.objects.filter(case=case)}
    changed = []
    for line in _lines(case):
        row = rows.get(line.document.pk)
        if row is None:
            CaseDocument.objects.create(
                case=case, document=line.document, needed=line.needed, why=line.why[:200]
            )
        elif (row.needed, row.why) != (line.needed, line.why[:200]):
            row.needed, row.why = line.needed, line.why[:200]
            changed.append(row)
    if changed:
        CaseDocument.objects.bulk_update(changed, ["needed", "why"])
    return changed


def _lines(case: Case) -> list[checklist.Line]:
    return checklist.lines(
        version_parts(case.version_id), case.answers, mode=case.mode, relation=case.relation
    )


def tick(row: CaseDocument, on: bool, *, staff: Staff) -> bool:
    """Set or take back the plain mark of a row; True when something changed. Saves the row."""
    wanted = TICKED.get(row.document.kind)
    if wanted is None:
        return False
    if on and row.mark == Mark.OPEN:
        row.mark = wanted
    elif not on and row.mark == wanted:
        row.mark = Mark.OPEN
    else:
        return False
    _stamp(row, staff)
    row.save(update_fields=["mark", "marked_by", "marked_at"])
    return True


def document_mark(
    *,
    staff: Staff,
    case_id: int,
    document_id: int,
    mark: str,
    reason: str = "",
    pages: int | None = None,
) -> CaseDocument:
    """Say what became of one paper. `not_needed` and `later` want a reason (F03); a scan is a mark
    of its own.

    `later` takes the case in as incomplete, for ten days. Raises MarkRefusedError, or
    CaseDocument.DoesNotExist.
    """
    actor = actor_of(staff)
    reason = clean(reason)
    if mark not in Mark.values or mark in (Mark.SCANNED, Mark.TYPED):
        raise MarkRefusedError(_("Chọn một cách đánh dấu."))
    if mark in REASONED and not reason:
        raise MarkRefusedError(_("Ghi lý do để người sau hiểu."))
    if len(reason) > 200:
        raise MarkRefusedError(_("Lý do dài quá 200 chữ."))
    if pages is not None and not 1 <= pages <= 500:
        raise MarkRefusedError(_("Số trang từ 1 đến 500."))
    with transaction.atomic():
        case = case_services.lock(case_id)
        row = CaseDocument.objects.select_related("document").get(pk=document_id, case=case)
        if (
            row.document.kind == Kind.UPLOAD
            and mark in (Mark.ORIGINAL_SEEN, Mark.COPY)
            and not row.scans.filter(state=Scan.State.CLEAN).exists()
        ):
            raise MarkRefusedError(_("Giấy này phải quét và gửi đi. Quét trước, rồi đánh dấu."))
        row.mark, row.reason = mark, reason
        row.pages = pages if pages is not None else row.pages
        _stamp(row, staff)
        row.save()
        _incomplete(case)
        journal.record(
            actor,
            "document.marked",
            chain=f"case:{case.pk}",
            subject=f"document:{row.pk}",
            mark=mark,
            paper=row.document.key,
        )
    return row


def _stamp(row: CaseDocument, staff: Staff) -> None:
    row.marked_by, row.marked_at = staff, timezone.now()


def _incomplete(case: Case) -> None:
    late = CaseDocument.objects.filter(case=case, needed=True, mark=Mark.LATER).exists()
    until = timezone.localdate() + timedelta(days=INCOMPLETE_DAYS) if late else None
    if bool(case.incomplete_until) != late:
        case.incomplete_until = until
        case.save(update_fields=["incomplete_until", "changed_at"])
