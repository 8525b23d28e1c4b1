"""The clerk's side of the citizen's screen: pairing it, and what it is to show of a case."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agencies.access import passive, require_role, staff_of
from agencies.models import Role
from cases.access import case_for
from cases.intake import steps
from cases.models import CounterScreen
from cases.screen import screens
from cases.screen.views import remember
from cases.states import Work
from opsa.core.once import once
from opsa.core.pages import go, render_page

COUNTER = (Role.CLERK, Role.LEAD)
View, Answer = CounterScreen.View, CounterScreen.Answer


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(*COUNTER)
@once
def screen(request: HttpRequest) -> HttpResponse:
    """Pair a second window or a tablet with this counter, or end it."""
    staff = staff_of(request)
    if request.method != "POST":
        return _page(request)
    act = request.POST.get("act", "")
    try:
        if act == "here":
            token = screens.pair_here(staff=staff)
            assert staff.counter_id is not None
            response = HttpResponse(
                status=303, headers={"Location": reverse("screen:page", args=[staff.counter_id])}
            )
            remember(response, staff.counter_id, token)
            return response
        if act == "code":
            return _page(request, code=screens.code_make(staff=staff))
        if act != "end":
            return _page(request, status=422)
        screens.part(staff=staff)
    except screens.ScreenRefusedError as refused:
        return _page(request, problem=str(refused), status=422)
    messages.success(request, _("Đã ngắt màn hình khách."))
    return go(request, reverse("quay:screen"))


def _page(
    request: HttpRequest, *, code: str = "", problem: str = "", status: int = 200
) -> HttpResponse:
    staff = staff_of(request)
    found = {
        "counter": staff.counter,
        "paired": screens.screen_of(staff),
        "seen": screens.is_seen(staff.counter_id),
        "code": code,
        "minutes": screens.CODE_MINUTES,
        "problem": problem,
        "address": request.build_absolute_uri(reverse("screen:page", args=[staff.counter_id]))
        if staff.counter_id
        else "",
    }
    return render_page(request, "screen/clerk.html", found, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(*COUNTER)
@passive
@once
def remote(request: HttpRequest, pk: int) -> HttpResponse:
    """What the screen shows of this case and what was pressed there; a POST shows another view."""
    staff = staff_of(request)
    case = case_for(staff, pk)
    drafting = case.work in (Work.DRAFT, Work.HELD)
    if request.method == "POST":
        view = request.POST.get("view", "")
        wanted = {View.CHECK, View.PAY, View.WELCOME} if drafting else {View.DONE, View.WELCOME}
        if view not in wanted or not screens.show(staff=staff, case_id=pk, view=view):
            messages.warning(request, _("Màn hình khách chưa nối. Xoay màn hình này cho khách."))
        page = "quay:step" if drafting else "quay:filed"
        back = reverse(page, args=[pk, case.step] if drafting else [pk])
        return go(request, back)
    found = remote_of(screens.screen_of(staff), pk, drafting=drafting)
    at, mine = request.GET.get("o", ""), found["mine"]
    said = isinstance(mine, CounterScreen) and mine.answer in (Answer.AGREED, Answer.REFUSED)
    waits = request.GET.get("cho") == "1" and not said
    found |= {"at": at if at in steps.SLUGS else "", "waits": waits}
    response = render_page(request, "screen/_remote.html", found)
    if said and request.GET.get("cho") == "1":
        response.headers["HX-Trigger"] = "saved"
    return response


def remote_of(found: CounterScreen | None, case_id: int, *, drafting: bool) -> dict[str, object]:
    """The context of the remote control of one case; the page that holds it adds `at`, its own
    step, and `waits` while it waits for the citizen's answer."""
    mine = found if found is not None and found.case_id == case_id else None
    now = screens.view_now(mine) if mine else View.WELCOME
    return {
        "pk": case_id,
        "screen": found,
        "mine": mine,
        "now": now,
        "view_label": View(now).label,
        "drafting": drafting,
        "seen": found is not None and screens.is_seen(found.counter_id),
    }
