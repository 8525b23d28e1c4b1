"""What a clerk writes on a filed case that belongs to no other room."""

from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from cases import services as case_services
from cases.models import Case, Filing, Supplement
from cases.states import Dossier, Work
from opsa.core import journal
from opsa.core.actors import Actor
from opsa.core.text import clean
from opsa.core.waking import wake
from procedures.models import FilingSystem

#: While a dossier is there, a person may note what the agency still wants, e.g. said on the phone.
NOTED: Final = (Dossier.IN_WORK, Dossier.SUPPLEMENT)


def supplement_note(case_id: int, missing: str, *, actor: Actor) -> Case:
    """Say in plain words what the citizen must bring; it stands on their page and in the lists.

    Raises ValueError when nothing is said or nobody waits for it. The journal keeps that it was
    noted, not the words.
    """
    words = clean(missing)[:200]
    if not words:
        raise ValueError(_("Ghi tên giấy còn thiếu."))
    return _waiting(case_id, words, answered=False, actor=actor)


def supplement_given(case_id: int, *, actor: Actor) -> Case:
    """The citizen brought what was missing to the agency themselves: its turn. Raises ValueError
    when nobody waits for it, or the papers asked for are sent from here."""
    return _waiting(case_id, "", answered=True, actor=actor)


def _waiting(case_id: int, words: str, *, answered: bool, actor: Actor) -> Case:
    action = "case.supplement_given" if answered else "case.supplement_noted"
    with transaction.atomic():
        case = case_services.lock(case_id)
        if case.work != Work.FILED or case.dossier not in NOTED:
            raise ValueError(_("Hồ sơ không còn chờ giấy ở cơ quan, không ghi được nữa."))
        if answered and case.supplements.filter(state=Supplement.State.ASKED).exists():
            raise ValueError(_("Giấy cơ quan yêu cầu được quét và gửi ở mục “Nhận giấy bổ sung”."))
        case.waiting_for, case.answered = words, answered
        case_services.save(case, "waiting_for", "answered")
        journal.record(actor, action, chain=f"case:{case.pk}", subject=f"case:{case.pk}")
    return case


def ask_now(case_id: int, *, actor: Actor) -> bool:
    """Ask the filing system about this case at once. False when nothing there can be asked yet, or
    the system tells by file only."""
    asked = Filing.objects.filter(case_id=case_id, system__news=FilingSystem.News.ASKED)
    filing = asked.exclude(dossier_code="").order_by("-number").first()
    if filing is None:
        return False
    number = filing.pk

    def nudge() -> None:
        from cases.tracking.tasks import ask_now as task

        wake(task, number)  # else the poller asks at its next turn

    with transaction.atomic():
        journal.record(actor, "case.asked_now", chain=f"case:{case_id}", subject=f"filing:{number}")
        transaction.on_commit(nudge)
    return True
