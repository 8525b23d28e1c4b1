"""The morning's list of reported against observed, for supervisors and, of their office, leads."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agencies.access import actor_of, require_role, staff_of
from agencies.ledger import harmless
from agencies.models import Role, Staff
from cases.models import Difference, Reconciliation
from cases.reconcile import selectors, services
from cases.worklists import board
from cases.worklists import services as on_cases
from cases.worklists.cursors import Cursor
from opsa.core.once import once
from opsa.core.pages import go, render_page

READERS: Final = (Role.LEAD, Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN)
ACTING: Final = (Role.LEAD, Role.SUPERVISOR)
Kind = Difference.Kind


@dataclass(frozen=True, slots=True)
class Filter:
    """What the address asks for: a day's list (None: there is none), an office, a kind."""

    made: Reconciliation | None
    office: int | None
    kind: str
    places: dict[int, str]

    @classmethod
    def of(cls, request: HttpRequest, days: list[Reconciliation] | None = None) -> "Filter":
        """Raises Http404 for what does not exist or is not this person's."""
        asked, place, kind = (request.GET.get(name, "") for name in ("ngay", "diem", "loai"))
        try:
            day = date.fromisoformat(asked) if asked else None
        except ValueError:
            raise Http404 from None
        if days is None:
            days = selectors.days()
        made = next((one for one in days if day in (None, one.day)), None)
        if day is not None and made is None and (made := selectors.on(day)) is None:
            raise Http404
        places = {pk: name for pk, _code, name in board.offices_for(staff_of(request))}
        office = int(place) if place.isascii() and place.isdecimal() else None
        if (place and office not in places) or (kind and kind not in Kind.values):
            raise Http404
        return cls(made, office, kind, places)

    def lines(self, staff: Staff, *, every_kind: bool = False) -> Any:
        """The lines asked for."""
        found = selectors.lines_for(staff).filter(made=self.made)
        return selectors.chosen(found, office=self.office, kind="" if every_kind else self.kind)

    def query(self, **changes: Any) -> str:
        """The address' part for this filter with changes; "" when nothing is asked for."""
        asked = {
            "ngay": f"{self.made.day:%Y-%m-%d}" if self.made else "",
            "diem": self.office or "",
            "loai": self.kind,
        } | changes
        return urlencode({name: value for name, value in asked.items() if value})


def _list(request: HttpRequest, *, about: int = 0, status: int = 200) -> HttpResponse:
    staff = staff_of(request)
    days = selectors.days()
    found = Filter.of(request, days)
    scope = f"differences:{found.query()}:{staff.scope_agency_id}"
    after = Cursor.read(request.GET.get("sau", ""), scope)
    counted = selectors.counts(found.lines(staff, every_kind=True)) if found.made else {}
    start = after.pk if after else 0
    rows, more = selectors.page(found.lines(staff), start) if found.made else ([], False)
    here = reverse("board:reconcile")
    context = {
        "made": found.made,
        "rows": rows,
        "own": staff.agency.short_name if staff.scope_agency_id and staff.agency else "",
        "days": [
            {"day": one.day, "url": f"{here}?{found.query(ngay=one.day, loai='')}",
             "current": found.made is not None and one.day == found.made.day}
            for one in days
        ],
        "kinds": _kinds(found, counted, here),
        "left": sum(left for kind, (_all, left) in counted.items() if kind != Kind.ELSEWHERE),
        "elsewhere": counted.get(Kind.ELSEWHERE, (0, 0))[0],
        "kind": found.kind,
        "office": found.office,
        "offices": [
            {"pk": pk, "name": name, "current": pk == found.office}
            for pk, name in found.places.items()
        ] if len(found.places) > 1 else [],
        "across": len(found.places) > 1 and found.office is None,
        "csv_url": f"{reverse('board:reconcile_csv')}?{found.query()}",
        "first_url": f"{here}?{found.query()}" if after else "",
        "next_url": f"{here}?{found.query(sau=Cursor(None, rows[-1].pk).sign(scope))}"
        if more else "",
        "query": request.GET.urlencode(),
        "acts": staff.role in ACTING,
        "imports": staff.role == Role.SUPERVISOR,
        "reasons": Difference.Reason.choices,
        "about": about,
    }  # fmt: skip
    return render_page(request, "reconcile/list.html", context, status=status)


