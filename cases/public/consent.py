"""Taking consent back from the status page while nothing has left the house (F05)."""

from django.db import transaction
from django.utils import timezone

from cases import services as case_services
from cases.filing.deciding import filing_stop
from cases.models import Case, Filing, Mandate
from cases.states import Work
from opsa.core import journal
from opsa.core.actors import CITIZEN, SYSTEM


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
        mandate = Mandate.objects.filter(case=case, state=Mandate.State.GIVEN).first()
        if not waiting or mandate is None or case.work != Work.FILED or case.first_sent_at:
            raise AlreadySent
        if not filing_stop(case, "consent_revoked"):
            raise AlreadySent
        mandate.state, mandate.ended_at = Mandate.State.REVOKED, timezone.now()
        mandate.save(update_fields=["state", "ended_at"])
        journal.record(
            CITIZEN, "mandate.revoked", chain=f"case:{case.pk}", subject=f"mandate:{mandate.pk}"
        )
        # The act is the citizen's; moving the case before a person is the system's.
        case_services.need_attention(case.pk, "revoked", actor=SYSTEM, reason="mandate_revoked")


def revocable(case: Case) -> bool:
    """Whether the status page offers it; the act itself checks again under the lock."""
    return (
        bool(getattr(case, "consent", None))
        and case.work == Work.FILED
        and case.first_sent_at is None
    )
