"""Manifests: parcels scanned one after another, handed over with both names (F13)."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.models import Agency, Staff
from cases import services as case_services
from cases.states import Delivery
from delivery import numbers, papers
from delivery.models import Manifest, ManifestLine, Parcel
from delivery.parcels import CHANNEL, FIRST_QUESTION, wake_carrier
from delivery.refusals import Refused
from opsa.core import journal, outbox
from opsa.core.actors import Actor
from opsa.core.codes import s10_valid
from opsa.core.text import clean

#: What the carrier takes in one hand-over.
MOST = 500


def manifest_open(agency: Agency, *, staff: Staff, actor: Actor) -> Manifest:
    """The office's open manifest; a new one when there is none. Two clerks get the same."""
    with transaction.atomic():
        found = Manifest.objects.filter(agency=agency, closed_at__isnull=True).first()
        if found is not None:
            return found
        try:
            with transaction.atomic():
                manifest = Manifest.objects.create(
                    agency=agency, number=numbers.next_manifest(agency), opened_by=staff
                )
        except IntegrityError:
            return Manifest.objects.get(agency=agency, closed_at__isnull=True)
        journal.record(
            actor,
            "manifest.opened",
            chain=f"office:{agency.pk}",
            subject=f"manifest:{manifest.pk}",
            number=manifest.number,
        )
    return manifest


def item_number(text: str) -> str:
    """A scanned item number as we store it."""
    return "".join(clean(text).split()).upper()[:40]


def parcel_scan(agency: Agency, text: str, *, staff: Staff, actor: Actor) -> ManifestLine:
    """Put a scanned parcel onto the office's open manifest.

    Raises Refused, with what to do, for one that is unknown here or another office's, cancelled,
    already handed over, or scanned before.
    """
    number = item_number(text)
    if not number:
        raise Refused(_("Chưa có số. Quét mã vạch trên nhãn."), "empty")
    with transaction.atomic():
        parcel = Parcel.objects.filter(number=number, agency=agency).first()
        if not agency.is_practice and number.startswith(numbers.PRACTICE_SERIES):
            raise Refused(
                _("%(number)s là nhãn tập sự. Bỏ ra, không giao bưu tá.") % {"number": number},
                "practice",
            )
        if parcel is None:
            raise Refused(_unknown(number), "unknown")
        manifest = manifest_open(agency, staff=staff, actor=actor)
        manifest = Manifest.objects.select_for_update().get(pk=manifest.pk)
        if manifest.closed_at is not None:
            return parcel_scan(agency, text, staff=staff, actor=actor)
        parcel = Parcel.objects.select_for_update().get(pk=parcel.pk)
        _may_go(parcel, manifest)
        if manifest.lines.count() >= MOST:
            raise Refused(_("Bảng kê đã đủ 500 bưu gửi. Bàn giao bảng này trước."), "full")
        line = ManifestLine.objects.create(manifest=manifest, parcel=parcel, scanned_by=staff)
        journal.record(
            actor,
            "manifest.scanned",
            chain=f"case:{parcel.case_id}",
            subject=f"manifest:{manifest.pk}",
            number=parcel.number,
        )
    return line


def _unknown(number: str) -> str:
    if s10_valid(number):
        return _("%(number)s không phải bưu gửi của điểm này. Để riêng ra, hỏi điểm gửi.") % {
            "number": number
        }
    return _("Không đọc ra số bưu gửi. Quét lại mã vạch trên nhãn.")


def _may_go(parcel: Parcel, manifest: Manifest) -> None:
    if parcel.cancelled_at is not None:
        raise Refused(
            _("%(number)s: nhãn đã hủy. Bỏ nhãn này, dán nhãn mới.") % {"number": parcel.number},
            "cancelled",
        )
    line = parcel.manifest_lines.filter(refused="").select_related("manifest").first()
    if line is not None and line.manifest_id == manifest.pk:
        raise Refused(
            _("%(number)s đã quét vào bảng này rồi.") % {"number": parcel.number}, "twice"
        )
    if line is not None or parcel.state != Parcel.State.LABELLED:
        raise Refused(
            _("%(number)s đã giao bưu tá trước đó, theo bảng %(manifest)s.")
            % {"number": parcel.number, "manifest": line.manifest.number if line else "–"},
            "handed_over",
        )


def line_remove(line_id: int, agency: Agency, *, actor: Actor) -> None:
    """Take a parcel off the open manifest; gone already is as good. A closed manifest is never
    changed."""
    with transaction.atomic():
        line = (
            ManifestLine.objects.filter(pk=line_id, manifest__agency=agency)
            .select_related("parcel")
            .first()
        )
        if line is None:
            return
        manifest = Manifest.objects.select_for_update().get(pk=line.manifest_id)
        if manifest.closed_at is not None:
            raise Refused(_("Bảng kê đã đóng, không gỡ được."), "closed")
        line.delete()
        journal.record(
            actor,
            "manifest.unscanned",
            chain=f"case:{line.parcel.case_id}",
            subject=f"manifest:{manifest.pk}",
            number=line.parcel.number,
        )


def manifest_close(
    manifest_id: int, carrier_person: str, *, staff: Staff, actor: Actor
) -> Manifest:
    """Hand over: both names, the paper to sign, the carrier told, every case on the road. Twice
    is once."""
    name = clean(carrier_person).strip()[:80]
    with transaction.atomic():
        manifest = (
            Manifest.objects.select_for_update(of=("self",))
            .select_related("agency")
            .get(pk=manifest_id)
        )
        if manifest.closed_at is not None:
            return manifest
        if not name:
            raise Refused(_("Ghi họ tên bưu tá nhận."), "no_name")
        parcels = list(Parcel.objects.filter(manifest_lines__manifest=manifest).order_by("case_id"))
        if not parcels:
            raise Refused(_("Chưa quét bưu gửi nào."), "empty")
        now = timezone.now()
        manifest.closed_at, manifest.closed_by, manifest.carrier_person = now, staff, name
        manifest.save(update_fields=["closed_at", "closed_by", "carrier_person"])
        for parcel in parcels:
            case_services.lock(parcel.case_id)
            moved = Parcel.objects.filter(pk=parcel.pk, state=Parcel.State.LABELLED).update(
                state=Parcel.State.HANDED_OVER,
                handed_over_at=now,
                trouble="",
                next_poll_at=None if manifest.agency.is_practice else now + FIRST_QUESTION,
            )
            if moved:
                case_services.delivery_set(
                    parcel.case_id, Delivery.HANDED_OVER, actor=actor, at=now
                )
        papers.manifest_ask(manifest, staff=staff)
        if not manifest.agency.is_practice:  # no carrier hears of practice (F25)
            outbox.put(
                kind="manifest",
                channel=CHANNEL,
                key=f"manifest:{manifest.number}",
                subject=manifest.pk,
            )
            wake_carrier()
        journal.record(
            actor,
            "manifest.closed",
            chain=f"office:{manifest.agency_id}",
            subject=f"manifest:{manifest.pk}",
            number=manifest.number,
            parcels=len(parcels),
        )
    return manifest
