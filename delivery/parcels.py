"""Parcels: a number and a label for a result, its address, and what happens when one comes back
(F13)."""

import json
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.models import Commune, Staff
from cases import services as case_services
from cases.filing.tasks import nudge
from cases.models import Case, DeliveryAddress
from cases.states import Delivery, Work
from delivery import numbers, papers
from delivery.codes import ENDED
from delivery.models import ManifestLine, Parcel, Result
from delivery.refusals import Refused
from opsa.core import journal, outbox, practice
from opsa.core.actors import Actor

CHANNEL = "carrier"
#: From these a (new) parcel may be made: the paper is at the office.
READY = frozenset({Delivery.AVAILABLE, Delivery.RETURNED, Delivery.HELD_AT_COUNTER})
#: A second attempt that fails is when the counter is offered (F13).
OFFER_COUNTER_AFTER = 2
FIRST_QUESTION = timedelta(minutes=30)


def wake_carrier() -> None:
    """Have the carrier's outbox looked at once this transaction is through."""
    transaction.on_commit(lambda: nudge(CHANNEL))


def lock_parcel(parcel_id: int) -> tuple[Case, Parcel]:
    """Case first, then parcel: everybody takes them in this order. Call inside a transaction."""
    case_id = Parcel.objects.values_list("case_id", flat=True).get(pk=parcel_id)
    case = case_services.lock(case_id)
    return case, Parcel.objects.select_for_update().get(pk=parcel_id)


def current_parcel(case: Case) -> Parcel | None:
    """The newest parcel of a case that was not cancelled: the one that says where its results
    are."""
    return case.parcels.filter(cancelled_at__isnull=True).order_by("-pk").first()


def address_problem(address: DeliveryAddress | None) -> str:
    """What is missing for a label, or ''."""
    if address is None or not address.by_post:
        return _(
            "Khách chọn nhận tại bưu điện, không gửi bưu tá. Sửa cách trả kết quả nếu khách đổi ý."
        )
    if not (address.recipient.strip() and address.line.strip() and address.commune_id):
        return _("Địa chỉ chưa đủ: cần tên người nhận, số nhà, xã phường.")
    if not address.phone.strip():
        return _("Chưa có số điện thoại người nhận. Bưu tá cần số để gọi.")
    return ""


def _frozen(address: DeliveryAddress) -> str:
    commune = address.commune
    assert commune is not None
    return json.dumps(
        {
            "recipient": address.recipient,
            "phone": address.phone,
            "line": address.line,
            "commune": str(commune),
            "commune_code": commune.code,
            "province": commune.province.name,
            "postal_code": commune.postal_code,
            "old_unit": address.old_unit,
        },
        ensure_ascii=False,
        sort_keys=True,
    )


def parcel_make(case_id: int, *, staff: Staff, actor: Actor, alone: bool = True) -> Parcel:
    """A number, a label and a registration that is owed to the carrier. Again gives the same
    parcel. `alone` False draws no label of its own: it comes in a file with others.

    Raises Refused when the paper is not at the office or the address will not do.
    """
    with transaction.atomic():
        case = case_services.lock(case_id)
        parcel = current_parcel(case)
        if parcel is not None and parcel.state not in ENDED and parcel.state != Parcel.State.HELD:
            return parcel
        if case.work not in (Work.FILED, Work.ATTENTION) or case.delivery not in READY:
            raise Refused(_("Kết quả chưa ở bưu điện nên chưa làm nhãn được."), "not_here")
        if parcel is not None and parcel.state == Parcel.State.HELD:
            raise Refused(_("Bưu gửi cũ đang giữ tại điểm. Trả khách tại quầy."), "held")
        address = (
            DeliveryAddress.objects.select_related("commune__province").filter(case=case).first()
        )
        if problem := address_problem(address):
            raise Refused(problem, "address")
        assert address is not None
        parcel = Parcel.objects.create(
            agency_id=case.agency_id,
            case=case,
            number=numbers.next_item(practice=case.system_id == practice.SYSTEM),
            address=_frozen(address),
            made_by=staff,
        )
        case.results.filter(state__in=(Result.State.AT_OFFICE, Result.State.PARCELLED)).update(
            state=Result.State.PARCELLED, parcel=parcel
        )
        _owe(parcel, "parcel")
        if alone:
            papers.label_ask(parcel, case, staff=staff)
        journal.record(
            actor,
            "parcel.made",
            chain=f"case:{case.pk}",
            subject=f"parcel:{parcel.pk}",
            number=parcel.number,
        )
        case_services.delivery_set(case.pk, Delivery.LABELLED, actor=actor)
    return parcel


