"""What a person decides about a filing: take it back, settle it, close its case (F01, F05)."""

from django.db import transaction
from django.utils.translation import gettext as _

from cases import services as case_services
from cases.filing.systems import channel_of
from cases.filing.tasks import nudge
from cases.models import Case, Filing, Mandate, Supplement
from cases.states import Delivery, Dossier, Sync, Work
from opsa.core import journal, outbox
from opsa.core.actors import Actor
from opsa.core.outbox import Outbox
from procedures.models import FilingSystem

#: Attention that only says that sending was in doubt; an acceptance settles it.
ABOUT_SENDING = frozenset({"unknown_sending", "horizon", "scan_changed"})
#: A parcel with the citizen's papers is labelled or under way: no list of closed cases shows it.
IN_A_PARCEL = frozenset(
    {
        Delivery.LABELLED,
        Delivery.HANDED_OVER,
        Delivery.IN_TRANSIT,
        Delivery.OUT_FOR_DELIVERY,
        Delivery.RETURNING,
    }
)


class NotNow(Exception):
    """The case cannot go that way as it stands; the message is for the clerk."""


def consent_stands(case_id: int) -> bool:
    """Whether the person whose case it is still agrees."""
    return Mandate.objects.filter(case=case_id, state=Mandate.State.GIVEN).exists()


def filing_stop(case: Case, why: str) -> bool:
    """Take back what has certainly not left; False when a filing left, or may have.

    Only a `ready` row was never sent, and a sender that claims it at the same moment wins or loses
    on that row. A co-pilot filing without its code never left either. Call with the case locked.
    """
    filing = (
        Filing.objects.select_for_update()
        .filter(case=case)
        .exclude(state=Filing.State.REFUSED)
        .first()
    )
    if filing is None:
        return True
    if filing.state == Filing.State.QUEUED:
        waiting = Outbox.objects.filter(key=f"filing:{filing.pk}", state=Outbox.State.READY)
        if waiting.update(state=Outbox.State.REFUSED, last_error=why) != 1:
            return False
    elif filing.state != Filing.State.RECORDING:
        return False
    filing.state, filing.refusal = Filing.State.REFUSED, why
    filing.save(update_fields=["state", "refusal"])
    return True


def together(case: Case) -> Filing | None:
    """The living filing that the citizen's own session makes with our help, if this is one."""
    made = case.filings.filter(way=FilingSystem.Way.COPILOT)
    return made.exclude(state=Filing.State.REFUSED).first()


def goes_on(state: str, dossier: str) -> bool:
    """Whether a case whose last filing is in `state` moves on without a person. Pure."""
    return state in (
        Filing.State.QUEUED,
        Filing.State.RECORDING,
        Filing.State.ACCEPTED,
        Filing.State.MISMATCH,
    ) and dossier not in (Dossier.NOT_ACCEPTED, Dossier.WITHDRAWN)


def attention_end(case_id: int, *, actor: Actor, reason: str) -> Case:
    """The person has dealt with it. Raises NotNow for a case that nothing would ever move again:
    it would wait in a queue that promises to go on by itself."""
    with transaction.atomic():
        case = case_services.lock(case_id)
        last = case.filings.order_by("-number").first()
        if last is None or not goes_on(last.state, case.dossier):
            raise NotNow(_("Hồ sơ chưa nộp được đến nơi. Nộp lại, hoặc đóng hồ sơ."))
        return case_services.resolve_attention(case.pk, actor=actor, reason=reason)


def case_end(case_id: int, *, actor: Actor, reason: str) -> Case:
    """Close the case by hand: what has not left stays here. Raises NotNow while a sending is being
    settled or a parcel is under way, because what comes of them would reach a case that no queue
    shows."""
    with transaction.atomic():
        case = case_services.lock(case_id)
        if case.delivery in IN_A_PARCEL:
            raise NotNow(_("Kết quả đang trong bưu gửi. Hủy nhãn hoặc chờ phát xong rồi đóng."))
        if not filing_stop(case, "case_closed"):
            unsettled = Filing.objects.filter(case=case, state=Filing.State.QUEUED)
            if unsettled.exists():
                raise NotNow(_("Hồ sơ đang gửi đến cổng. Chờ cổng trả lời rồi đóng."))
        if Supplement.objects.filter(case=case, state=Supplement.State.QUEUED).exists():
            raise NotNow(_("Giấy bổ sung đang gửi đến cổng. Chờ cổng trả lời rồi đóng."))
        return case_services.close(case.pk, actor=actor, reason=reason)


def filing_settle(case_id: int, *, actor: Actor) -> bool:
    """Have a filing in doubt taken up once more: the portal is asked by our key first, and only
    what it certainly does not have is sent. False when nothing is in doubt."""
    with transaction.atomic():
        case = case_services.lock(case_id)
        filing = (
            Filing.objects.select_for_update().filter(case=case, state=Filing.State.PERSON).first()
        )
        if filing is None or case.work != Work.ATTENTION:
            return False
        if not outbox.ask_again(f"filing:{filing.pk}"):
            return False
        filing.state = Filing.State.QUEUED
        filing.save(update_fields=["state"])
        journal.record(
            actor, "filing.settle", chain=f"case:{case.pk}", subject=f"filing:{filing.pk}"
        )
        channel = channel_of(filing.system_id)
        transaction.on_commit(lambda: nudge(channel))
    return True


def file_again(case_id: int, *, actor: Actor, reason: str) -> Case:
    """After a refusal: the case becomes a draft again, with everything in it, to be mended and
    filed. So does one whose file was found changed: then nothing was sent."""
    with transaction.atomic():
        case = case_services.lock(case_id)
        if case.work != Work.ATTENTION:
            raise NotNow(_("Hồ sơ không chờ sửa, nên không mở lại được."))
        case.filings.filter(state=Filing.State.PERSON, refusal="changed_on_disk").update(
            state=Filing.State.REFUSED
        )
        living = case.filings.exclude(state=Filing.State.REFUSED).exists()
        if living:
            raise NotNow(_("Lần nộp trước chưa kết thúc."))
        case.work = Work.DRAFT
        case.dossier = Dossier.NONE
        case.sync = Sync.NEVER
        case.attention = ""
        journal.record(actor, "case.reopened", chain=f"case:{case.pk}", reason=reason)
        case_services.save(case, "work", "dossier", "sync", "attention")
    return case


def send_now(case: Case, *, actor: Actor) -> bool:
    """Put what waits of this case at the front: the filing, or an answer to the authority. False
    when nothing of it may be sent at once: an unsettled sending waits out its settle time."""
    filings = case.filings.filter(state=Filing.State.QUEUED).values_list("pk", flat=True)
    answers = case.supplements.filter(state=Supplement.State.QUEUED).values_list("key", flat=True)
    keys = [f"filing:{pk}" for pk in filings] + [f"supplement:{key}" for key in answers]
    channel = channel_of(case.system_id)
    with transaction.atomic():
        moved = [key for key in keys if outbox.retry_now(key)]
        if moved:
            journal.record(
                actor, "filing.hurried", chain=f"case:{case.pk}", subject=f"case:{case.pk}"
            )
        transaction.on_commit(lambda: nudge(channel))
    return bool(moved)
