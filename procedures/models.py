"""The catalogue: procedures, their dated versions and everything a version says.

A published version never changes (a trigger refuses it); a case keeps the version it was started
under (F15). Conditions are data: see `procedures.conditions`.
"""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Confidence


class FilingSystem(models.Model):
    """A system that takes dossiers, and its limits. The adapter is chosen by `way` (DESIGN: filing port)."""

    class Way(models.TextChoices):
        GATEWAY = "gateway", _("gửi tự động")
        COPILOT = "copilot", _("cùng khách nộp")

    code = models.SlugField(_("mã"), max_length=40, primary_key=True)
    name = models.CharField(_("tên"), max_length=120)
    name_en = models.CharField(_("tên tiếng Anh"), max_length=120)
    way = models.CharField(_("cách nộp"), max_length=8, choices=Way)
    web_address = models.URLField(_("trang web"), blank=True)
    max_file_bytes = models.PositiveIntegerField(_("tệp tối đa (byte)"), default=6_000_000)
    max_files = models.PositiveSmallIntegerField(_("số tệp tối đa"), default=20)
    active = models.BooleanField(_("đang dùng"), default=True)

    class Meta:
        verbose_name = _("hệ thống nhận hồ sơ")
        verbose_name_plural = _("hệ thống nhận hồ sơ")

    def __str__(self) -> str:
        return self.name


class FilingOverride(models.Model):
    """An office that files one procedure another way than its version says."""

    agency = models.ForeignKey(Agency, models.CASCADE)
    procedure = models.ForeignKey("Procedure", models.CASCADE)
    system = models.ForeignKey(FilingSystem, models.PROTECT)

    class Meta:
        verbose_name = _("cách nộp riêng của điểm")
        verbose_name_plural = _("cách nộp riêng của điểm")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("agency", "procedure"), name="override_once")
        ]

    def __str__(self) -> str:
        return f"{self.agency_id}: {self.procedure_id}"


class Procedure(models.Model):
    """The law's administrative procedure (thủ tục hành chính), known by its national code."""

    code = models.CharField(_("mã quốc gia"), max_length=16, unique=True)
    slug = models.SlugField(_("đường dẫn"), max_length=80, unique=True)
    short_name = models.CharField(_("tên ngắn"), max_length=26)
    field = models.CharField(_("lĩnh vực"), max_length=80)
    field_en = models.CharField(_("lĩnh vực (Anh)"), max_length=80)
    aliases = models.TextField(_("tên thường gọi"), blank=True, help_text=_("mỗi dòng một tên"))
    rank = models.PositiveSmallIntegerField(_("thứ tự"), default=100)
    sensitive = models.BooleanField(_("việc nhạy cảm"), default=False)
    successor = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, verbose_name=_("thay bằng"))

    class Meta:
        verbose_name = _("thủ tục")
        verbose_name_plural = _("thủ tục")
        ordering = ("rank", "code")

    def __str__(self) -> str:
        return self.short_name


