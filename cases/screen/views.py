"""The citizen's screen at a counter: a page that asks what to show, and two or three big buttons.

It has no session. A cookie for this counter alone says which screen it is; without it the page asks
for the code that the clerk sees.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, cast

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.access import public
from agencies.models import Counter
from cases.intake import mandates
from cases.models import Case, CounterScreen, Mandate
from cases.screen import content, screens, signing
from opsa.core import limits, rls

COOKIE: Final = "opsa_screen"
TRIES: Final = 5
WINDOW: Final = 15 * 60
View = CounterScreen.View
Answer = CounterScreen.Answer

type Page[**P] = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def screen_page[**P](view: Page[P]) -> Page[P]:
    """Open without signing in, never stored, never indexed.

    No CSRF token: these views use no session. The screen's own cookie is `SameSite=Strict`, so no
    other site's form carries it.
    """

    @wraps(view)
    def dressed(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["Referrer-Policy"] = "no-referrer"
        patch_cache_control(response, private=True, no_store=True)
        return response

    return csrf_exempt(public(cast("Page[P]", dressed)))


def remember(response: HttpResponse, counter_id: int, token: str) -> None:
    """Make this device the counter's screen for a shift."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=screens.TOKEN_HOURS * 3600,
        path=reverse("screen:page", args=[counter_id]),
        httponly=True,
        samesite="Strict",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _screen(request: HttpRequest, counter: int) -> CounterScreen | None:
    return screens.by_token(counter, request.COOKIES.get(COOKIE, ""))


def _context(screen: CounterScreen) -> tuple[str, dict[str, Any]]:
    """The language, and what the view says now."""
    view = screens.view_now(screen)
    case: Case | None = None
    mandate: Mandate | None = None
    if view != View.WELCOME:
        case = screens.case_on(screen)
    if case is not None and view == View.CONSENT:
        mandate = case.mandates.filter(method=Mandate.Method.SCREEN).order_by("-pk").first()
    if case is None or (view == View.CONSENT and mandate is None):
        view = View.WELCOME
    found: dict[str, Any] = {"screen": screen, "view": view, "answer": screen.answer}
    if case is not None and view == View.CHECK:
        found["check"] = content.check(case)
    elif case is not None and mandate is not None and view == View.CONSENT:
        found["consent"] = content.consent(case, mandate)
        if not screen.answer and not mandate.waits_on_screen:
            found["view"] = View.WELCOME
    elif case is not None and view == View.PAY:
        found["pay"] = content.pay(case)
    elif case is not None and view == View.DONE:
        found["done"] = content.done(case)
    return (case.language if case and view != View.WELCOME else "vi"), found


def _drawn(screen: CounterScreen, problem: str = "") -> tuple[str, dict[str, Any]]:
    """The view as HTML, and the context of the page around it; `tag` names what is shown."""
    language, found = _context(screen)
    with translation.override(language):
        plain = render_to_string("screen/_view.html", found)
        tag = hashlib.sha256(plain.encode()).hexdigest()[:16]
        body = render_to_string("screen/_view.html", found | {"problem": problem})
    return language, found | {
        "body": body,
        "tag": tag,
        "still": found["view"] == View.CONSENT,
        "language": language,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@screen_page
def page(request: HttpRequest, counter: int) -> HttpResponse:
    """The screen; or, on a device that is not it yet, the question for the clerk's code (POST)."""
    if request.method == "POST":
        return _pair(request, counter)
    screen = _screen(request, counter)
    if screen is None:
        if not Counter.objects.filter(pk=counter).exists():
            raise Http404
        return render(request, "screen/pair.html", {"counter": counter, "problem": ""})
    return _show(request, screen)


def _show(
    request: HttpRequest, screen: CounterScreen, problem: str = "", status: int = 200
) -> HttpResponse:
    screens.note_seen(screen.counter_id)
    with rls.office_scope(screen.agency_id):
        language, found = _drawn(screen, problem)
        with translation.override(language):
            return render(request, "screen/page.html", found, status=status)


def _pair(request: HttpRequest, counter: int) -> HttpResponse:
    found = Counter.objects.filter(pk=counter).first()
    if found is None:
        raise Http404
    # From one place few tries; from anywhere more, so that a stranger shuts nobody out.
    limits.hit(
        "screen.pair",
        f"{counter} {request.META.get('REMOTE_ADDR', '')}",
        limit=TRIES,
        seconds=WINDOW,
    )
    limits.hit("screen.pair.all", f"{counter}", limit=10 * TRIES, seconds=WINDOW)
    with rls.office_scope(found.agency_id):
        token = screens.pair_by_code(counter=found, code=request.POST.get("code", ""))
    if token is None:
        problem = _("Mã chưa đúng, hoặc đã quá 5 phút. Xin nhân viên mã mới.")
        told = {"counter": counter, "problem": problem}
        return render(request, "screen/pair.html", told, status=422)
    response = HttpResponse(status=303, headers={"Location": request.path})
    remember(response, counter, token)
    return response


@require_GET
@screen_page
def look(request: HttpRequest, counter: int) -> HttpResponse:
    """What to show, asked every two seconds: 204 when nothing changed."""
    screen = _screen(request, counter)
    if screen is None:
        return HttpResponse(
            status=204, headers={"HX-Redirect": reverse("screen:page", args=[counter])}
        )
    screens.note_seen(counter)
    with rls.office_scope(screen.agency_id):
        language, found = _drawn(screen)
        if request.GET.get("so", "") == found["tag"]:
            return HttpResponse(status=204)
        with translation.override(language):
            return render(request, "screen/page.html#content", found)


@require_POST
@screen_page
def touch(request: HttpRequest, counter: int) -> HttpResponse:
    """Somebody reads."""
    screen = _screen(request, counter)
    if screen is not None:
        with rls.office_scope(screen.agency_id):
            screens.touched(screen)
    return HttpResponse(status=204)


@require_POST
@screen_page
def answer(request: HttpRequest, counter: int) -> HttpResponse:
    """What the citizen pressed. Once for each view that was shown: `number` says for which."""
    screen = _screen(request, counter)
    back = HttpResponse(status=303, headers={"Location": reverse("screen:page", args=[counter])})
    if screen is None:
        return back
    number = request.POST.get("number", "")
    if number != str(screen.number):
        return back
    with rls.office_scope(screen.agency_id):
        if screen.view == View.CONSENT and screen.case_id is not None:
            problem = _sign(request, screen)
            if problem:
                return _show(request, screen, problem, status=422)
        elif screen.view == View.CHECK:
            said = Answer.YES if request.POST.get("answer") == "yes" else Answer.WRONG
            screens.answered(screen, said, number=screen.number)
    return back


def _sign(request: HttpRequest, screen: CounterScreen) -> str:
    """Give or refuse the consent that is asked; returns what went wrong."""
    assert screen.case_id is not None
    try:
        given = signing.given(request.POST)
        with transaction.atomic():
            said = Answer.AGREED if given["agrees"] else Answer.REFUSED
            if screens.answered(screen, said, number=screen.number):
                mandates.mandate_on_screen(case_id=screen.case_id, **given)
    except (mandates.MandateRefusedError, signing.BadDrawingError) as refused:
        return str(refused)
    return ""
