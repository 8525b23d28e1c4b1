"""The banner, the history of outages, and maintenance told beforehand (F19)."""

from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import TupleLessThan
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agencies.access import actor_of, passive, require_role, staff_of, staff_required
from agencies.models import Role
from cases.models import Outage
from cases.weather import holds, judging, sky
from cases.weather.forms import MaintenanceForm
from cases.worklists.cursors import Cursor
from opsa.core import practice
from opsa.core.once import once
from opsa.core.pages import go, render_page, wants_part

READERS: Final = (Role.LEAD, Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN)
PLANNERS: Final = (Role.SUPERVISOR, Role.ADMIN)
LINES: Final = 30


@require_GET
@passive
@staff_required
def banner(request: HttpRequest) -> HttpResponse:
    """The banner alone, asked by open pages; 204 while nothing changed."""
    lines = sky.notices(practised=staff_of(request).practises)
    seen = sky.seen(lines)
    if wants_part(request) and request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    return render_page(request, "weather/now.html", {"lines": lines, "seen": seen}, part="now")


def _line(one: Outage, now: datetime) -> dict[str, Any]:
    end = one.ended_at
    coming, over = one.began_at > now, end is not None and end <= now
    until = end if end is not None else now
    waited = one.affected
    if waited is None and not coming:
        waited = judging.affected(one)
    return {
        "pk": one.pk,
        "kind": one.get_kind_display(),
        "icon": "clock" if one.kind == Outage.Kind.PLANNED else "warn",
        "tone": "" if over or coming else "bad" if one.kind == Outage.Kind.DOWN else "wait",
        "system": one.system.name,
        "what": one.what,
        "began": one.began_at,
        "ended": end,
        "coming": coming,
        "over": over,
        "minutes": None if coming else sky.minutes([(one.began_at, until)], one.began_at, now),
        "waited": waited,
        "may_end": one.kind == Outage.Kind.PLANNED and not over,
    }


def _real() -> QuerySet[Outage]:
    """What befell real systems: what is practised stands in no figure of the city (F25)."""
    return Outage.objects.exclude(system=practice.SYSTEM).select_related("system")


def _history(
    request: HttpRequest, form: MaintenanceForm | None = None, status: int = 200
) -> HttpResponse:
    staff, now = staff_of(request), timezone.now()
    found = _real().order_by("-began_at", "-pk")
    before = Cursor.read(request.GET.get("sau", ""), "outages")
    if before is not None:
        found = found.filter(TupleLessThan((F("began_at"), F("pk")), (before.at, before.pk)))
    rows = list(found[: LINES + 1])
    older = rows[LINES - 1] if len(rows) > LINES else None
    may_plan = staff.role in PLANNERS
    if form is None and may_plan:
        form = MaintenanceForm()
    context = {
        "rows": [_line(one, now) for one in rows[:LINES]],
        "form": form,
        "may_plan": may_plan,
        "first": "sau" not in request.GET,
        "here": reverse("board:portal"),
        "next_url": f"?sau={Cursor(older.began_at, older.pk).sign('outages')}" if older else "",
    }
    return render_page(request, "weather/history.html", context, status=status)


@require_GET
@require_role(*READERS)
def history(request: HttpRequest) -> HttpResponse:
    """Every outage: since when, how long, how many filings had to wait."""
    return _history(request)


@require_POST
@require_role(*PLANNERS)
@once
def planned(request: HttpRequest) -> HttpResponse:
    """Note a maintenance: the banner says so beforehand, and nothing is sent into it."""
    form = MaintenanceForm(request.POST)
    if not form.is_valid():
        return _history(request, form, status=422)
    holds.plan(
        form.cleaned_data["system"].pk,
        form.cleaned_data["began_at"],
        form.cleaned_data["ended_at"],
        form.cleaned_data["what"],
        actor=actor_of(staff_of(request)),
    )
    messages.success(request, _("Đã ghi lịch bảo trì. Mọi quầy thấy trong ít giây."))
    return go(request, reverse("board:portal"))


@require_POST
@require_role(*PLANNERS)
@once
def cancelled(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a maintenance back, or end it early: what waits is sent at once."""
    if holds.cancel(pk, timezone.now(), actor=actor_of(staff_of(request))):
        messages.success(request, _("Đã kết thúc bảo trì. Hồ sơ chờ được gửi ngay."))
    else:
        messages.warning(request, _("Lần bảo trì này đã xong từ trước."))
    return go(request, reverse("board:portal"))
