"""The second factor: asking for it, setting it up, recovery codes."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from agencies import second_factor as factor
from agencies import sessions
from agencies.access import actor_of, half_signed_in, staff_of
from agencies.forms import CodeForm
from agencies.models import Authenticator, Staff
from agencies.sessions import chain_of
from agencies.views.signing import next_url, wait_words
from opsa.core.actors import SYSTEM
from opsa.core.barcodes import qr_data_uri
from opsa.core.journal import record
from opsa.core.limits import LimitReached
from opsa.core.pages import go, render_page


@never_cache
@half_signed_in
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for the code. Who must have a second factor and has none is sent to set one up."""
    staff = staff_of(request)
    if not sessions.has_second_factor(staff):
        return redirect("agencies:second_factor_setup")
    form = CodeForm(request.POST or None)
    context = {"form": form, "next": request.POST.get("next") or request.GET.get("next") or ""}
    if request.method == "GET":
        return render_page(request, "agencies/second_factor.html", context)
    if form.is_valid():
        try:
            right = factor.second_factor_check(
                actor=actor_of(staff), staff=staff, code=form.cleaned_data["code"]
            )
        except LimitReached as reached:
            context["wait"] = wait_words(reached.retry_after)
            response = render_page(request, "agencies/second_factor.html", context, status=429)
            response["Retry-After"] = str(reached.retry_after)
            return response
        if right:
            sessions.give_second_factor(request, staff)
            record(actor_of(staff), "second_factor.given", chain=chain_of(staff))
            return go(request, next_url(request))
        record(SYSTEM, "second_factor.refused", chain=chain_of(staff))
        form.add_error("code", _("Mã chưa đúng hoặc đã dùng. Chờ mã mới rồi thử lại."))
    return render_page(request, "agencies/second_factor.html", context, status=422)


@never_cache
@half_signed_in
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def second_factor_setup(request: HttpRequest) -> HttpResponse:
    """Show the secret as QR and text until one right code proves that the app has it."""
    staff = staff_of(request)
    if sessions.has_second_factor(staff):
        return redirect("agencies:account" if staff.is_verified() else "agencies:second_factor")
    authenticator = Authenticator.objects.filter(staff=staff).first()
    if authenticator is None:
        return redirect("agencies:account")
    secret = authenticator.secret
    form = CodeForm(request.POST or None)
    context = {
        "form": form,
        "secret": factor.secret_text(secret),
        "qr": qr_data_uri(factor.setup_uri(staff, secret)),
        "forced": sessions.needs_second_factor(staff),
    }
    if request.method == "GET":
        return render_page(request, "agencies/second_factor_setup.html", context)
    if form.is_valid():
        codes = factor.second_factor_confirm(
            actor=actor_of(staff), staff=staff, code=form.cleaned_data["code"]
        )
        if codes:
            sessions.give_second_factor(request, staff)
            return _show_codes(request, codes)
        form.add_error("code", _("Mã chưa đúng. Kiểm tra giờ trên điện thoại rồi thử mã mới."))
    return render_page(request, "agencies/second_factor_setup.html", context, status=422)


def _show_codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    return render_page(request, "agencies/recovery_codes.html", {"codes": codes})


@never_cache
@sensitive_post_parameters("code")
@require_POST
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes, after a fresh code of the app (ASVS 7.5.3)."""
    staff: Staff = staff_of(request)
    try:
        right = factor.second_factor_check(
            actor=actor_of(staff), staff=staff, code=request.POST.get("code", "")
        )
    except LimitReached:
        right = False
    if not right:
        return redirect(f"{reverse('agencies:account')}?loi=ma")
    return _show_codes(request, factor.recovery_codes_renew(actor=actor_of(staff), staff=staff))
