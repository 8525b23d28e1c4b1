"""Results: announced by the authority, received at the office (F13, correction 6).

An announced paper is still at the authority: the case waits in the authority's queue until somebody
at the office has the paper in hand. Delivery belongs to a result; the case's delivery fact is the
slowest.
"""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.models import Staff
from cases import services as case_services
from cases.messages import services as messages
from cases.models import Case
from cases.states import Delivery, Dossier, Work
from cases.tracking.hooks import ResultNews
from delivery.models import Result
from delivery.refusals import Refused
from opsa.core import journal
from opsa.core.actors import SYSTEM, Actor
from procedures.models import ProcedureVersion, ResultKind

Form = ResultKind.Form


def results_announced(case_id: int, news: Sequence[ResultNews]) -> None:
    """Keep each announced result once and say what follows for the case. Idempotent by `news.key`.

    Runs inside the transaction that applied the report, with the case locked.
    """
    with transaction.atomic():
        case = case_services.lock(case_id)
        version = ProcedureVersion.objects.prefetch_related("results").get(pk=case.version_id)
        kinds = list(version.results.all())
        in_person = version.presence == ProcedureVersion.Presence.BOTH_AT_RESULT
        for told in news:
            kind = _kind_of(told, kinds)
            _, created = Result.objects.get_or_create(
                key=told.key,
                defaults={
                    "case": case,
                    "agency_id": case.agency_id,
                    "kind": kind,
                    "name": told.name[:200],
                    "number": told.number[:60],
                    "form": told.form if told.form in Form.values else Form.PAPER,
                    "state": _first_state(told.form, in_person=in_person),
                    "announced_at": told.at,
                },
            )
            if created:
                journal.record(
                    SYSTEM,
                    "result.announced",
                    chain=f"case:{case.pk}",
                    subject=f"case:{case.pk}",
                    form=told.form,
                    in_person=in_person,
                )
        _settle(case, kinds)


def _kind_of(told: ResultNews, kinds: Sequence[ResultKind]) -> ResultKind | None:
    same = [kind for kind in kinds if kind.name.casefold() == told.name.casefold()]
    return same[0] if same else kinds[0] if len(kinds) == 1 else None


def _first_state(form: str, *, in_person: bool) -> str:
    if in_person:
        return Result.State.IN_PERSON
    return Result.State.ELECTRONIC if form == Form.ELECTRONIC else Result.State.ANNOUNCED


def _settle(case: Case, kinds: Sequence[ResultKind]) -> None:
    """Nothing to bring to anybody: said at once. A paper kind still to be announced keeps it
    open."""
    results = list(case.results.all())
    if not results or any(
        r.state not in (Result.State.ELECTRONIC, Result.State.IN_PERSON) for r in results
    ):
        return
    if len(results) < len(kinds):
        seen = {r.kind_id for r in results}
        if any(kind.form == Form.PAPER and kind.pk not in seen for kind in kinds):
            return
    if case.delivery == Delivery.WAITING:
        case_services.delivery_set(case.pk, Delivery.NOT_NEEDED, actor=SYSTEM)


def may_receive(case: Case) -> bool:
    """Whether the paper of this case may be noted as received at the office."""
    return (
        case.work in (Work.FILED, Work.ATTENTION)
        and case.delivery == Delivery.WAITING
        and case.dossier in (Dossier.DECIDED, Dossier.RETURNED)
    )


def result_received(case_id: int, *, staff: Staff, actor: Actor) -> Case:
    """The office has the paper in hand: what was announced is here, and the case may be delivered.

    The second of two clicks changes nothing. Raises Refused when there is nothing to receive.
    """
    with transaction.atomic():
        case = case_services.lock(case_id)
        if case.delivery == Delivery.NOT_NEEDED:
            raise Refused(_("Hồ sơ này không có kết quả giấy để nhận."), "no_paper")
        if case.delivery != Delivery.WAITING:
            return case
        if not may_receive(case):
            raise Refused(
                _("Cơ quan chưa báo giải quyết xong hồ sơ này. Hỏi lại cổng trước khi nhận."),
                "not_decided",
            )
        waiting = list(case.results.filter(state=Result.State.ANNOUNCED)) or _unannounced(case)
        if not waiting:
            raise Refused(_("Hồ sơ này không có kết quả giấy để nhận."), "no_paper")
        now = timezone.now()
        Result.objects.filter(pk__in=[r.pk for r in waiting]).update(
            state=Result.State.AT_OFFICE, received_at=now, received_by=staff
        )
        journal.record(
            actor,
            "result.received",
            chain=f"case:{case.pk}",
            subject=f"case:{case.pk}",
            papers=len(waiting),
        )
        case = case_services.delivery_set(case.pk, Delivery.AVAILABLE, actor=actor, at=now)
        address = getattr(case, "delivery_address", None)
        if address is not None and not address.by_post:
            messages.tell(case, "result", once="at_office")
    return case


def _unannounced(case: Case) -> list[Result]:
    """Papers of the procedure that the authority handed out without listing them in its answer."""
    if case.results.exists():
        return []
    version = ProcedureVersion.objects.prefetch_related("results").get(pk=case.version_id)
    if version.presence == ProcedureVersion.Presence.BOTH_AT_RESULT:
        return []
    return [
        Result.objects.create(
            case=case,
            agency_id=case.agency_id,
            kind=kind,
            key=f"case:{case.pk}:{kind.pk}",
            name=kind.name,
            form=kind.form,
            announced_at=case.decided_at or timezone.now(),
        )
        for kind in version.results.all()
        if kind.form != Form.ELECTRONIC
    ]
