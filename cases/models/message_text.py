from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Staff
from procedures.models import Procedure


class MessageText(models.Model):
    """One version of what citizens are told about an event, in one language (F10).

    A published version is frozen by the database; a change is the next version. What was sent
    names the version it was made from.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("bản nháp")
        PUBLISHED = "published", _("đang dùng")

    event = models.CharField(_("việc"), max_length=24)
    language = models.CharField(_("ngôn ngữ"), max_length=2)
    number = models.PositiveSmallIntegerField(_("bản số"))
    body = models.CharField(_("lời nhắn"), max_length=400)
    plain = models.BooleanField(_("gửi không dấu"), default=False)
    #: The number under which the same words are registered with Zalo; without it an SMS goes.
    zalo_template = models.CharField(_("mã mẫu Zalo"), max_length=20, blank=True, default="")
    state = models.CharField(_("tình trạng"), max_length=9, choices=State, default=State.DRAFT)
    changed_at = models.DateTimeField(_("sửa lúc"), auto_now=True)
    changed_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, related_name="+", verbose_name=_("người sửa")
    )

    class Meta:
        verbose_name = _("lời nhắn")
        verbose_name_plural = _("lời nhắn")
        ordering = ("event", "language", "-number")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("event", "language", "number"), name="message_text_once"
            ),
            models.UniqueConstraint(
                fields=("event", "language"),
                condition=models.Q(state="draft"),
                name="message_text_one_draft",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.language} {self.number}"


class MessageSwitch(models.Model):
    """An event that a procedure's people are not told about."""

    procedure = models.ForeignKey(Procedure, models.CASCADE, related_name="+")
    event = models.CharField(_("việc"), max_length=24)

    class Meta:
        verbose_name = _("việc không nhắn tin")
        verbose_name_plural = _("việc không nhắn tin")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("procedure", "event"), name="message_switch_once")
        ]

    def __str__(self) -> str:
        return f"{self.procedure_id} {self.event}"