class ProcedureVersion(models.Model):
    """The dated text of a procedure: what to bring, what it costs, how long it takes."""

    class State(models.TextChoices):
        DRAFT = "draft", _("bản nháp")
        PUBLISHED = "published", _("đang áp dụng")
        RETIRED = "retired", _("hết áp dụng")

    class Presence(models.TextChoices):
        NONE = "none", _("không phải đến")
        SIGN_AT_RESULT = "at_result_if_signing_required", _("đến ký khi nhận nếu phải ký")
        BOTH_AT_RESULT = "both_at_result", _("cả hai người đến ký khi nhận")
        E_AUTHENTICATION = "e_authentication", _("xác thực điện tử")

    class Authorisation(models.TextChoices):
        """Who may file for the citizen; sources in the catalogue's data file."""

        RELATIVES_PLAIN = "relatives_plain_others_certified", _("người thân: giấy thường; người khác: chứng thực")
        NOT_ALLOWED = "not_allowed", _("không được ủy quyền")
        PARENTS_ONLY = "parents_only_recommended", _("chỉ cha hoặc mẹ")
        RELATIVE_WITH_PROOF = "representative_or_relative_with_proof", _("người đại diện, người thân có giấy tờ")
        CIVIL_LAW = "general_civil_law", _("ủy quyền theo luật dân sự")
        CERTIFIED_FAMILY_FREE = (
            "certified_unless_parent_spouse_child__none_for_no2",
            _("chứng thực, trừ cha mẹ, vợ chồng, con"),
        )
        NOT_STATED = "not_stated", _("văn bản không nói")
        LEGAL_REPRESENTATIVE = "legal_representative_only", _("chỉ người đại diện theo pháp luật")
        POSTAL_SLIP = "postal_dispatch_slip_or_plain_poa", _("phiếu gửi bưu điện hoặc giấy ủy quyền")
        REPRESENTATIVE_OR_RELATIVE = "legal_representative_or_relative", _("người đại diện hoặc người thân")
        CIVIL_DOCUMENT = "civil_representation_document", _("văn bản đại diện")

    procedure = models.ForeignKey(Procedure, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("bản số"))
    state = models.CharField(_("tình trạng"), max_length=10, choices=State, default=State.DRAFT)
    valid_from = models.DateField(_("áp dụng từ"))
    valid_to = models.DateField(_("đến hết"), null=True, blank=True)
    name = models.CharField(_("tên đầy đủ"), max_length=300)
    name_en = models.CharField(_("tên tiếng Anh"), max_length=300)
    level = models.CharField(_("cấp"), max_length=24)
    authority = models.CharField(_("nơi giải quyết"), max_length=200)
    authority_en = models.CharField(_("nơi giải quyết (Anh)"), max_length=200)
    decision = models.CharField(_("quyết định công bố"), max_length=80, blank=True)
    legal_basis = models.JSONField(_("căn cứ pháp lý"), default=list, blank=True)
    time_value = models.PositiveSmallIntegerField(_("thời hạn"))
    time_unit = models.CharField(_("đơn vị"), max_length=12)
    time_extended = models.PositiveSmallIntegerField(_("thời hạn dài nhất"), null=True, blank=True)
    cutoff = models.TimeField(_("giờ chốt"), null=True, blank=True)
    time_note = models.TextField(_("ghi chú thời hạn"), blank=True)
    system = models.ForeignKey(FilingSystem, models.PROTECT, verbose_name=_("nơi nộp"))
    presence = models.CharField(_("có mặt"), max_length=32, choices=Presence)
    authorisation = models.CharField(_("ủy quyền"), max_length=64, choices=Authorisation)
    note = models.TextField(_("ghi chú"), blank=True)
    portal_url = models.URLField(_("trang gốc"), blank=True)
    source = models.TextField(_("nguồn"), blank=True)
    confidence = models.CharField(_("độ tin cậy"), max_length=6, choices=Confidence)
    confidence_time = models.CharField(_("tin cậy: thời hạn"), max_length=6, choices=Confidence)
    confidence_fee = models.CharField(_("tin cậy: phí"), max_length=6, choices=Confidence)
    published_by = models.ForeignKey(
        "agencies.Staff", models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True, editable=False)

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
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.number})"


class Question(models.Model):
    """One plain question of the situation step; only those that change something (F03)."""

    version = models.ForeignKey(ProcedureVersion, models.CASCADE, related_name="questions")
    key = models.SlugField(_("khóa"), max_length=40)
    position = models.PositiveSmallIntegerField(_("thứ tự"))
    text = models.CharField(_("câu hỏi"), max_length=160)
    text_en = models.CharField(_("câu hỏi (Anh)"), max_length=160)
    choices = models.JSONField(
        _("lựa chọn"), help_text=_('danh sách {"value", "text", "text_en"}; mục đầu là thường gặp nhất')
    )

    class Meta:
        verbose_name = _("câu hỏi")
        verbose_name_plural = _("câu hỏi")
        ordering = ("position",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("version", "key"), name="question_once")
        ]

    def __str__(self) -> str:
        return self.text


