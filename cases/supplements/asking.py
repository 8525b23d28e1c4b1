"""A request for more papers becomes work: which papers, since when, and what it teaches (F20, F03).

Called by the tracking room with the case locked, so it asks nothing outside and sends nothing.
"""

from cases.intake import refusals
from cases.models import Case, CaseDocument, Filing, StatusReport, Supplement
from opsa.core import journal
from opsa.core.actors import PORTAL

State = Supplement.State
#: Papers that were sent once in answer, so that asking for them again is news for the supervisor.
ANSWERED = (State.QUEUED, State.ACCEPTED, State.PERSON)


def asked(case: Case, filing: Filing, report: StatusReport) -> Supplement:
    """The work of one request; the same report again gives the first. An older request that nobody
    answered is over: the authority has said anew what it wants."""
    known = Supplement.objects.filter(report=report).first()
    if known is not None:
        return known
    settled(case)
    lines = CaseDocument.objects.filter(case=case, needed=True).select_related("document")
    papers = refusals.papers_meant(report.text, [line.document for line in lines])
    made = Supplement.objects.create(
        case=case,
        filing=filing,
        report=report,
        number=case.supplements.count() + 1,
        asked_at=report.occurred_at,
        words=report.text.strip()[:300],
        papers=papers,
        again=asked_before(case, papers),
    )
    refusals.learn(
        report,
        procedure_id=case.version.procedure_id,
        authority=report.unit or case.authority,
        papers=papers,
    )
    journal.record(
        PORTAL,
        "supplement.asked",
        chain=f"case:{case.pk}",
        subject=f"supplement:{made.pk}",
        number=made.number,
        papers=len(papers),
        again=made.again,
    )
    return made


def asked_before(case: Case, papers: list[str]) -> bool:
    """Whether one of these papers was sent in answer to an earlier request of the same case."""
    earlier = case.supplements.filter(state__in=ANSWERED).values_list("papers", flat=True)
    return any(paper in papers for before in earlier for paper in before)


def settled(case: Case) -> None:
    """The authority waits no longer for what it asked: an unanswered request is over."""
    case.supplements.filter(state=State.ASKED).update(state=State.OVER)
