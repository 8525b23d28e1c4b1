"""The counter's home, its lists and the search."""

import hashlib
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from agencies.access import passive, staff_of, staff_required
from agencies.models import OFFICE_ROLES, Staff
from cases.worklists import lists, selectors
from cases.worklists.board_views import BOARD_ROLES
from cases.worklists.case_views import may_look
from cases.worklists.cursors import Cursor
from cases.worklists.known import frequent_at
from cases.worklists.lists import LISTS, WorkList
from cases.worklists.search import search as find
from opsa.core.pages import render_page, wants_part


def _tabs(numbers: selectors.Counts, current: str) -> list[dict[str, Any]]:
    """The five views, each with its own address."""
    first = {
        "url": reverse("quay:home"),
        "title": _("Hôm nay"),
        "count": selectors.shown(numbers.today),
        "current": current == "",
    }
    return [first] + [
        {
            "url": reverse("quay:list", args=[one.slug]),
            "title": one.title,
            "count": selectors.shown(numbers.of(one)),
            "current": current == one.slug,
        }
        for one in lists.TABS
    ]


def _greeting(staff: Staff, numbers: selectors.Counts) -> str:
    given = staff.display_name.split(" (")[0].split(" ")[-1]
    hour = timezone.localtime().hour
    part = _("sáng nay") if hour < 12 else _("chiều nay") if hour < 18 else _("tối nay")
    if numbers.now == 0:
        return _("Chào %(name)s, %(part)s không còn việc gấp") % {"name": given, "part": part}
    return _("Chào %(name)s, %(part)s còn %(n)s việc phải làm ngay") % {
        "name": given,
        "part": part,
        "n": selectors.shown(numbers.now),
    }


def _elsewhere(staff: Staff) -> HttpResponse | None:
    """People of the city work on the board; the counter's lists are an office's own."""
    if staff.role in OFFICE_ROLES:
        return None
    return redirect("board:home" if staff.role in BOARD_ROLES else "admin:index")


def _home(request: HttpRequest) -> HttpResponse:
    staff = staff_of(request)
    if (other := _elsewhere(staff)) is not None:
        return other
    numbers = selectors.counts(staff)
    groups, held = selectors.home_groups(staff, numbers)
    work = [
        (g.title, g.count, [(r.pk, r.label, r.next, r.due.text, r.name) for r in g.rows])
        for g in groups
    ]
    seen = hashlib.sha256(repr((work, numbers)).encode()).hexdigest()[:16]
    if wants_part(request) and request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    shown = sum(len(group.rows) for group in groups)
    context = {
        "groups": groups,
        "tabs": _tabs(numbers, ""),
        "greeting": _greeting(staff, numbers),
        "today": timezone.localdate(),
        "poll": f"{reverse('quay:work')}?seen={seen}",
        "waiting": numbers.waiting_to_leave,
        "unsent_url": reverse("quay:unsent"),
        "left": max(0, numbers.today - shown),
        "all_url": reverse("quay:list", args=["buu-cuc"]),
        "nothing": numbers.today == 0,
    }
    if not wants_part(request):
        context |= {
            "held": held,
            "held_count": selectors.shown(
                numbers.mine.get("held", 0) + numbers.mine.get("draft", 0)
            ),
            "held_url": reverse("quay:list", args=["dang-giu"]),
            "hot": frequent_at(staff.agency),
            "new_url": reverse("quay:new"),
            "numbers": numbers,
            "morning": timezone.localtime().hour < 12,
            "cash": numbers.paid.get("cash", 0),
            "transfer": numbers.paid.get("transfer", 0) + numbers.paid.get("portal", 0),
        }
    return render_page(request, "worklists/home.html", context, part="work")


@require_GET
@staff_required
def home(request: HttpRequest) -> HttpResponse:
    """What is to do today, grouped by who must act (mock-up clerk-home)."""
    return _home(request)


@require_GET
@passive
@staff_required
def work(request: HttpRequest) -> HttpResponse:
    """The same as `home`, asked by the page itself; 204 while nothing changed."""
    return _home(request)


def _list_of(slug: str) -> WorkList:
    try:
        return LISTS[slug]
    except KeyError:
        raise Http404 from None


@require_http_methods(["GET", "HEAD", "POST"])
@staff_required
def work_list(request: HttpRequest, slug: str) -> HttpResponse:
    """One list, page by page; a POST with `q` searches inside it, so no number gets into a URL."""
    staff, one = staff_of(request), _list_of(slug)
    if (other := _elsewhere(staff)) is not None:
        return other
    scope = f"{slug}:{staff.agency_id}"
    asked = request.POST.get("q", "").strip() if request.method == "POST" else ""
    found = None
    older: Cursor | None = None
    if asked:
        found = find(staff, asked, one.condition(timezone.now()))
        rows = found.rows
    else:
        rows, older = selectors.list_page(
            staff, one, Cursor.read(request.GET.get("sau", ""), scope)
        )
    numbers = selectors.counts(staff)
    context = {
        "one": one,
        "rows": rows,
        "asked": asked,
        "found": found,
        "tabs": _tabs(numbers, slug),
        "queues": [
            {
                "url": reverse("quay:list", args=[other.slug]),
                "title": other.title,
                "count": selectors.shown(numbers.of(other)),
                "current": other.slug == slug,
            }
            for other in (*lists.BY_QUEUE, lists.INCOMPLETE)
        ],
        "count": selectors.shown(numbers.of(one)),
        "next_url": f"?sau={older.sign(scope)}" if older else "",
        "first": "sau" not in request.GET,
        "here": reverse("quay:list", args=[slug]),
    }
    return render_page(request, "worklists/list.html", context, part="rows")


@require_http_methods(["GET", "HEAD", "POST"])
@may_look
def search(request: HttpRequest) -> HttpResponse:
    """Search over everything the person may see. POST only carries the text; GET shows the form."""
    staff = staff_of(request)
    asked = request.POST.get("q", "").strip() if request.method == "POST" else ""
    context = {
        "asked": asked,
        "found": find(staff, asked) if asked else None,
        "offices": staff.scope_agency_id is None,
    }
    return render_page(request, "worklists/search.html", context, part="rows")
