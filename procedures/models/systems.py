"""Where dossiers go: the receiving systems and their limits."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency


class FilingSystem(models.Model):
    """A system that takes dossiers, and its limits. The adapter is chosen by `way`."""

    class Way(models.TextChoices):
        GATEWAY = "gateway", _("gửi tự động")
        COPILOT = "copilot", _("cùng khách nộp")

    class News(models.TextChoices):
        """How its statuses reach us."""

        ASKED = "asked", _("hệ thống tự hỏi")
        FILE = "file", _("nhập tệp do cổng xuất")

    code = models.SlugField(_("mã"), max_length=40, primary_key=True)
    name = models.CharField(_("tên"), max_length=120)
    name_en = models.CharField(_("tên tiếng Anh"), max_length=120)
    way = models.CharField(_("cách nộp"), max_length=8, choices=Way)
    web_address = models.URLField(_("trang web"), blank=True)
    max_file_bytes = models.PositiveIntegerField(_("tệp tối đa (byte)"), default=6_000_000)
    max_files = models.PositiveSmallIntegerField(_("số tệp tối đa"), default=20)
    name_length = models.PositiveSmallIntegerField(
        _("tên tệp dài nhất"),
        default=60,
        validators=[MinValueValidator(16), MaxValueValidator(200)],
        help_text=_("số chữ, kể cả .pdf"),
    )
    #: What its dossier codes look like; read by `cases.filing.dossier_codes`.
    code_form = models.CharField(
        _("dạng mã hồ sơ"),
        max_length=200,
        blank=True,
        default="",
        validators=[RegexValidator(r"^[0-9A-Z.\-/* ]*$")],
        help_text=_(
            "0: một chữ số; A: một chữ cái; *: chữ hoặc số, bao nhiêu cũng được; "
            "dấu khác giữ nguyên. Nhiều dạng thì cách nhau một dấu cách. "
            "Trống: dạng nào cũng nhận. Ví dụ A00.00-000000-*"
        ),
    )
    #: How many dossiers one question about their status may name; 1 where only single ones are
    #: answered.
    status_batch = models.PositiveSmallIntegerField(
        _("số hồ sơ mỗi lần hỏi"),
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    news = models.CharField(
        _("trạng thái lấy bằng cách"), max_length=5, choices=News, default=News.ASKED
    )
    active = models.BooleanField(_("đang dùng"), default=True)

    class Meta:
        verbose_name = _("hệ thống nhận hồ sơ")
        verbose_name_plural = _("hệ thống nhận hồ sơ")

    def __str__(self) -> str:
        return self.name


class FilingOverride(models.Model):
    """An office that files one procedure another way than its version says."""

    agency = models.ForeignKey(Agency, models.CASCADE, verbose_name=_("điểm phục vụ"))
    procedure = models.ForeignKey("Procedure", models.CASCADE, verbose_name=_("thủ tục"))
    system = models.ForeignKey(FilingSystem, models.PROTECT, verbose_name=_("hệ thống nhận hồ sơ"))

    class Meta:
        verbose_name = _("cách nộp riêng của điểm")
        verbose_name_plural = _("cách nộp riêng của điểm")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("agency", "procedure"), name="override_once")
        ]

    def __str__(self) -> str:
        return f"{self.agency_id}: {self.procedure_id}"
