"""Results and how they reach the door: parcels, manifests, tracking and proof (F13)."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Staff
from cases.models import Case
from procedures.models import ResultKind


class Parcel(models.Model):
    """One tracked item (bưu gửi). `number` is the carrier's; S10 with its check digit."""

    class State(models.TextChoices):
        LABELLED = "labelled", _("Đã in nhãn")
        HANDED_OVER = "handed_over", _("Đã giao bưu tá")
        IN_TRANSIT = "in_transit", _("Đang vận chuyển")
        OUT = "out", _("Đang phát")
        FAILED = "failed", _("Phát không được")
        HELD = "held", _("Giữ tại điểm")
        RETURNING = "returning", _("Đang chuyển hoàn")
        RETURNED = "returned", _("Đã chuyển hoàn")
        LOST = "lost", _("Thất lạc")
        DELIVERED = "delivered", _("Đã phát")

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="parcels")
    case = models.ForeignKey(Case, models.PROTECT, related_name="parcels")
    number = models.CharField(_("số hiệu"), max_length=16, unique=True)
    state = models.CharField(max_length=12, choices=State, default=State.LABELLED)
    reason = models.CharField(_("lý do không phát được"), max_length=20, blank=True)
    attempts = models.PositiveSmallIntegerField(_("lần phát"), default=0)
    made_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    registered_at = models.DateTimeField(_("báo hãng lúc"), null=True, blank=True)
    handed_over_at = models.DateTimeField(null=True, blank=True)
    last_event_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    next_poll_at = models.DateTimeField(null=True, blank=True)
    polled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("bưu gửi")
        verbose_name_plural = _("bưu gửi")
        indexes: ClassVar = [
            models.Index(
                fields=("next_poll_at",), condition=models.Q(next_poll_at__isnull=False), name="parcel_to_ask"
            ),
            models.Index(fields=("agency", "state", "id"), name="parcel_by_state"),
        ]

    def __str__(self) -> str:
        return self.number


class Result(models.Model):
    """One thing the authority issued for a case: paper, electronic, or collected in person."""

    class State(models.TextChoices):
        ANNOUNCED = "announced", _("Cơ quan báo có")
        AT_OFFICE = "at_office", _("Đang ở điểm")
        PARCELLED = "parcelled", _("Đã đóng gói")
        DELIVERED = "delivered", _("Đã giao")
        ELECTRONIC = "electronic", _("Trả điện tử")
        IN_PERSON = "in_person", _("Khách đến cơ quan nhận")

    case = models.ForeignKey(Case, models.PROTECT, related_name="results")
    kind = models.ForeignKey(ResultKind, models.PROTECT, null=True, blank=True, related_name="+")
    key = models.CharField(max_length=100, unique=True)
    name = models.CharField(_("tên"), max_length=200)
    number = models.CharField(_("số"), max_length=60, blank=True)
    form = models.CharField(_("hình thức"), max_length=20, choices=ResultKind.Form)
    state = models.CharField(max_length=10, choices=State, default=State.ANNOUNCED)
    parcel = models.ForeignKey(Parcel, models.PROTECT, null=True, blank=True, related_name="results")
    announced_at = models.DateTimeField()
    received_at = models.DateTimeField(_("về điểm lúc"), null=True, blank=True)
    received_by = models.ForeignKey(Staff, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("kết quả")
        verbose_name_plural = _("kết quả")

    def __str__(self) -> str:
        return self.name


class ParcelEvent(models.Model):
    """One thing the carrier said about a parcel, kept as it came."""

    parcel = models.ForeignKey(Parcel, models.CASCADE, related_name="events")
    key = models.CharField(max_length=80)
    raw_code = models.CharField(max_length=20)
    state = models.CharField(max_length=12, choices=Parcel.State, blank=True)
    at = models.DateTimeField()
    place = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=120, blank=True)

    class Meta:
        verbose_name = _("sự kiện bưu gửi")
        verbose_name_plural = _("sự kiện bưu gửi")
        ordering = ("at", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("parcel", "key"), name="parcel_event_once")
        ]

    def __str__(self) -> str:
        return f"{self.parcel_id}: {self.raw_code}"


class Manifest(models.Model):
    """One hand-over of parcels to the carrier (bảng kê), closed with both names."""

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="manifests")
    number = models.CharField(_("số bảng kê"), max_length=24, unique=True)
    opened_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    carrier_person = models.CharField(_("bưu tá nhận"), max_length=80, blank=True)
    told_at = models.DateTimeField(_("báo hãng lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("bảng kê")
        verbose_name_plural = _("bảng kê")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("agency",), condition=models.Q(closed_at__isnull=True), name="one_open_manifest"
            )
        ]

    def __str__(self) -> str:
        return self.number


class ManifestLine(models.Model):
    """A parcel scanned onto a manifest; a parcel stands on one manifest only."""

    manifest = models.ForeignKey(Manifest, models.CASCADE, related_name="lines")
    parcel = models.OneToOneField(Parcel, models.PROTECT, related_name="manifest_line")
    scanned_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    scanned_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("dòng bảng kê")
        verbose_name_plural = _("dòng bảng kê")

    def __str__(self) -> str:
        return f"{self.manifest_id}: {self.parcel_id}"


class ProofOfDelivery(models.Model):
    """Who took a result, and how we know: a one-time code, a signature, or ID shown."""

    class Method(models.TextChoices):
        CODE = "code", _("mã một lần")
        SIGNATURE = "signature", _("chữ ký")
        ID_SHOWN = "id_shown", _("xem giấy tờ")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="proofs")
    parcel = models.OneToOneField(Parcel, models.PROTECT, null=True, blank=True, related_name="proof")
    method = models.CharField(_("cách xác nhận"), max_length=9, choices=Method)
    receiver = models.CharField(_("người nhận"), max_length=100, blank=True)
    relation = models.CharField(_("quan hệ"), max_length=20, blank=True)
    code_hash = models.CharField(max_length=128, blank=True)
    code_expires_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(Staff, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("bằng chứng giao")
        verbose_name_plural = _("bằng chứng giao")

    def __str__(self) -> str:
        return str(self.pk)
