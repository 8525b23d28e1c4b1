from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Staff
from cases.models.case import Case


class CaseFee(models.Model):
    """One part of the price, frozen on the case on the filing day. Zero keeps its reason (F11)."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="fees")
    kind = models.CharField(max_length=10)
    label = models.CharField(max_length=60)
    amount = models.PositiveIntegerField(_("đồng"), null=True)
    free_reason = models.CharField(max_length=200, blank=True)
    basis = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("khoản phí của hồ sơ")
        verbose_name_plural = _("khoản phí của hồ sơ")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("case", "kind"), name="case_fee_once"),
            models.CheckConstraint(
                condition=~models.Q(amount=0) | ~models.Q(free_reason=""),
                name="case_zero_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.amount}"


class Payment(models.Model):
    """Money seen to be paid. The fee itself goes to the receiving authority, not to the post
    office; the clerk records how and when, with the payment platform's reference."""

    class Method(models.TextChoices):
        PORTAL = "portal", _("trên cổng thanh toán")
        TRANSFER = "transfer", _("chuyển khoản")
        CASH = "cash", _("tiền mặt")

    case = models.ForeignKey(Case, models.PROTECT, related_name="payments")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    amount = models.PositiveIntegerField(_("đồng"))
    method = models.CharField(max_length=8, choices=Method)
    reference = models.CharField(_("mã giao dịch"), max_length=40, blank=True)
    taken_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("khoản đã trả")
        verbose_name_plural = _("khoản đã trả")
        indexes: ClassVar = [models.Index(fields=("agency", "taken_at"), name="payment_taken")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("case",), name="paid_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="payment_is_money"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.amount}"
