"""At seven in the morning each office lead reads what stands open: counts and reference codes,
never a person (F25). Once an office and day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.models import Agency, Role, Staff
from cases.messages import calls
from cases.models import Case, Digest, Filing
from cases.watch import letters
from cases.worklists import lists
from cases.worklists.clock import day_start, soon_limit
from opsa.core.codes import group_reference
from opsa.core.working_time import load_calendar

SHOWN: Final = 10
KEPT: Final = timedelta(days=90)
Queue = Case.Queue


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the digest: what is counted, and in which words."""

    key: str
    title: str | Promise


PARTS: Final = (
    Part("unsent", gettext_lazy("Chưa gửi được đến cổng")),
    Part("uncoded", gettext_lazy("Nộp cùng khách, chưa ghi mã hồ sơ của cổng")),
    Part("attention", gettext_lazy("Cần xử lý")),
    Part("near", gettext_lazy("Sắp quá hạn hoặc đã quá hạn")),
    Part("messages", gettext_lazy("Tin nhắn không đến được")),
    Part("deliveries", gettext_lazy("Phát không được")),
    Part("drafts", gettext_lazy("Nháp còn để lại")),
)
TITLES: Final = {part.key: part.title for part in PARTS}


def open_lines(agency: Agency, now: datetime) -> list[dict[str, Any]]:
    """What stands open at an office: for each part with anything in it the count and the first
    reference codes. Each is a walk over the office's open work."""
    cases = Case.objects.filter(agency=agency, queue__in=lists.OPEN).order_by("due_at", "pk")
    waiting = cases.filter(queue=Queue.SENDING, taken_at__lt=now - timedelta(minutes=30))
    # Of these nothing waits to be sent: the citizen filed, and the clerk has its code to note.
    together = Exists(Filing.objects.filter(case=OuterRef("pk"), state=Filing.State.RECORDING))
    soon = soon_limit(now, load_calendar())
    today = day_start(timezone.localdate(now))
    found: dict[str, QuerySet[Case]] = {
        "unsent": waiting.filter(~together),
        "uncoded": waiting.filter(together),
        "attention": cases.filter(queue=Queue.ATTENTION),
        "near": cases.filter(decided_at__isnull=True, due_at__lt=soon),
        "messages": cases.filter(pk__in=calls.unheard().values("case")),
        "deliveries": cases.filter(queue=Queue.FAILED_DELIVERY),
        "drafts": cases.filter(Q(queue__in=(Queue.DRAFT, Queue.HELD)), changed_at__lt=today),
    }
    lines = []
    for part in PARTS:
        codes = list(found[part.key].values_list("reference", flat=True)[: SHOWN + 1])
        if codes:
            count = len(codes) if len(codes) <= SHOWN else found[part.key].count()
            shown = [group_reference(code) for code in codes[:SHOWN]]
            lines.append({"key": part.key, "count": count, "codes": shown})
    return lines


def morning(now: datetime | None = None) -> int:
    """Tell every open real office, on a working day; how many were told now. Safe to repeat."""
    now = now or timezone.now()
    today = timezone.localdate(now)
    if not load_calendar().is_working(today):
        return 0
    there = Q(closed_on__isnull=True) | Q(closed_on__gt=today)
    offices = Agency.objects.filter(there, is_practice=False)
    told, reached = 0, True
    for agency in offices.order_by("code"):
        digest = _made(agency, today, now)
        try:
            told += reached and _tell(agency, digest)
        except letters.Away:
            reached = False
    Digest.objects.filter(day__lt=today - KEPT).delete()
    return told


def _made(agency: Agency, today: date, now: datetime) -> Digest:
    """Today's digest of an office, for the page even when no letter leaves."""
    digest, _new = Digest.objects.get_or_create(
        agency=agency, day=today, defaults={"lines": lambda: open_lines(agency, now)}
    )
    return digest


def _tell(agency: Agency, digest: Digest) -> bool:
    if digest.mailed_at is not None:
        return False
    row, to = Digest.objects.filter(pk=digest.pk), _leads(agency)
    if not letters.once(row, lambda: not to or _mail(agency, digest, to)):
        return False
    row.update(letters=len(to))
    return True


def _leads(agency: Agency) -> list[str]:
    leads = Staff.objects.filter(agency=agency, role=Role.LEAD, is_active=True)
    return list(leads.exclude(email="").order_by("pk").values_list("email", flat=True))


def _mail(agency: Agency, digest: Digest, to: list[str]) -> bool:
    with translation.override("vi"):
        subject = _("[OPSA] %(office)s, %(day)s: %(n)s việc đang mở") % {
            "office": agency.short_name,
            "day": f"{digest.day:%d/%m/%Y}",
            "n": sum(line["count"] for line in digest.lines),
        }
        body = as_text(digest)
    return letters.post(f"digest:{digest.pk}", subject, body, to)


def as_text(digest: Digest) -> str:
    """The letter. An office with nothing open reads one line."""
    if not digest.lines:
        return _("Sáng nay không còn việc nào để lại.")
    found = []
    for line in digest.lines:
        found.append(f"{TITLES[line['key']]}: {line['count']}")
        found.append("  " + ", ".join(line["codes"]) + (" …" if _cut(line) else ""))
    found.append(f"\n{settings.PUBLIC_URL}/dieu-hanh/dau-ngay/")
    return "\n".join(found)


def _cut(line: dict[str, Any]) -> bool:
    return int(line["count"]) > len(line["codes"])
