"""The checklist of a case: which papers this situation needs and what became of each (F03)."""

from datetime import date, timedelta
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from agencies.access import actor_of
from agencies.models import Staff
from cases import services as case_services
from cases.intake.desk import version_parts
from cases.intake.fields import read_day
from cases.models import Case, CaseDocument, Scan, Supplement
from cases.states import Work
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
#: What may be said of each kind of paper by hand; scanning sets its own mark.
CHOICES: Final[dict[str, tuple[CaseDocument.Mark, ...]]] = {
    Kind.TYPED: (),
    Kind.UPLOAD: (Mark.ORIGINAL_SEEN, Mark.COPY, Mark.NOT_NEEDED, Mark.LATER, Mark.OPEN),
    Kind.IF_LOOKUP_FAILS: (
        Mark.IN_DATABASE,
        Mark.ORIGINAL_SEEN,
        Mark.COPY,
        Mark.NOT_NEEDED,
        Mark.LATER,
        Mark.OPEN,
    ),
    Kind.SHOW: (
        Mark.ORIGINAL_SEEN,
        Mark.COPY,
        Mark.IN_DATABASE,
        Mark.NOT_NEEDED,
        Mark.LATER,
        Mark.OPEN,
    ),
}
#: Papers whose pages the authority must get, unless the database has them.
SENT: Final = frozenset({Kind.UPLOAD, Kind.IF_LOOKUP_FAILS})
#: Days until a paper that was promised must be here, and the most a clerk may grant.
INCOMPLETE_DAYS: Final = 10
INCOMPLETE_MOST: Final = 30


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
        if case.incomplete_until is not None:
            incomplete_settle(case)
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


def choices_for(row: CaseDocument) -> tuple[CaseDocument.Mark, ...]:
    """What a clerk may say of this paper. Without its pages a paper that is sent is not marked as
    received."""
    allowed = CHOICES[row.document.kind]
    if row.document.kind in SENT and not row.scans.filter(state=Scan.State.CLEAN).exists():
        return tuple(one for one in allowed if one not in (Mark.ORIGINAL_SEEN, Mark.COPY))
    return allowed


def pages_open(case: Case, row: CaseDocument | None = None) -> bool:
    """Whether pages of a case, or of one of its papers, may still change: in a draft, and
    afterwards only what the authority asked for (F20)."""
    if case.work in (Work.DRAFT, Work.HELD):
        return True
    request = Supplement.objects.filter(case=case, state=Supplement.State.ASKED).first()
    return request is not None and (row is None or row.document.key in request.papers)


def document_mark(
    *,
    staff: Staff,
    case_id: int,
    document_id: int,
    mark: str,
    reason: str = "",
    pages: int | None = None,
    until: str = "",
) -> CaseDocument:
    """Say what became of one paper. `not_needed` and `later` want a reason (F03); a scan is a mark
    of its own.

    `later` takes the case in as incomplete until a day (`until`, else in ten days), past which
    nothing is filed. Raises MarkRefusedError, or CaseDocument.DoesNotExist.
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
    day = _promise(until) if mark == Mark.LATER else None
    with transaction.atomic():
        case = case_services.lock(case_id)
        if case.work not in (Work.DRAFT, Work.HELD):
            raise MarkRefusedError(_("Hồ sơ vừa rời quầy, giấy tờ giữ như đã nộp."))
        row = CaseDocument.objects.select_related("document").get(pk=document_id, case=case)
        if row.document.kind in SENT and mark not in choices_for(row):
            raise MarkRefusedError(_("Giấy này phải quét và gửi đi. Quét trước, rồi đánh dấu."))
        if mark not in choices_for(row):
            raise MarkRefusedError(_("Chọn một cách đánh dấu."))
        row.mark, row.reason = Mark(mark), reason
        row.pages = pages if pages is not None else row.pages
        _stamp(row, staff)
        row.save()
        incomplete_settle(case, day)
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


def _promise(text: str) -> date:
    """The day a promised paper must be here: up to thirty days ahead."""
    today = timezone.localdate()
    if not text.strip():
        return today + timedelta(days=INCOMPLETE_DAYS)
    try:
        day = read_day(clean(text))
    except ValidationError as problem:
        raise MarkRefusedError(problem.messages[0]) from problem
    if not today <= day <= today + timedelta(days=INCOMPLETE_MOST):
        raise MarkRefusedError(
            _("Hẹn nộp sau từ hôm nay đến %(day)s.")
            % {"day": f"{today + timedelta(days=INCOMPLETE_MOST):%d/%m/%Y}"}
        )
    return day


def incomplete_settle(case: Case, until: date | None = None) -> None:
    """Keep the case's day in line with what is still promised; the case is locked.

    A draft says in the lists what it waits for, so that the promise is work and not a footnote.
    """
    late = [
        row.document.name
        for row in CaseDocument.objects.filter(case=case, needed=True, mark=Mark.LATER)
        .select_related("document")
        .order_by("document__position")
    ]
    before = case.incomplete_until
    if not late:
        case.incomplete_until = None
    elif until is not None or before is None:
        case.incomplete_until = until or timezone.localdate() + timedelta(days=INCOMPLETE_DAYS)
    fields = ["incomplete_until"]
    if case.work in (Work.DRAFT, Work.HELD) and (late or before):
        case.waiting_for = promised_words(late, case.incomplete_until)
        fields.append("waiting_for")
    case.save(update_fields=[*fields, "changed_at"])


@translation.override("vi")
def promised_words(papers: list[str], until: date | None) -> str:
    """What a case waits for, and until when; empty when nothing is promised. Kept on the case, so
    not in the language of the clerk who happens to write it."""
    if not papers or until is None:
        return ""
    words = _("Nhận thiếu, chờ đến %(day)s: %(papers)s")
    return (words % {"day": f"{until:%d/%m}", "papers": ", ".join(papers)})[:200]