def _owe(parcel: Parcel, kind: str) -> None:
    if parcel.case.system_id == practice.SYSTEM:
        return  # no carrier hears of practice (F25)
    outbox.put(kind=kind, channel=CHANNEL, key=f"{kind}:{parcel.number}", subject=parcel.pk)
    wake_carrier()


def parcel_cancel(parcel_id: int, *, actor: Actor) -> Parcel:
    """Take a label back before it is handed over: wrong address, or the citizen came. Twice is
    once."""
    with transaction.atomic():
        case, parcel = lock_parcel(parcel_id)
        if parcel.cancelled_at is not None:
            return parcel
        if parcel.state != Parcel.State.LABELLED:
            raise Refused(_("Bưu gửi đã giao bưu tá, không hủy nhãn được nữa."), "handed_over")
        if ManifestLine.objects.filter(parcel=parcel, refused="").exists():
            raise Refused(_("Bưu gửi đang ở bảng kê. Gỡ khỏi bảng kê trước."), "on_manifest")
        parcel.cancelled_at = timezone.now()
        parcel.save(update_fields=["cancelled_at"])
        parcel.results.update(state=Result.State.AT_OFFICE, parcel=None)
        _owe(parcel, "parcel_cancel")
        journal.record(
            actor,
            "parcel.cancelled",
            chain=f"case:{case.pk}",
            subject=f"parcel:{parcel.pk}",
            number=parcel.number,
        )
        case_services.delivery_set(case.pk, Delivery.AVAILABLE, actor=actor)
    return parcel


def address_correct(case_id: int, values: dict[str, Any], *, actor: Actor) -> DeliveryAddress:
    """Write another address (or the counter) for the results. A label that exists says something
    else, so it must be cancelled first. The journal names the fields, never their content."""
    allowed = {"by_post", "recipient", "phone", "line", "old_unit", "commune"}
    assert set(values) <= allowed
    with transaction.atomic():
        case = case_services.lock(case_id)
        parcel = current_parcel(case)
        if parcel is not None and parcel.state not in ENDED:
            raise Refused(
                _("Nhãn %(number)s còn dùng địa chỉ cũ. Hủy nhãn trước, rồi sửa.")
                % {"number": parcel.number},
                "label_exists",
            )
        address = DeliveryAddress.objects.filter(case=case).first() or DeliveryAddress(case=case)
        changed = [name for name, value in values.items() if getattr(address, name) != value]
        for name in changed:
            setattr(address, name, values[name])
        address.save()
        if changed:
            journal.record(
                actor,
                "delivery.address",
                chain=f"case:{case.pk}",
                subject=f"case:{case.pk}",
                fields=",".join(sorted(changed)),
            )
    return address


def hold_at_counter(case_id: int, *, actor: Actor) -> Case:
    """The results wait at the counter for their person: after failed attempts or a return (F13).

    A parcel that is still with the carrier is kept at the delivery office; it stays trackable.
    """
    with transaction.atomic():
        case = case_services.lock(case_id)
        if case.delivery == Delivery.HELD_AT_COUNTER:
            return case
        parcel = current_parcel(case)
        if parcel is None or parcel.state not in (
            Parcel.State.FAILED,
            Parcel.State.RETURNED,
            Parcel.State.LOST,
        ):
            raise Refused(
                _("Chỉ giữ tại quầy sau khi phát không được hoặc đã hoàn về."), "not_failed"
            )
        if parcel.state == Parcel.State.LOST:
            raise Refused(_("Bưu gửi đang thất lạc, chưa có gì để giữ tại quầy."), "lost")
        if parcel.state == Parcel.State.FAILED:
            Parcel.objects.filter(pk=parcel.pk).update(state=Parcel.State.HELD)
        else:
            parcel.results.update(state=Result.State.AT_OFFICE)
        journal.record(
            actor,
            "delivery.held",
            chain=f"case:{case.pk}",
            subject=f"parcel:{parcel.pk}",
            number=parcel.number,
        )
        return case_services.delivery_set(case.pk, Delivery.HELD_AT_COUNTER, actor=actor)


def communes_of(province: str = "01") -> list[Commune]:
    """The communes a delivery address may name, in the order people look for them."""
    return list(Commune.objects.filter(province_id=province).order_by("search_key"))
