"""Who did it: the kinds of actor a journal entry may name (F17).

The machine's acts never stand under a person's name: what a worker does is `SYSTEM`, what the
national portal or the carrier reports is `PORTAL` or `CARRIER`.
"""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ActorKind(TextChoices):
    CLERK = "clerk", _("giao dịch viên")
    CITIZEN = "citizen", _("người dân")
    SUPERVISOR = "supervisor", _("người điều hành")
    SYSTEM = "system", _("hệ thống")
    PORTAL = "portal", _("Cổng dịch vụ công")
    CARRIER = "carrier", _("đơn vị vận chuyển")


PEOPLE = frozenset({ActorKind.CLERK, ActorKind.SUPERVISOR})


@dataclass(frozen=True, slots=True)
class Actor:
    """One who acts. Staff kinds carry the staff member's id, all others must not.

    Raises ValueError when the two disagree: an act of a clerk without a clerk, or an act of the
    system under a clerk's name, is a lie in the journal.
    """

    kind: ActorKind
    staff_id: int | None = None

    def __post_init__(self) -> None:
        if (self.kind in PEOPLE) != (self.staff_id is not None):
            raise ValueError(f"{self.kind} and staff_id={self.staff_id} do not belong together")


SYSTEM = Actor(ActorKind.SYSTEM)
PORTAL = Actor(ActorKind.PORTAL)
CARRIER = Actor(ActorKind.CARRIER)
CITIZEN = Actor(ActorKind.CITIZEN)
