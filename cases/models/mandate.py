from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Staff
from cases.models.case import Case


class MandateText(models.Model):
    """The words a person agreed to, kept for ever: a text is never changed, only followed by a new
    one."""

    mode = models.CharField(max_length=9, choices=Case.Mode)
    language = models.CharField(max_length=2, default="vi")
    number = models.PositiveSmallIntegerField()
    body = models.TextField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("văn bản đồng ý")
        verbose_name_plural = _("văn bản đồng ý")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("mode", "language", "number"), name="mandate_text_once")
        ]

    def __str__(self) -> str:
        return f"{self.mode} {self.language} {self.number}"


class Mandate(models.Model):
    """Consent to be assisted, or authority to file for somebody else (F05). No filing leaves
    without one."""

    class Method(models.TextChoices):
        PAPER = "paper", _("ký trên giấy")
        SMS = "sms", _("mã gửi đến điện thoại")
        SCREEN = "screen", _("xác nhận trên màn hình khách")

    class State(models.TextChoices):
        ASKED = "asked", _("Đang chờ")
        GIVEN = "given", _("Đã đồng ý")
        DECLINED = "declined", _("Không đồng ý")
        REVOKED = "revoked", _("Đã rút lại")

    case = models.ForeignKey(Case, models.PROTECT, related_name="mandates")
    mode = models.CharField(max_length=9, choices=Case.Mode)
    method = models.CharField(_("cách đồng ý"), max_length=6, choices=Method)
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    text = models.ForeignKey(MandateText, models.PROTECT, related_name="+")
    keep_scans = models.BooleanField(_("giữ bản quét cho lần sau"), default=False)
    tell_helper = models.BooleanField(_("báo tin cho người nhà"), default=False)
    asked_at = models.DateTimeField(auto_now_add=True)
    given_at = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateField()
    ended_at = models.DateTimeField(null=True, blank=True)
    taken_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    code_hash = models.CharField(max_length=128, blank=True)
    code_expires_at = models.DateTimeField(null=True, blank=True)
    code_tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("đồng ý, ủy quyền")
        verbose_name_plural = _("đồng ý, ủy quyền")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("case",), condition=models.Q(state="given"), name="one_mandate_in_force"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="given") | models.Q(given_at__isnull=False),
                name="given_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.state}"
