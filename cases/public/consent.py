"""Taking consent back from the citizen's page (F05): the filing, while nothing has left the house,
and the extra uses at any time."""

from django.db import transaction

from cases import services as case_services
from cases.intake import extra_uses, mandates
from cases.models import Case, ExtraUse, Filing
from cases.states import Work
from opsa.core.actors import CITIZEN


class AlreadySent(Exception):
    """The dossier is on its way or there; only the authority can end it now."""


def consent_revoke(case_id: int) -> None:
    """End the mandate in the citizen's name, stop the sending, and put the case before a person.

    Raises AlreadySent for what left, or may have.
    """
    with transaction.atomic():
        case = case_services.lock(case_id)
        waiting = Filing.objects.filter(
            case=case, state__in=(Filing.State.QUEUED, Filing.State.RECORDING)
        ).exists()
        if not waiting or case.work != Work.FILED or case.first_sent_at:
            raise AlreadySent
        if not mandates.taken_back(case, actor=CITIZEN):
            raise AlreadySent
        left = Filing.objects.filter(
            case=case, state__in=(Filing.State.QUEUED, Filing.State.RECORDING)
        )
        if left.exists():
            # A sender took it up just now: nothing was stopped, so nothing is taken back.
            raise AlreadySent


def extra_end(case_id: int, kind: str) -> None:
    """End one extra use in the citizen's name; one that is over already stays so."""
    extra_uses.take_back(case_id=case_id, kinds=[kind], actor=CITIZEN)


def extras(case: Case) -> list[ExtraUse]:
    """What the citizen agrees to beyond the filing."""
    return extra_uses.in_force(case)


def revocable(case: Case) -> bool:
    """Whether the filing's own consent can still be taken back; the act itself checks again under
    the lock."""
    return (
        bool(getattr(case, "consent", None))
        and case.work == Work.FILED
        and case.first_sent_at is None
    )
