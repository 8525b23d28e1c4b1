"""What the person gave before: offered on the steps that need it, taken over by a press; and the
question whether two records are one person, for a supervisor to answer (F22)."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from agencies.access import require_role, staff_of
from agencies.models import Role
from cases.intake import command as commands
from cases.intake import known, saving, scans, steps
from cases.intake.clashes import ClashError
from cases.intake.desk import open_desk
from cases.models import Case, Citizen
from cases.persons import services as persons
from opsa.core.once import once
from opsa.core.pages import go, render_page

#: Of the number of a case.
MOST_DIGITS: Final = 18


def alike_links(case: Case) -> list[dict[str, Any]]:
    """Persons who may be the filer of this draft, each with its case and what was said."""
    return [
        {
            "pk": one.case.pk,
            "link": commands.link(one.case),
            "vague": one.vague,
            "state": one.state,
        }
        for one in persons.look_alikes(case)
    ]


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
    # The step itself shows them for a typed person; a card's are asked for here, beside it.
    by_card = desk.editable and desk.filer and desk.filer.source == Citizen.Source.CARD
    found = {
        "case": desk.case,
        "offers": known.offers(desk),
        "look_alikes": alike_links(desk.case) if by_card else [],
    }
    return render_page(request, "intake/known.html", found, part="known")


@require_POST
@require_role(Role.CLERK, Role.LEAD)
@once
def same_person(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the centre whether the filer is the person of the case `other`. Joins nothing."""
    staff = staff_of(request)
    desk = open_desk(staff, pk)
    other = request.POST.get("other", "")
    try:
        if not desk.editable or not other.isdecimal() or len(other) > MOST_DIGITS:
            raise persons.NotAlikeError
        persons.ask(staff=staff, case=desk.case, other_id=int(other))
    except persons.NotAlikeError:
        messages.warning(request, _("Hai người không còn trùng tên và ngày sinh. Xem lại."))
    else:
        messages.success(request, _("Đã hỏi trung tâm. Cứ làm tiếp hồ sơ này."))
    step = desk.case.step if desk.case.step in steps.SLUGS else steps.APPLICANT
    return go(request, reverse("quay:step", args=[pk, step]))
