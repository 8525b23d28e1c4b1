"""The page of an office's slips, and typing one in."""

from django.contrib import messages as flash
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.access import require_role, staff_of
from agencies.models import Role
from cases.blanks import services
from cases.blanks.forms import BlankForm
from cases.intake import command as commands
from cases.intake import steps
from cases.models import BlankSlip, Paper
from opsa.core.codes import group_reference
from opsa.core.once import once
from opsa.core.pages import go, render_page

COUNTER = (Role.CLERK, Role.LEAD)
RUNS = 3
TYPED_IN = 10


@require_GET
@require_role(*COUNTER)
def blanks(request: HttpRequest) -> HttpResponse:
    """How many slips are left, the newest runs to print, what was typed in of late."""
    staff = staff_of(request)
    assert staff.agency_id is not None
    left = services.unused(staff.agency_id).count()
    typed = BlankSlip.objects.filter(agency=staff.agency_id, case__isnull=False)
    typed = typed.select_related("case__version__procedure", "case__filer").order_by("-case")
    runs = Paper.objects.filter(agency=staff.agency_id, kind=Paper.Kind.BLANKS).order_by("-pk")
    found = {
        "left": left,
        "enough": left > services.ENOUGH,
        "run": services.RUN,
        "runs": runs[:RUNS],
        "links": [commands.link(one.case) for one in typed[:TYPED_IN] if one.case],
    }
    return render_page(request, "blanks/page.html", found)


@require_POST
@require_role(*COUNTER)
@once
def run(request: HttpRequest) -> HttpResponse:
    """Ask for a new run."""
    try:
        services.run_ask(staff=staff_of(request))
    except services.EnoughLeftError:
        flash.warning(request, _("Còn đủ phiếu. Dùng các phiếu đã in trước."))
    else:
        flash.success(request, _("Đang làm tập phiếu. In ra rồi cất ở quầy."))
    return go(request, reverse("quay:blanks"))


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(*COUNTER)
@once
def blank(request: HttpRequest, pk: int) -> HttpResponse:
    """Type a slip in: its procedure and hour, then the steps as for any case."""
    staff = staff_of(request)
    slips = BlankSlip.objects.select_related("paper").filter(agency=staff.agency_id)
    slip = slips.filter(pk=pk).first()
    if slip is None:
        raise Http404
    if slip.case_id is not None:
        return go(request, reverse("quay:case", args=[slip.case_id]))
    form = BlankForm(request.POST or None, printed_at=slip.paper.asked_at)
    if request.method != "POST" or not form.is_valid():
        found = {"form": form, "slip": slip, "code": group_reference(slip.reference)}
        status = 422 if request.method == "POST" else 200
        return render_page(request, "blanks/slip.html", found, status=status)
    case_id, new = services.slip_open(
        staff=staff,
        slip_id=pk,
        version=form.versions[form.cleaned_data["procedure"]],
        written_at=form.cleaned_data["written_at"],
    )
    if not new:
        flash.warning(request, _("Số này đã nhập rồi. Đây là hồ sơ của nó."))
        return go(request, reverse("quay:case", args=[case_id]))
    flash.success(request, _("Hồ sơ mang số của phiếu. Đánh dấu vào phiếu là đã nhập."))
    return go(request, reverse("quay:step", args=[case_id, steps.APPLICANT]))
