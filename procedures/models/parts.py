"""What a version is made of: questions, papers, form fields, fees, results."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from .version import ProcedureVersion


class Question(models.Model):
    """One plain question of the situation step; only those that change something (F03)."""

    version = models.ForeignKey(ProcedureVersion, models.CASCADE, related_name="questions")
    key = models.SlugField(_("khóa"), max_length=40)
    position = models.PositiveSmallIntegerField(_("thứ tự"))
    text = models.CharField(_("câu hỏi"), max_length=160)
    text_en = models.CharField(_("câu hỏi (Anh)"), max_length=160)
    choices = models.JSONField(
        _("lựa chọn"),
        help_text=_('danh sách {"value", "text", "text_en"}; mục đầu là thường gặp nhất'),
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
    """One field that the portal's e-form asks for, in the portal's order (the copy panel)."""

    class Kind(models.TextChoices):
        TEXT = "text", _("chữ")
        DATE = "date", _("ngày")
        #: A person's, as precise as their papers have it; a birth that is being registered is DATE.
        BIRTH = "birth", _("ngày sinh, có thể chỉ biết năm")
        NUMBER = "number", _("số")
        CHOICE = "choice", _("chọn")
        LONG = "long", _("đoạn văn")
        ID = "id", _("số định danh")

    version = models.ForeignKey(ProcedureVersion, models.CASCADE, related_name="fields")
    key = models.SlugField(_("khóa"), max_length=40)
    position = models.PositiveSmallIntegerField(_("thứ tự"))
    label = models.CharField(_("nhãn"), max_length=120)
    label_en = models.CharField(_("nhãn (Anh)"), max_length=120)
    kind = models.CharField(_("kiểu"), max_length=8, choices=Kind, default=Kind.TEXT)
    choices = models.JSONField(_("lựa chọn"), default=list, blank=True)
    required = models.BooleanField(_("bắt buộc"), default=True)
    prefill = models.CharField(
        _("điền sẵn từ"),
        max_length=40,
        blank=True,
        help_text=_("ví dụ filer.name, subject.birth_date"),
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

    class Per(models.TextChoices):
        CASE = "case", _("hồ sơ")
        COPY = "copy", _("bản sao")
        DOCUMENT = "document", _("văn bản")
        REGISTRATION = "registration", _("lần đăng ký")
        CERTIFICATE = "certificate", _("giấy")
        LICENCE = "licence", _("giấy phép lái xe")
        PASSPORT = "passport", _("hộ chiếu")
        PERMIT = "permit", _("giấy phép")

    version = models.ForeignKey(ProcedureVersion, models.CASCADE, related_name="fees")
    kind = models.CharField(_("loại"), max_length=10, choices=Kind)
    counter_amount = models.PositiveIntegerField(_("nộp trực tiếp (đ)"), null=True, blank=True)
    online_amount = models.PositiveIntegerField(
        _("nộp trực tuyến cả nước (đ)"), null=True, blank=True
    )
    amount = models.PositiveIntegerField(
        _("khách phải trả (đ)"),
        null=True,
        blank=True,
        help_text=_("trống: chưa biết, hỏi nơi giải quyết"),
    )
    per = models.CharField(_("tính theo"), max_length=20, choices=Per, default=Per.CASE)
    free_reason = models.CharField(_("lý do miễn"), max_length=200, blank=True)
    free_reason_en = models.CharField(_("lý do miễn (Anh)"), max_length=200, blank=True)
    basis = models.CharField(_("căn cứ"), max_length=200, blank=True)
    note = models.TextField(_("ghi chú"), blank=True)
    note_en = models.TextField(_("ghi chú (Anh)"), blank=True)

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
