import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models.case import Case
from opsa.core.fields import EncryptedTextField


class Message(models.Model):
    """One text to a citizen. The key is one per event, so nothing is told twice (F10)."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Chờ gửi")
        HANDED = "handed", _("Đã chuyển nhà mạng")
        DELIVERED = "delivered", _("Đã đến máy")
        FAILED = "failed", _("Không gửi được")

    case = models.ForeignKey(Case, models.PROTECT, related_name="messages", verbose_name=_("hồ sơ"))
    event = models.CharField(_("việc"), max_length=24)
    key = models.CharField(max_length=80, unique=True)
    provider_key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    to = EncryptedTextField()
    body = EncryptedTextField()
    state = models.CharField(_("tình trạng"), max_length=9, choices=State, default=State.QUEUED)
    outcome = models.CharField(_("kết quả"), max_length=160, blank=True)
    created_at = models.DateTimeField(_("ghi lúc"), auto_now_add=True)
    handed_at = models.DateTimeField(_("chuyển nhà mạng lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("tin nhắn")
        verbose_name_plural = _("tin nhắn")
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.key
