from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Staff
from cases.models.case import Case
from cases.models.citizen import Citizen


class SamePerson(models.Model):
    """Whether two persons' records of an office are the same human being: asked by a counter,
    answered by a supervisor, undone by one (F22).

    No record is rewritten: what is known of either is offered for both while the row is JOINED.
    `first_key` and `second_key` say whom the answer is about, as they were when it was asked
    (`cases.persons.services.identity`): a record that becomes another person's leaves it.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("Chờ xem")
        JOINED = "joined", _("Cùng một người")
        REFUSED = "refused", _("Hai người khác nhau")
        UNDONE = "undone", _("Đã gỡ")

    class Reason(models.TextChoices):
        """From a list, so that nothing personal is written in it."""

        MISTYPED = "mistyped", _("Lần trước gõ sai số định danh")
        NO_NUMBER = "no_number", _("Lần trước chưa có số định danh")
        NEW_NUMBER = "new_number", _("Khách đã đổi số, có giấy xác nhận số cũ")
        PAPERS = "papers", _("Đã đối chiếu giấy tờ của khách")

    class Because(models.TextChoices):
        MISTAKE = "mistake", _("Ghép nhầm hai người")
        CITIZEN = "citizen", _("Khách yêu cầu")

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    first = models.ForeignKey(Citizen, models.CASCADE, related_name="+")
    second = models.ForeignKey(Citizen, models.CASCADE, related_name="+")
    first_case = models.ForeignKey(Case, models.CASCADE, related_name="+")
    second_case = models.ForeignKey(Case, models.CASCADE, related_name="+")
    first_key = models.BinaryField(max_length=16, editable=False)
    second_key = models.BinaryField(max_length=16, editable=False)
    state = models.CharField(max_length=7, choices=State, default=State.ASKED)
    asked_by = models.ForeignKey(Staff, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    answered_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(_("lý do"), max_length=10, choices=Reason, blank=True)
    undone_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    because = models.CharField(_("lý do gỡ"), max_length=8, choices=Because, blank=True)

    class Meta:
        verbose_name = _("cùng một người")
        verbose_name_plural = _("cùng một người")
        default_permissions: ClassVar = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=("agency", "first_key", "second_key"),
                condition=models.Q(state__in=("asked", "joined")),
                name="same_person_once",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=("agency", "second_key"), name="same_person_second"),
            models.Index(fields=("state", "-id"), name="same_person_state"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"
