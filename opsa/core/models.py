"""Tables that every room shares: the journal and its seals, the calendar, one-time form keys."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from opsa.core.actors import ActorKind
from opsa.core.fields import EncryptedTextField
from opsa.core.lanes import Lane
from opsa.core.outbox import Channel, Outbox

__all__ = [
    "AppendOnly",
    "CalendarDay",
    "Channel",
    "FormKey",
    "JournalEntry",
    "JournalSeal",
    "Lane",
    "Outbox",
]


class AppendOnly(Exception):
    """Somebody tried to change or delete what may only be added."""


class _AppendOnlyModel(models.Model):
    class Meta:
        abstract = True

    def save(self, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly(self._meta.label)
        super().save(**kwargs)

    def delete(self, using: Any = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        raise AppendOnly(self._meta.label)


class JournalEntry(_AppendOnlyModel):
    """One act, as it was written. The database adds id, number, time and hashes (invariant I19).

    The table is made by hand in the first migration (`managed = False`): its triggers refuse
    UPDATE, DELETE and TRUNCATE, so Django's test flush must pass it over.
    """

    chain = models.CharField(_("chuỗi"), max_length=60)
    seq = models.BigIntegerField(_("số thứ tự"), db_default=0, editable=False)
    at = models.DateTimeField(_("lúc"), db_default=Now(), editable=False)
    actor_kind = models.CharField(_("bên thực hiện"), max_length=12, choices=ActorKind)
    staff_id = models.BigIntegerField(_("nhân viên"), null=True)
    action = models.CharField(_("việc"), max_length=80)
    subject = models.CharField(_("đối tượng"), max_length=120, blank=True)
    reason = models.TextField(_("lý do"), blank=True)
    facts = models.JSONField(_("dữ kiện"), default=dict)
    request_id = models.CharField(_("mã yêu cầu"), max_length=32, blank=True)
    prev_hash = models.BinaryField(db_default=Value(b""), editable=False)
    hash = models.BinaryField(db_default=Value(b""), editable=False)

    class Meta:
        managed = False
        db_table = "core_journalentry"
        ordering = ("-id",)
        verbose_name = _("dòng nhật ký")
        verbose_name_plural = _("nhật ký")

    def __str__(self) -> str:
        return f"{self.chain} #{self.seq} {self.action}"


class JournalSeal(_AppendOnlyModel):
    """What the journal held at one moment: last id, count and one root over all hashes since the
    seal before. A cut tail or a removed chain no longer fits it."""

    day = models.DateField(_("ngày"))
    at = models.DateTimeField(_("lúc"), db_default=Now(), editable=False)
    last_id = models.BigIntegerField(_("dòng cuối"))
    count = models.BigIntegerField(_("số dòng"))
    prev_root = models.BinaryField()
    root = models.BinaryField()

    class Meta:
        managed = False
        db_table = "core_journalseal"
        ordering = ("-id",)
        verbose_name = _("niêm phong nhật ký")
        verbose_name_plural = _("niêm phong nhật ký")

    def __str__(self) -> str:
        return f"{self.day:%d/%m/%Y} {bytes(self.root).hex()[:12]}"


class CalendarDay(models.Model):
    """A day that differs from the plain week: a holiday, or a Saturday worked in exchange.

    A row here wins over the built-in list of its year. Source: the yearly decision on public
    holidays and swapped working days.
    """

    class Kind(models.TextChoices):
        OFF = "off", _("nghỉ")
        WORKING = "working", _("làm bù")

    date = models.DateField(_("ngày"), unique=True)
    kind = models.CharField(_("loại"), max_length=7, choices=Kind)
    name = models.CharField(_("tên"), max_length=120)
    decided_by = models.CharField(_("quyết định"), max_length=120, blank=True)
    source = models.CharField(_("nguồn"), max_length=200, blank=True)

    class Meta:
        ordering = ("date",)
        verbose_name = _("ngày nghỉ, ngày làm bù")
        verbose_name_plural = _("ngày nghỉ, ngày làm bù")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["off", "working"]), name="calendarday_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.date:%d/%m/%Y} {self.name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        from opsa.core.working_time import forget_calendar

        super().save(*args, **kwargs)
        forget_calendar()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        from opsa.core.working_time import forget_calendar

        result = super().delete(*args, **kwargs)
        forget_calendar()
        return result


class FormKey(models.Model):
    """A form that was sent once, and what we answered (invariant I10)."""

    key = models.UUIDField()
    who = models.CharField(max_length=40)
    path = models.CharField(max_length=300)
    fingerprint = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())
    status = models.SmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = EncryptedTextField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "who", "path"], name="formkey_once")
        ]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="formkey_created")]

    def __str__(self) -> str:
        return str(self.key)
