"""The locked screen: the page stays, nothing typed is lost, only the PIN is asked (F23)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from agencies import sessions
from agencies.access import actor_of, half_signed_in, staff_of, when_locked
from agencies.services import screen_key_check
from agencies.sessions import LOCKED, chain_of
from opsa.core.journal import record
from opsa.core.pages import render_page, wants_part

# What an interrupted form may carry through the lock. Files can't; the page says so.
_KEPT_BYTES = 64 * 1024
_NOT_KEPT = frozenset({"csrfmiddlewaretoken"})
_CARRIED = "kept."


def _kept(request: HttpRequest) -> list[tuple[str, str]]:
    """The fields of the POST that met the lock, to be sent again after it."""
    if request.method != "POST" or request.FILES:
        return []
    pairs = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in _NOT_KEPT
        for value in values
    ]
    return pairs if sum(len(n) + len(v) for n, v in pairs) <= _KEPT_BYTES else []


def locked_answer(request: HttpRequest) -> HttpResponse:
    """423 with the PIN form. A form that met the lock comes along and is offered again after it."""
    context = {
        "staff": staff_of(request),
        "next": request.get_full_path(),
        "kept": _kept(request),
        "was_post": request.method == "POST",
    }
    response = render_page(request, "agencies/lock.html", context, part="dialog", status=423)
    response["Cache-Control"] = "no-store, private"
    return response


def _back(request: HttpRequest) -> str:
    asked = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()}):
        return asked
    return resolve_url("quay:home")


@require_POST
@when_locked
@half_signed_in
def lock(request: HttpRequest) -> HttpResponse:
    """Lock now (F9, or the page after three idle minutes)."""
    staff = staff_of(request)
    sessions.lock(request, staff, actor=actor_of(staff))
    if wants_part(request):
        return HttpResponse(status=204)
    referer = request.headers.get("Referer", "")
    path = referer.partition(request.get_host())[2] or resolve_url("quay:home")
    response = redirect(f"{resolve_url('agencies:unlock')}?{urlencode({'next': path})}")
    response.status_code = 303
    return response


@never_cache
@when_locked
@half_signed_in
@sensitive_post_parameters("pin")
@require_http_methods(["GET", "POST"])
def unlock(request: HttpRequest) -> HttpResponse:
    """PIN or password. Five wrong tries end the session."""
    staff = staff_of(request)
    context = {"staff": staff, "next": _back(request), "kept": [], "was_post": False}
    if request.method == "GET":
        return render_page(request, "agencies/lock.html", context)
    # Asked though this session is not locked: the lock of the page may still be on its way here.
    left = screen_key_check(staff=staff, typed=request.POST.get("pin", ""))
    if left == 0:
        record(actor_of(staff), "session.pin_exhausted", chain=chain_of(staff))
        sessions.leave(request)
        response = redirect(f"{resolve_url('agencies:sign_in')}?vi=pin")
        response.status_code = 303
        return response
    if left is not None:
        words = ngettext(
            "Mã PIN chưa đúng. Còn %(n)d lần.", "Mã PIN chưa đúng. Còn %(n)d lần.", left
        )
        context |= {"error": words % {"n": left}, "kept": _carried(request)}
        return render_page(request, "agencies/lock.html", context, part="dialog", status=422)
    if LOCKED in request.session:
        sessions.unlock(request)
        record(actor_of(staff), "session.unlocked", chain=chain_of(staff))
    if wants_part(request):
        return HttpResponse(status=204)
    carried = _carried(request)
    if carried:
        return render_page(
            request, "agencies/go_on.html", {"fields": carried, "action": _back(request)}
        )
    response = redirect(_back(request))
    response.status_code = 303
    return response


def _carried(request: HttpRequest) -> list[tuple[str, str]]:
    return [
        (name.removeprefix(_CARRIED), value)
        for name, values in request.POST.lists()
        if name.startswith(_CARRIED)
        for value in values
    ]
