"""The apology for a result that is late (F10): once for each promised day that passed.

Told on the working days after it, when the filing system has been asked again, and only where it
answers: a result that lies there ready must not be called late.
"""

from datetime import datetime, time, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from cases import services as case_services
from cases.messages.services import tell
from cases.models import Case, Message, MessageSwitch
from cases.states import Dossier, Sync, Work
from opsa.core.working_time import load_calendar

EVENT: Final = "late"
#: An apology that comes later than this after the day is none.
WITHIN: Final = timedelta(days=7)
MOST: Final = 500


def _owed(now: datetime) -> QuerySet[Case]:
    today = timezone.make_aware(datetime.combine(timezone.localdate(now), time()))
    told = Message.objects.filter(
        case=OuterRef("pk"), event=EVENT, created_at__gt=OuterRef("due_at")
    )
    switched_off = MessageSwitch.objects.filter(
        procedure=OuterRef("version__procedure"), event=EVENT
    )
    return Case.objects.filter(
        ~Exists(told),
        ~Exists(switched_off),
        work=Work.FILED,
        queue=Case.Queue.AGENCY,
        dossier__in=(Dossier.NEW, Dossier.RECEIVED, Dossier.IN_WORK),
        sync=Sync.OK,
        decided_at=None,
        due_at__lt=today,
        due_at__gt=today - WITHIN,
    ).exclude(contact_by="none")


def apologise() -> int:
    """Owe each person whose result is late an apology; returns how many. Twice is once."""
    now = timezone.now()
    if not load_calendar().is_working(timezone.localdate(now)):
        return 0
    owed = 0
    for pk in list(_owed(now).order_by("due_at", "pk").values_list("pk", flat=True)[:MOST]):
        with transaction.atomic():
            case = case_services.lock(pk)
            # What was decided, or told by another worker, while this one waited for the case.
            if case.due_at is None or not _owed(now).filter(pk=pk).exists():
                continue
            day = timezone.localdate(case.due_at)
            owed += tell(case, EVENT, once=day.isoformat()) is not None
    return owed
