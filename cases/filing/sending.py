"""The outbox handler of filings."""

import json
from functools import partial

from cases.filing import payload, services
from cases.filing.deciding import consent_stands
from cases.filing.portal import ChangedOnDisk
from cases.filing.ports import Receipt, Submission
from cases.filing.systems import port_of
from cases.models import Filing
from opsa.core import outbox
from opsa.core.outbox import Answer, Claim, Outcome


class FilingSender:
    """Sends the frozen message of a filing, and asks about it by our key."""

    def send(self, claim: Claim) -> Outcome:
        """Send once. The frozen hash is checked first: a changed payload or file never leaves, and
        nothing does whose consent was taken back meanwhile."""
        filing = Filing.objects.get(pk=claim.subject)
        if not consent_stands(filing.case_id):
            return Outcome(
                Answer.REFUSED, "consent_revoked", apply=partial(services.consent_gone, filing.pk)
            )
        message = json.loads(filing.payload)
        _, digest = payload.freeze(message)
        if digest != filing.payload_sha256:
            return Outcome(Answer.CANNOT_TELL, "changed_on_disk")
        try:
            receipt = port_of(filing.system_id).submit(
                Submission(
                    str(filing.key),
                    message,
                    payload.files_of(filing),
                    partial(outbox.sending, claim),
                )
            )
        except ChangedOnDisk:
            return Outcome(Answer.CANNOT_TELL, "changed_on_disk")
        return _outcome(filing.pk, receipt)

    def look_up(self, claim: Claim) -> Outcome:
        """Ask whether an earlier send had its effect."""
        filing = Filing.objects.get(pk=claim.subject)
        receipt = port_of(filing.system_id).find_by_our_reference(str(filing.key))
        return _outcome(filing.pk, receipt)

    def to_person(self, claim: Claim, why: str) -> None:
        """Give up by machine."""
        services.to_person(claim.subject, why)


def _outcome(filing_id: int, receipt: Receipt) -> Outcome:
    if receipt.answer is Answer.DONE:
        return Outcome(
            Answer.DONE, receipt.dossier_code, apply=lambda: services.accepted(filing_id, receipt)
        )
    if receipt.answer is Answer.REFUSED:
        return Outcome(
            Answer.REFUSED,
            receipt.detail,
            apply=lambda: services.refused(filing_id, receipt.detail),
        )
    return Outcome(receipt.answer, receipt.detail, receipt.retry_after)
