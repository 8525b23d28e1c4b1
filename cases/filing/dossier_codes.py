"""A dossier code that a person brings: pasted after filing together, or found for a filing in doubt
(F01, F02).

Of a filing that we sent ourselves the code alone proves nothing: it is accepted once the filing
system says that it holds what we sent (invariant 2).
"""

import re

from django.db import IntegrityError, transaction
from django.db.models import F, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Concat, Now
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import services as case_services
from cases.filing import services
from cases.filing.ports import Receipt
from cases.filing.systems import channel_of, port_of
from cases.messages import services as messages
from cases.models import Case, Filing, PollState
from cases.states import Delivery, Dossier, Sync, Work
from opsa.core import journal, outbox
from opsa.core.actors import SYSTEM, Actor
from opsa.core.outbox import Answer
from opsa.core.text import clean
from opsa.core.waking import wake
from procedures.models import FilingSystem

State = Filing.State
#: A person waits for the answer; what cannot be told in this time is compared later.
ASK_SECONDS = 5.0
BATCH = 20
SHORTEST, LONGEST = 4, 60
#: Until here an authority has decided nothing and asked for nothing.
_EARLY = frozenset({Dossier.NONE, Dossier.NEW, Dossier.RECEIVED, Dossier.IN_WORK})


class DossierCodeRefused(Exception):
    """The dossier code cannot be this case's; the message is for the clerk, `what` (form, taken or
    other) for the machine."""

    def __init__(self, message: str, what: str = "other") -> None:
        super().__init__(message)
        self.what = what


class NotFiledYet(Exception):
    """There is nothing yet that a dossier code could belong to; the message is for the clerk."""


def normalised(code: str) -> str:
    """The code as it is kept."""
    return clean(code).strip().upper().replace(" ", "")


def fits(code: str, forms: str) -> bool:
    """Whether a code looks like those of a system (`FilingSystem.code_form`). Pure."""
    signs = {"0": "[0-9]", "A": "[A-Z]", "*": "[0-9A-Z]+"}
    # Stars in a row say no more than one, and would be tried in every way.
    patterns = [
        "".join(signs.get(sign, re.escape(sign)) for sign in form)
        for form in re.sub(r"\*+", "*", forms).split()
    ]
    return not patterns or any(re.fullmatch(pattern, code) for pattern in patterns)


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

    A code of a filing made together gives way to another one while nobody but us ever knew it, or
    when the acknowledgement says the other one. What an acknowledgement says against a filing keeps
    it from being accepted (F02).

    Raises DossierCodeRefused when the code is empty, too long, of another form than the system's,
    another case's or not known there, and NotFiledYet when nothing was filed or it is still being
    sent.
    """
    text = normalised(code)
    if not SHORTEST <= len(text) <= LONGEST:
        raise DossierCodeRefused(_("Mã hồ sơ phải có từ 4 đến 60 ký tự."))
    if receipt is not None and receipt.answer is Answer.ABSENT:
        raise DossierCodeRefused(_("Cổng không có hồ sơ nào mang mã này. Xem lại từng chữ."))
    from cases.acknowledgements import services as acknowledgements

    with transaction.atomic():
        case = case_services.lock(case_id)
        filing = case.filings.select_for_update().exclude(state=State.REFUSED).first()
        if filing is None:
            raise NotFiledYet(_("Hồ sơ chưa nộp, chưa ghi mã được."))
        if filing.state == State.QUEUED:
            raise NotFiledYet(_("Hồ sơ đang tự gửi đến cổng. Cổng nhận xong thì mã tự hiện."))
        if filing.dossier_code == text and not waits_for_comparison(filing):
            return filing
        if not fits(text, case.system.code_form):
            said = {"system": case.system.name, "form": case.system.code_form}
            raise DossierCodeRefused(
                _("Mã của %(system)s có dạng %(form)s (0 là một chữ số). Xem lại từng chữ.") % said,
                "form",
            )
        before = filing.dossier_code
        if filing.state not in (State.RECORDING, State.PERSON):
            if not may_correct(case, filing, text):
                raise DossierCodeRefused(_("Hồ sơ này đã có mã khác."))
            _forget_old(case, filing)
        _keep(filing, text)
        journal.record(
            actor,
            "filing.code",
            chain=f"case:{case.pk}",
            subject=f"filing:{filing.pk}",
            dossier=text,
            before=before,
            compared=receipt is not None and receipt.answer is Answer.DONE,
        )
        if filing.way == FilingSystem.Way.COPILOT:
            _accepted(case, filing, actor)
            acknowledgements.judge(case, filing)
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
        raise DossierCodeRefused(
            _("Mã này đã ghi cho hồ sơ khác. Xem lại từng chữ."), "taken"
        ) from None


def _compared(filing: Filing, receipt: Receipt) -> None:
    """What is held decides, and nothing is sent any more. Inside the caller's transaction."""
    services.accepted(filing.pk, receipt)
    outbox.Outbox.objects.filter(key=f"filing:{filing.pk}").exclude(state="done").update(
        state="done"
    )


def _accepted(case: Case, filing: Filing, actor: Actor) -> None:
    """The citizen filed it. Called accepted unless its acknowledgement says that it is not what was
    frozen; then nobody is told so."""
    from cases.acknowledgements import services as acknowledgements

    now = timezone.now()
    filing.difference = acknowledgements.difference_under(filing, filing.dossier_code)
    filing.state = State.MISMATCH if filing.difference else State.ACCEPTED
    filing.accepted_at = filing.accepted_at or now
    filing.first_sent_at = filing.first_sent_at or now
    filing.save()
    case.first_sent_at = case.first_sent_at or now
    case.accepted_at = case.accepted_at or now
    case.dossier = Dossier.NEW
    case.moved_at = now
    case_services.save(case, "first_sent_at", "accepted_at", "dossier", "moved_at")
    if case.work == Work.ATTENTION and not filing.difference:
        case_services.resolve_attention(case.pk, actor=actor, reason="code_found_by_hand")
    services.start_asking(filing, case)
    if not filing.difference:
        messages.tell(case, "accepted")


def may_correct(case: Case, filing: Filing, code: str) -> bool:
    """Whether this code (empty: some code) may stand in for the one that was noted: nobody but us
    ever knew the old one, or nothing has come of it yet and the acknowledgement says the new one or
    a person that it differs."""
    from cases.acknowledgements import services as acknowledgements

    if filing.way != FilingSystem.Way.COPILOT or filing.state not in (
        State.ACCEPTED,
        State.MISMATCH,
    ):
        return False
    poll = PollState.objects.filter(filing=filing).first()
    if poll is None or case.delivery != Delivery.WAITING:
        return False
    said = acknowledgements.told_code(filing)
    if said == filing.dossier_code:
        return False
    if poll.answered_at is None and not filing.reports.exists():
        return True
    untouched = not case.supplements.exists() and case.dossier in _EARLY
    doubted = acknowledgements.differs_to_the_eye(filing)
    return untouched and (doubted or (said != "" and code in ("", said)))


def _forget_old(case: Case, filing: Filing) -> None:
    """What was heard under a wrong code is about somebody else's dossier, and who held a paper
    against the filing did so with the wrong code."""
    from cases.acknowledgements import services as acknowledgements

    acknowledgements.forget_eye(filing)
    filing.reports.all().delete()
    PollState.objects.filter(filing=filing).delete()
    if case.sync != Sync.NEVER:
        case.sync = Sync.NEVER
        case_services.save(case, "sync")


def _check_soon(filing_id: int) -> None:
    from cases.tracking.tasks import ask_now

    wake(ask_now, filing_id)  # else the poller asks at its next turn


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
