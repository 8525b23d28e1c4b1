from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.states import Dossier
from procedures.models import Procedure


class Pace(models.Model):
    """In how many working days nine of ten cases of a procedure leave a state of the authority's
    (F08). Computed each night; no row where too few like cases went before."""

    procedure = models.ForeignKey(
        Procedure, models.CASCADE, related_name="paces", verbose_name=_("thủ tục")
    )
    state = models.CharField(_("ở cơ quan"), max_length=2, choices=Dossier)
    days = models.PositiveSmallIntegerField(_("9 trong 10 hồ sơ qua trong, ngày làm việc"))
    cases = models.PositiveIntegerField(_("tính từ số hồ sơ"))
    computed_at = models.DateTimeField(_("tính lúc"))

    class Meta:
        verbose_name = _("nhịp giải quyết")
        verbose_name_plural = _("nhịp giải quyết")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=("procedure", "state"), name="pace_once")
        ]

    def __str__(self) -> str:
        return f"{self.procedure_id} {self.state}: {self.days}"
