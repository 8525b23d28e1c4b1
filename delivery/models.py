"""Results and how they reach the door: parcels, manifests, tracking and proof (F13)."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Staff
from cases.models import Case, Paper
from opsa.core.fields import EncryptedTextField
from procedures.models import ResultKind


class Parcel(models.Model):
    """One tracked item (bưu gửi). `number` is the carrier's; S10 with its check digit.

    `address` is frozen when the number is given: the label, its reprints and what the carrier was
    told all say the same. A case has at most one parcel on its way, so a double click makes one.
    """

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

    class Reason(models.TextChoices):
        """Why an attempt failed: a closed list (F13)."""

        NOT_HOME = "not_home", _("không có nhà")
        WRONG_ADDRESS = "wrong_address", _("sai địa chỉ")
        REFUSED = "refused", _("không nhận")
        NO_IDENTITY = "no_identity", _("không chứng minh được là người nhận")
        NO_ACCESS = "no_access", _("không vào được")
        DAMAGED = "damaged", _("hư hỏng")
        OTHER = "other", _("lý do khác")

    class Trouble(models.TextChoices):
        """What a person must look at, apart from the state."""

        NOT_REGISTERED = "not_registered", _("Hãng không nhận đăng ký")
        UNSURE = "unsure", _("Chưa rõ hãng đã có số này")
        NOT_TAKEN = "not_taken", _("Hãng không nhận bưu gửi này")
        ELSEWHERE = "elsewhere", _("Hãng nói đã nhận ở bảng kê khác")
        UNKNOWN_NEWS = "unknown_news", _("Tin lạ từ hãng")
        SILENT = "silent", _("30 ngày không có tin")

    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="parcels", verbose_name=_("điểm phục vụ")
    )
    case = models.ForeignKey(Case, models.PROTECT, related_name="parcels", verbose_name=_("hồ sơ"))
    number = models.CharField(_("số hiệu"), max_length=16, unique=True)
    state = models.CharField(_("đang ở đâu"), max_length=12, choices=State, default=State.LABELLED)
    reason = models.CharField(_("lý do không phát được"), max_length=20, choices=Reason, blank=True)
    trouble = models.CharField(_("cần xem"), max_length=14, choices=Trouble, blank=True)
    attempts = models.PositiveSmallIntegerField(_("lần phát không được"), default=0)
    address = EncryptedTextField(_("địa chỉ trên nhãn, JSON"), default="{}")
    made_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("làm nhãn lúc"), auto_now_add=True)
    registered_at = models.DateTimeField(_("báo hãng lúc"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("hủy nhãn lúc"), null=True, blank=True)
    handed_over_at = models.DateTimeField(_("giao bưu tá lúc"), null=True, blank=True)
    last_event_at = models.DateTimeField(_("tin cuối lúc"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("phát xong lúc"), null=True, blank=True)
    next_poll_at = models.DateTimeField(_("hỏi hãng lần tới"), null=True, blank=True)
    polled_at = models.DateTimeField(_("hỏi hãng lúc"), null=True, blank=True)
    poll_token = models.PositiveIntegerField(default=0)
    misses = models.PositiveSmallIntegerField(_("lần hỏi hỏng liên tiếp"), default=0)

    class Meta:
        verbose_name = _("bưu gửi")
        verbose_name_plural = _("bưu gửi")
        indexes: ClassVar = [
            models.Index(
                fields=("next_poll_at",),
                condition=models.Q(next_poll_at__isnull=False),
                name="parcel_to_ask",
            ),
            models.Index(fields=("agency", "state", "id"), name="parcel_by_state"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("case",),
                condition=models.Q(cancelled_at__isnull=True)
                & ~models.Q(state__in=("returned", "lost", "delivered")),
                name="one_parcel_on_its_way",
            ),
            models.CheckConstraint(
                condition=models.Q(cancelled_at__isnull=True) | models.Q(state="labelled"),
                name="only_a_label_is_cancelled",
            ),
            models.CheckConstraint(
                condition=models.Q(state="labelled") | models.Q(handed_over_at__isnull=False),
                name="on_its_way_was_handed_over",
            ),
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

    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="+", verbose_name=_("điểm phục vụ")
    )
    case = models.ForeignKey(Case, models.PROTECT, related_name="results", verbose_name=_("hồ sơ"))
    kind = models.ForeignKey(ResultKind, models.PROTECT, null=True, blank=True, related_name="+")
    key = models.CharField(max_length=300, unique=True)
    name = models.CharField(_("tên"), max_length=200)
    number = models.CharField(_("số"), max_length=60, blank=True)
    form = models.CharField(_("hình thức"), max_length=20, choices=ResultKind.Form)
    state = models.CharField(_("đang ở đâu"), max_length=10, choices=State, default=State.ANNOUNCED)
    parcel = models.ForeignKey(
        Parcel, models.PROTECT, null=True, blank=True, related_name="results"
    )
    announced_at = models.DateTimeField(_("cơ quan báo lúc"))
    received_at = models.DateTimeField(_("về điểm lúc"), null=True, blank=True)
    received_by = models.ForeignKey(Staff, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("kết quả")
        verbose_name_plural = _("kết quả")
        indexes: ClassVar = [
            models.Index(
                fields=("agency", "id"),
                condition=models.Q(state="announced"),
                name="result_to_fetch",
            )
        ]

    def __str__(self) -> str:
        return self.name


class ParcelEvent(models.Model):
    """One thing the carrier said about a parcel, kept as it came. An empty `state` is a code that
    nobody has explained yet, or one that says nothing about where the parcel is."""

    parcel = models.ForeignKey(Parcel, models.CASCADE, related_name="events")
    key = models.CharField(max_length=80)
    raw_code = models.CharField(max_length=20)
    state = models.CharField(max_length=12, choices=Parcel.State, blank=True)
    unknown = models.BooleanField(_("mã lạ"), default=False)
    number = models.PositiveIntegerField(_("số thứ tự của hãng"), default=0)
    at = models.DateTimeField()
    told_at = models.DateTimeField(_("biết lúc"), auto_now_add=True)
    place = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=120, blank=True)

    class Meta:
        verbose_name = _("sự kiện bưu gửi")
        verbose_name_plural = _("sự kiện bưu gửi")
        ordering = ("at", "number", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("parcel", "key"), name="parcel_event_once")
        ]

    def __str__(self) -> str:
        return f"{self.parcel_id}: {self.raw_code}"


class Manifest(models.Model):
    """One hand-over of parcels to the carrier (bảng kê), closed with both names."""

    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="manifests", verbose_name=_("điểm phục vụ")
    )
    number = models.CharField(_("số bảng kê"), max_length=24, unique=True)
    opened_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(_("mở lúc"), auto_now_add=True)
    closed_at = models.DateTimeField(_("bàn giao lúc"), null=True, blank=True)
    closed_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")
    carrier_person = models.CharField(_("bưu tá nhận"), max_length=80, blank=True)
    told_at = models.DateTimeField(_("báo hãng lúc"), null=True, blank=True)
    trouble = models.CharField(_("cần xem"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("bảng kê")
        verbose_name_plural = _("bảng kê")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("agency",),
                condition=models.Q(closed_at__isnull=True),
                name="one_open_manifest",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_at__isnull=True)
                | (~models.Q(carrier_person="") & models.Q(closed_by__isnull=False)),
                name="closed_with_both_names",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class ManifestLine(models.Model):
    """A parcel scanned onto a manifest. It stands on one manifest only, unless the carrier
    refused it there; `refused` is the carrier's own code for why."""

    manifest = models.ForeignKey(Manifest, models.CASCADE, related_name="lines")
    parcel = models.ForeignKey(Parcel, models.PROTECT, related_name="manifest_lines")
    scanned_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    scanned_at = models.DateTimeField(auto_now_add=True)
    refused = models.CharField(_("hãng không nhận vì"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("dòng bảng kê")
        verbose_name_plural = _("dòng bảng kê")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("parcel",), condition=models.Q(refused=""), name="parcel_on_one_manifest"
            )
        ]

    def __str__(self) -> str:
        return f"{self.manifest_id}: {self.parcel_id}"


