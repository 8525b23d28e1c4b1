"""The outbox handlers of the carrier: register an item, take one back, hand over a manifest
(F01, F13)."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from cases import services as case_services
from cases.states import Delivery
from delivery.carrier import Carrier, Said
from delivery.models import Manifest, ManifestLine, Parcel
from opsa.core import journal, outbox
from opsa.core.actors import CARRIER, SYSTEM
from opsa.core.codes import group_reference
from opsa.core.outbox import Answer, Claim, Outcome

Trouble = Parcel.Trouble


def registration(parcel: Parcel) -> dict[str, Any]:
    """What the carrier is told about an item, from the address frozen with it: the same each
    time."""
    to = json.loads(parcel.address)
    agency = parcel.agency
    return {
        "MaVanDon": parcel.number,
        "MaThamChieu": group_reference(parcel.case.reference),
        "TenHang": "Kết quả thủ tục hành chính",
        "NguoiNhan": {
            "HoTen": to["recipient"],
            "SoDienThoai": to["phone"],
            "DiaChi": to["line"],
            "XaPhuong": to["commune"],
            "MaXaPhuong": to["commune_code"],
            "TinhThanh": to["province"],
            "MaBuuChinh": to["postal_code"],
            "TenCu": to["old_unit"],
        },
        "NguoiGui": {
            "HoTen": agency.name,
            "DiaChi": agency.address,
            "MaBuuCuc": agency.vnpost_code,
        },
    }


def _outcome(said: Said, apply: Callable[[], None] | None) -> Outcome:
    return Outcome(said.answer, said.detail, said.retry_after, apply)


def _parcel(parcel_id: int) -> Parcel:
    return Parcel.objects.select_related("agency", "case").get(pk=parcel_id)


class ParcelSender:
    """Registers an item under its number. One cancelled before it was told is not told any more."""

    def send(self, claim: Claim) -> Outcome:
        """Tell the carrier once."""
        parcel = _parcel(claim.subject)
        if parcel.cancelled_at is not None:
            return Outcome(Answer.REFUSED, "cancelled")
        return self._after(parcel.pk, Carrier().register(registration(parcel)))

    def look_up(self, claim: Claim) -> Outcome:
        """Ask whether the carrier has the number."""
        return self._after(claim.subject, Carrier().find(_parcel(claim.subject).number))

    def to_person(self, claim: Claim, why: str) -> None:
        """Nobody knows whether it is registered: shown on the parcel, and the manifest asks
        again."""
        _trouble(claim.subject, Trouble.UNSURE)

    def _after(self, parcel_id: int, said: Said) -> Outcome:
        apply: Callable[[], None] | None = None
        if said.answer is Answer.DONE:
            apply = partial(_registered, parcel_id)
        elif said.answer is Answer.REFUSED:
            apply = partial(_trouble, parcel_id, Trouble.NOT_REGISTERED)
        return _outcome(said, apply)


def _registered(parcel_id: int) -> None:
    Parcel.objects.filter(pk=parcel_id, registered_at__isnull=True).update(
        registered_at=timezone.now()
    )
    Parcel.objects.filter(
        pk=parcel_id, trouble__in=(Trouble.NOT_REGISTERED, Trouble.UNSURE)
    ).update(trouble="")


def _trouble(parcel_id: int, trouble: str) -> None:
    parcel = Parcel.objects.select_for_update().get(pk=parcel_id)
    parcel.trouble = trouble
    parcel.save(update_fields=["trouble"])
    journal.record(
        SYSTEM,
        "parcel.trouble",
        chain=f"case:{parcel.case_id}",
        subject=f"parcel:{parcel.pk}",
        number=parcel.number,
        what=trouble,
    )


class CancelSender:
    """Takes a registered item back at the carrier. Doing it again, or to one never told, is no
    harm."""

    def send(self, claim: Claim) -> Outcome:
        """Ask the carrier to forget the item."""
        return _outcome(Carrier().cancel(_parcel(claim.subject).number), None)

    def look_up(self, claim: Claim) -> Outcome:
        """A cancellation is its own question: the same call again answers what holds."""
        return self.send(claim)

    def to_person(self, claim: Claim, why: str) -> None:
        """The carrier may wait for an item that never comes; it is shown on the parcel."""
        _trouble(claim.subject, Trouble.UNSURE)


class ManifestSender:
    """Hands over a manifest. What the carrier has not heard of yet is registered first, so a
    manifest that overtakes its items in the queue refuses nothing."""

    def send(self, claim: Claim) -> Outcome:
        """Tell the carrier; compare what it took with what we handed over."""
        manifest = Manifest.objects.select_related("agency", "closed_by").get(pk=claim.subject)
        parcels = list(
            Parcel.objects.filter(manifest_lines__manifest=manifest)
            .select_related("agency", "case")
            .order_by("pk")
        )
        for parcel in parcels:
            if parcel.registered_at is not None:
                continue
            # Five hundred slow answers would outlast the lease, and another worker would begin.
            if not outbox.sending(claim):
                return Outcome(Answer.UNKNOWN, "lease_lost")
            if (said := self._register(parcel)) is not None:
                return _outcome(said, None)
        if not outbox.sending(claim):
            return Outcome(Answer.UNKNOWN, "lease_lost")
        clerk = manifest.closed_by.display_name if manifest.closed_by else ""
        said = Carrier().hand_over(
            {
                "SoBangKe": manifest.number,
                "BuuCuc": manifest.agency.vnpost_code,
                "NguoiGiao": clerk,
                "NguoiNhan": manifest.carrier_person,
                "MaVanDon": [parcel.number for parcel in parcels],
            }
        )
        if said.answer is Answer.DONE:
            return _outcome(said, partial(manifest_told, manifest.pk, said))
        if said.answer is Answer.REFUSED:
            return _outcome(said, partial(_manifest_trouble, manifest.pk, said.detail))
        return _outcome(said, None)

    def _register(self, parcel: Parcel) -> Said | None:
        """None when the item is known over there, or refused for good (the hand-over will say
        so)."""
        found = Carrier().find(parcel.number)
        if found.answer is Answer.ABSENT:
            found = Carrier().register(registration(parcel))
        if found.answer is Answer.DONE:
            with transaction.atomic():
                _registered(parcel.pk)
            return None
        if found.answer in (Answer.REFUSED, Answer.CANNOT_TELL):
            return None
        # Nothing of the manifest itself has left, so it may be tried again from the start.
        return Said(Answer.NOT_PROCESSED, found.detail, found.retry_after)

    def look_up(self, claim: Claim) -> Outcome:
        """The carrier has no question for a manifest; the same one again gives the same answer."""
        return self.send(claim)

    def to_person(self, claim: Claim, why: str) -> None:
        """The list has left with the postman; whether the carrier's system has it must be asked."""
        _manifest_trouble(claim.subject, why)


