from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Staff
from cases.models.case import Case
from opsa.core.fields import EncryptedTextField


class Paper(models.Model):
    """A PDF we issued (phiếu), kept byte for byte: a reprint is the same file (F07)."""

    class Kind(models.TextChoices):
        SLIP = "slip", _("Phiếu tiếp nhận")
        LABEL = "label", _("Nhãn bưu gửi")
        MANIFEST = "manifest", _("Bảng kê bàn giao")
        CONSENT = "consent", _("Phiếu đồng ý")
        BRING = "bring", _("Phiếu mang theo")
        CHECK = "check", _("Bản đọc lại")
        TWIN = "twin", _("Tờ khai giấy")
        BLANKS = "blanks", _("Tập phiếu viết tay")

    class State(models.TextChoices):
        QUEUED = "queued", _("Đang làm")
        READY = "ready", _("Sẵn sàng")
        FAILED = "failed", _("Chưa làm được")

    case = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="papers")
    agency = models.ForeignKey(
        "agencies.Agency", models.PROTECT, related_name="+", verbose_name=_("điểm phục vụ")
    )
    kind = models.CharField(_("loại"), max_length=8, choices=Kind)
    key = models.CharField(max_length=80, unique=True, help_text=_("một phiếu cho một việc"))
    state = models.CharField(_("tình trạng"), max_length=6, choices=State, default=State.QUEUED)
    data = EncryptedTextField(help_text=_("dữ liệu đã in, JSON"))
    template = models.CharField(max_length=80)
    file = models.CharField(max_length=120, blank=True)
    sha256 = models.CharField(_("mã băm SHA-256"), max_length=64, blank=True)
    size = models.PositiveIntegerField(_("số byte"), default=0)
    prints = models.PositiveSmallIntegerField(_("số lần in"), default=0)
    tries = models.PositiveSmallIntegerField(_("số lần vẽ"), default=0)
    failure = models.CharField(_("vì sao chưa làm được"), max_length=200, blank=True)
    asked_by = models.ForeignKey(Staff, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(_("yêu cầu lúc"), auto_now_add=True)
    ready_at = models.DateTimeField(_("xong lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("phiếu")
        verbose_name_plural = _("phiếu")
        indexes: ClassVar = [
            models.Index(
                fields=("asked_at",), condition=models.Q(state="queued"), name="paper_to_make"
            )
        ]

    def __str__(self) -> str:
        return self.key
