from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from procedures.models import FilingSystem


class CallMinute(models.Model):
    """What our own calls to one filing system met within one minute (F19). One row however many
    calls there were; nothing in it says what was asked or for whom."""

    channel = models.CharField(max_length=40)
    minute = models.DateTimeField()
    pk = models.CompositePrimaryKey("channel", "minute")
    calls = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    slow = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)
    longest = models.FloatField(default=0)
    good_at = models.DateTimeField(null=True)
    bad_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("cuộc gọi ra trong một phút")
        verbose_name_plural = _("các cuộc gọi ra từng phút")

    def __str__(self) -> str:
        return f"{self.channel} {self.minute:%Y-%m-%d %H:%M}"


class Outage(models.Model):
    """A time in which a filing system could not be used as usual: seen by our own calls, or told
    beforehand. Minutes in it are the system's, not the office's (F19)."""

    class Kind(models.TextChoices):
        DOWN = "down", _("Không dùng được")
        SLOW = "slow", _("Chậm")
        PLANNED = "planned", _("Bảo trì báo trước")

    system = models.ForeignKey(
        FilingSystem, models.PROTECT, related_name="+", verbose_name=_("hệ thống nhận hồ sơ")
    )
    kind = models.CharField(_("loại"), max_length=7, choices=Kind)
    began_at = models.DateTimeField(_("từ lúc"))
    ended_at = models.DateTimeField(_("đến lúc"), null=True, blank=True)
    what = models.CharField(_("việc bảo trì"), max_length=120, blank=True)
    #: Filings that waited because of it; counted once it is over.
    affected = models.PositiveIntegerField(_("hồ sơ phải chờ"), null=True, editable=False)

    class Meta:
        verbose_name = _("lần trục trặc")
        verbose_name_plural = _("các lần trục trặc")
        ordering = ("-began_at", "-id")
        indexes: ClassVar = [models.Index(fields=("-began_at", "-id"), name="outage_newest")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("system",),
                condition=models.Q(ended_at__isnull=True),
                name="one_open_outage",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True)
                | models.Q(ended_at__gte=models.F("began_at")),
                name="outage_ends_after_it_began",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="planned") | models.Q(ended_at__isnull=False),
                name="planned_outage_has_an_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system_id} {self.kind} {self.began_at:%Y-%m-%d %H:%M}"
