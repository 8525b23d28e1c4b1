import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Staff
from cases.models.case import Case
from procedures.models import RequiredDocument


class CaseDocument(models.Model):
    """One line of the case's checklist: a required document and what became of it."""

    class Mark(models.TextChoices):
        OPEN = "open", _("Chưa có")
        ORIGINAL_SEEN = "original", _("Đã xem bản chính")
        COPY = "copy", _("Đã nhận bản sao")
        SCANNED = "scanned", _("Đã quét")
        IN_DATABASE = "in_database", _("Đã tra được")
        NOT_NEEDED = "not_needed", _("Không cần")
        TYPED = "typed", _("Khai trên biểu mẫu")
        LATER = "later", _("Nộp sau")

    case = models.ForeignKey(Case, models.CASCADE, related_name="documents")
    document = models.ForeignKey(RequiredDocument, models.PROTECT, related_name="+")
    needed = models.BooleanField(_("cần"), default=True)
    why = models.CharField(_("vì sao"), max_length=200, blank=True)
    mark = models.CharField(_("đánh dấu"), max_length=11, choices=Mark, default=Mark.OPEN)
    reason = models.CharField(_("lý do"), max_length=200, blank=True)
    pages = models.PositiveSmallIntegerField(_("số trang"), null=True, blank=True)
    marked_by = models.ForeignKey(Staff, models.SET_NULL, null=True, blank=True, related_name="+")
    marked_at = models.DateTimeField(null=True, blank=True)
    #: The one PDF that is sent: its storage name, and what it holds. Empty until it is bound.
    pdf = models.CharField(max_length=120, blank=True, default="")
    pdf_size = models.PositiveIntegerField(_("byte"), default=0)
    pdf_pages = models.PositiveSmallIntegerField(_("trang"), default=0)
    pdf_sha256 = models.CharField(max_length=64, blank=True, default="")
    #: Since when the pages differ from the PDF; None when it holds them all.
    pdf_due = models.DateTimeField(null=True, blank=True)
    pdf_problem = models.CharField(
        _("vì sao chưa ghép được"), max_length=200, blank=True, default=""
    )

    class Meta:
        verbose_name = _("giấy tờ của hồ sơ")
        verbose_name_plural = _("giấy tờ của hồ sơ")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("case", "document"), name="case_document_once"),
            models.CheckConstraint(
                condition=models.Q(needed=False)
                | ~models.Q(mark="not_needed")
                | ~models.Q(reason=""),
                name="not_needed_has_a_reason",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=("pdf_due",), condition=models.Q(pdf_due__isnull=False), name="pdf_to_bind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.document_id}"


class Scan(models.Model):
    """One page of a required document; until it is checked, one upload. Nobody but the checker
    opens it before it is clean.

    `file` is the storage name of the encrypted content (`opsa.core.files`); `sha256`, `size` and
    `pages` describe the checked, re-encoded content (invariant 9, F02). A page of kind "pdf" is
    page `part` of the PDF that it shares with the other pages of its upload; `size` is its share.
    """

    class State(models.TextChoices):
        QUARANTINED = "quarantined", _("Đang kiểm tra")
        CLEAN = "clean", _("Đã kiểm tra")
        REFUSED = "refused", _("Không nhận")
        REMOVED = "removed", _("Đã gỡ")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="scans")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    document = models.ForeignKey(CaseDocument, models.PROTECT, related_name="scans")
    position = models.PositiveSmallIntegerField(_("thứ tự"), default=1)
    state = models.CharField(
        _("tình trạng"), max_length=11, choices=State, default=State.QUARANTINED
    )
    refused_because = models.CharField(_("vì sao không nhận"), max_length=200, blank=True)
    file = models.CharField(max_length=120)
    original_name = models.CharField(_("tên tệp"), max_length=120)
    kind = models.CharField(_("loại"), max_length=20, blank=True)
    size = models.PositiveIntegerField(_("byte"), default=0)
    pages = models.PositiveSmallIntegerField(_("trang"), default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    upload_sha256 = models.CharField(max_length=64)
    upload_size = models.PositiveIntegerField(_("byte khi gửi"), default=0)
    part = models.PositiveSmallIntegerField(_("trang thứ"), default=1)
    turn = models.PositiveSmallIntegerField(_("xoay"), default=0)
    preview = models.CharField(max_length=120, blank=True, default="")
    #: Codes of opsa.core.file_check.WARNINGS; `kept` when the clerk said to use the page anyway.
    warnings = models.JSONField(_("nhắc"), default=list, blank=True)
    kept = models.BooleanField(_("vẫn dùng"), default=False)
    uploaded_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)
    checked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("bản quét")
        verbose_name_plural = _("bản quét")
        ordering = ("document", "position", "uploaded_at")
        indexes: ClassVar = [
            models.Index(
                fields=("uploaded_at",),
                condition=models.Q(state="quarantined"),
                name="scan_to_check",
            )
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("document", "upload_sha256", "part"),
                condition=~models.Q(state__in=("removed", "refused")),
                name="same_file_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="clean") | (models.Q(pages__gt=0) & ~models.Q(sha256="")),
                name="clean_scan_is_described",
            ),
            models.CheckConstraint(
                condition=models.Q(turn__in=(0, 90, 180, 270)), name="scan_turn_is_a_quarter"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Upload(models.Model):
    """A file that is still arriving piece by piece. It becomes a Scan when it is whole; one that
    stays incomplete is deleted after a day.

    `pieces` are the storage names of what came, each sealed; `received` bytes of `size` are here.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    document = models.ForeignKey(CaseDocument, models.CASCADE, related_name="uploads")
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    name = models.CharField(_("tên tệp"), max_length=120)
    size = models.PositiveIntegerField(_("byte"))
    sha256 = models.CharField(max_length=64)
    received = models.PositiveIntegerField(_("byte đã nhận"), default=0)
    pieces = models.JSONField(default=list, blank=True)
    replaces = models.ForeignKey(Scan, models.SET_NULL, null=True, blank=True, related_name="+")
    began_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("tệp đang tải lên")
        verbose_name_plural = _("tệp đang tải lên")
        indexes: ClassVar = [models.Index(fields=("touched_at",), name="upload_to_expire")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("document", "staff", "sha256"), name="one_arrival_of_a_file"
            ),
            models.CheckConstraint(
                condition=models.Q(received__lte=models.F("size")), name="no_more_than_announced"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
