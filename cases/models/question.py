from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Staff
from cases.models.case import Case


class StatusQuestion(models.Model):
    """Somebody asked us how a case is doing. Counted, because every one is a text that was missing
    or not understood (F10)."""

    class Way(models.TextChoices):
        COUNTER = "counter", _("Tại quầy")
        PHONE = "phone", _("Qua điện thoại")

    case = models.ForeignKey(Case, models.CASCADE, related_name="questions")
    way = models.CharField(_("hỏi bằng cách"), max_length=7, choices=Way)
    asked_at = models.DateTimeField(_("hỏi lúc"), auto_now_add=True)
    heard_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("lần khách hỏi tình trạng")
        verbose_name_plural = _("lần khách hỏi tình trạng")
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return f"{self.case_id}: {self.way}"
