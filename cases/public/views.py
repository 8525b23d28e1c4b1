"""Citizens' pages: look-up, status, help. No account, no script, nothing kept in the browser but a
fifteen-minute note that the four digits were right."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, cast

from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.csp import csp_override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from agencies.access import public
from cases.messages import calls
from cases.models import Case
from cases.public import consent, lookup, selectors, style
from cases.public.forms import DigitsForm, LookupForm
from opsa.core.actors import CITIZEN
from opsa.core.codes import is_practice
from opsa.core.limits import LimitReached
from opsa.core.once import once

KNOWN: Final = "opsa_seen"
KNOWN_SECONDS: Final = 15 * 60

type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def citizens_page[**P](view: View[P]) -> View[P]:
    """Open to everybody, dressed as a citizen's page, and never stored by a shared cache.

    No CSRF token: these views use no session, so there is nothing to ride on; what they may do is
    guarded by the unguessable link itself. And under `no-referrer` browsers send `Origin: null`,
    which Django's check refuses.
    """

    @wraps(view)
    def dressed(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        response = csp_override(style.policy())(view)(request, *args, **kwargs)
        style.dress(response)
        patch_cache_control(response, private=True, max_age=0)
        return response

    return csrf_exempt(public(cast("View[P]", dressed)))


def _page(
    request: HttpRequest, name: str, context: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    return render(
        request,
        f"public/{name}.html",
        {"css": style.css(), "helpline": settings.PHONE_HELPLINE} | (context or {}),
        status=status,
    )


def _view_of(request: HttpRequest) -> str:
    """The citizen's way of reading, carried over a redirect."""
    return "?chu=to" if request.GET.get("chu") == "to" else ""


@require_http_methods(["GET", "HEAD", "POST"])
@citizens_page
def look_up(request: HttpRequest) -> HttpResponse:
    """Code and last four digits; a right pair leads to the case, all others look the same."""
    if request.method != "POST":
        return _page(request, "lookup", {"form": LookupForm(), "problem": ""})
    form = LookupForm(request.POST)
    if not form.is_valid():
        return _page(request, "lookup", {"form": form, "problem": ""}, status=422)
    try:
        token = lookup.find(request, form.cleaned_data["code"], form.cleaned_data["digits"])
    except LimitReached as reached:
        return _too_many(request, "lookup", form, reached)
    if token is None:
        problem = _("Mã và 4 số cuối không khớp với hồ sơ nào. Xem lại phiếu, hoặc gọi tổng đài.")
        return _page(request, "lookup", {"form": form, "problem": problem}, status=422)
    response = redirect(reverse("public:status", args=[token]) + _view_of(request))
    response.status_code = 303
    _remember(response, token)
    return response


