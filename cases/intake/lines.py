"""One paper of the checklist as a line: its state in words, what may be done, and why it came back
lately elsewhere (F03)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.filing.readiness import gone
from cases.intake import steps
from cases.intake.desk import Desk
from cases.intake.documents import TICKED, Mark
from cases.models import CaseDocument, Refusal, Scan
from procedures.models import RequiredDocument
from procedures.words import localised

Kind = RequiredDocument.Kind


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the checklist, in the shape of components/document_row.html."""

    id: str
    name: str
    title: str
    hint: str
    checked: bool
    disabled: bool
    off: bool
    label: str
    shape: str
    action: str
    url: str
    value: str = "on"
    key: str = ""
    icon: str = ""
    more: str = ""
    refused: str = ""


def row(
    desk: Desk, line: CaseDocument, memory: Mapping[str, Sequence[tuple[str, int]]] | None = None
) -> Row:
    """One paper as a line. `memory` is `refusals.top` of the procedure."""
    document = line.document
    label, shape = row_state(desk, line)
    scans = [scan for scan in line.scans.all() if scan.state != Scan.State.REMOVED]
    ticks = document.kind in TICKED and line.needed
    scan = reverse("quay:step", args=[desk.case.pk, steps.SCANS]) + f"#d{line.pk}"
    mark = reverse("quay:mark", args=[desk.case.pk, line.pk])
    action, url, more = "", "", ""
    if line.needed and document.kind == Kind.TYPED:
        action, url = _("Điền"), reverse("quay:step", args=[desk.case.pk, steps.DECLARATION])
    elif line.needed and document.kind == Kind.UPLOAD:
        action, url, more = _("Quét lại") if scans else _("Quét"), scan, mark
    elif line.needed and document.kind == Kind.IF_LOOKUP_FAILS and line.mark == Mark.OPEN:
        action, url, more = _("Quét"), scan, mark
    elif line.needed:
        action, url = _("Khác"), mark
    return Row(
        id=f"d{line.pk}",
        name=f"d{line.pk}" if ticks else "",
        title=localised(document, "name"),
        hint=hint(line),
        checked=line.needed
        and (line.mark != Mark.OPEN or (document.kind == Kind.TYPED and _typed(desk))),
        disabled=not ticks,
        off=not line.needed,
        label=label,
        shape=shape,
        action=action,
        url=url,
        more=more,
        refused=refused(memory, document.key) if line.needed else "",
    )


def refused(memory: Mapping[str, Sequence[tuple[str, int]]] | None, key: str) -> str:
    """Why this paper was sent back lately, in one line; empty when it was not."""
    reasons = [
        f"{Refusal.Reason(reason).label} ({times})" for reason, times in (memory or {}).get(key, ())
    ]
    return ", ".join(reasons)


def hint(line: CaseDocument) -> str:
    """What kind and how many, or why it is not needed or comes later."""
    document = line.document
    if not line.needed or line.mark == Mark.NOT_NEEDED:
        return line.reason or line.why
    counts = []
    if document.originals:
        counts.append(
            ngettext("%(n)s bản chính", "%(n)s bản chính", document.originals)
            % {"n": document.originals}
        )
    if document.copies:
        counts.append(
            ngettext("%(n)s bản sao", "%(n)s bản sao", document.copies) % {"n": document.copies}
        )
    if line.mark == Mark.LATER:
        counts.append(line.reason)
    return ". ".join(filter(None, (", ".join(counts), line.why)))


def row_state(desk: Desk, line: CaseDocument) -> tuple[str, str]:
    """The state of a paper in words, with its shape."""
    if not line.needed:
        return _("Không cần"), "dash"
    scans = [scan for scan in line.scans.all() if scan.state != Scan.State.REMOVED]
    if any(scan.state == Scan.State.QUARANTINED for scan in scans):
        return _("Đang kiểm tra"), "clock"
    if any(scan.state == Scan.State.REFUSED for scan in scans):
        return _("Tệp không dùng được"), "warn"
    if pages := sum(scan.pages for scan in scans if scan.state == Scan.State.CLEAN):
        return _pages_state(line, pages)
    match line.mark:
        case Mark.OPEN if line.document.kind == Kind.TYPED:
            return (_("Đã điền"), "tick") if _typed(desk) else (_("Chưa điền"), "pause")
        case Mark.OPEN if line.document.kind == Kind.UPLOAD:
            return _("Chưa quét"), "pause"
        case Mark.OPEN if line.document.kind == Kind.IF_LOOKUP_FAILS:
            return _("Chưa tra"), "pause"
        case Mark.OPEN:
            return _("Chưa xem"), "pause"
        case Mark.NOT_NEEDED:
            return str(Mark.NOT_NEEDED.label), "dash"
        case Mark.LATER:
            return later(desk), "clock"
        case _:
            return str(Mark(line.mark).label), "tick"


def _pages_state(line: CaseDocument, pages: int) -> tuple[str, str]:
    if gone(line):
        return _("Tệp đã mất"), "warn"
    if line.pdf_problem:
        return _("Chưa ghép được"), "warn"
    if line.pdf_due:
        return _("Đang ghép trang"), "clock"
    if line.pages and line.pages != pages:
        return _("Quét %(n)s trên %(all)s trang") % {"n": pages, "all": line.pages}, "pause"
    return ngettext("Đã quét %(n)s trang", "Đã quét %(n)s trang", pages) % {"n": pages}, "tick"


def _typed(desk: Desk) -> bool:
    return not desk.left(steps.DECLARATION)


def later(desk: Desk) -> str:
    """The promise of a paper that comes later, with its day."""
    until = desk.case.incomplete_until
    return _("Nộp sau, đến %(day)s") % {"day": f"{until:%d/%m}"} if until else _("Nộp sau")
