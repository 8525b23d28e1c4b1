from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Staff
from cases.models.case import Case
from cases.states import Delivery
from procedures.models import FilingSystem


class Reconciliation(models.Model):
    """The list of one morning. One a day; looked back at for ninety days."""

    day = models.DateField(_("ngày"), unique=True)
    made_at = models.DateTimeField(_("làm lúc"), auto_now_add=True)

    class Meta:
        verbose_name = _("đối chiếu")
        verbose_name_plural = _("đối chiếu")
        default_permissions: ClassVar = ()
        ordering = ("-day",)

    def __str__(self) -> str:
        return f"{self.day}"


class Difference(models.Model):
    """What a filing system reports and what we observe do not agree, as it stood one morning (F08).

    `reported` is the outside's own code, said to have happened at `said_at` and heard at
    `asked_at`; `observed` is where the results are with us, since `observed_at`. Without a case it
    is a dossier of somebody else in an imported file: its code, procedure and date, no person.
    """

    class Kind(models.TextChoices):
        SEEN = "seen", _("Cổng chưa xong, kết quả đã về")
        UNSEEN = "unseen", _("Cổng đã xong, chưa thấy kết quả")
        UNKNOWN = "unknown", _("Mã trạng thái lạ")
        STALE = "stale", _("Tin của cổng đã cũ")
        DUE = "due", _("Ngày hẹn khác")
        ABSENT = "absent", _("Không có trong tệp")
        ELSEWHERE = "elsewhere", _("Nộp nơi khác")

    class Reason(models.TextChoices):
        """From a list, so that nothing personal is written in it."""

        PHONED = "phoned", _("Đã hỏi cơ quan qua điện thoại")
        LATE_ENTRY = "late_entry", _("Cơ quan cập nhật cổng chậm")
        EXTENDED = "extended", _("Cơ quan có văn bản hẹn lại")
        FETCHING = "fetching", _("Đã hẹn ngày lấy kết quả")
        OTHER_SCREEN = "other_screen", _("Tệp xuất thiếu, không phải hồ sơ sai")
        MAPPED = "mapped", _("Đã báo quản trị ghi mã")

    made = models.ForeignKey(Reconciliation, models.CASCADE, related_name="lines")
    kind = models.CharField(_("khác ở đâu"), max_length=9, choices=Kind)
    agency = models.ForeignKey(
        Agency, models.CASCADE, null=True, related_name="+", verbose_name=_("điểm phục vụ")
    )
    case = models.ForeignKey(Case, models.CASCADE, null=True, related_name="+")
    system = models.ForeignKey(FilingSystem, models.CASCADE, related_name="+")
    code = models.CharField(_("mã hồ sơ"), max_length=60, blank=True)
    procedure = models.CharField(_("thủ tục"), max_length=120, blank=True)
    reported = models.CharField(_("cổng nói"), max_length=40, blank=True)
    late = models.BooleanField(_("cổng tính là quá hạn"), default=False)
    said_at = models.DateTimeField(_("xảy ra lúc, theo cổng"), null=True)
    asked_at = models.DateTimeField(_("cổng trả lời lúc"), null=True)
    told_due = models.DateField(_("cổng hẹn"), null=True)
    observed = models.CharField(_("ta thấy"), max_length=12, choices=Delivery, blank=True)
    observed_at = models.DateTimeField(_("ta thấy từ lúc"), null=True)
    due_on = models.DateField(_("ta tính"), null=True)
    explained_by = models.ForeignKey(Staff, models.SET_NULL, null=True, related_name="+")
    explained_at = models.DateTimeField(_("giải thích lúc"), null=True)
    reason = models.CharField(_("lý do"), max_length=12, choices=Reason, blank=True)

    class Meta:
        verbose_name = _("chênh lệch")
        verbose_name_plural = _("chênh lệch")
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(fields=("made", "agency", "kind", "id"), name="difference_listed"),
            models.Index(
                fields=("system", "code"),
                condition=models.Q(kind="elsewhere"),
                name="difference_elsewhere",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("made", "kind", "case"), name="difference_once"),
            models.CheckConstraint(
                condition=models.Q(kind="elsewhere", case__isnull=True, agency__isnull=True)
                | models.Q(case__isnull=False, agency__isnull=False),
                name="difference_of_a_case_or_elsewhere",
            ),
            models.CheckConstraint(
                condition=models.Q(reason="", explained_at__isnull=True)
                | (~models.Q(reason="") & models.Q(explained_at__isnull=False)),
                name="explained_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.made_id} {self.kind}"
