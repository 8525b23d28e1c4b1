"""What a headline is made from, and what it consists of; the words are in `cases.headline`."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cases.models import Case
from cases.states import Dossier, Work
from procedures.models import ProcedureVersion


class Turn(StrEnum):
    """Whose turn it is."""

    CITIZEN = "citizen"
    POST = "post"
    AGENCY = "agency"
    NOBODY = "nobody"


@dataclass(frozen=True)
class Facts:
    """What the headline is made from; nothing here needs a query once the case row is loaded."""

    work: str
    dossier: str
    money: str
    delivery: str
    sync: str
    attention: str = ""
    waiting_for: str = ""
    answered: bool = False
    way: str = "gateway"
    due_at: datetime | None = None
    asked_at: datetime | None = None
    next_try_at: datetime | None = None
    now: datetime | None = None
    in_person: bool = False
    by_post: bool = True
    taken_at: datetime | None = None
    #: The filing system is away, so what waits to be sent waits because of it.
    trouble: bool = False

    @classmethod
    def of(
        cls,
        case: Case,
        *,
        now: datetime,
        asked_at: datetime | None = None,
        next_try_at: datetime | None = None,
        way: str = "gateway",
        by_post: bool = True,
        trouble: bool = False,
    ) -> "Facts":
        """The facts of a case row with its version, and the times that live in other tables."""
        return cls(
            work=case.work,
            dossier=case.dossier,
            money=case.money,
            delivery=case.delivery,
            sync=case.sync,
            attention=case.attention,
            waiting_for=case.waiting_for,
            answered=case.answered,
            way=way,
            due_at=case.due_at,
            asked_at=asked_at,
            next_try_at=next_try_at,
            now=now,
            in_person=case.version.presence == ProcedureVersion.Presence.BOTH_AT_RESULT,
            by_post=by_post,
            taken_at=case.taken_at,
            trouble=trouble,
        )

    @property
    def late(self) -> bool:
        """Past its date and not decided, as far as we know."""
        return bool(
            self.due_at
            and self.now
            and self.now > self.due_at
            and self.work in (Work.FILED, Work.ATTENTION)
            and self.dossier
            not in (
                Dossier.DECIDED,
                Dossier.RETURNED,
                Dossier.SUPPLEMENT,
                Dossier.FINANCIAL,
                Dossier.WITHDRAWN,
                Dossier.NOT_ACCEPTED,
            )
        )

    @property
    def observed_late(self) -> bool:
        """Late, and the filing system was asked after the date and still had no result."""
        return self.late and bool(self.asked_at and self.due_at and self.asked_at > self.due_at)


@dataclass(frozen=True)
class Headline:
    """One clerk label and next action; one citizen sentence with what to do and whose turn it
    is."""

    key: str
    label: str
    tone: str
    icon: str
    next_action: str
    sentence: str
    to_do: str
    turn: Turn
