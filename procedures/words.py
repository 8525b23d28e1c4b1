"""The reader's language for texts kept in the database, and the small phrases made of figures."""

from datetime import time

from django.db.models import Model
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from .models import ProcedureVersion


def localised(row: Model, field: str) -> str:
    """The row's text in the reader's language; Vietnamese where no English was written."""
    if (get_language() or "vi").startswith("en"):
        return str(getattr(row, f"{field}_en", "") or getattr(row, field))
    return str(getattr(row, field))


def dong(amount: int) -> str:
    """An amount as people write it: 1.250.000 đ (integers of đồng, DESIGN 6.10)."""
    return f"{amount:,}".replace(",", ".") + " đ"


def duration(value: int, unit: str) -> str:
    """A time limit in words. `unit` as in opsa.core.working_time.TimeUnit."""
    if unit == "same_day":
        return _("trong ngày")
    counted = {
        "hour": ngettext("%(n)d giờ làm việc", "%(n)d giờ làm việc", value),
        "working_day": ngettext("%(n)d ngày làm việc", "%(n)d ngày làm việc", value),
        "calendar_day": ngettext("%(n)d ngày", "%(n)d ngày", value),
    }
    return counted[unit] % {"n": value}


def time_limit(version: ProcedureVersion) -> str:
    """How long it takes, with the longest variant and the day's cut-off when there is one."""
    text = duration(version.time_value, version.time_unit)
    if version.time_extended:
        longest = duration(version.time_extended, version.time_unit)
        text = _("%(usual)s, lâu nhất %(longest)s") % {"usual": text, "longest": longest}
    if isinstance(version.cutoff, time):
        text = _("%(text)s; nộp sau %(hour)s tính từ ngày làm việc sau") % {
            "text": text,
            "hour": f"{version.cutoff:%H:%M}",
        }
    return text
