"""What the person gave before: offered on the steps that need it, taken over by a press (F22)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from agencies.access import require_role, staff_of
from agencies.models import Role
from cases.intake import known, saving, scans, steps
from cases.intake.clashes import ClashError
from cases.intake.desk import open_desk
from opsa.core.once import once
from opsa.core.pages import go, render_page


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.CLERK, Role.LEAD)
@once
def known_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The offers, each with its date and case; a POST takes over the ticked ones."""
    staff = staff_of(request)
    desk = open_desk(staff, pk)
    if request.method == "POST":
        try:
            taken = known.take(staff=staff, case_id=pk, wanted=request.POST.getlist("take"))
        except (known.NothingKnownError, scans.ScanRefusedError) as refused:
            messages.warning(request, str(refused))
        except (ClashError, saving.NotEditableError):
            messages.warning(request, _("Hồ sơ vừa được sửa ở nơi khác. Xem lại rồi lấy."))
        else:
            words = ngettext("Đã lấy %(n)s mục lần trước.", "Đã lấy %(n)s mục lần trước.", taken)
            messages.success(request, words % {"n": taken})
        step = desk.case.step if desk.case.step in steps.SLUGS else steps.APPLICANT
        return go(request, reverse("quay:step", args=[pk, step]))
    found = {"case": desk.case, "offers": known.offers(desk)}
    return render_page(request, "intake/known.html", found, part="known")
