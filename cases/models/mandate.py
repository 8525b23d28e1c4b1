from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Counter, Staff
from cases.models.case import Case
from opsa.core.fields import EncryptedTextField


class MandateText(models.Model):
    """The words a person agreed to, kept for ever: a text is never changed, only followed by a new
    one.

    `mode` is a `Case.Mode` for the filing itself, or an `ExtraUse.Kind`.
    """

    mode = models.CharField(max_length=9)
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

    class Signed(models.TextChoices):
        """How a person said yes on the screen: drawing is never the only way (WCAG 2.5.7)."""

        DRAWN = "drawn", _("ký trên màn hình")
        TYPED = "typed", _("gõ tên")
        ALOUD = "aloud", _("nghe đọc rồi đồng ý")

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
    #: The words with the procedure's and the office's names in them, as this person saw them.
    shown = models.TextField(blank=True)
    shown_sha256 = models.CharField(max_length=64, blank=True)
    asked_at = models.DateTimeField(auto_now_add=True)
    given_at = models.DateTimeField(null=True, blank=True)
    starts_on = models.DateField(_("có hiệu lực từ"), null=True, blank=True)
    valid_until = models.DateField(_("có hiệu lực đến"))
    ended_at = models.DateTimeField(null=True, blank=True)
    taken_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    counter = models.ForeignKey(Counter, models.SET_NULL, null=True, blank=True, related_name="+")
    signed = models.CharField(_("cách ký"), max_length=5, choices=Signed, blank=True)
    signed_name = EncryptedTextField(_("tên đã gõ"), blank=True, default="")
    #: The signed sheet as a checked picture, or the drawn signature: sealed, with its hash.
    proof = models.CharField(max_length=120, blank=True)
    proof_sha256 = models.CharField(max_length=64, blank=True)
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

    @property
    def waits_on_screen(self) -> bool:
        """Whether the person is asked on a screen and has not pressed yet."""
        return self.state == self.State.ASKED and self.method == self.Method.SCREEN
