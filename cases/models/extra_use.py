from datetime import date
from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Staff
from cases.models.case import Case
from cases.models.mandate import MandateText
from opsa.core.fields import EncryptedTextField


class InForce(models.QuerySet["ExtraUse"]):
    """Narrowing to what a person still agrees to."""

    def in_force(self, today: date) -> Self:
        return self.filter(ended_at=None, valid_until__gte=today)


class ExtraUse(models.Model):
    """Consent to something beyond the filing itself: asked apart, off by default, taken back
    apart (F05). It ends by itself on `valid_until`."""

    class Kind(models.TextChoices):
        SECOND_PHONE = "phone2", _("Báo tin cho số thứ hai")
        CONTACT = "contact", _("Giữ số điện thoại, địa chỉ cho lần sau")
        SCANS = "scans", _("Giữ bản quét cho lần sau")

    case = models.ForeignKey(Case, models.CASCADE, related_name="extra_uses")
    kind = models.CharField(max_length=7, choices=Kind)
    text = models.ForeignKey(MandateText, models.PROTECT, related_name="+")
    phone = EncryptedTextField(_("số thứ hai"), blank=True, default="")
    given_at = models.DateTimeField(auto_now_add=True)
    valid_until = models.DateField()
    ended_at = models.DateTimeField(null=True, blank=True)
    taken_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")

    objects = InForce.as_manager()

    class Meta:
        verbose_name = _("đồng ý thêm")
        verbose_name_plural = _("đồng ý thêm")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("case", "kind"),
                condition=models.Q(ended_at__isnull=True),
                name="extra_use_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.kind}"
