"""What every uploaded file goes through before it is more than sealed bytes (invariant 9)."""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from cases.intake import virus
from cases.models import Acknowledgement, Scan
from opsa.core import file_check, files, journal
from opsa.core.actors import SYSTEM
from opsa.core.keys import Unreadable


def looked_through[Made](stored: str, read: Callable[[bytes], Made]) -> tuple[Made, bool] | None:
    """What `read` makes of a sealed file, and whether a virus scanner vouched for it; None while
    the checker or the scanner can't work. Raises RefusedFileError. Slow: hold no lock."""
    try:
        content = files.load(stored)
    except (FileNotFoundError, Unreadable):
        raise file_check.refusal("changed") from None
    verdict = virus.scan(content)
    if verdict is virus.Verdict.FOUND:
        raise file_check.refusal("virus")
    if verdict is virus.Verdict.AWAY:
        return None
    try:
        return read(content), verdict is virus.Verdict.CLEAN
    except file_check.CheckUnavailable:
        return None


def refuse(
    held: Scan | Acknowledgement, why: file_check.RefusedFileError, *, case_id: int, noun: str
) -> None:
    """Settle one in quarantine as refused and forget its bytes. Inside the caller's transaction,
    with the row locked; `noun` names it in the journal."""
    before, held.file = held.file, ""
    held.state, held.refused_because = held.State.REFUSED, why.message[:200]
    held.checked_at = timezone.now()
    held.save()
    journal.record(
        SYSTEM, f"{noun}.refused", chain=f"case:{case_id}", subject=f"{noun}:{held.pk}",
        why=why.code,
    )  # fmt: skip
    transaction.on_commit(lambda: files.remove(before))
