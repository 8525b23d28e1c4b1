from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Role


class Pulse(models.Model):
    """When a worker of a queue last did something: each minute it is asked to write its line."""

    queue = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("nhịp của hàng việc")
        verbose_name_plural = _("nhịp của các hàng việc")

    def __str__(self) -> str:
        return self.queue


class AlarmRule(models.Model):
    """When somebody is told: a measure, its bound, for how long, and whom (F25). Data, not code."""

    class Measure(models.TextChoices):
        """Read once a minute by `cases.watch.measures`, which knows units and directions."""

        UNSENT = "unsent", _("hồ sơ chờ gửi lâu nhất khi cổng vẫn chạy, phút")
        QUEUE = "queue", _("việc đến lượt mà chưa làm lâu nhất, phút")
        OUTAGE = "outage", _("cổng trục trặc, phút")
        POLLS = "polls", _("hỏi cổng trễ nhất, phút")
        CODES = "codes", _("tin có mã lạ, chưa ai đối chiếu")
        SILENCE = "silence", _("hồ sơ im lặng ở cơ quan")
        PULSE = "pulse", _("hàng việc không ai làm, phút")
        PAPERS = "papers", _("phiếu chờ in lâu nhất, phút")
        PAPERS_FAILED = "papers_failed", _("phiếu không làm được trong 24 giờ")
        DATABASE = "database", _("cơ sở dữ liệu trả lời, mili giây")
        DISK = "disk", _("ổ đĩa còn trống, phần trăm")
        CERTIFICATE = "certificate", _("chứng thư TLS còn hạn, ngày")
        SEAL = "seal", _("nhật ký chưa niêm phong, giờ")

    measure = models.CharField(_("đo gì"), max_length=16, choices=Measure)
    bound = models.PositiveIntegerField(
        _("ngưỡng"), help_text=_("báo khi vượt; ổ đĩa và chứng thư thì khi xuống dưới")
    )
    minutes = models.PositiveSmallIntegerField(_("kéo dài bao nhiêu phút mới báo"), default=0)
    role = models.CharField(
        _("gửi thư cho"),
        max_length=12,
        choices=[(Role.ADMIN, Role.ADMIN.label), (Role.SUPERVISOR, Role.SUPERVISOR.label)],
        default=Role.ADMIN,
    )
    active = models.BooleanField(_("đang dùng"), default=True)

    class Meta:
        verbose_name = _("luật báo động")
        verbose_name_plural = _("luật báo động")
        ordering = ("measure", "bound")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("measure", "bound", "role"), name="alarm_rule_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_measure_display()}: {self.bound}"


class Alarm(models.Model):
    """A rule's bound was passed. Raised once it lasted long enough; mailed once, never again."""

    rule = models.ForeignKey(AlarmRule, models.CASCADE, related_name="alarms")
    subject = models.CharField(_("ở đâu"), max_length=60, blank=True)
    value = models.IntegerField(_("đo được"))
    since = models.DateTimeField(_("từ lúc"))
    raised_at = models.DateTimeField(_("báo lúc"), null=True, blank=True)
    mailed_at = models.DateTimeField(_("gửi thư lúc"), null=True, blank=True)
    ended_at = models.DateTimeField(_("hết lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("báo động")
        verbose_name_plural = _("báo động")
        ordering = ("-since",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("rule", "subject"),
                condition=models.Q(ended_at__isnull=True),
                name="one_open_alarm",
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.subject}"


class Digest(models.Model):
    """What stood open at an office at seven in the morning, as it was told: counts and reference
    codes, no person (F25). One an office and day."""

    agency = models.ForeignKey(
        Agency, models.CASCADE, related_name="+", verbose_name=_("điểm phục vụ")
    )
    day = models.DateField(_("ngày"))
    lines = models.JSONField(default=list)
    made_at = models.DateTimeField(_("làm lúc"), auto_now_add=True)
    mailed_at = models.DateTimeField(_("gửi thư lúc"), null=True, blank=True)
    letters = models.PositiveSmallIntegerField(_("số thư"), default=0)

    class Meta:
        verbose_name = _("tin đầu ngày")
        verbose_name_plural = _("tin đầu ngày")
        ordering = ("-day", "agency")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("agency", "day"), name="digest_once")
        ]

    def __str__(self) -> str:
        return f"{self.agency_id} {self.day}"
