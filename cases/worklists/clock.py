"""When a case is due, in words a person reads at a glance, and how urgent that is (F12)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from opsa.core.working_time import WorkingCalendar

#: Amber begins when less than this share of the time is left (F12).
SOON_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Due:
    """`tone` is late, soon or empty; `text` says it in words, `said` to screen readers only."""

    text: str = ""
    tone: str = ""
    said: str = ""
    at: datetime | None = None


def day_start(day: date) -> datetime:
    """Midnight of a local day."""
    return timezone.make_aware(datetime.combine(day, time.min))


def week_start(now: datetime) -> datetime:
    """Midnight of this week's Monday."""
    today = timezone.localdate(now)
    return day_start(today - timedelta(days=today.weekday()))


def soon_limit(now: datetime, calendar: WorkingCalendar) -> datetime:
    """The end of the next working day: what is due before it stands in 'Sắp đến hạn'."""
    return day_start(calendar.add_working_days(timezone.localdate(now), 1) + timedelta(days=1))


def at_words(at: datetime | None, now: datetime | None = None) -> str:
    """`10:42` today, `10:42 20/11` else; nothing for None."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    today = local.date() == timezone.localdate(now)
    return f"{local:%H:%M}" if today else f"{local:%H:%M %d/%m}"


def since_words(at: datetime | None, now: datetime) -> str:
    """`Từ 09:52` today, `Từ 20/11` before."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    if local.date() == timezone.localdate(now):
        return _("Từ %(time)s") % {"time": f"{local:%H:%M}"}
    return _("Từ %(date)s") % {"date": f"{local:%d/%m}"}


def due_words(
    due_at: datetime, *, started: datetime | None, now: datetime, calendar: WorkingCalendar
) -> Due:
    """The due moment in working time: `Quá hạn 1 ngày`, `Hôm nay 16:30`, `Còn 3 ngày`."""
    local, today = timezone.localtime(due_at), timezone.localdate(now)
    if due_at < now:
        if local.date() == today:
            return Due(_("Quá hạn từ %(time)s") % {"time": f"{local:%H:%M}"}, "late", "", due_at)
        days = max(1, calendar.working_days_between(local.date(), today))
        text = ngettext("Quá hạn %(n)d ngày", "Quá hạn %(n)d ngày", days) % {"n": days}
        return Due(text, "late", "", due_at)
    if local.date() == today:
        return Due(_("Hôm nay %(time)s") % {"time": f"{local:%H:%M}"}, "soon", "", due_at)
    days = calendar.working_days_between(today, local.date())
    if days > 20:
        text = date_format(local.date(), "d/m/Y")
    else:
        text = ngettext("Còn %(n)d ngày", "Còn %(n)d ngày", max(1, days)) % {"n": max(1, days)}
    short = started is not None and (due_at - now) < (due_at - started) * SOON_SHARE
    return Due(text, "soon" if short else "", _("sắp đến hạn") if short else "", due_at)