class ProofOfDelivery(models.Model):
    """Who took a result, and how we know: a one-time code, a signature, or ID shown.

    Without `confirmed_at` it is a code that was sent, or what the carrier says (`reported_at`) and
    nobody of ours has confirmed. No digit of an ID number is kept, only that it was compared.
    """

    class Method(models.TextChoices):
        CODE = "code", _("mã một lần")
        SIGNATURE = "signature", _("chữ ký trên giấy")
        ID_SHOWN = "id_shown", _("xem giấy tờ")
        CARRIER = "carrier", _("hãng báo, chưa xác nhận")

    class Relation(models.TextChoices):
        SELF = "self", _("chính người có tên")
        FAMILY = "family", _("người cùng nhà")
        AUTHORISED = "authorised", _("người được ủy quyền")
        OTHER = "other", _("người khác nhận hộ")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="proofs")
    parcel = models.OneToOneField(
        Parcel, models.PROTECT, null=True, blank=True, related_name="proof"
    )
    method = models.CharField(_("cách xác nhận"), max_length=9, choices=Method)
    receiver = models.CharField(_("người nhận"), max_length=100, blank=True)
    relation = models.CharField(_("quan hệ"), max_length=20, choices=Relation, blank=True)
    id_compared = models.BooleanField(_("đã đối chiếu số giấy tờ"), default=False)
    code_hash = models.CharField(max_length=128, blank=True)
    code_expires_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("số lần sai"), default=0)
    sends = models.PositiveSmallIntegerField(_("lần gửi mã"), default=0)
    reported_at = models.DateTimeField(_("hãng báo đã phát lúc"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("xác nhận lúc"), null=True, blank=True)
    confirmed_by = models.ForeignKey(
        Staff, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("bằng chứng giao")
        verbose_name_plural = _("bằng chứng giao")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("case",),
                condition=models.Q(parcel__isnull=True, confirmed_at__isnull=True),
                name="one_running_proof_at_the_counter",
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_at__isnull=True)
                | (~models.Q(receiver="") & ~models.Q(relation="") & ~models.Q(method="carrier")),
                name="confirmed_names_the_receiver",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class LabelRun(models.Model):
    """Labels asked for many cases at once, made one after another by a worker (F13).

    `done` of `cases` are through: what was made stays made, whoever goes on. A case that could have
    no label stands in `left` with the reason, in the words of who asked.
    """

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    cases = models.JSONField()
    done = models.PositiveSmallIntegerField(default=0)
    made = models.JSONField(default=list)
    left = models.JSONField(default=list)
    paper = models.ForeignKey(Paper, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("lượt in nhãn")
        verbose_name_plural = _("lượt in nhãn")
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(
                fields=("asked_at",),
                condition=models.Q(ended_at__isnull=True),
                name="label_run_to_work",
            )
        ]

    def __str__(self) -> str:
        return f"{self.agency_id}: {self.done}/{len(self.cases)}"
