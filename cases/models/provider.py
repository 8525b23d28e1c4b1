from django.db import models
from django.utils.translation import gettext_lazy as _


class Provider(models.Model):
    """The weather at one provider of messages, as our own hand-overs see it (F10).

    A provider is left after three failures in a row, or while more than a tenth of its messages
    are slow; it is taken up again when it has answered well three times after its rest.
    """

    class Why(models.TextChoices):
        FAILURES = "failures", _("ba lần liền không chuyển được")
        SLOW = "slow", _("chậm hoặc không báo đã đến")

    code = models.CharField(_("nơi gửi"), max_length=8, primary_key=True)
    failures = models.PositiveSmallIntegerField(_("lỗi liên tiếp"), default=0)
    away_since = models.DateTimeField(_("thôi dùng từ"), null=True, blank=True)
    why = models.CharField(_("vì sao"), max_length=8, choices=Why, blank=True)
    well = models.PositiveSmallIntegerField(_("lần trả lời tốt liên tiếp"), default=0)
    back_at = models.DateTimeField(_("dùng lại lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("nơi gửi tin nhắn")
        verbose_name_plural = _("nơi gửi tin nhắn")

    def __str__(self) -> str:
        return self.code
