"""A person's own page: counter and language, PIN, password, second factor."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agencies import second_factor, services, sessions
from agencies.access import actor_of, half_signed_in, staff_of
from agencies.forms import DeskForm, OwnPasswordForm, PasswordForm, PinForm
from agencies.middleware import set_language_cookie
from agencies.models import Staff
from agencies.views.signing import home_of
from opsa.core.pages import go, render_page


def _page(request: HttpRequest, status: int = 200, **forms: Any) -> HttpResponse:
    staff = staff_of(request)
    desk = {"counter": staff.counter_id, "language": staff.language}
    context = {
        "desk": DeskForm(initial=desk, staff=staff),
        "pin": PinForm(staff=staff),
        "start": OwnPasswordForm(staff=staff, auto_id="start-%s"),
        "has_pin": bool(staff.pin),
        "has_second_factor": sessions.has_second_factor(staff),
        "wrong_code": request.GET.get("loi") == "ma",
        **forms,
    }
    return render_page(request, "agencies/account.html", context, status=status)


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Everything one can set about one's own work."""
    return _page(request)


@require_POST
def choose_counter(request: HttpRequest) -> HttpResponse:
    """Sit down at a counter and choose the language."""
    staff = staff_of(request)
    form = DeskForm(request.POST, staff=staff)
    if not form.is_valid():
        return _page(request, 422, desk=form)
    if "counter" in form.cleaned_data and form.cleaned_data["counter"] != staff.counter:
        services.counter_choose(
            actor=actor_of(staff), staff=staff, counter=form.cleaned_data["counter"]
        )
    language = form.cleaned_data["language"]
    if language != staff.language:
        Staff.objects.filter(pk=staff.pk).update(language=language)
    messages.success(request, _("Đã lưu"))
    response = go(request, _account_url())
    set_language_cookie(response, language)
    return response


def _account_url() -> str:
    return reverse("agencies:account")


@require_POST
@sensitive_post_parameters("pin", "password")
def pin(request: HttpRequest) -> HttpResponse:
    """Set the PIN of the locked screen."""
    staff = staff_of(request)
    form = PinForm(request.POST, staff=staff)
    if form.is_valid():
        try:
            services.pin_set(actor=actor_of(staff), staff=staff, pin=form.cleaned_data["pin"])
        except ValidationError as wrong:
            form.add_error(None, wrong)
        else:
            messages.success(request, _("Đã đặt mã PIN"))
            return go(request, _account_url())
    return _page(request, 422, pin=form)


@require_POST
@sensitive_post_parameters("password")
def second_factor_start(request: HttpRequest) -> HttpResponse:
    """Make a secret to set up, for those who may but need not have a second factor."""
    staff = staff_of(request)
    form = OwnPasswordForm(request.POST, staff=staff, auto_id="start-%s")
    if not form.is_valid():
        return _page(request, 422, start=form)
    if not sessions.has_second_factor(staff):
        second_factor.offer(staff)
    return go(request, reverse("agencies:second_factor_setup"))


@never_cache
@half_signed_in
@sensitive_post_parameters("old", "new", "again")
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password; also where a starting password leads. Who has a second factor
    gives it first: a password that somebody else learnt must not become theirs."""
    staff = staff_of(request)
    if not staff.must_change_password and not sessions.is_whole(request, staff):
        return redirect("agencies:second_factor")
    form = PasswordForm(request.POST or None, staff=staff)
    context = {"form": form, "forced": staff.must_change_password}
    if request.method == "GET":
        return render_page(request, "agencies/password.html", context)
    if not form.is_valid():
        return render_page(request, "agencies/password.html", context, status=422)
    services.password_change(actor=actor_of(staff), staff=staff, password=form.cleaned_data["new"])
    update_session_auth_hash(request, staff)
    sessions.adopt(request, staff)
    messages.success(request, _("Đã đổi mật khẩu"))
    return go(request, home_of(request))
