"""Papers that a citizen promised to bring: what happens when they come, and when they do not (F03).

A case that was taken in as incomplete is labelled with its day. Past that day a draft has its line
open again, so that it cannot be filed; a filed case comes before a person.
"""

from datetime import date
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.access import actor_of
from agencies.models import Staff
from cases import services as case_services
from cases.intake import documents
from cases.intake.documents import Mark, MarkRefusedError
from cases.models import Case, CaseDocument
from cases.states import Work
from opsa.core import journal
from opsa.core.actors import SYSTEM

ATTENTION: Final = "incomplete"
_AT_ONCE: Final = 500


def expire(today: date | None = None) -> int:
    """End the promises whose day has passed; returns how many cases. Each is one transaction."""
    today = today or timezone.localdate()
    over = Case.objects.filter(
        incomplete_until__lt=today, work__in=(Work.DRAFT, Work.HELD, Work.FILED)
    )
    found = list(over.order_by("pk").values_list("pk", flat=True)[:_AT_ONCE])
    return sum(_end(pk, today) for pk in found)


def _end(case_id: int, today: date) -> bool:
    with transaction.atomic():
        case = case_services.lock(case_id)
        if case.incomplete_until is None or case.incomplete_until >= today:
            return False
        if case.work == Work.FILED:
            case_services.need_attention(
                case_id, ATTENTION, actor=SYSTEM, reason="promised_paper_did_not_come"
            )
        elif case.work in (Work.DRAFT, Work.HELD):
            rows = CaseDocument.objects.filter(case=case, mark=Mark.LATER).select_related(
                "document"
            )
            names = [row.document.name for row in rows]
            rows.update(mark=Mark.OPEN, reason="")
            case.incomplete_until = None
            case.waiting_for = (_("Quá hẹn nộp sau: %s") % ", ".join(names))[:200]
            case_services.save(case, "incomplete_until", "waiting_for")
        else:
            return False
        journal.record(
            SYSTEM, "document.promise_over", chain=f"case:{case_id}", subject=f"case:{case_id}"
        )
    return True


def promise_kept(*, staff: Staff, case_id: int, document_id: int, mark: str) -> CaseDocument:
    """The promised paper of a filed case came: note how, and let the case go on.

    Raises MarkRefusedError when nothing was promised or the mark does not say that it came.
    """
    actor = actor_of(staff)
    if mark not in (Mark.ORIGINAL_SEEN, Mark.COPY, Mark.IN_DATABASE):
        raise MarkRefusedError(_("Chọn một cách đánh dấu."))
    with transaction.atomic():
        case = case_services.lock(case_id)
        row = (
            CaseDocument.objects.select_related("document")
            .filter(pk=document_id, case=case, mark=Mark.LATER)
            .first()
        )
        if row is None or case.work not in (Work.FILED, Work.ATTENTION):
            raise MarkRefusedError(_("Giấy này không hẹn nộp sau."))
        row.mark, row.marked_by, row.marked_at = Mark(mark), staff, timezone.now()
        row.save(update_fields=["mark", "marked_by", "marked_at"])
        documents.incomplete_settle(case)
        journal.record(
            actor,
            "document.promise_kept",
            chain=f"case:{case_id}",
            subject=f"document:{row.pk}",
            mark=mark,
            paper=row.document.key,
        )
        if case.incomplete_until is None and case.attention == ATTENTION:
            case_services.resolve_attention(case_id, actor=actor, reason="promised_paper_came")
    return row
