from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Counter, Staff
from cases.models.case import Case


class CounterScreen(models.Model):
    """The second screen of a counter: who it belongs to, what it is to show, what was pressed on
    it (ux 4.8). It holds nothing about a person; that is read from the case when it is shown."""

    class View(models.TextChoices):
        WELCOME = "welcome", _("Trống")
        CHECK = "check", _("Mời kiểm tra")
        CONSENT = "consent", _("Lời đồng ý")
        PAY = "pay", _("Trả tiền")
        DONE = "done", _("Đã xong")

    class Answer(models.TextChoices):
        YES = "yes", _("Khách bấm Đúng")
        WRONG = "wrong", _("Khách báo sai")
        AGREED = "agreed", _("Khách đồng ý")
        REFUSED = "refused", _("Khách không đồng ý")

    agency = models.ForeignKey(Agency, models.CASCADE, related_name="+")
    counter = models.OneToOneField(Counter, models.CASCADE, related_name="screen")
    #: A short code for a tablet, and the device's own token: keyed hashes, each with its end.
    code_hash = models.CharField(max_length=64, blank=True)
    code_until = models.DateTimeField(null=True, blank=True)
    token_hash = models.CharField(max_length=64, blank=True)
    token_until = models.DateTimeField(null=True, blank=True)

    view = models.CharField(max_length=7, choices=View, default=View.WELCOME)
    case = models.ForeignKey(Case, models.SET_NULL, null=True, blank=True, related_name="+")
    shown_by = models.ForeignKey(Staff, models.SET_NULL, null=True, blank=True, related_name="+")
    number = models.PositiveIntegerField(default=0, help_text=_("tăng mỗi lần đổi trang"))
    touched_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=7, choices=Answer, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("màn hình khách")
        verbose_name_plural = _("màn hình khách")
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return f"{self.counter_id}: {self.view}"