def _too_many(
    request: HttpRequest, name: str, form: DigitsForm, reached: LimitReached, **more: Any
) -> HttpResponse:
    minutes = max(1, -(-reached.retry_after // 60))
    problem = _("Đã thử nhiều lần. Xin chờ %(n)s phút rồi thử lại, hoặc gọi tổng đài.") % {
        "n": minutes
    }
    response = _page(request, name, {"form": form, "problem": problem} | more, status=429)
    response.headers["Retry-After"] = str(reached.retry_after)
    return response


def _remember(response: HttpResponse, token: str) -> None:
    """Note that the digits were right: for this case only, and for a quarter of an hour."""
    response.set_cookie(
        KNOWN,
        signing.dumps(token, salt=KNOWN),
        max_age=KNOWN_SECONDS,
        path=f"/t/{token}/",
        httponly=True,
        samesite="Strict",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _known(request: HttpRequest, token: str) -> bool:
    try:
        return bool(
            signing.loads(request.COOKIES.get(KNOWN, ""), salt=KNOWN, max_age=KNOWN_SECONDS)
            == token
        )
    except signing.BadSignature:
        return False


def _case(token: str) -> Case:
    case = selectors.case_of(token)
    if case is None:
        raise Http404
    return case


@require_http_methods(["GET", "HEAD", "POST"])
@citizens_page
def status(request: HttpRequest, token: str) -> HttpResponse:
    """Where the case stands. A POST gives the four digits that a sensitive case asks for."""
    case = _case(token)
    known = _known(request, token)
    form = DigitsForm()
    if request.method == "POST":
        form = DigitsForm(request.POST)
        found = selectors.status(case, known=known)
        if not form.is_valid():
            return _page(request, "status", {"s": found, "form": form, "problem": ""}, status=422)
        try:
            lookup.count_digits(case)
        except LimitReached as reached:
            return _too_many(request, "status", form, reached, s=found)
        if case.filer is None or not lookup.same_end(case.filer.phone, form.cleaned_data["digits"]):
            problem = _("4 số này chưa đúng. Xem lại số điện thoại đã cho bưu cục.")
            return _page(
                request, "status", {"s": found, "form": form, "problem": problem}, status=422
            )
        response = redirect(reverse("public:status", args=[token]) + _view_of(request))
        response.status_code = 303
        _remember(response, token)
        return response
    return _page(
        request, "status", {"s": selectors.status(case, known=known), "form": form, "problem": ""}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@citizens_page
def revoke(request: HttpRequest, token: str) -> HttpResponse:
    """Take consent back: the filing's while nothing was sent, the extra uses at any time.

    The link alone is not enough: the four digits of the phone are asked first. GET only shows.
    """
    case = _case(token)
    if not _known(request, token):
        return _ask_digits(request, case)
    if request.method == "POST" and request.POST.get("use"):
        consent.extra_end(case.pk, request.POST["use"])
    elif request.method == "POST" and request.POST.get("sure") == "1":
        try:
            consent.consent_revoke(case.pk)
        except consent.AlreadySent:
            return _revoking(request, case, sent=True, status=409)
        response = redirect(reverse("public:status", args=[token]) + _view_of(request))
        response.status_code = 303
        return response
    return _revoking(request, case)


def _revoking(
    request: HttpRequest, case: Case, *, sent: bool = False, status: int = 200
) -> HttpResponse:
    found = {
        "token": case.token,
        "may": consent.revocable(case) and not sent,
        "uses": consent.extras(case),
        "practice": is_practice(case.reference),
    }
    return _page(request, "revoke", found, status=status)


def _ask_digits(request: HttpRequest, case: Case) -> HttpResponse:
    """Who knows the link and the phone's last digits may go on; tries are counted as for a
    sensitive case."""
    told = {"token": case.token, "practice": is_practice(case.reference)}
    if request.method != "POST":
        return _page(request, "revoke_digits", {"form": DigitsForm(), "problem": ""} | told)
    form = DigitsForm(request.POST)
    if not form.is_valid():
        return _page(request, "revoke_digits", {"form": form, "problem": ""} | told, status=422)
    try:
        lookup.count_digits(case)
    except LimitReached as reached:
        return _too_many(request, "revoke_digits", form, reached, **told)
    if case.filer is None or not lookup.same_end(case.filer.phone, form.cleaned_data["digits"]):
        problem = _("4 số này chưa đúng. Xem lại số điện thoại đã cho bưu cục.")
        return _page(
            request, "revoke_digits", {"form": form, "problem": problem} | told, status=422
        )
    response = redirect(reverse("public:revoke", args=[case.token]) + _view_of(request))
    response.status_code = 303
    _remember(response, case.token)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@citizens_page
@once
def texts(request: HttpRequest, token: str) -> HttpResponse:
    """Whether the person is texted: switched off and on by whoever holds the link. GET shows."""
    case = _case(token)
    if request.method == "POST":
        act = calls.start if request.POST.get("what") == "start" else calls.stop
        act(case.pk, actor=CITIZEN)
        response = redirect(reverse("public:texts", args=[token]) + _view_of(request))
        response.status_code = 303
        return response
    told = {"told": case.contact_by != "none", "practice": is_practice(case.reference)}
    return _page(request, "texts", {"token": token} | told)


@require_GET
@citizens_page
def help_page(request: HttpRequest) -> HttpResponse:
    """What to do when something is unclear."""
    return _page(request, "help")


@require_GET
@citizens_page
def privacy(request: HttpRequest) -> HttpResponse:
    """What we keep, for how long, and who sees it."""
    return _page(request, "privacy")


@require_GET
@citizens_page
def accessibility(request: HttpRequest) -> HttpResponse:
    """What was checked, what is known to be missing, whom to tell."""
    return _page(request, "accessibility")


@require_GET
@public
def robots(_request: HttpRequest) -> HttpResponse:
    """Search engines may read what is for everybody, never a citizen's link."""
    lines = (
        "User-agent: *",
        "Disallow: /t/",
        "Disallow: /quay/",
        "Disallow: /dieu-hanh/",
        "Disallow: /quan-tri/",
        "",
    )
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
