"""The supervisors' page of pairs that counters asked about: one person, or two (F22)."""

from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agencies.access import require_role, staff_of
from agencies.models import Role
from cases.models import Case, Citizen, SamePerson
from cases.persons import services
from cases.states import Work
from cases.worklists.cursors import Cursor
from opsa.core import undo as bar
from opsa.core.codes import group_reference
from opsa.core.once import once
from opsa.core.pages import go, render_page
from opsa.core.text import mask_name

State = SamePerson.State
LINES: Final = 20
READERS: Final = (Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN)
TABS: Final = {
    "cho": (State.ASKED,),
    "mot": (State.JOINED,),
    "xong": (State.REFUSED, State.UNDONE),
}


def titles() -> dict[str, str]:
    return {"cho": _("Chờ xem"), "mot": _("Cùng một người"), "xong": _("Khác nhau, đã gỡ")}


def _side(person: Citizen, case: Case) -> dict[str, Any]:
    """One record as the board shows people: masked; a draft opens at its counter only."""
    return {
        "name": mask_name(person.name),
        "number": f"•••• {person.id_number[-4:]}" if person.id_number else "",
        "born": str(person.birth_date.year) if person.birth_date else "",
        "source": person.get_source_display(),
        "reference": group_reference(case.reference),
        "procedure": case.version.procedure.short_name,
        "opened": case.opened_at,
        "url": reverse("quay:filed", args=[case.pk])
        if case.work not in (Work.DRAFT, Work.HELD)
        else "",
    }


def _signs(row: SamePerson) -> list[str]:
    """What speaks for or against, without showing a number."""
    one, other = row.first, row.second
    found = [_("Trùng tên")]
    if one.birth_date and other.birth_date:
        whole = one.birth_date.known and other.birth_date.known
        if one.birth_date.agrees(other.birth_date):
            found.append(_("trùng ngày sinh") if whole else _("trùng năm sinh"))
        else:
            found.append(_("ngày sinh đã sửa, nay khác"))
    if not (one.id_number and other.id_number):
        found.append(_("một bên chưa có số định danh"))
    elif one.id_number == other.id_number:
        found.append(_("nay cùng số định danh"))
    else:
        count = sum(a != b for a, b in zip(one.id_number, other.id_number, strict=False))
        found.append(_("số định danh khác %(n)s chữ số") % {"n": count})
    if one.old_id_number and one.old_id_number == other.old_id_number:
        found.append(_("cùng số CMND cũ"))
    return found


def _line(row: SamePerson) -> dict[str, Any]:
    return {
        "pk": row.pk,
        "state": row.state,
        "words": row.get_state_display(),
        "office": row.agency.short_name,
        "sides": (_side(row.first, row.first_case), _side(row.second, row.second_case)),
        "signs": _signs(row),
        "asked_by": row.asked_by.display_name,
        "asked_at": row.asked_at,
        "answered_by": row.answered_by.display_name if row.answered_by else "",
        "answered_at": row.answered_at,
        "reason": row.get_reason_display(),
        "undone_by": row.undone_by.display_name if row.undone_by else "",
        "undone_at": row.undone_at,
        "because": row.get_because_display(),
    }


def _page(
    request: HttpRequest, tab: str, *, problem: str = "", about: int = 0, status: int = 200
) -> HttpResponse:
    rows = SamePerson.objects.filter(state__in=TABS[tab]).order_by("-pk")
    before = Cursor.read(request.GET.get("sau", ""), f"persons:{tab}")
    if about:
        rows = rows.filter(pk__lte=about)  # what is wrong stands on the page, however long the list
    elif before is not None:
        rows = rows.filter(pk__lt=before.pk)
    people = [
        f"{side}{more}"
        for side in ("first", "second")
        for more in ("", "_case__version__procedure")
    ]
    staff = ("asked_by", "answered_by", "undone_by")
    found = list(rows.select_related("agency", *people, *staff)[: LINES + 1])
    here = reverse("board:persons")
    last = found[LINES - 1] if len(found) > LINES else None
    cursor = Cursor(None, last.pk).sign(f"persons:{tab}") if last else ""
    context = {
        "rows": [_line(row) for row in found[:LINES]],
        "tabs": [
            {"title": title, "url": f"{here}?xem={key}", "current": key == tab}
            for key, title in titles().items()
        ],
        "tab": tab,
        "may_answer": staff_of(request).role == Role.SUPERVISOR,
        "reasons": SamePerson.Reason.choices,
        "becauses": SamePerson.Because.choices,
        "problem": problem,
        "about": about,
        "first_url": f"{here}?xem={tab}" if before or about else "",
        "next_url": f"{here}?xem={tab}&sau={cursor}" if cursor else "",
    }
    return render_page(request, "persons/board.html", context, status=status)


@require_GET
@require_role(*READERS)
def pairs(request: HttpRequest) -> HttpResponse:
    """The pairs, newest first, by what was said about them. Reads only."""
    tab = request.GET.get("xem", "cho")
    if tab not in TABS:
        raise Http404
    return _page(request, tab)


@require_POST
@require_role(Role.SUPERVISOR)
@once
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """`same` is yes or no; yes needs its reason."""
    same = request.POST.get("same") == "yes"
    reason = request.POST.get("reason", "")
    try:
        services.answer(staff=staff_of(request), pk=pk, same=same, reason=reason)
    except services.AnsweredError:
        messages.warning(request, _("Cặp này vừa được người khác trả lời."))
    except ValueError:
        return _page(request, "cho", problem=_("Chọn lý do."), about=pk, status=422)
    else:
        if same:
            said = _("Đã ghi: cùng một người. Gỡ được ở thẻ “Cùng một người”.")
            messages.success(request, said)
        else:
            back = reverse("board:person_undo", args=[pk])
            bar.offer(request, _("Đã ghi: hai người khác nhau."), back)
    return go(request, reverse("board:persons"))


@require_POST
@require_role(Role.SUPERVISOR)
@once
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take "one person" back, for a reason from the list, or "two people", which asks again."""
    because = request.POST.get("because", "")
    try:
        row = services.undo(staff=staff_of(request), pk=pk, because=because)
    except services.AnsweredError:
        messages.warning(request, _("Câu trả lời này đã được gỡ hoặc hỏi lại."))
    except ValueError:
        return _page(request, "mot", problem=_("Chọn lý do."), about=pk, status=422)
    else:
        if row.state == State.ASKED:
            messages.success(request, _("Đã rút câu trả lời. Cặp này chờ xem lại."))
            return go(request, reverse("board:persons"))
        messages.success(request, _("Đã gỡ. Từ nay không gợi ý chung giữa hai người."))
    return go(request, reverse("board:persons") + "?xem=mot")
