"""Signing in and out (F23, ASVS 6.3)."""

from django.contrib.auth import authenticate, login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from agencies import sessions
from agencies.access import actor_of, public, staff_of
from agencies.forms import SignInForm
from agencies.middleware import set_language_cookie
from agencies.models import Staff
from agencies.sessions import State, chain_of
from opsa.core.actors import SYSTEM
from opsa.core.journal import record
from opsa.core.limits import LimitReached, forget, hit
from opsa.core.pages import go, render_page

_WHY = {
    State.REPLACED.value: gettext_lazy(
        "Tài khoản này vừa đăng nhập ở máy khác, nên phiên ở đây đã kết thúc."
    ),
    State.ABANDONED.value: gettext_lazy(
        "Màn hình khóa quá 30 phút nên đã tự đăng xuất. Bản nháp vẫn còn."
    ),
    "pin": gettext_lazy("Nhập sai mã PIN 5 lần. Đăng nhập lại bằng mật khẩu. Bản nháp vẫn còn."),
    "out": gettext_lazy("Đã đăng xuất."),
}
SHORT, LONG = 15 * 60, 60 * 60


def next_url(request: HttpRequest) -> str:
    """Where to go after signing in: an address of this site, or home."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()}):
        return asked
    return home_of(request)


def home_of(request: HttpRequest) -> str:
    """The first page of this person's work."""
    user = request.user
    if isinstance(user, Staff) and user.can_supervise:
        return "/dieu-hanh/"
    return resolve_url("quay:home")


def wait_words(seconds: int) -> str:
    """How long to wait, rounded up to a minute above ninety seconds."""
    if seconds <= 90:
        return ngettext("%(n)d giây", "%(n)d giây", seconds) % {"n": seconds}
    minutes = -(-seconds // 60)
    return ngettext("%(n)d phút", "%(n)d phút", minutes) % {"n": minutes}


def _throttle(request: HttpRequest, username: str) -> None:
    """Three windows: one name from one place, one name from anywhere, one place with any name.

    The widest is set so that strangers can't shut out a person for long, and an office of clerks
    behind one address isn't stopped by a few slips.
    """
    address = request.META.get("REMOTE_ADDR", "")
    name = username.strip().lower()
    hit("sign-in-here", f"{address} {name}", limit=8, seconds=SHORT)
    hit("sign-in-name", name, limit=40, seconds=LONG)
    hit("sign-in-address", address, limit=100, seconds=SHORT)


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Name and password. Whatever is wrong, the words, the status and the work are the same."""
    form = SignInForm(request.POST or None)
    context = {
        "form": form,
        "next": request.POST.get("next") or request.GET.get("next") or "",
        "why": _WHY.get(request.GET.get("vi", "")),
    }
    if request.method == "GET":
        return render_page(request, "agencies/sign_in.html", context)
    if not form.is_valid():
        return render_page(request, "agencies/sign_in.html", context, status=422)
    username = form.cleaned_data["username"]
    try:
        _throttle(request, username)
    except LimitReached as reached:
        context["wait"] = wait_words(reached.retry_after)
        response = render_page(request, "agencies/sign_in.html", context, status=429)
        response["Retry-After"] = str(reached.retry_after)
        return response
    staff = authenticate(request, username=username, password=form.cleaned_data["password"])
    if not isinstance(staff, Staff):
        record(SYSTEM, "sign_in.refused", chain="signin")
        form.add_error(None, _("Tên đăng nhập hoặc mật khẩu không đúng."))
        return render_page(request, "agencies/sign_in.html", context, status=422)
    if request.user.is_authenticated:
        sessions.leave(request)
    login(request, staff)
    forget("sign-in-here", f"{request.META.get('REMOTE_ADDR', '')} {username.strip().lower()}")
    record(actor_of(staff), "sign_in.done", chain=chain_of(staff))
    response = go(request, next_url(request))
    set_language_cookie(response, staff.language)
    return response


@public
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session here and on the server, and let the browser forget what it kept."""
    if request.user.is_authenticated:
        staff = staff_of(request)
        record(actor_of(staff), "sign_out.done", chain=chain_of(staff))
        sessions.leave(request)
    response = redirect(f"{resolve_url('agencies:sign_in')}?vi=out")
    response["Clear-Site-Data"] = '"cache", "storage"'
    response.status_code = 303
    return response


@public
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """The admin's own sign-in page is closed: there is one door, with limits and second factor."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect(f"{resolve_url('agencies:sign_in')}?next=/quan-tri/")
