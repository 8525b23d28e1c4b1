"""The weather as pages show it, kept in each process for some seconds: no page pays for it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.models import Outage
from opsa.core import practice
from opsa.core.kept import Kept
from procedures.models import FilingSystem

KEPT_SECONDS: Final = 5.0
#: A maintenance is announced this long before it begins.
AHEAD: Final = timedelta(hours=24)
Kind = Outage.Kind

_kept: Kept[None, list[Outage]] = Kept(KEPT_SECONDS)


def forget() -> None:
    """Ask anew at the next page of this process."""
    _kept.forget()


def _outages() -> list[Outage]:
    return _kept.get(None, _read)


def _read() -> list[Outage]:
    now = timezone.now()
    return list(
        Outage.objects.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=now))
        .filter(began_at__lt=now + AHEAD)
        .select_related("system")
        .order_by("began_at")
    )


def in_trouble(system_id: str, now: datetime | None = None) -> bool:
    """Whether what waits for this system waits because of it: down, or away as it had said."""
    now = now or timezone.now()
    return any(
        one.system_id == system_id
        and one.kind != Kind.SLOW
        and one.began_at <= now
        and (one.ended_at is None or one.ended_at > now)
        for one in _outages()
    )


@dataclass(frozen=True, slots=True)
class Notice:
    """One line of the banner: what is wrong, what still works, what to tell the citizen."""

    tone: str
    what: str
    works: str
    tell: str


def notices(now: datetime | None = None, *, practised: bool = False) -> list[Notice]:
    """What every clerk should know now, the oldest first; in a practice office what is played
    there, and in a real one nothing of it (F25)."""
    now = now or timezone.now()
    return [
        _notice(one, now)
        for one in _outages()
        if (one.system_id == practice.SYSTEM) == practised
        and (one.ended_at is None or one.ended_at > now)
    ]


def seen(lines: list[Notice]) -> str:
    """A short mark of what stands in the banner, so that an unchanged one is not sent again."""
    return hashlib.sha256(repr(lines).encode()).hexdigest()[:12]


def _notice(one: Outage, now: datetime) -> Notice:
    words = {
        "system": one.system.name,
        "from": moment(one.began_at, now),
        "until": moment(one.ended_at, now) if one.ended_at else "",
        "what": one.what,
    }
    together = one.system.way == FilingSystem.Way.COPILOT
    works = (
        _("Vẫn làm hồ sơ, quét giấy và lưu được; nộp cùng khách thì chờ cổng chạy lại.")
        if together
        else _("Vẫn nhận hồ sơ, quét và in phiếu; hồ sơ tự gửi khi cổng chạy lại.")
    )
    taken = (
        _("Nói với khách: hồ sơ đã lưu, cổng chạy lại thì nộp tiếp, không phải khai lại.")
        if together
        else _("Nói với khách: bưu điện đã nhận, giờ nhận ghi trên phiếu, không phải đến lại.")
    )
    if one.kind == Kind.SLOW:
        return Notice(
            "",
            _("%(system)s trả lời chậm từ %(from)s.") % words,
            _("Nhận hồ sơ như thường, cứ nộp một lần."),
            _("Nói với khách: tin nhắn cổng đã nhận có thể đến muộn."),
        )
    if one.kind == Kind.DOWN:
        return Notice("warn", _("%(system)s trục trặc từ %(from)s.") % words, works, taken)
    if one.began_at > now:
        return Notice(
            "",
            _("%(system)s sẽ bảo trì từ %(from)s đến %(until)s: %(what)s.") % words,
            _("Lúc đó vẫn làm và lưu hồ sơ được; nộp cùng khách thì trước hoặc sau giờ bảo trì.")
            if together
            else _("Lúc đó vẫn nhận hồ sơ; hồ sơ tự gửi sau khi bảo trì xong."),
            "",
        )
    return Notice("warn", _("%(system)s bảo trì đến %(until)s: %(what)s.") % words, works, taken)


def moment(at: datetime, now: datetime) -> str:
    """`10:42` on the day of `now`, `10:42 ngày 23/11` on another."""
    local = timezone.localtime(at)
    if local.date() == timezone.localdate(now):
        return f"{local:%H:%M}"
    return _("%(time)s ngày %(day)s") % {"time": f"{local:%H:%M}", "day": f"{local:%d/%m}"}


def minutes(spans: list[tuple[datetime, datetime]], begins: datetime, ends: datetime) -> int:
    """Whole minutes of a stretch of time that lie in any of the spans; none counted twice. Pure."""
    total, reached = timedelta(), begins
    for start, end in sorted(spans):
        start, end = max(start, reached), min(end, ends)
        if end > start:
            total += end - start
            reached = end
    return round(total / timedelta(minutes=1))
