"""The two tables of sending: what is owed, and the weather on each way out."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Outbox(models.Model):
    """One effect owed to the outside world. Slim on purpose: the payload lives with its subject."""

    class State(models.TextChoices):
        READY = "ready", _("chờ gửi")
        UNKNOWN = "unknown", _("đang xác minh")
        DONE = "done", _("đã gửi")
        REFUSED = "refused", _("bị từ chối")
        PERSON = "person", _("cần người kiểm tra")

    kind = models.CharField(max_length=20)
    channel = models.CharField(max_length=40)
    key = models.CharField(max_length=80, unique=True)
    subject = models.BigIntegerField()
    payload_sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.READY)
    run_at = models.DateTimeField(db_default=Now())
    lease_token = models.PositiveIntegerField(default=0)
    claimed = models.BooleanField(default=False)
    tries = models.PositiveIntegerField(default=0)
    deaths = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    #: When somebody last took it up, whether or not a byte left then.
    tried_at = models.DateTimeField(null=True)
    first_sent_at = models.DateTimeField(null=True)
    last_sent_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        app_label = "core"
        verbose_name = _("việc phải gửi")
        verbose_name_plural = _("việc phải gửi")
        indexes: ClassVar = [
            models.Index(
                fields=("channel", "run_at"),
                condition=models.Q(state__in=("ready", "unknown")),
                name="outbox_due",
            )
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(state="ready") | models.Q(last_sent_at__isnull=True),
                name="ready_was_never_sent",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} {self.state}"


class Channel(models.Model):
    """The breaker of one outside system, and its weather as our own sends see it."""

    code = models.CharField(max_length=40, primary_key=True)
    open_since = models.DateTimeField(null=True)
    next_probe_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    last_ok_at = models.DateTimeField(null=True)
    #: Nothing is sent from here to there: the other side said beforehand that it will be away.
    held_from = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)

    class Meta:
        app_label = "core"
        verbose_name = _("đường gửi")
        verbose_name_plural = _("đường gửi")

    def __str__(self) -> str:
        return self.code
