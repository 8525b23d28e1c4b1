import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Staff
from cases.models.case import Case
from opsa.core.fields import EncryptedTextField
from procedures.models import FilingSystem


class Filing(models.Model):
    """One dossier at one filing system: what was frozen, when it left, what the other side holds.

    `payload` is the exact message (encrypted JSON); `files` lists name, type, bytes, pages and
    SHA-256 of each file as sent; `held` is what the other side says it holds. Accepted means both
    are equal (F02).
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Chờ gửi")
        RECORDING = "recording", _("Chờ mã hồ sơ")
        ACCEPTED = "accepted", _("Cổng đã nhận")
        MISMATCH = "mismatch", _("Cổng nhận không đủ")
        REFUSED = "refused", _("Cổng từ chối")
        PERSON = "person", _("Cần người kiểm tra")

    case = models.ForeignKey(Case, models.PROTECT, related_name="filings")
    system = models.ForeignKey(FilingSystem, models.PROTECT, related_name="+")
    way = models.CharField(max_length=8, choices=FilingSystem.Way)
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.PositiveSmallIntegerField(_("lần nộp"), default=1)
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    payload = EncryptedTextField(default="")
    payload_sha256 = models.CharField(max_length=64)
    files = models.JSONField(default=list)
    held = models.JSONField(null=True, blank=True)
    difference = models.JSONField(default=list, blank=True)
    dossier_code = models.CharField(_("mã hồ sơ"), max_length=60, blank=True)
    refusal = models.CharField(_("lý do từ chối"), max_length=300, blank=True)
    filed_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(_("nhận tại quầy"))
    first_sent_at = models.DateTimeField(_("gửi lần đầu"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("cổng nhận"), null=True, blank=True)

    class Meta:
        verbose_name = _("lần nộp")
        verbose_name_plural = _("lần nộp")
        ordering = ("case", "number")
        indexes: ClassVar = [
            models.Index(fields=("system", "taken_at"), name="filing_taken"),
            models.Index(
                fields=("taken_at", "id"),
                condition=models.Q(state__in=("queued", "person")),
                name="filing_unsent",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("case", "number"), name="filing_number_once"),
            models.UniqueConstraint(
                fields=("case",),
                condition=~models.Q(state__in=("refused",)),
                name="one_living_filing",
            ),
            models.UniqueConstraint(
                fields=("system", "dossier_code"),
                condition=~models.Q(dossier_code=""),
                name="dossier_code_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="accepted")
                | (models.Q(accepted_at__isnull=False) & ~models.Q(dossier_code="")),
                name="accepted_is_proven",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.number}"
