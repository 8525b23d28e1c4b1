import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Staff
from cases.models.case import Case
from cases.models.message_text import MessageText
from opsa.core.fields import EncryptedTextField


class Message(models.Model):
    """One text to a citizen. The key is one per event, so nothing is told twice (F10)."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Chờ gửi")
        HANDED = "handed", _("Đã chuyển nhà mạng")
        DELIVERED = "delivered", _("Đã đến máy")
        FAILED = "failed", _("Không gửi được")
        #: The provider took it and never said what became of it.
        UNSURE = "unsure", _("Không rõ đã đến chưa")
        #: Nobody wants it any more, and it had not left.
        STOPPED = "stopped", _("Thôi gửi")

    class Why(models.TextChoices):
        """What became of a text that did not arrive, in plain words."""

        WRONG_NUMBER = "wrong_number", _("Số không có thật")
        OFF = "off", _("Máy tắt hoặc ngoài vùng")
        BLOCKED = "blocked", _("Máy chặn tin")
        NOT_ARRIVED = "not_arrived", _("Không đến máy")
        NOT_HANDED = "not_handed", _("Không chuyển được cho nhà mạng")
        NO_ACCOUNT = "no_account", _("Số này không dùng Zalo")
        SILENT = "silent", _("Nhà mạng không báo đã đến chưa")
        STOPPED = "stopped", _("Khách thôi nhận tin")
        PRACTICE = "practice", _("Không gửi: điểm tập sự")

    case = models.ForeignKey(Case, models.PROTECT, related_name="messages", verbose_name=_("hồ sơ"))
    event = models.CharField(_("việc"), max_length=24)
    key = models.CharField(max_length=80, unique=True)
    provider_key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    to = EncryptedTextField()
    body = EncryptedTextField()
    #: The version it was made from; the body stays what it was whatever becomes of the text.
    text = models.ForeignKey(
        MessageText, models.PROTECT, null=True, related_name="+", verbose_name=_("lời nhắn")
    )
    #: What stood in the words' places, as JSON, for a way that sends those alone.
    values = EncryptedTextField(null=True)
    state = models.CharField(_("tình trạng"), max_length=9, choices=State, default=State.QUEUED)
    outcome = models.CharField(_("kết quả"), max_length=160, blank=True)
    created_at = models.DateTimeField(_("ghi lúc"), auto_now_add=True)
    handed_at = models.DateTimeField(_("chuyển nhà mạng lúc"), null=True, blank=True)
    #: Who took it, and how long that one call took: a slow provider is left for another.
    provider = models.CharField(_("nơi gửi"), max_length=8, blank=True, default="", db_default="")
    took_ms = models.PositiveIntegerField(_("chuyển mất (ms)"), null=True, blank=True)
    settled_at = models.DateTimeField(_("biết kết quả lúc"), null=True, blank=True)
    called_at = models.DateTimeField(_("đã gọi lúc"), null=True, blank=True)
    called_by = models.ForeignKey(
        Staff,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("người gọi"),
    )

    class Meta:
        verbose_name = _("tin nhắn")
        verbose_name_plural = _("tin nhắn")
        ordering = ("-created_at",)
        indexes: ClassVar = [
            models.Index(fields=("provider", "handed_at"), name="message_handed"),
            models.Index(
                fields=("settled_at",),
                condition=models.Q(state__in=("failed", "unsure"), called_at__isnull=True),
                name="message_to_call",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def why(self) -> str:
        """The outcome in plain words; nothing for what arrived."""
        try:
            return str(self.Why(self.outcome).label)
        except ValueError:
            return self.outcome
