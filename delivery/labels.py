"""Labels for many cases: ordered in one press, made one after another by a worker (F13).

The clerk's page waits for nothing and shows how far it is. Each label is a transaction of its own:
a worker that dies costs one, and the next one goes on where it stopped.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import structlog
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from agencies.access import actor_of
from agencies.models import Staff
from cases.models import Case
from delivery import papers, parcels
from delivery.models import LabelRun, Parcel
from delivery.refusals import Refused
from opsa.core.waking import wake

#: What fits one sheet file and one click; the rest is the next click.
MOST: Final = 200
LOST: Final = timedelta(seconds=10)
log = structlog.get_logger(__name__)


def run_ask(case_ids: Sequence[int], *, staff: Staff) -> LabelRun:
    """Order labels for these cases of the person's office. The caller has checked whose they are.

    Raises ValueError for none, for more than `MOST`, and for a person without an office.
    """
    wanted = sorted(set(case_ids))
    if staff.agency is None or not 1 <= len(wanted) <= MOST:
        raise ValueError("one office, and one case to two hundred")
    run = LabelRun.objects.create(agency=staff.agency, asked_by=staff, cases=wanted)
    transaction.on_commit(lambda: _nudge(run.pk))
    return run


def run_work(run_id: int) -> None:
    """Make what is left of an order. Twice, or in two workers, makes each label once."""
    while _step(run_id):
        pass


def lost_runs() -> list[int]:
    """Orders whose nudge was lost or whose worker died."""
    waiting = LabelRun.objects.filter(ended_at=None, asked_at__lt=timezone.now() - LOST)
    return list(waiting.order_by("asked_at").values_list("pk", flat=True)[:20])


def _step(run_id: int) -> bool:
    """One label; False when nothing is left or another worker is at it."""
    with transaction.atomic():
        run = (
            LabelRun.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("asked_by", "agency")
            .filter(pk=run_id, ended_at=None)
            .first()
        )
        if run is None:
            return False
        with translation.override(run.asked_by.language):
            _make(run, run.cases[run.done])
        run.done += 1
        if run.done == len(run.cases):
            _end(run)
        run.save(update_fields=["done", "made", "left", "paper", "ended_at"])
    return run.ended_at is None


def _make(run: LabelRun, case_id: int) -> None:
    try:
        if not Case.objects.filter(pk=case_id, agency=run.agency_id).exists():
            raise Refused(_("Hồ sơ đã chuyển sang điểm khác."), "moved")
        parcel = parcels.parcel_make(
            case_id, staff=run.asked_by, actor=actor_of(run.asked_by), alone=False
        )
    except Refused as refused:
        run.left.append([case_id, refused.text])
    except Exception as error:  # one that can't be made holds up none of the others
        log.exception("label not made", run=run.pk, case=case_id, error=type(error).__name__)
        run.left.append([case_id, _("Chưa làm được nhãn. Mở hồ sơ để làm riêng.")])
    else:
        run.made.append(parcel.pk)


def _end(run: LabelRun) -> None:
    run.ended_at = timezone.now()
    made = list(Parcel.objects.filter(pk__in=run.made).select_related("case").order_by("pk"))
    if made:
        run.paper = papers.labels_ask(made, run.agency, staff=run.asked_by)


def _nudge(run_id: int) -> None:
    from delivery.tasks import label_run

    wake(label_run, run_id)
