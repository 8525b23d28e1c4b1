"""A dossier code that a person brings: pasted after filing together, or found for a filing in doubt
(F01, F02).

Of a filing that we sent ourselves the code alone proves nothing: it is accepted once the filing
system says that it holds what we sent (invariant 2).
"""

from contextlib import suppress

from django.db import IntegrityError, transaction
from django.db.models import F, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Concat, Now
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from cases import services as case_services
from cases.filing import services
from cases.filing.ports import Receipt
from cases.filing.systems import channel_of, port_of
from cases.messages import services as messages
from cases.models import Case, Filing
from cases.states import Dossier, Work
from opsa.core import journal, outbox
from opsa.core.actors import SYSTEM, Actor
from opsa.core.outbox import Answer
from opsa.core.text import clean
from procedures.models import FilingSystem

State = Filing.State
#: A person waits for the answer; what cannot be told in this time is compared later.
ASK_SECONDS = 5.0
BATCH = 20
SHORTEST, LONGEST = 4, 60


class DossierCodeRefused(Exception):
    """The dossier code cannot be this case's; the message is for the clerk."""


class NotFiledYet(Exception):
    """There is nothing yet that a dossier code could belong to; the message is for the clerk."""


def normalised(code: str) -> str:
    """The code as it is kept."""
    return clean(code).strip().upper().replace(" ", "")


def held_under(case_id: int, code: str = "") -> Receipt | None:
    """What the filing system holds under this code, or under the one kept before, for a filing in
    doubt that we sent; None when there is nothing to ask about.

    Waits for the outside, `ASK_SECONDS` at most: call it before the transaction, never inside.
    """
    filing = Filing.objects.filter(
        case=case_id, state=State.PERSON, way=FilingSystem.Way.GATEWAY
    ).first()
    asked = normalised(code) if code else filing.dossier_code if filing else ""
    if filing is None or not SHORTEST <= len(asked) <= LONGEST:
        return None
    return _held(filing, asked)


def _held(filing: Filing, code: str) -> Receipt:
    return port_of(filing.system_id, timeout=ASK_SECONDS).held_files(code)


def dossier_code_record(
    case_id: int, code: str, *, actor: Actor, receipt: Receipt | None
) -> Filing:
    """Note the filing system's dossier code (F01, domain rule).

    The code is opaque, trimmed and upper-cased, unique per filing system. Filed together with the
    citizen: accepted, and the status source is asked at once; a code it doesn't know is kept and
    checked again by the poller, so a slow portal blocks nobody. Sent by ourselves and in doubt:
    `receipt` is what `held_under` heard about this code, and it is accepted, or a mismatch, by
    that. When it could not be asked the code is kept, the case stays with its person, and
    `compare_waiting` asks again: `waits_for_comparison` says so. Calls nothing outside.

    Raises DossierCodeRefused when the code is empty, too long, another case's or not known there,
    and NotFiledYet when nothing was filed or it is still being sent.
    """
    text = normalised(code)
    if not SHORTEST <= len(text) <= LONGEST:
        raise DossierCodeRefused(_("Mã hồ sơ phải có từ 4 đến 60 ký tự."))
    if receipt is not None and receipt.answer is Answer.ABSENT:
        raise DossierCodeRefused(_("Cổng không có hồ sơ nào mang mã này. Xem lại từng chữ."))
    with transaction.atomic():
        case = case_services.lock(case_id)
        filing = case.filings.select_for_update().exclude(state=State.REFUSED).first()
        if filing is None:
            raise NotFiledYet(_("Hồ sơ chưa nộp, chưa ghi mã được."))
        if filing.state == State.QUEUED:
            raise NotFiledYet(_("Hồ sơ đang tự gửi đến cổng. Cổng nhận xong thì mã tự hiện."))
        if filing.dossier_code == text and not waits_for_comparison(filing):
            return filing
        if filing.state not in (State.RECORDING, State.PERSON):
            raise DossierCodeRefused(_("Hồ sơ này đã có mã khác."))
        _keep(filing, text)
        journal.record(
            actor,
            "filing.code",
            chain=f"case:{case.pk}",
            subject=f"filing:{filing.pk}",
            dossier=text,
            compared=receipt is not None and receipt.answer is Answer.DONE,
        )
        if filing.way == FilingSystem.Way.COPILOT:
            _accepted(case, filing, actor)
        elif receipt is not None and receipt.answer is Answer.DONE:
            _compared(filing, receipt)
    filing.refresh_from_db()
    if filing.state in (State.ACCEPTED, State.MISMATCH):
        transaction.on_commit(lambda: _check_soon(filing.pk))
    return filing


