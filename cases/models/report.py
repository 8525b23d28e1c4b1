from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models.case import Case
from cases.models.filing import Filing
from cases.states import Dossier
from procedures.models import FilingSystem


class StatusMapping(models.Model):
    """Which of our ten dossier states an outside code means. Data, not code; unknown codes alarm
    (F08)."""

    system = models.ForeignKey(
        FilingSystem, models.CASCADE, related_name="mappings", verbose_name=_("hệ thống nhận hồ sơ")
    )
    raw_code = models.CharField(_("mã bên ngoài"), max_length=40)
    dossier = models.CharField(_("trạng thái"), max_length=2, choices=Dossier)

    class Meta:
        verbose_name = _("bảng đối chiếu trạng thái")
        verbose_name_plural = _("bảng đối chiếu trạng thái")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("system", "raw_code"), name="mapping_once")
        ]

    def __str__(self) -> str:
        return f"{self.system_id} {self.raw_code}"


class StatusReport(models.Model):
    """One answer of the outside, kept as it came. Applied once; old news never wins (invariant
    5)."""

    class Source(models.TextChoices):
        POLL = "poll", _("hệ thống hỏi")
        CLERK = "clerk", _("nhân viên ghi")
        FILE = "file", _("tệp xuất từ cổng")

    filing = models.ForeignKey(Filing, models.PROTECT, related_name="reports")
    external_id = models.CharField(max_length=80)
    raw_code = models.CharField(max_length=40)
    dossier = models.CharField(max_length=2, choices=Dossier, blank=True)
    occurred_at = models.DateTimeField(_("xảy ra lúc"))
    received_at = models.DateTimeField(_("biết lúc"), auto_now_add=True)
    unit = models.CharField(_("đơn vị"), max_length=200, blank=True)
    text = models.TextField(_("nội dung"), blank=True)
    source = models.CharField(max_length=5, choices=Source, default=Source.POLL)
    odd = models.BooleanField(_("nhảy bất thường"), default=False)
    unknown = models.BooleanField(_("mã lạ"), default=False)

    class Meta:
        verbose_name = _("tin trạng thái")
        verbose_name_plural = _("tin trạng thái")
        ordering = ("occurred_at", "id")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("filing", "external_id"), name="report_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=("id",), condition=models.Q(unknown=True), name="report_unknown")
        ]

    def __str__(self) -> str:
        return f"{self.filing_id}: {self.raw_code}"


class PollState(models.Model):
    """When to ask again about one filing. A slim table of its own; closed filings have no row."""

    filing = models.OneToOneField(Filing, models.CASCADE, primary_key=True, related_name="poll")
    system = models.ForeignKey(FilingSystem, models.CASCADE, related_name="+")
    case = models.ForeignKey(Case, models.CASCADE, related_name="+")
    next_at = models.DateTimeField()
    lease_token = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField(_("hỏi lần cuối"), null=True, blank=True)
    answered_at = models.DateTimeField(_("trả lời lần cuối"), null=True, blank=True)
    misses = models.PositiveSmallIntegerField(_("lần hỏng liên tiếp"), default=0)
    last_report = models.CharField(max_length=80, blank=True)
    #: Since when its system answers that it knows no such code, and when a person was last told.
    unknown_since = models.DateTimeField(_("cổng chưa thấy mã từ"), null=True, blank=True)
    unknown_told_at = models.DateTimeField(null=True, blank=True)
    told_due = models.DateField(_("cổng hẹn trả ngày"), null=True, blank=True)

    class Meta:
        verbose_name = _("lịch hỏi")
        verbose_name_plural = _("lịch hỏi")
        indexes: ClassVar = [models.Index(fields=("system", "next_at"), name="poll_due")]

    def __str__(self) -> str:
        return f"{self.filing_id}"
