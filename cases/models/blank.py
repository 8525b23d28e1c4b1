from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models.case import Case
from cases.models.paper import Paper


class BlankSlip(models.Model):
    """A numbered slip to write on by hand while nothing works (phiếu viết tay, F25).

    Its number becomes the reference of the one case that is typed in from it; when that was a
    draft and is deleted for age, the slip is as unused as before. `paper`: the run it was printed
    with; `written_at`: the hour that stands on it.
    """

    agency = models.ForeignKey(
        "agencies.Agency", models.PROTECT, related_name="+", verbose_name=_("điểm phục vụ")
    )
    paper = models.ForeignKey(Paper, models.PROTECT, related_name="blanks")
    reference = models.CharField(_("mã tiếp nhận"), max_length=11, unique=True)
    case = models.OneToOneField(
        Case, models.PROTECT, null=True, blank=True, related_name="blank_slip"
    )
    written_at = models.DateTimeField(_("giờ ghi trên phiếu"), null=True, blank=True)

    class Meta:
        verbose_name = _("phiếu viết tay")
        verbose_name_plural = _("phiếu viết tay")
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(written_at=None) | models.Q(case__isnull=False),
                name="written_at_of_a_typed_slip",
            )
        ]

    def __str__(self) -> str:
        return self.reference
