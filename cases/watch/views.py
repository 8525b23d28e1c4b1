"""The health of the house for those who run it, and the morning's digest as a page (F25)."""

from datetime import date
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from agencies.access import require_role, staff_of
from agencies.models import Role
from cases.models import Alarm, AlarmRule, Digest, PollState
from cases.watch import alarms, digests
from cases.watch.measures import QUEUES, Reading, beyond, readings
from cases.worklists import board
from opsa.core.outbox import Outbox
from opsa.core.pages import render_page

RUNNERS: Final = (Role.ADMIN, Role.SUPERVISOR, Role.AUDITOR)
BOARD: Final = (Role.LEAD, *RUNNERS)
Measure = AlarmRule.Measure
LAST: Final = 20


def _units() -> dict[str, tuple[str, str]]:
    """Name of each measure on the page, and its unit."""
    return {
        Measure.DATABASE: (_("Cơ sở dữ liệu trả lời"), _("mili giây")),
        Measure.UNSENT: (_("Chờ gửi lâu nhất khi cổng vẫn chạy"), _("phút")),
        Measure.QUEUE: (_("Đến lượt mà chưa làm"), _("phút")),
        Measure.OUTAGE: (_("Cổng trục trặc"), _("phút")),
        Measure.POLLS: (_("Hỏi cổng trễ nhất"), _("phút")),
        Measure.CODES: (_("Mã lạ của cổng, chưa đối chiếu"), _("tin")),
        Measure.SILENCE: (_("Hồ sơ im lặng ở cơ quan"), _("hồ sơ")),
        Measure.PULSE: (_("Máy làm việc: nhịp gần nhất"), _("phút trước")),
        Measure.PAPERS: (_("Phiếu chờ làm lâu nhất"), _("phút")),
        Measure.PAPERS_FAILED: (_("Phiếu không làm được, 24 giờ"), _("phiếu")),
        Measure.DISK: (_("Ổ đĩa còn trống"), "%"),
        Measure.CERTIFICATE: (_("Chứng thư TLS còn hạn"), _("ngày")),
        Measure.SEAL: (_("Nhật ký niêm phong lần cuối"), _("giờ trước")),
    }


def _row(one: Reading, rules: dict[str, list[AlarmRule]]) -> dict[str, Any]:
    name, unit = _units()[one.measure]
    held = rules.get(one.measure, [])
    bad = any(beyond(one.measure, one.value, rule.bound) for rule in held)
    bounds = ", ".join(str(rule.bound) for rule in held)
    return {
        "name": name,
        "subject": one.subject,
        "value": one.value,
        "unit": unit,
        "bound": bounds,
        "bad": bad,
        "fix": one.measure == Measure.CODES,
    }


@require_GET
@require_role(*RUNNERS)
def health(request: HttpRequest) -> HttpResponse:
    """Database, queues, oldest unsent, last poll, disk, certificate and workers, each beside the
    bound at which somebody is told; and the alarms of late."""
    now = timezone.now()
    rules: dict[str, list[AlarmRule]] = {}
    for rule in AlarmRule.objects.filter(active=True).order_by("bound"):
        rules.setdefault(rule.measure, []).append(rule)
    found = readings(now)
    order = list(_units())
    found.sort(key=lambda one: (order.index(one.measure), one.subject))
    beating = {one.subject for one in found if one.measure == Measure.PULSE}
    recent = Alarm.objects.filter(raised_at__isnull=False).select_related("rule")
    context = {
        "rows": [_row(one, rules) for one in found],
        "silent": [queue for queue in QUEUES if queue not in beating],
        "oldest": Outbox.objects.filter(state__in=("ready", "unknown"))
        .order_by("created_at")
        .values_list("created_at", flat=True)
        .first(),
        "asked": PollState.objects.filter(answered_at__isnull=False)
        .order_by("-answered_at")
        .values_list("answered_at", flat=True)
        .first(),
        "alarms": [
            alarms.words(one) | {"raised": one.raised_at, "ended": one.ended_at}
            for one in recent.order_by("-raised_at")[:LAST]
        ],
        "at": now,
        "mappings_url": reverse("admin:cases_statusmapping_changelist")
        if any(one.measure == Measure.CODES for one in found)
        else "",
        "rules_url": reverse("admin:cases_alarmrule_changelist")
        if staff_of(request).role in (Role.ADMIN, Role.AUDITOR)
        else "",
    }
    return render_page(request, "watch/health.html", context)


@require_GET
@require_role(*BOARD)
def digest(request: HttpRequest) -> HttpResponse:
    """The morning's digest of one's offices, as it was told; any of the last days by its date."""
    staff = staff_of(request)
    try:
        asked = request.GET.get("ngay", "")
        day = date.fromisoformat(asked) if asked else None
    except ValueError:
        raise Http404 from None
    places = {pk: name for pk, _code, name in board.offices_for(staff)}
    mine = Digest.objects.filter(agency_id__in=places)
    days = list(mine.order_by("-day").values_list("day", flat=True).distinct()[:7])
    day = day or (days[0] if days else None)
    shown = (
        [
            {
                "office": places[one.agency_id],
                "at": one.mailed_at or one.made_at,
                "letters": one.letters,
                "lines": [
                    line
                    | {
                        "title": digests.TITLES[line["key"]],
                        "more": line["count"] - len(line["codes"]),
                    }
                    for line in one.lines
                ],
            }
            for one in mine.filter(day=day).order_by("agency__code")
        ]
        if day
        else []
    )
    context = {
        "shown": shown,
        "day": day,
        "days": [{"day": one, "current": one == day} for one in days],
    }
    return render_page(request, "watch/digest.html", context)
