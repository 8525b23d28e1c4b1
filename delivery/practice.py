"""A case moved along its delivery through the services, for the practice day and training.

The carrier's part is told as the carrier tells it, under numbers no real event has; such a parcel
is not asked about any more, so the outside cannot contradict the exercise.
"""

from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from django.utils import timezone

from agencies.models import Staff
from cases.models import Case
from delivery import manifests, parcels, proofs, services, tracking
from delivery.carrier import CarrierEvent
from delivery.models import Parcel
from delivery.proofs import HandOver
from opsa.core.actors import Actor, ActorKind

#: What the practice day calls some stages.
_ALSO: Final = {"result": "received", "on_road": "in_transit"}
Stage = Literal[
    "received", "labelled", "handed_over", "in_transit", "out", "failed", "failed_twice",
    "returned", "delivered", "carrier_says_delivered", "collected",
]  # fmt: skip

_ROAD: Final[tuple[tuple[str, str], ...]] = (("70", ""), ("80", ""))
_AFTER: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "in_transit": _ROAD,
    "out": (*_ROAD, ("90", "")),
    "delivered": (*_ROAD, ("90", "")),
    "carrier_says_delivered": (*_ROAD, ("90", ""), ("100", "")),
    "failed": (*_ROAD, ("90", ""), ("91", "VANG_NHA")),
    "failed_twice": (*_ROAD, ("90", ""), ("91", "VANG_NHA"), ("90", ""), ("91", "SAI_DIA_CHI")),
    "returned": (*_ROAD, ("90", ""), ("91", "SAI_DIA_CHI"), ("161", ""), ("170", "")),
}


def deliver(case: Case, *, staff: Staff, upto: str, began: datetime | None = None) -> Case:
    """Take a decided case as far as `upto`; `began` is when its parcel was on the road (default:
    hours ago).

    The case must be decided and its address good; raises Refused as the counter would, and
    ValueError for a stage there is none of (`result` and `on_road` are other names of `received`
    and `in_transit`).
    """
    upto = _ALSO.get(upto, upto)
    if upto not in get_args(Stage):
        raise ValueError(f"no stage {upto}")
    actor = Actor(ActorKind.CLERK, staff.pk)
    services.result_received(case.pk, staff=staff, actor=actor)
    receiver = case.filer.name if case.filer else "–"
    given = HandOver(method="signature", receiver=receiver, relation="self")
    if case.version.procedure.sensitive and case.filer is not None:
        given = HandOver(
            method="id_shown",
            receiver=receiver,
            relation="self",
            id_digits=case.filer.id_number[-4:],
        )
    if upto == "collected":
        proofs.hand_over(case.pk, None, given, actor=actor)
    elif upto != "received":
        parcel = parcels.parcel_make(case.pk, staff=staff, actor=actor)
        if upto != "labelled":
            _on_the_road(parcel, upto, staff, actor, began or timezone.now() - timedelta(hours=7))
        if upto == "delivered":
            proofs.hand_over(case.pk, parcel.pk, given, actor=actor)
    return Case.objects.get(pk=case.pk)


def _on_the_road(parcel: Parcel, upto: str, staff: Staff, actor: Actor, began: datetime) -> None:
    line = manifests.parcel_scan(parcel.agency, parcel.number, staff=staff, actor=actor)
    manifests.manifest_close(line.manifest_id, "Lê Văn Phát (tập sự)", staff=staff, actor=actor)
    told = _AFTER.get(upto)
    if told is None:
        return
    events = [
        CarrierEvent(
            key=f"{parcel.number}/tap-su/{number}",
            number=number,
            code=code,
            at=began + timedelta(hours=number),
            place="Bưu cục phát",
            reason=reason,
        )
        for number, (code, reason) in enumerate(told, start=1)
    ]
    for event in events:
        tracking.apply_events(parcel.pk, [event])
    Parcel.objects.filter(pk=parcel.pk).update(next_poll_at=None)
