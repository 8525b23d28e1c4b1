from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from agencies.models import Commune
from cases.models.case import Case
from opsa.core.fields import EncryptedTextField


class DeliveryAddress(models.Model):
    """Where the results of a case go. Old and new ward names side by side; free text never lost."""

    case = models.OneToOneField(Case, models.PROTECT, related_name="delivery_address")
    by_post = models.BooleanField(_("gửi bưu điện"), default=True)
    recipient = models.CharField(_("người nhận"), max_length=100, blank=True)
    phone = EncryptedTextField(_("điện thoại"), blank=True, default="")
    line = EncryptedTextField(_("số nhà, đường"), blank=True, default="")
    commune = models.ForeignKey(Commune, models.PROTECT, null=True, blank=True, related_name="+")
    old_unit = EncryptedTextField(_("tên xã, phường cũ"), blank=True, default="")

    class Meta:
        verbose_name = _("địa chỉ trả kết quả")
        verbose_name_plural = _("địa chỉ trả kết quả")

    def __str__(self) -> str:
        return f"{self.case_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Writes the address, and on the case whether its result goes by post."""
        with transaction.atomic():
            super().save(*args, **kwargs)
            Case.objects.filter(pk=self.case_id).exclude(by_post=self.by_post).update(
                by_post=self.by_post
            )
        if "case" in self._state.fields_cache:
            self.case.by_post = self.by_post
