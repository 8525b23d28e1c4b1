"""What the room of messages offers on the page of a filed case."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from agencies.models import Role, Staff
from cases.models import Case
from cases.states import Work
from cases.worklists.actions import Action


def message_actions(case: Case, staff: Staff) -> Iterable[Action]:
    """Texts off, or on again; no query."""
    if staff.role not in (Role.CLERK, Role.LEAD, Role.SUPERVISOR) or case.work == Work.CLOSED:
        return
    if case.contact_by == "none":
        yield Action(_("Nhắn tin lại"), reverse("quay:texts_start", args=[case.pk]), post=True)
    else:
        yield Action(_("Thôi nhắn tin"), reverse("quay:texts_stop", args=[case.pk]), post=True)
