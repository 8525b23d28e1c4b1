"""The outbox handler of answers to supplement requests."""

import json
from functools import partial

from cases.filing import payload
from cases.filing.deciding import consent_stands
from cases.filing.portal import ChangedOnDisk
from cases.filing.ports import Submission
from cases.filing.systems import port_of
from cases.models import Supplement
from cases.supplements import services
from opsa.core import outbox
from opsa.core.outbox import Answer, Claim, Outcome


class SupplementSender:
    """Sends the frozen answer under the dossier's code. The portal knows it by our key, so sending
    the same again is safe."""

    def send(self, claim: Claim) -> Outcome:
        """Send once; nothing leaves whose hash or consent changed."""
        request = Supplement.objects.select_related("filing").get(pk=claim.subject)
        if not consent_stands(request.case_id):
            return Outcome(
                Answer.REFUSED,
                "consent_revoked",
                apply=partial(services.to_person, request.pk, "consent_revoked"),
            )
        message = json.loads(request.payload)
        if payload.freeze(message)[1] != request.payload_sha256:
            return Outcome(Answer.CANNOT_TELL, "changed_on_disk")
        submission = Submission(
            str(request.key), message, services.files_of(request), partial(outbox.sending, claim)
        )
        try:
            receipt = port_of(request.filing.system_id).supplement(
                request.filing.dossier_code, submission
            )
        except ChangedOnDisk:
            return Outcome(Answer.CANNOT_TELL, "changed_on_disk")
        if receipt.answer is Answer.DONE:
            return Outcome(
                Answer.DONE,
                receipt.dossier_code,
                apply=lambda: services.accepted(request.pk, receipt),
            )
        if receipt.answer is Answer.REFUSED:
            return Outcome(
                Answer.REFUSED,
                receipt.detail,
                apply=lambda: services.refused(request.pk, receipt.detail),
            )
        return Outcome(receipt.answer, receipt.detail, receipt.retry_after)

    def look_up(self, claim: Claim) -> Outcome:
        """Ask whether the portal holds the files of an answer that was in doubt."""
        request = Supplement.objects.select_related("filing").get(pk=claim.subject)
        receipt = port_of(request.filing.system_id).held_files(request.filing.dossier_code)
        if receipt.answer is not Answer.DONE:
            return Outcome(receipt.answer, receipt.detail, receipt.retry_after)
        there = {file.sha256 for file in receipt.held}
        if all(file["sha256"] in there for file in request.files):
            return Outcome(
                Answer.DONE,
                receipt.dossier_code,
                apply=lambda: services.accepted(request.pk, receipt),
            )
        return Outcome(Answer.ABSENT)

    def to_person(self, claim: Claim, why: str) -> None:
        """Give up by machine."""
        services.to_person(claim.subject, why)
