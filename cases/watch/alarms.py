"""Alarms as data: each minute every rule is held against what was measured (F25). Shown on the
board while they last, mailed once."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from agencies.models import Role, Staff
from cases.models import Alarm, AlarmRule
from cases.watch import letters
from cases.watch.measures import Reading, beyond, readings
from opsa.core.kept import Kept

Measure = AlarmRule.Measure
#: The rules a new house starts with: measure, bound, minutes, whom.
SHIPPED: Final = (
    (Measure.UNSENT, 30, 0, Role.ADMIN),
    (Measure.QUEUE, 5, 2, Role.ADMIN),
    (Measure.OUTAGE, 30, 0, Role.SUPERVISOR),
    (Measure.POLLS, 60, 0, Role.ADMIN),
    (Measure.CODES, 0, 0, Role.SUPERVISOR),
    (Measure.SILENCE, 20, 60, Role.SUPERVISOR),
    (Measure.PULSE, 5, 0, Role.ADMIN),
    (Measure.PAPERS, 5, 0, Role.ADMIN),
    (Measure.PAPERS_FAILED, 5, 0, Role.ADMIN),
    (Measure.DATABASE, 500, 3, Role.ADMIN),
    (Measure.DISK, 10, 0, Role.ADMIN),
    (Measure.CERTIFICATE, 14, 0, Role.ADMIN),
    (Measure.SEAL, 28, 0, Role.ADMIN),
)
ENDED_KEPT: Final = timedelta(days=90)

_kept: Kept[None, list[Alarm]] = Kept(10.0)


def load_rules() -> int:
    """Give a house without rules the shipped ones; what people changed or deleted stays so."""
    if AlarmRule.objects.exists():
        return 0
    made = AlarmRule.objects.bulk_create(
        AlarmRule(measure=measure, bound=bound, minutes=minutes, role=role)
        for measure, bound, minutes, role in SHIPPED
    )
    return len(made)


def evaluate(now: datetime | None = None, found: list[Reading] | None = None) -> None:
    """Begin, raise and end alarms, then mail those that are new. Two at once do it once."""
    now = now or timezone.now()
    found = readings(now) if found is None else found
    with transaction.atomic():
        rules = list(AlarmRule.objects.select_for_update().filter(active=True).order_by("pk"))
        open_now = {
            (one.rule_id, one.subject): one for one in Alarm.objects.filter(ended_at__isnull=True)
        }
        for rule in rules:
            for one in found:
                if one.measure == rule.measure and beyond(rule.measure, one.value, rule.bound):
                    _goes_on(rule, one, open_now.pop((rule.pk, one.subject), None), now)
        for over in open_now.values():
            _ends(over, now)
        Alarm.objects.filter(ended_at__lt=now - ENDED_KEPT).delete()
        transaction.on_commit(_kept.forget)
    _mail_new()


def _goes_on(rule: AlarmRule, one: Reading, alarm: Alarm | None, now: datetime) -> None:
    new = alarm is None
    if alarm is None:
        alarm = Alarm(rule=rule, subject=one.subject, since=now)
    alarm.value = one.value
    if alarm.raised_at is None and now - alarm.since >= timedelta(minutes=rule.minutes):
        alarm.raised_at = now
    # Its letter may be on its way just now: whether it left is not ours to write.
    alarm.save(update_fields=None if new else ["value", "raised_at"])


def _ends(alarm: Alarm, now: datetime) -> None:
    """One that never lasted long enough was no alarm."""
    if alarm.raised_at is None:
        alarm.delete()
        return
    alarm.ended_at = now
    alarm.save(update_fields=["ended_at"])


def _mail_new() -> None:
    new = Alarm.objects.filter(
        raised_at__isnull=False, mailed_at__isnull=True, ended_at__isnull=True
    )
    for alarm in new.select_related("rule"):
        try:
            letters.once(Alarm.objects.filter(pk=alarm.pk), partial(_mail, alarm))
        except letters.Away:
            return


def _mail(alarm: Alarm) -> bool:
    people = Staff.objects.filter(role=alarm.rule.role, is_active=True).exclude(email="")
    to = list(people.order_by("pk").values_list("email", flat=True))
    if not to:
        return True
    with translation.override("vi"):
        told = words(alarm)
        subject = _("[OPSA] Báo động: %(what)s") % {"what": told["title"]}
        body = _("%(title)s: %(value)s, ngưỡng %(bound)s, từ %(since)s.\n\nXem: %(url)s") % told
    return letters.post(f"alarm:{alarm.pk}", subject, body, to)


def words(alarm: Alarm) -> dict[str, Any]:
    """What is said about an alarm, on the board and in its letter."""
    title = alarm.rule.get_measure_display()
    return {
        "title": f"{title} ({alarm.subject})" if alarm.subject else str(title),
        "value": alarm.value,
        "bound": alarm.rule.bound,
        "since": f"{timezone.localtime(alarm.since):%H:%M %d/%m}",
        "url": f"{settings.PUBLIC_URL}/dieu-hanh/suc-khoe/",
    }


def standing() -> list[Alarm]:
    """The alarms that stand now; kept in memory for some seconds, so that no page pays for them."""
    return _kept.get(None, _standing)


def _standing() -> list[Alarm]:
    found = Alarm.objects.filter(raised_at__isnull=False, ended_at__isnull=True)
    return list(found.select_related("rule").order_by("raised_at"))
