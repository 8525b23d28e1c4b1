from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Staff
from cases.models.filing import Filing
from cases.models.supplement import Supplement


class Acknowledgement(models.Model):
    """The paper by which a filing system says what it took (giấy tiếp nhận), kept byte for byte.

    `told` is what could be read from it: `code`, `procedure`, `at` (ISO 8601), `count`, `files`
    (each name, size, sha256). `supplement`: it is about that answer to the authority, not about the
    filing. `compared` names what was held against the filing, `difference` what
    was not equal; both empty for one that could not be read (F02). `eye` is what a person says who
    held one that the machine could not settle against the filing.
    """

    class State(models.TextChoices):
        QUARANTINED = "quarantined", _("Đang kiểm tra")
        EQUAL = "equal", _("Khớp")
        DIFFERS = "differs", _("Không khớp")
        BY_EYE = "by_eye", _("So bằng mắt")
        REFUSED = "refused", _("Không nhận")

    class Eye(models.TextChoices):
        RIGHT = "right", _("Đúng")
        DIFFERS = "differs", _("Khác")

    filing = models.ForeignKey(Filing, models.PROTECT, related_name="acknowledgements")
    supplement = models.ForeignKey(
        Supplement,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="acknowledgements",
        verbose_name=_("của lần bổ sung"),
    )
    state = models.CharField(max_length=11, choices=State, default=State.QUARANTINED)
    refused_because = models.CharField(max_length=200, blank=True)
    file = models.CharField(max_length=120, blank=True)
    kind = models.CharField(_("loại"), max_length=4, blank=True)
    size = models.PositiveIntegerField(_("byte"))
    sha256 = models.CharField(max_length=64)
    told = models.JSONField(default=dict, blank=True)
    compared = models.JSONField(default=list, blank=True)
    difference = models.JSONField(default=list, blank=True)
    uploaded_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    eye = models.CharField(_("người so thấy"), max_length=7, choices=Eye, blank=True)
    eye_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")
    eye_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("giấy tiếp nhận của cổng")
        verbose_name_plural = _("giấy tiếp nhận của cổng")
        ordering = ("-id",)
        default_permissions: ClassVar = ()
        indexes: ClassVar = [
            models.Index(
                fields=("uploaded_at",),
                condition=models.Q(state="quarantined"),
                name="acknowledgement_to_check",
            )
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("filing", "sha256"),
                condition=~models.Q(state="refused"),
                name="same_acknowledgement_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state="refused") | ~models.Q(file=""),
                name="acknowledgement_is_kept",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="differs") | ~models.Q(difference=[]),
                name="difference_is_said",
            ),
            models.CheckConstraint(
                condition=models.Q(eye="", eye_by=None, eye_at=None)
                | models.Q(state="by_eye", eye_by__isnull=False, eye_at__isnull=False)
                & ~models.Q(eye=""),
                name="whose_eye_is_said",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.filing_id}: {self.pk}"
