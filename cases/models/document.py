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

    def __str__(self) -> str:
        return f"{self.case_id}/{self.document_id}"


class Scan(models.Model):
    """A stored file of a required document. Nobody but the checker opens it before it is clean.

    `file` is the storage name of the encrypted content (`opsa.core.files`); `sha256`, `size` and
    `pages` describe the checked, re-encoded content that will be sent (invariant 9, F02).
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
                fields=("document", "upload_sha256"),
                condition=~models.Q(state__in=("removed", "refused")),
                name="same_file_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="clean") | (models.Q(pages__gt=0) & ~models.Q(sha256="")),
                name="clean_scan_is_described",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
