"""The supervisor's board and the lists behind its figures."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from agencies.access import passive, require_role, staff_of
from agencies.models import Role
from cases.reconcile.selectors import still_to_explain
from cases.supplements import returned as returns
from cases.worklists import board as boards
from cases.worklists import silence
from cases.worklists.clock import day_start
from cases.worklists.cursors import Cursor, fetch
from cases.worklists.rows import RowMaker
from opsa.core.pages import render_page, wants_part

BOARD_ROLES: Final = (Role.LEAD, Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN)
for_board = require_role(*BOARD_ROLES)


def _bar(share: boards.Share) -> list[dict[str, Any]]:
    """The stacked bar as rectangles in per mille of the width: no style attribute is needed."""
    parts = (
        ("c-self", share.self_service),
        ("c-help", share.assisted),
        ("c-typed", share.typed_later),
        ("c-paper", share.paper),
    )
    bars, left = [], 0
    for css, number in parts:
        right = left + number
        x, end = (round(1000 * edge / share.all) for edge in (left, right))
        if end > x:
            bars.append({"css": css, "x": x, "width": end - x})
        left = right
    return bars


def _split(share: boards.Share) -> list[dict[str, Any]]:
    return [
        {"css": css, "name": name, "n": number, "percent": share.percent(number)}
        for css, name, number in (
            ("c-self", _("Khách tự nộp"), share.self_service),
            ("c-help", _("Được giúp tại điểm"), share.assisted),
            ("c-typed", _("Nhập lại sau"), share.typed_later),
            ("c-paper", _("Hồ sơ giấy"), share.paper),
        )
    ]


def _board(request: HttpRequest) -> HttpResponse:
    staff = staff_of(request)
    found = boards.board(staff, request.GET.get("ky", ""))
    differences = still_to_explain(staff)
    shown = (found.offices, found.totals, found.before, found.unsynced, differences)
    seen = hashlib.sha256(repr(shown).encode()).hexdigest()[:16]
    if wants_part(request) and request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    measures = list(boards.MEASURES.values())
    links = {one.slug: reverse("board:list", args=[one.slug]) for one in measures}
    tiles = [
        {
            "title": one.title,
            "meaning": one.meaning,
            "n": found.totals[one.slug],
            "url": links[one.slug],
            "tone": one.tone if found.totals[one.slug] else "",
            "unsynced": found.unsynced if one.slug == "qua-han" else 0,
        }
        for one in measures
    ]
    lines = [
        {
            "name": line.name,
            "code": line.code,
            "figures": [
                {
                    "n": number,
                    "url": f"{links[one.slug]}?diem={line.agency_id}",
                    "tone": one.tone if number else "",
                }
                for one, number in zip(measures, line.figures, strict=True)
            ],
            "all": line.share.all,
            "hidden": line.hidden,
            "online": line.share.online,
            "bars": [] if line.hidden or not line.share.all else _bar(line.share),
        }
        for line in found.offices
    ]
    here = reverse("board:home")
    periods = [
        {"url": f"{here}?ky={key}", "title": title, "current": key == found.period.key}
        for key, title in (
            ("ngay", _("Hôm nay")),
            ("tuan", _("Tuần này")),
            ("thang", _("Tháng này")),
        )
    ]
    context = {
        "tiles": tiles,
        "lines": lines,
        "heads": [one.title for one in measures],
        "share": found.share,
        "before": found.before,
        "bars": _bar(found.share) if found.share.all else [],
        "split": _split(found.share),
        "target": boards.TARGET[1],
        "target_from": boards.TARGET[0],
        "target_x": boards.TARGET[1] * 10,
        "periods": periods,
        "start": found.period.start,
        "smallest": boards.SMALLEST,
        "own": staff.agency.short_name
        if staff.scope_agency_id is not None and staff.agency
        else "",
        "differences": differences,
        "at": timezone.localtime(),
        "poll": f"{reverse('board:part')}?ky={found.period.key}&seen={seen}",
    }
    return render_page(request, "board/home.html", context, part="board")


@require_GET
@for_board
def home(request: HttpRequest) -> HttpResponse:
    """Today at a glance: filings, online share and its definition, what is late or failed."""
    return _board(request)


@require_GET
@passive
@for_board
def part(request: HttpRequest) -> HttpResponse:
    """The same, asked by the page itself; 204 while nothing changed."""
    return _board(request)


def _how_long(span: timedelta | None) -> str:
    """In hours, from two days on in days; nothing for None. (Django's own words for a span of time
    have no Vietnamese.)"""
    if span is None:
        return ""
    hours = round(span / timedelta(hours=1))
    if hours < 48:
        return ngettext("%(n)d giờ", "%(n)d giờ", hours) % {"n": hours}
    days = round(span / timedelta(days=1))
    return ngettext("%(n)d ngày", "%(n)d ngày", days) % {"n": days}


@require_GET
@for_board
def returned(request: HttpRequest) -> HttpResponse:
    """One week's filings, procedure by procedure: how many came back, and how soon people answered
    (F03, F20)."""
    now = timezone.now()
    mondays = returns.weeks(now)
    asked = request.GET.get("tuan", "")
    monday = next((day for day in mondays if f"{day:%Y-%m-%d}" == asked), None)
    if asked and monday is None:
        raise Http404
    monday = monday or mondays[0]
    week = (day_start(monday), day_start(monday + timedelta(days=7)))
    found = returns.returned(staff_of(request), *week)
    context = {
        "lines": [(line, _how_long(line.answered_in)) for line in found],
        "total": returns.together(found),
        "most": returns.MOST_RETURNED,
        "weeks": [{"day": day, "current": day == monday} for day in mondays],
        "sunday": monday + timedelta(days=6),
        "monday": monday,
    }
    return render_page(request, "board/returned.html", context)


@require_GET
@for_board
def behind(request: HttpRequest, slug: str) -> HttpResponse:
    """The cases behind one figure, exactly those it counts."""
    staff = staff_of(request)
    try:
        measure = boards.MEASURES[slug]
    except KeyError:
        raise Http404 from None
    asked = request.GET.get("diem", "")
    if asked and not asked.isdecimal():
        raise Http404
    office = int(asked) if asked else None
    places = {pk: name for pk, _code, name in boards.offices_for(staff)}
    if office is not None and office not in places:
        raise Http404
    scope = f"board:{slug}:{asked}:{staff.scope_agency_id}"
    maker = RowMaker(drafts=staff.role in (Role.CLERK, Role.LEAD))
    cases = boards.behind(staff, measure, office, maker.now)
    found, more = fetch(cases, "due", Cursor.read(request.GET.get("sau", ""), scope))
    rows = maker.rows(found)
    if slug == "im-lang":
        rows = [
            replace(row, next=silence.reason(columns, maker.now, maker.calendar))
            for row, columns in zip(rows, found, strict=True)
        ]
    older = Cursor(*rows[-1].key) if more else None
    context = {
        "measure": measure,
        "rows": rows,
        "office": places.get(office, "") if office is not None else "",
        "offices": [
            {"pk": pk, "name": name, "current": pk == office} for pk, name in places.items()
        ] if len(places) > 1 else [],
        "here": reverse("board:list", args=[slug]),
        "next_url": f"?{f'diem={asked}&' if asked else ''}sau={older.sign(scope)}" if older else "",
        "first": "sau" not in request.GET,
    }  # fmt: skip
    return render_page(request, "board/list.html", context)
