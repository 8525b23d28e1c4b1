"""One dated text of a procedure. Once published it is frozen by a trigger (migration 0002)."""

from datetime import date
from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    BigIntegerRangeField,
    DateRangeField,
    RangeOperators,
)
from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Confidence

from .procedure import Procedure
from .systems import FilingSystem


class ProcedureVersion(models.Model):
    """The dated text of a procedure: what to bring, what it costs, how long it takes."""

    class State(models.TextChoices):
        DRAFT = "draft", _("bản nháp")
        PUBLISHED = "published", _("đang áp dụng")
        RETIRED = "retired", _("hết áp dụng")

    class Level(models.TextChoices):
        ANY = "any", _("nơi giữ sổ")
        COMMUNE = "commune", _("cấp xã")
        COMMUNE_OR_PROVINCE = "commune_or_province", _("cấp xã hoặc thành phố")
        PROVINCE = "province", _("cấp thành phố")

    class Online(models.TextChoices):
        YES = "yes", _("toàn bộ")
        PARTIAL = "partial", _("một phần")
        NO = "no", _("không")

    class Presence(models.TextChoices):
        NONE = "none", _("không phải đến")
        SIGN_AT_RESULT = "at_result_if_signing_required", _("đến ký khi nhận nếu phải ký")
        BOTH_AT_RESULT = "both_at_result", _("cả hai người đến ký khi nhận")
        E_AUTHENTICATION = "e_authentication", _("xác thực điện tử")

    class Authorisation(models.TextChoices):
        """Who may file for the citizen; sources in the catalogue's data file."""

        RELATIVES_PLAIN = (
            "relatives_plain_others_certified",
            _("người thân: giấy thường; người khác: chứng thực"),
        )
        NOT_ALLOWED = "not_allowed", _("không được ủy quyền")
        PARENTS_ONLY = "parents_only_recommended", _("chỉ cha hoặc mẹ")
        RELATIVE_WITH_PROOF = (
            "representative_or_relative_with_proof",
            _("người đại diện, người thân có giấy tờ"),
        )
        CIVIL_LAW = "general_civil_law", _("ủy quyền theo luật dân sự")
        CERTIFIED_FAMILY_FREE = (
            "certified_unless_parent_spouse_child__none_for_no2",
            _("chứng thực, trừ cha mẹ, vợ chồng, con"),
        )
        NOT_STATED = "not_stated", _("văn bản không nói")
        LEGAL_REPRESENTATIVE = "legal_representative_only", _("chỉ người đại diện theo pháp luật")
        POSTAL_SLIP = (
            "postal_dispatch_slip_or_plain_poa",
            _("phiếu gửi bưu điện hoặc giấy ủy quyền"),
        )
        REPRESENTATIVE_OR_RELATIVE = (
            "legal_representative_or_relative",
            _("người đại diện hoặc người thân"),
        )
        CIVIL_DOCUMENT = "civil_representation_document", _("văn bản đại diện")

    procedure = models.ForeignKey(
        Procedure, models.PROTECT, related_name="versions", verbose_name=_("thủ tục")
    )
    number = models.PositiveSmallIntegerField(_("bản số"))
    state = models.CharField(_("tình trạng"), max_length=10, choices=State, default=State.DRAFT)
    valid_from = models.DateField(_("áp dụng từ"))
    valid_to = models.DateField(_("đến hết"), null=True, blank=True)
    name = models.CharField(_("tên đầy đủ"), max_length=300)
    name_en = models.CharField(_("tên tiếng Anh"), max_length=300)
    level = models.CharField(_("cấp"), max_length=24, choices=Level)
    authority = models.CharField(_("nơi giải quyết"), max_length=200)
    authority_en = models.CharField(_("nơi giải quyết (Anh)"), max_length=200)
    decision = models.CharField(_("quyết định công bố"), max_length=80, blank=True)
    legal_basis = models.JSONField(_("căn cứ pháp lý"), default=list, blank=True)
    time_value = models.PositiveSmallIntegerField(_("thời hạn"))
    time_unit = models.CharField(_("đơn vị"), max_length=12)
    time_extended = models.PositiveSmallIntegerField(_("thời hạn dài nhất"), null=True, blank=True)
    cutoff = models.TimeField(_("giờ chốt"), null=True, blank=True)
    time_note = models.TextField(_("ghi chú thời hạn"), blank=True)
    time_note_en = models.TextField(_("ghi chú thời hạn (Anh)"), blank=True)
    online = models.CharField(_("nộp trực tuyến"), max_length=8, choices=Online, default=Online.YES)
    system = models.ForeignKey(FilingSystem, models.PROTECT, verbose_name=_("nơi nộp"))
    presence = models.CharField(_("có mặt"), max_length=32, choices=Presence)
    authorisation = models.CharField(_("ủy quyền"), max_length=64, choices=Authorisation)
    note = models.TextField(_("ghi chú"), blank=True)
    note_en = models.TextField(_("ghi chú (Anh)"), blank=True)
    portal_url = models.URLField(_("trang gốc"), blank=True)
    source = models.TextField(_("nguồn"), blank=True)
    confidence = models.CharField(_("độ tin cậy"), max_length=6, choices=Confidence)
    confidence_time = models.CharField(_("tin cậy: thời hạn"), max_length=6, choices=Confidence)
    confidence_fee = models.CharField(_("tin cậy: phí"), max_length=6, choices=Confidence)
    confidence_fields = models.CharField(
        _("tin cậy: tờ khai"), max_length=6, choices=Confidence, default=Confidence.LOW
    )
    change_note = models.CharField(_("lý do sửa"), max_length=250, blank=True)
    last_edited_by = models.ForeignKey(
        "agencies.Staff",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("người sửa cuối"),
    )
    last_edited_at = models.DateTimeField(_("sửa lúc"), null=True, blank=True, editable=False)
    published_by = models.ForeignKey(
        "agencies.Staff",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("người công bố"),
    )
    published_at = models.DateTimeField(_("công bố lúc"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("bản thủ tục")
        verbose_name_plural = _("bản thủ tục")
        ordering = ("procedure", "-number")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("procedure", "number"), name="version_number_once"),
            models.UniqueConstraint(
                fields=("procedure",),
                condition=models.Q(state="published", valid_to__isnull=True),
                name="one_open_version",
            ),
            models.CheckConstraint(
                condition=models.Q(state="draft") | models.Q(published_at__isnull=False),
                name="published_has_a_time",
            ),
            # One text in force on any day. A range of one number saves the btree_gist extension.
            ExclusionConstraint(
                name="versions_do_not_overlap",
                expressions=[
                    (
                        models.Func(
                            "procedure_id",
                            "procedure_id",
                            models.Value("[]"),
                            function="int8range",
                            output_field=BigIntegerRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    (
                        models.Func(
                            "valid_from",
                            "valid_to",
                            models.Value("[]"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=models.Q(state="published"),
            ),
            # Two people (F15). Null = SYSTEM, the working list that comes with the product.
            models.CheckConstraint(
                condition=models.Q(state="draft")
                | models.Q(published_by__isnull=True)
                | models.Q(last_edited_by__isnull=True)
                | ~models.Q(published_by=models.F("last_edited_by")),
                name="published_by_another",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to__isnull=True)
                | models.Q(valid_to__gte=models.F("valid_from"))
                | models.Q(state="retired"),
                name="version_dates_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.number})"

    def in_force(self, on: date) -> bool:
        """Whether this text is the one to file under on that day."""
        return (
            self.state == self.State.PUBLISHED
            and self.valid_from <= on
            and (self.valid_to is None or on <= self.valid_to)
        )
