"""What a person says of an acknowledgement that the machine could not settle (F02)."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.access import actor_of
from agencies.models import Staff
from cases import services as case_services
from cases.acknowledgements.services import follow, newest
from cases.models import Acknowledgement, Filing
from opsa.core import journal

Eye = Acknowledgement.Eye
State = Acknowledgement.State
#: Before its code is noted there is nothing that a paper could be held against as a whole.
_CODED = (Filing.State.ACCEPTED, Filing.State.MISMATCH)


class NotForTheEye(ValueError):
    """This paper is not to be settled by eye now; the message is for the clerk."""


def may_say(filing: Filing, paper: Acknowledgement | None) -> bool:
    """Whether a person may say how this paper is."""
    return paper is not None and paper.state == State.BY_EYE and filing.state in _CODED


def eye_say(*, staff: Staff, case_id: int, paper_id: int, said: str) -> Acknowledgement:
    """Note that this person held the paper against the filing and what they saw (one of `Eye`), or
    take what was said back (empty). A difference puts the case before a person, as one that the
    machine finds does. The same word again changes nothing.

    Raises NotForTheEye for another paper than the newest one, one that the machine settled, and
    while no code is noted.
    """
    if said and said not in Eye:
        raise NotForTheEye(_("Chọn đúng hay khác."))
    with transaction.atomic():
        case = case_services.lock(case_id)
        rows = Acknowledgement.objects.select_for_update(of=("self",)).select_related("filing")
        paper = rows.filter(pk=paper_id, filing__case=case).first()
        if paper is None or paper != newest(paper.filing):
            raise NotForTheEye(_("Đã có giấy tiếp nhận mới hơn. So giấy mới."))
        if not may_say(paper.filing, paper):
            raise NotForTheEye(_("Giấy này máy đã so, hoặc hồ sơ chưa có mã."))
        if paper.eye == said:
            return paper
        paper.eye, paper.eye_by, paper.eye_at = said, None, None
        if said:
            paper.eye_by, paper.eye_at = staff, timezone.now()
        paper.save(update_fields=["eye", "eye_by", "eye_at"])
        journal.record(
            actor_of(staff),
            f"acknowledgement.eye_{said or 'back'}",
            chain=f"case:{case.pk}",
            subject=f"acknowledgement:{paper.pk}",
        )
        follow(paper.filing)
    return paper
