import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Staff
from cases.models.case import Case
from cases.models.filing import Filing
from cases.models.report import StatusReport
from opsa.core.fields import EncryptedTextField
from procedures.models import Procedure


class Supplement(models.Model):
    """What the authority asked for after a filing, and the one answer that was sent (F20).

    The dossier stays the same: an answer goes out under its code, with a key of its own. Frozen
    like a filing: `payload`, its hash, and the files as they left.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("Chờ khách bổ sung")
        QUEUED = "queued", _("Chờ gửi bổ sung")
        ACCEPTED = "accepted", _("Cổng đã nhận bổ sung")
        PERSON = "person", _("Cần người kiểm tra")
        OVER = "over", _("Không cần nữa")

    case = models.ForeignKey(Case, models.PROTECT, related_name="supplements")
    filing = models.ForeignKey(Filing, models.PROTECT, related_name="supplements")
    report = models.OneToOneField(StatusReport, models.PROTECT, related_name="supplement")
    number = models.PositiveSmallIntegerField(_("lần yêu cầu"), default=1)
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField(_("yêu cầu lúc"))
    words = models.CharField(_("yêu cầu"), max_length=300, blank=True)
    papers = ArrayField(
        models.SlugField(max_length=40), verbose_name=_("giấy phải bổ sung"), default=list
    )
    confirmed = models.BooleanField(_("nhân viên đã xem"), default=False)
    again = models.BooleanField(_("hỏi lại giấy đã bổ sung"), default=False)
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    payload = EncryptedTextField(default="")
    payload_sha256 = models.CharField(max_length=64, blank=True)
    files = models.JSONField(default=list, blank=True)
    refusal = models.CharField(_("lý do từ chối"), max_length=300, blank=True)
    sent_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")
    taken_at = models.DateTimeField(_("khách nộp bổ sung lúc"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("cổng nhận lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("lần bổ sung")
        verbose_name_plural = _("các lần bổ sung")
        ordering = ("case", "number")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("case", "number"), name="supplement_number_once"),
            models.UniqueConstraint(
                fields=("case",),
                condition=models.Q(state="asked"),
                name="one_open_supplement",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=("asked", "over")) | models.Q(taken_at__isnull=False),
                name="sent_supplement_was_taken",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.number}"


class Refusal(models.Model):
    """One paper that an authority sent back, and why, out of a closed list: what all offices learn
    from each other's supplement requests (F03). Holds no person and no words of the request."""

    class Reason(models.TextChoices):
        BLURRED = "blurred", _("Bản chụp mờ, khó đọc")
        INCOMPLETE = "incomplete", _("Thiếu trang")
        MISSING = "missing", _("Thiếu giấy này")
        EXPIRED = "expired", _("Giấy hết hạn")
        UNSIGNED = "unsigned", _("Thiếu chữ ký hoặc dấu")
        UNCERTIFIED = "uncertified", _("Chưa chứng thực")
        MISMATCH = "mismatch", _("Thông tin không khớp")
        WRONG_FORM = "wrong_form", _("Sai mẫu")
        OTHER = "other", _("Lý do khác")

    procedure = models.ForeignKey(Procedure, models.CASCADE, related_name="+")
    authority = models.CharField(_("nơi giải quyết"), max_length=200, blank=True)
    document = models.SlugField(_("giấy tờ"), max_length=40, blank=True)
    reason = models.CharField(_("lý do"), max_length=11, choices=Reason)
    occurred_at = models.DateTimeField(_("lúc"))
    learnt_from = models.PositiveBigIntegerField(help_text=_("tin trạng thái đã dạy điều này"))
    by_person = models.BooleanField(_("nhân viên xác nhận"), default=False)

    class Meta:
        verbose_name = _("lý do bị trả lại")
        verbose_name_plural = _("lý do bị trả lại")
        indexes: ClassVar = [
            models.Index(fields=("procedure", "occurred_at"), name="refusal_recent"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("learnt_from", "document"), name="refusal_learnt_once")
        ]

    def __str__(self) -> str:
        return f"{self.document}: {self.reason}"
