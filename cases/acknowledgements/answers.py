"""A paper that says what the filing system took of an answer to the authority: only the new files
(F02, F20). Whoever brings it need not say so; its list of files does."""

from typing import Any, Final

from cases import services as case_services
from cases.acknowledgements.comparing import Comparison, about_files, compare
from cases.acknowledgements.reading import Told
from cases.models import Acknowledgement, Case, Filing, Supplement
from cases.states import Work
from opsa.core import journal
from opsa.core.actors import SYSTEM

#: Attention that an acknowledgement that is equal after all settles.
ABOUT_FILES: Final = frozenset({"mismatch", "acknowledgement"})
State = Acknowledgement.State


def meant(filing: Filing, told: Told) -> Supplement | None:
    """The answer that a paper is about: the one whose files differ least from those it lists. None
    when the filing's differ no more, and for a paper without a list."""
    if not told.files:
        return None
    sent = filing.supplements.exclude(files=[]).filter(taken_at__isnull=False)
    rated: list[tuple[int, int, Supplement | None]] = [(_off(filing, filing.files, told), 0, None)]
    rated += [(_off(filing, one.files, told), one.number, one) for one in sent]
    return min(rated, key=lambda one: one[:2])[2]


def judge(case: Case, answer: Supplement, paper: Acknowledgement, told: Told) -> None:
    """Compare a paper with the answer it is about. One that differs puts the case before a person,
    as it does for a filing; one that is equal after all settles that. Call it with the case
    locked."""
    found = _compared(answer.filing, answer.files, told)
    paper.compared, paper.difference = found.compared, found.difference
    paper.state = State.DIFFERS if found.difference else State.EQUAL
    paper.save(update_fields=["state", "compared", "difference"])
    journal.record(
        SYSTEM,
        f"acknowledgement.{paper.state}",
        chain=f"case:{case.pk}",
        subject=f"acknowledgement:{paper.pk}",
        supplement=answer.number,
        differences=len(found.difference),
    )
    if found.difference:
        code = "mismatch" if about_files(found.difference) else "acknowledgement"
        case_services.need_attention(case.pk, code, actor=SYSTEM, reason="acknowledgement_differs")
    elif _settles(case, answer, paper):
        case_services.resolve_attention(case.pk, actor=SYSTEM, reason="acknowledgement_equal")


def _settles(case: Case, answer: Supplement, paper: Acknowledgement) -> bool:
    """Whether the case waited for a person because of an earlier paper about this answer."""
    before = answer.acknowledgements.exclude(pk=paper.pk).order_by("-id").first()
    waits = case.work == Work.ATTENTION and case.attention in ABOUT_FILES
    return waits and before is not None and before.state == State.DIFFERS


def _off(filing: Filing, files: list[dict[str, Any]], told: Told) -> int:
    return len(_compared(filing, files, told).difference)


def _compared(filing: Filing, files: list[dict[str, Any]], told: Told) -> Comparison:
    procedure = filing.case.version.procedure.code
    return compare(files, told, code=filing.dossier_code, procedure=procedure)
