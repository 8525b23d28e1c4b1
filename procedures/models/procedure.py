"""The law's procedure, apart from its dated texts, and what we know but do not file."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Confidence


class Procedure(models.Model):
    """The law's administrative procedure (thủ tục hành chính), known by its national code."""

    class Demand(models.TextChoices):
        HIGH = "high", _("nhiều")
        MEDIUM = "medium", _("vừa")
        LOW = "low", _("ít")

    code = models.CharField(_("mã quốc gia"), max_length=16, unique=True)
    slug = models.SlugField(_("đường dẫn"), max_length=80, unique=True)
    short_name = models.CharField(_("tên ngắn"), max_length=26)
    field = models.CharField(_("lĩnh vực"), max_length=80)
    field_en = models.CharField(_("lĩnh vực (Anh)"), max_length=80)
    aliases = models.TextField(_("tên thường gọi"), blank=True, help_text=_("mỗi dòng một tên"))
    demand = models.CharField(
        _("mức hay dùng"),
        max_length=6,
        choices=Demand,
        default=Demand.MEDIUM,
        help_text=_("nhận định của chúng tôi, không phải số thống kê"),
    )
    revision = models.PositiveIntegerField(default=0, editable=False)
    rank = models.PositiveSmallIntegerField(_("thứ tự"), default=100)
    sensitive = models.BooleanField(_("việc nhạy cảm"), default=False)
    successor = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, verbose_name=_("thay bằng")
    )

    class Meta:
        verbose_name = _("thủ tục")
        verbose_name_plural = _("thủ tục")
        ordering = ("rank", "code")

    def __str__(self) -> str:
        return self.short_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Counts changes, so that other processes notice that search words changed."""
        self.revision += 1
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "revision"}
        super().save(*args, **kwargs)


class OtherProcedure(models.Model):
    """A procedure people ask for that we do not file, so that search can say where it is done."""

    class Channel(models.TextChoices):
        IN_PERSON = "in_person", _("chỉ làm trực tiếp")
        NOT_YET = "not_yet", _("chưa có trong danh sách")

    code = models.CharField(_("mã quốc gia"), max_length=16, unique=True)
    name = models.CharField(_("tên"), max_length=200)
    name_en = models.CharField(_("tên tiếng Anh"), max_length=200)
    channel = models.CharField(_("cách làm"), max_length=10, choices=Channel)
    aliases = models.TextField(_("tên thường gọi"), blank=True, help_text=_("mỗi dòng một tên"))
    note = models.CharField(_("ghi chú"), max_length=250, blank=True)
    note_en = models.CharField(_("ghi chú (Anh)"), max_length=250, blank=True)
    source = models.TextField(_("nguồn"), blank=True)
    confidence = models.CharField(_("độ tin cậy"), max_length=6, choices=Confidence)

    class Meta:
        verbose_name = _("thủ tục khác")
        verbose_name_plural = _("thủ tục khác")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name
