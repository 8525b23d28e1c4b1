from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Commune
from opsa.core.fields import BlindIndexField, EncryptedPartialDateField, EncryptedTextField


class Citizen(models.Model):
    """A person as declared for one case: the one who files, or the one the case is about.

    One row per case and part, so that correcting a later case never rewrites an earlier one; the
    blind index of the ID number finds the same person across cases. ID number, birth date, address,
    phone and e-mail are encrypted (invariant 8).
    """

    class Sex(models.TextChoices):
        MALE = "nam", _("Nam")
        FEMALE = "nu", _("Nữ")

    class Source(models.TextChoices):
        CARD = "card", _("đọc từ thẻ")
        TYPED = "typed", _("gõ tay")

    #: The office of their case, kept by the database: a person is known where they have a case.
    agency = models.ForeignKey(
        Agency, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    name = models.CharField(_("họ và tên"), max_length=100)
    id_number = EncryptedTextField(_("số định danh"), blank=True, default="")
    id_index = BlindIndexField(source="id_number", purpose="citizen.id_number", db_index=True)
    old_id_number = EncryptedTextField(_("số CMND cũ"), blank=True, default="")
    #: Old people's papers often know the year alone: kept as precise as it is known.
    birth_date = EncryptedPartialDateField(_("ngày sinh"), null=True, blank=True)
    sex = models.CharField(_("giới tính"), max_length=3, choices=Sex, blank=True)
    address = EncryptedTextField(_("địa chỉ như trên thẻ"), blank=True, default="")
    commune = models.ForeignKey(
        Commune,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("xã, phường mới"),
    )
    card_issued_on = models.DateField(_("ngày cấp thẻ"), null=True, blank=True)
    phone = EncryptedTextField(_("điện thoại"), blank=True, default="")
    phone_index = BlindIndexField(source="phone", purpose="citizen.phone", db_index=True)
    email = EncryptedTextField(_("thư điện tử"), blank=True, default="")
    source = models.CharField(max_length=5, choices=Source, default=Source.TYPED)
    read_at = models.DateTimeField(_("đọc thẻ lúc"), null=True, blank=True)
    changed_by_hand = models.JSONField(_("ô sửa tay sau khi quét"), default=list, blank=True)

    class Meta:
        verbose_name = _("người")
        verbose_name_plural = _("người")
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return f"{self.pk}"
