"""Results: announced by the authority, received at the office (F13, correction 6).

An announced paper is still at the authority: the case waits in the authority's queue until somebody
at the office has the paper in hand. Delivery belongs to a result; the case's delivery fact is the
slowest. A paper that is announced after the others came is fetched and brought like them: in the
same parcel while that is open on our table, else in one of its own.
"""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.models import Staff
from cases import services as case_services
from cases.messages import services as messages
from cases.models import Case
from cases.states import DELIVERY_ENDS, Delivery, Dossier, Work
from cases.tracking.hooks import ResultNews
from delivery.models import Parcel, Result
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
        fresh: list[Result] = []
        for told in news:
            kind = _kind_of(told, kinds)
            if _known(case, told, kind):
                continue
            result, created = Result.objects.get_or_create(
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
                fresh.append(result)
                journal.record(
                    SYSTEM,
                    "result.announced",
                    chain=f"case:{case.pk}",
                    subject=f"case:{case.pk}",
                    form=told.form,
                    in_person=in_person,
                )
        _settle(case, kinds)
        _work_again(case, fresh)


def _known(case: Case, told: ResultNews, kind: ResultKind | None) -> bool:
    """Whether this is a paper that we already have, by another key: it came before the authority
    listed it, or before it had its number. It takes the key and number over."""
    if Result.objects.filter(key=told.key).exists():
        return True
    for result in case.results.filter(number="", form=told.form):
        same_name = result.name.casefold() == told.name.casefold()
        ours = result.key.startswith("case:")
        if (ours and (same_name or (kind and result.kind_id == kind.pk))) or (
            same_name and told.number
        ):
            result.key, result.name, result.number = told.key, told.name[:200], told.number[:60]
            result.save(update_fields=["key", "name", "number"])
            return True
    return False


def _work_again(case: Case, fresh: Sequence[Result]) -> None:
    """A paper announced after everything had reached its person: somebody must fetch and bring it.
    While the others are still under way the case stays where they are."""
    papers = [result for result in fresh if result.state == Result.State.ANNOUNCED]
    case.refresh_from_db()
    if not papers or case.delivery not in DELIVERY_ENDS:
        return
    if case.work == Work.CLOSED:
        case_services.work_move(
            case.pk, Work.FILED, actor=SYSTEM, reason="another_result_announced"
        )
    case_services.delivery_set(case.pk, Delivery.WAITING, actor=SYSTEM)


def left_over(case: Case, ended: Delivery) -> Delivery:
    """Where the case's results are when one hand-over has `ended`: papers at our office come first,
    then those still at the authority."""
    states = set(case.results.values_list("state", flat=True))
    if Result.State.AT_OFFICE in states:
        return Delivery.AVAILABLE
    return Delivery.WAITING if Result.State.ANNOUNCED in states else ended


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


def may_receive(case: Case, *, announced: bool = False) -> bool:
    """Whether a paper of this case may be noted as received at the office. `announced`: one is
    known to lie at the authority still, whatever became of the others. Pure."""
    return (
        case.work in (Work.FILED, Work.ATTENTION)
        and case.dossier in (Dossier.DECIDED, Dossier.RETURNED)
        and (case.delivery == Delivery.WAITING or announced)
    )


def result_received(case_id: int, *, staff: Staff, actor: Actor) -> Case:
    """The office has the paper in hand: what was announced is here, and the case may be delivered.

    The second of two clicks changes nothing. Raises Refused when there is nothing to receive.
    """
    with transaction.atomic():
        case = case_services.lock(case_id)
        if case.delivery == Delivery.NOT_NEEDED:
            raise Refused(_("Hồ sơ này không có kết quả giấy để nhận."), "no_paper")
        announced = list(case.results.filter(state=Result.State.ANNOUNCED))
        if case.delivery != Delivery.WAITING and not announced:
            return case
        if not may_receive(case, announced=bool(announced)):
            raise Refused(
                _("Cơ quan chưa báo giải quyết xong hồ sơ này. Hỏi lại cổng trước khi nhận."),
                "not_decided",
            )
        waiting = announced or _unannounced(case)
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
        if case.delivery != Delivery.WAITING:
            _into_the_open_parcel(case)
            return case
        case = case_services.delivery_set(case.pk, Delivery.AVAILABLE, actor=actor, at=now)
        messages.tell(case, "result", once=f"at_office:{waiting[0].pk}")
    return case


def _into_the_open_parcel(case: Case) -> None:
    """A label is made and not on any manifest: the paper goes into the same envelope."""
    parcel = (
        case.parcels.filter(cancelled_at__isnull=True, state=Parcel.State.LABELLED)
        .exclude(manifest_lines__refused="")
        .first()
    )
    if parcel is not None:
        case.results.filter(state=Result.State.AT_OFFICE).update(
            state=Result.State.PARCELLED, parcel=parcel
        )


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