def _kinds(found: Filter, counted: dict[str, tuple[int, int]], here: str) -> list[dict[str, Any]]:
    tabs = [
        {
            "title": kind.label,
            "n": counted[kind][0],
            "url": f"{here}?{found.query(loai=kind.value)}",
            "current": found.kind == kind,
        }
        for kind in Kind
        if kind in counted
    ]
    every = {
        "title": _("Tất cả"),
        "n": sum(number for number, _left in counted.values()),
        "url": f"{here}?{found.query(loai='')}",
        "current": not found.kind,
    }
    return [every, *tabs]


@require_GET
@require_role(*READERS)
def differences(request: HttpRequest) -> HttpResponse:
    """The list of a day: numbers by kind on top, and a page of lines (F08)."""
    return _list(request)


@require_GET
@require_role(*READERS)
def table(request: HttpRequest) -> StreamingHttpResponse:
    """Exactly the lines of this filter as a table that no spreadsheet takes for formulas."""
    found = Filter.of(request)
    if found.made is None:
        raise Http404
    rows = selectors.every(found.lines(staff_of(request)))
    response = StreamingHttpResponse(_csv(list(rows)), content_type="text/csv; charset=utf-8")
    name = f"doi-chieu-{found.made.day:%Y%m%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _csv(rows: list[selectors.Row]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)

    def line(*cells: str) -> str:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([harmless(cell.replace("\0", "")) for cell in cells])
        return buffer.getvalue()

    yield "\ufeff" + line(
        _("Khác ở đâu"), _("Mã tiếp nhận"), _("Điểm"), _("Mã hồ sơ"), _("Thủ tục"), _("Hệ thống"),
        _("Cổng nói"), _("Từ lúc"), _("Cổng trả lời lúc"), _("Ta thấy"), _("Thấy từ lúc"),
        _("Tóm tắt"), _("Việc tiếp theo"), _("Giải thích"), _("Giải thích lúc"),
    )  # fmt: skip
    for row in rows[: selectors.EXPORTED]:
        yield line(
            row.title, row.reference, row.office, row.code, row.procedure, row.system,
            row.reported, _moment(row.said_at), _moment(row.asked_at), row.observed,
            _moment(row.observed_at), row.sentence, row.act, row.reason, _moment(row.explained_at),
        )  # fmt: skip
    if len(rows) > selectors.EXPORTED:
        yield line(_("Còn nữa. Chọn điểm hoặc loại rồi tải lại."))


def _moment(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""


@require_POST
@require_role(*ACTING)
@once
def explained(request: HttpRequest, pk: int) -> HttpResponse:
    """Note one line as explained, and back to the list as it was filtered."""
    try:
        services.explain(staff=staff_of(request), pk=pk, reason=request.POST.get("reason", ""))
    except Difference.DoesNotExist:
        raise Http404 from None
    except services.AlreadyExplained:
        messages.warning(request, _("Dòng này vừa được người khác giải thích."))
    except ValueError:
        return _list(request, about=pk, status=422)
    else:
        messages.success(request, _("Đã ghi giải thích."))
    return go(request, _back(request))


@require_POST
@require_role(*ACTING)
@once
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the filing system about the case of one line at once."""
    staff = staff_of(request)
    line = selectors.lines_for(staff).exclude(case=None).filter(pk=pk).first()
    if line is None or line.case_id is None:
        raise Http404
    if on_cases.ask_now(line.case_id, actor=actor_of(staff)):
        messages.success(request, _("Đã hỏi cổng. Có tin thì dòng này ghi “đã có tin mới”."))
    else:
        messages.warning(request, _("Hệ thống này không hỏi được. Nhập tệp do cổng xuất."))
    return go(request, _back(request))


def _back(request: HttpRequest) -> str:
    """The list as it was filtered: the form's address carries the filter."""
    asked = request.GET.urlencode()
    return reverse("board:reconcile") + (f"?{asked}" if asked else "")