class RequiredDocument(models.Model):
    """A paper the law asks for (thành phần hồ sơ)."""

    class Kind(models.TextChoices):
        TYPED = "typed", _("khai trên biểu mẫu")
        UPLOAD = "upload", _("quét và nộp")
        IF_LOOKUP_FAILS = "lookup", _("chỉ khi không tra được")
        SHOW = "show", _("xuất trình, không thu")

    version = models.ForeignKey(ProcedureVersion, models.CASCADE, related_name="documents")
    key = models.SlugField(_("khóa"), max_length=40)
    position = models.PositiveSmallIntegerField(_("thứ tự"))
    name = models.CharField(_("tên"), max_length=250)
    name_en = models.CharField(_("tên tiếng Anh"), max_length=250)
    kind = models.CharField(_("loại"), max_length=6, choices=Kind)
    originals = models.PositiveSmallIntegerField(_("bản chính"), default=0)
    copies = models.PositiveSmallIntegerField(_("bản sao"), default=0)
    condition = models.JSONField(
        _("điều kiện"), null=True, blank=True, help_text=_("trống: luôn cần")
    )
    condition_text = models.CharField(_("cần khi"), max_length=200, blank=True)
    condition_text_en = models.CharField(_("cần khi (Anh)"), max_length=200, blank=True)
    form_code = models.CharField(_("mã mẫu"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("giấy tờ")
        verbose_name_plural = _("giấy tờ")
        ordering = ("position",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("version", "key"), name="document_once")
        ]

    def __str__(self) -> str:
        return self.name


class DeclarationField(models.Model):
    """One field that the portal's e-form asks for, in the portal's order (the co-pilot's copy panel)."""

    class Kind(models.TextChoices):
        TEXT = "text", _("chữ")
        DATE = "date", _("ngày")
        NUMBER = "number", _("số")
        CHOICE = "choice", _("chọn")
        LONG = "long", _("đoạn văn")

    version = models.ForeignKey(ProcedureVersion, models.CASCADE, related_name="fields")
    key = models.SlugField(_("khóa"), max_length=40)
    position = models.PositiveSmallIntegerField(_("thứ tự"))
    label = models.CharField(_("nhãn"), max_length=120)
    label_en = models.CharField(_("nhãn (Anh)"), max_length=120)
    kind = models.CharField(_("kiểu"), max_length=8, choices=Kind, default=Kind.TEXT)
    choices = models.JSONField(_("lựa chọn"), default=list, blank=True)
    required = models.BooleanField(_("bắt buộc"), default=True)
    prefill = models.CharField(
        _("điền sẵn từ"), max_length=40, blank=True, help_text=_("ví dụ filer.name, subject.birth_date")
    )

    class Meta:
        verbose_name = _("ô tờ khai")
        verbose_name_plural = _("ô tờ khai")
        ordering = ("position",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("version", "key"), name="field_once")
        ]

    def __str__(self) -> str:
        return self.label


class FeePart(models.Model):
    """One part of what the citizen pays. Zero always carries its legal reason (F11)."""

    class Kind(models.TextChoices):
        STATE_FEE = "state_fee", _("lệ phí")
        POSTAGE = "postage", _("phát tận nhà")

    version = models.ForeignKey(ProcedureVersion, models.CASCADE, related_name="fees")
    kind = models.CharField(_("loại"), max_length=10, choices=Kind)
    counter_amount = models.PositiveIntegerField(_("nộp trực tiếp (đ)"), null=True, blank=True)
    online_amount = models.PositiveIntegerField(_("nộp trực tuyến cả nước (đ)"), null=True, blank=True)
    amount = models.PositiveIntegerField(
        _("khách phải trả (đ)"), null=True, blank=True, help_text=_("trống: chưa biết, hỏi nơi giải quyết")
    )
    per = models.CharField(_("tính theo"), max_length=20, default="case")
    free_reason = models.CharField(_("lý do miễn"), max_length=200, blank=True)
    free_reason_en = models.CharField(_("lý do miễn (Anh)"), max_length=200, blank=True)
    basis = models.CharField(_("căn cứ"), max_length=200, blank=True)
    note = models.TextField(_("ghi chú"), blank=True)

    class Meta:
        verbose_name = _("khoản phí")
        verbose_name_plural = _("khoản phí")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("version", "kind"), name="fee_part_once"),
            models.CheckConstraint(
                condition=~models.Q(amount=0) | ~models.Q(free_reason=""), name="zero_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.amount}"


class ResultKind(models.Model):
    """What a version gives in the end. Delivery belongs to a result, not to a case."""

    class Form(models.TextChoices):
        PAPER = "paper", _("bản giấy")
        ELECTRONIC = "electronic", _("bản điện tử")
        EITHER = "electronic_or_paper", _("điện tử hoặc giấy")

    version = models.ForeignKey(ProcedureVersion, models.CASCADE, related_name="results")
    position = models.PositiveSmallIntegerField(_("thứ tự"))
    name = models.CharField(_("tên"), max_length=200)
    name_en = models.CharField(_("tên tiếng Anh"), max_length=200, blank=True)
    code = models.CharField(_("mã quốc gia"), max_length=20, blank=True)
    form = models.CharField(_("hình thức"), max_length=20, choices=Form)

    class Meta:
        verbose_name = _("kết quả")
        verbose_name_plural = _("kết quả")
        ordering = ("position",)

    def __str__(self) -> str:
        return self.name
