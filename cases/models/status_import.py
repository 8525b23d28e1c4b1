from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Staff
from cases.models.filing import Filing
from procedures.models import FilingSystem


class StatusImport(models.Model):
    """A file of statuses that a supervisor exported from a filing system's own screen (F08).

    `file` names the sealed file while it is needed: until it is applied or dropped, a day at most.
    `done` of its `rows` lines are through: what was applied stays applied, whoever goes on. Nothing
    personal of the file is kept, nor its name.
    """

    class State(models.TextChoices):
        READ = "read", _("Chờ áp dụng")
        APPLYING = "applying", _("Đang áp dụng")
        APPLIED = "applied", _("Đã áp dụng")
        DROPPED = "dropped", _("Đã bỏ")

    system = models.ForeignKey(
        FilingSystem, models.PROTECT, related_name="+", verbose_name=_("hệ thống nhận hồ sơ")
    )
    state = models.CharField(max_length=8, choices=State, default=State.READ)
    by = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name=_("người nhập"))
    at = models.DateTimeField(_("nhập lúc"), auto_now_add=True)
    exported_at = models.DateTimeField(_("cổng xuất tệp lúc"))
    #: The file has everything of the system in its period: then what is missing from it is telling.
    whole = models.BooleanField(_("đủ mọi hồ sơ trong kỳ"), default=False)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField(_("byte"))
    file = models.CharField(max_length=100, blank=True)
    rows = models.PositiveIntegerField(_("dòng"), default=0)
    ours = models.PositiveIntegerField(_("của ta"), default=0)
    elsewhere = models.PositiveIntegerField(_("nộp nơi khác"), default=0)
    unreadable = models.PositiveIntegerField(_("không đọc được"), default=0)
    #: The first lines that could not be read: [number, reason], no content.
    problems = models.JSONField(default=list)
    #: Codes that nobody has explained yet, and how many lines have each.
    unknown = models.JSONField(default=dict)
    first_day = models.DateField(_("tiếp nhận từ"), null=True)
    last_day = models.DateField(_("tiếp nhận đến"), null=True)
    done = models.PositiveIntegerField(_("dòng đã qua"), default=0)
    changed = models.PositiveIntegerField(_("hồ sơ có tin mới"), default=0)
    failed = models.PositiveIntegerField(_("dòng không áp dụng được"), default=0)
    moved_at = models.DateTimeField(_("làm tiếp lúc"), auto_now=True)
    ended_at = models.DateTimeField(_("xong lúc"), null=True)
    #: What it says about filings stands in a morning's list.
    listed = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("tệp trạng thái")
        verbose_name_plural = _("tệp trạng thái")
        default_permissions: ClassVar = ()
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(
                fields=("moved_at",),
                condition=models.Q(state__in=("read", "applying")),
                name="status_import_open",
            ),
            models.Index(fields=("system", "sha256"), name="status_import_same"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=("read", "applying")) | models.Q(file=""),
                name="ended_import_keeps_no_file",
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk}: {self.done}/{self.rows}"


class ImportedDossier(models.Model):
    """A dossier that a file named: which filing of ours it is, else its code, procedure and date.
    No person."""

    imported = models.ForeignKey(StatusImport, models.CASCADE, related_name="dossiers")
    filing = models.ForeignKey(Filing, models.CASCADE, null=True, related_name="+")
    code = models.CharField(_("mã hồ sơ"), max_length=60)
    procedure = models.CharField(_("mã thủ tục"), max_length=40, blank=True)
    received_on = models.DateField(_("ngày tiếp nhận"), null=True)

    class Meta:
        verbose_name = _("hồ sơ trong tệp")
        verbose_name_plural = _("hồ sơ trong tệp")
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("imported", "code"), name="imported_dossier_once")
        ]

    def __str__(self) -> str:
        return self.code
