"""What the supplement room offers on the page of a filed case."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import OFFICE_ROLES, Staff
from cases.models import Case, Supplement
from cases.states import Dossier
from cases.worklists.actions import Action


def supplement_actions(case: Case, staff: Staff) -> Iterable[Action]:
    """The door to what the authority asked for, or to what the citizen promised."""
    if staff.role not in OFFICE_ROLES:
        return
    waits = case.dossier == Dossier.SUPPLEMENT and (
        Supplement.objects.filter(case=case, state=Supplement.State.ASKED).exists()
    )
    if waits or case.incomplete_until is not None:
        label = _("Nhận giấy bổ sung") if waits else _("Nhận giấy hẹn nộp sau")
        yield Action(label, reverse("quay:asked", args=[case.pk]), "page", main=True)
