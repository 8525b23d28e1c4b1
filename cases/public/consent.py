"""Taking consent back from the status page while nothing has left the house (F05)."""

from django.db import transaction
from django.utils import timezone

from cases import services as case_services
from cases.models import Case, Filing, Mandate
from cases.states import Work
from opsa.core import journal
from opsa.core.actors import CITIZEN, SYSTEM
from opsa.core.outbox import Outbox


class AlreadySent(Exception):
    """The dossier is on its way or there; only the authority can end it now."""


def consent_revoke(case_id: int) -> None:
    """End the mandate in the citizen's name, stop the sending, and put the case before a person.

    The waiting row is taken out only while it is `ready`: such a row was never sent, and a sender
    that claims it at the same moment wins or loses on the same row. Raises AlreadySent otherwise.
    """
    with transaction.atomic():
        case = case_services.lock(case_id)
        filing = (
            Filing.objects.select_for_update()
            .filter(case=case, state__in=(Filing.State.QUEUED, Filing.State.RECORDING))
            .first()
        )
        mandate = Mandate.objects.filter(case=case, state=Mandate.State.GIVEN).first()
        if filing is None or mandate is None or case.work != Work.FILED or case.first_sent_at:
            raise AlreadySent
        if filing.state == Filing.State.QUEUED and not _stop(filing):
            raise AlreadySent
        filing.state = Filing.State.REFUSED
        filing.refusal = "consent_revoked"
        filing.save(update_fields=["state", "refusal"])
        mandate.state, mandate.ended_at = Mandate.State.REVOKED, timezone.now()
        mandate.save(update_fields=["state", "ended_at"])
        journal.record(
            CITIZEN, "mandate.revoked", chain=f"case:{case.pk}", subject=f"mandate:{mandate.pk}"
        )
        # The act is the citizen's; moving the case before a person is the system's.
        case_services.need_attention(case.pk, "revoked", actor=SYSTEM, reason="mandate_revoked")


def _stop(filing: Filing) -> bool:
    waiting = Outbox.objects.filter(key=f"filing:{filing.pk}", state=Outbox.State.READY)
    return waiting.update(state=Outbox.State.REFUSED, last_error="consent_revoked") == 1


def revocable(case: Case) -> bool:
    """Whether the status page offers it; the act itself checks again under the lock."""
    return (
        bool(getattr(case, "consent", None))
        and case.work == Work.FILED
        and case.first_sent_at is None
    )
