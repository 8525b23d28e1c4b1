"""Lists of results, receiving from the authority, and labels one by one or all at once."""

from typing import Any

from django.contrib import messages as flash
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.access import actor_of, require_role, staff_of, staff_required
from agencies.models import Role
from cases.access import case_for, cases_for
from delivery import labels, papers, parcels, selectors, services
from delivery.refusals import Refused
from opsa.core import practice
from opsa.core.codes import check_reference, group_reference, is_practice
from opsa.core.once import once
from opsa.core.pages import go, render_page
from opsa.core.text import clean

COUNTER = (Role.CLERK, Role.LEAD)


def _page(
    request: HttpRequest, slug: str, *, text: str = "", problem: str = "", status: int = 200
) -> HttpResponse:
    tab = selectors.TABS.get(slug)
    if tab is None:
        raise Http404
    staff = staff_of(request)
    after = request.GET.get("sau", "")
    lines, more = selectors.lines(
        staff, tab, after=int(after) if after.isdecimal() and len(after) < 18 else 0, text=text
    )
    counts = selectors.counts(staff)
    context: dict[str, Any] = {
        "tab": tab,
        "tabs": [
            {
                "url": reverse("delivery:results", args=[one.slug]),
                "title": one.title,
                "count": counts[one.slug],
                "current": one is tab,
            }
            for one in selectors.TABS.values()
        ],
        "lines": lines,
        "next": lines[-1].pk if more and lines and not text else 0,
        "first": not after,
        "asked": text,
        "problem": problem,
        "here": reverse("delivery:results", args=[slug]),
    }
    return render_page(request, "delivery/results.html", context, part="rows", status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(*COUNTER)
def results(request: HttpRequest, slug: str) -> HttpResponse:
    """One list of results. A search is POSTed: a name or phone never stands in an address."""
    text = clean(request.POST.get("q", ""))[:80] if request.method == "POST" else ""
    return _page(request, slug, text=text)


@require_POST
@require_role(*COUNTER)
@once
def receive_scan(request: HttpRequest) -> HttpResponse:
    """The office has a paper in hand: its case's code was scanned or typed."""
    staff = staff_of(request)
    try:
        reference = check_reference(request.POST.get("q", ""))
    except ValueError as wrong:
        return _page(request, "cho-lay", problem=str(wrong), status=422)
    case = cases_for(staff).filter(reference=reference).first()
    if case is None and is_practice(reference):
        return _page(request, "cho-lay", problem=str(practice.A_PRACTICE_CODE), status=422)
    if case is None:
        problem = _("Không có hồ sơ %(code)s ở điểm này.") % {"code": group_reference(reference)}
        return _page(request, "cho-lay", problem=problem, status=422)
    try:
        services.result_received(case.pk, staff=staff, actor=actor_of(staff))
    except Refused as refused:
        problem = f"{group_reference(reference)}: {refused.text}"
        return _page(request, "cho-lay", problem=problem, status=422)
    flash.success(
        request, _("Đã nhận kết quả hồ sơ %(code)s.") % {"code": group_reference(reference)}
    )
    return go(request, reverse("delivery:results", args=["cho-lay"]))


@require_POST
@require_role(*COUNTER)
@once
def receive(request: HttpRequest, pk: int) -> HttpResponse:
    """The office has this case's paper in hand; pressed on the case's page."""
    staff = staff_of(request)
    case = case_for(staff, pk)
    try:
        services.result_received(case.pk, staff=staff, actor=actor_of(staff))
    except Refused as refused:
        flash.error(request, refused.text)
    else:
        flash.success(request, _("Đã nhận kết quả từ cơ quan."))
    return go(request, reverse("quay:filed", args=[case.pk]))


@require_POST
@require_role(*COUNTER)
@once
def label(request: HttpRequest, pk: int) -> HttpResponse:
    """One key: a number, a label, and the carrier told. Pressed again, it shows the same parcel."""
    staff = staff_of(request)
    case = case_for(staff, pk, select=("agency",))
    try:
        parcel = parcels.parcel_make(case.pk, staff=staff, actor=actor_of(staff))
    except Refused as refused:
        flash.error(request, refused.text)
        page = "delivery:address" if refused.code == "address" else "quay:filed"
        return go(request, reverse(page, args=[case.pk]))
    # One that came in a file with others has no paper of its own yet.
    papers.label_ask(parcel, case, staff=staff)
    return go(request, reverse("delivery:parcel", args=[parcel.number]))


@require_POST
@require_role(*COUNTER)
@once
def labels_order(request: HttpRequest) -> HttpResponse:
    """Labels for the ticked cases, in one file. A worker makes them; the next page shows how far it
    is."""
    staff = staff_of(request)
    wanted = [int(pk) for pk in request.POST.getlist("case") if pk.isdecimal() and len(pk) < 18]
    mine = cases_for(staff).filter(pk__in=wanted[: labels.MOST]).values_list("pk", flat=True)
    if not mine or staff.agency is None:
        return _page(request, "cho-tra", problem=_("Chọn ít nhất một hồ sơ."), status=422)
    run = labels.run_ask(list(mine), staff=staff)
    return go(request, reverse("delivery:label_run", args=[run.pk]))


@require_GET
@staff_required
def label_run(request: HttpRequest, pk: int) -> HttpResponse:
    """How far an order of labels is, who gets none and why, and the file to print."""
    run = selectors.label_run_for(staff_of(request), pk)
    context = {
        "run": run,
        "paper": run.paper,
        "all": len(run.cases),
        "made": len(run.made),
        "left": selectors.left_of(run, staff_of(request)),
    }
    return render_page(request, "delivery/label_run.html", context, part="run")
