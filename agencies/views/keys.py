"""One's own keys: changed, switched off one by one or all together (ux 4.1, WCAG 2.1.4)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agencies import services
from agencies.access import actor_of, staff_of
from agencies.keys import Keyboard
from opsa.core.once import once
from opsa.core.pages import go, render_page


@require_http_methods(["GET", "HEAD", "POST"])
@once
def keys(request: HttpRequest) -> HttpResponse:
    """The list with a choice for each act. Two acts on one key are refused, and nothing changes."""
    staff = staff_of(request)
    keyboard, status = staff.keyboard, 200
    if request.method == "POST":
        chosen = Keyboard({}) if "usual" in request.POST else _chosen(request)
        if not chosen.clashes:
            services.keys_set(actor=actor_of(staff), staff=staff, keyboard=chosen)
            messages.success(request, _("Đã lưu phím tắt"))
            return go(request, reverse("agencies:keys"))
        keyboard, status = chosen, 422
    rows = [(row, keyboard.clashes.get(row.field, "")) for row in keyboard.rows]
    context = {"rows": rows, "off": keyboard.off, "refused": status == 422}
    return render_page(request, "agencies/keys.html", context, status=status)


def _chosen(request: HttpRequest) -> Keyboard:
    usual = Keyboard({}).rows
    chosen = {row.usual: request.POST.get(row.field, row.usual) for row in usual}
    return Keyboard(chosen, off="off" in request.POST)