def _keep(filing: Filing, text: str) -> None:
    try:
        with transaction.atomic():
            filing.dossier_code = text
            filing.save(update_fields=["dossier_code"])
    except IntegrityError:
        # Another office's cases are not shown to us, but the database knows them.
        raise DossierCodeRefused(_("Mã này đã ghi cho hồ sơ khác. Xem lại từng chữ.")) from None


def _compared(filing: Filing, receipt: Receipt) -> None:
    """What is held decides, and nothing is sent any more. Inside the caller's transaction."""
    services.accepted(filing.pk, receipt)
    outbox.Outbox.objects.filter(key=f"filing:{filing.pk}").exclude(state="done").update(
        state="done"
    )


def _accepted(case: Case, filing: Filing, actor: Actor) -> None:
    now = timezone.now()
    filing.state = State.ACCEPTED
    filing.accepted_at = now
    filing.first_sent_at = filing.first_sent_at or now
    filing.save()
    case.first_sent_at = case.first_sent_at or now
    case.accepted_at = now
    case.dossier = Dossier.NEW
    case.moved_at = now
    case_services.save(case, "first_sent_at", "accepted_at", "dossier", "moved_at")
    if case.work == Work.ATTENTION:
        case_services.resolve_attention(case.pk, actor=actor, reason="code_found_by_hand")
    services.start_asking(filing, case)
    messages.tell(case, "accepted")


def _check_soon(filing_id: int) -> None:
    from cases.tracking.tasks import ask_now

    with suppress(OperationalError):  # without a broker the poller asks at its next turn
        ask_now.apply_async(args=(filing_id,), retry=False)


def waits_for_comparison(filing: Filing) -> bool:
    """Whether a person brought the code and the filing system has not said yet what it holds."""
    return (
        filing.state == State.PERSON
        and filing.dossier_code != ""
        and filing.way == FilingSystem.Way.GATEWAY
    )


def compare(filing: Filing, receipt: Receipt) -> bool:
    """Settle a filing by what is held under the code it had when that was asked; True when it did.
    A code that is not known there is taken off again, and the filing is in doubt as before."""
    if receipt.answer not in (Answer.DONE, Answer.ABSENT):
        return False
    with transaction.atomic():
        case_services.lock(filing.case_id)
        held = Filing.objects.select_for_update().get(pk=filing.pk)
        if not waits_for_comparison(held) or held.dossier_code != filing.dossier_code:
            return False
        if receipt.answer is Answer.DONE:
            _compared(held, receipt)
            return True
        journal.record(
            SYSTEM,
            "filing.code_unknown",
            chain=f"case:{held.case_id}",
            subject=f"filing:{held.pk}",
            dossier=held.dossier_code,
        )
        held.dossier_code = ""
        held.save(update_fields=["dossier_code"])
    return False


def compare_waiting() -> int:
    """Compare what could not be compared when its code was typed; how many were settled.

    Each system has its own turn, and in it who was asked about longest ago comes first. A system
    that is silent is left for the next round, one that said it will be away until it is back.
    """
    waiting = Filing.objects.filter(state=State.PERSON, way=FilingSystem.Way.GATEWAY).exclude(
        dossier_code=""
    )
    systems = waiting.order_by("system").values_list("system", flat=True).distinct()
    return sum(
        _compare_some(waiting.filter(system=system))
        for system in systems
        if not outbox.held_for(channel_of(system))
    )


def _compare_some(waiting: QuerySet[Filing]) -> int:
    key = Concat(Value("filing:"), Cast(OuterRef("pk"), TextField()))
    owed = outbox.Outbox.objects.filter(key=key)
    oldest = waiting.annotate(tried=Subquery(owed.values("tried_at")[:1]))
    settled = 0
    for filing in oldest.order_by(F("tried").asc(nulls_first=True), "pk")[:BATCH]:
        outbox.Outbox.objects.filter(key=f"filing:{filing.pk}").update(tried_at=Now())
        receipt = _held(filing, filing.dossier_code)
        settled += compare(filing, receipt)
        if receipt.answer is Answer.UNKNOWN:
            break
    return settled