def _manifest_trouble(manifest_id: int, why: str) -> None:
    manifest = Manifest.objects.select_for_update().get(pk=manifest_id)
    manifest.trouble = why[:60]
    manifest.save(update_fields=["trouble"])
    journal.record(
        SYSTEM,
        "manifest.trouble",
        chain=f"office:{manifest.agency_id}",
        subject=f"manifest:{manifest.pk}",
        number=manifest.number,
        what=why[:60],
    )


def manifest_told(manifest_id: int, said: Said) -> None:
    """Compare the carrier's list with ours: what it refused, or did not mention, becomes work
    again."""
    manifest = Manifest.objects.select_for_update().get(pk=manifest_id)
    manifest.told_at = timezone.now()
    ours = {
        line.parcel.number: line
        for line in manifest.lines.filter(refused="")
        .select_related("parcel")
        .order_by("parcel__case_id")
    }
    extra = len(set(said.taken) - set(ours))
    if extra:
        manifest.trouble = "carrier_took_others"
    manifest.save(update_fields=["told_at", "trouble"])
    for number, line in ours.items():
        if number not in said.taken:
            _not_taken(line, said.refused.get(number, "no_answer"))
    journal.record(
        CARRIER,
        "manifest.told",
        chain=f"office:{manifest.agency_id}",
        subject=f"manifest:{manifest.pk}",
        number=manifest.number,
        taken=len(said.taken),
        refused=len(said.refused),
        extra=extra,
    )


def _not_taken(line: ManifestLine, reason: str) -> None:
    parcel = line.parcel
    case_services.lock(parcel.case_id)
    locked = Parcel.objects.select_for_update().get(pk=parcel.pk)
    if reason == "DA_BAN_GIAO":
        # It is with the carrier, only under another list: not ours to take back.
        locked.trouble = Trouble.ELSEWHERE
        locked.save(update_fields=["trouble"])
        return
    line.refused = reason
    line.save(update_fields=["refused"])
    journal.record(
        CARRIER,
        "parcel.not_taken",
        chain=f"case:{locked.case_id}",
        subject=f"parcel:{locked.pk}",
        number=locked.number,
        what=reason,
    )
    if locked.state != Parcel.State.HANDED_OVER:
        return
    locked.state, locked.trouble = Parcel.State.LABELLED, Trouble.NOT_TAKEN
    locked.handed_over_at = locked.next_poll_at = None
    locked.save(update_fields=["state", "trouble", "handed_over_at", "next_poll_at"])
    case_services.delivery_set(locked.case_id, Delivery.LABELLED, actor=CARRIER)
