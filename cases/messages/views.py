"""Delivery reports: a provider tells by itself what became of a message."""

from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from agencies.access import public
from cases.messages import outcomes
from cases.messages.providers import WAYS, by_code
from cases.messages.providers.port import BadReport
from opsa.core import limits

CODES: Final = frozenset(code for codes in WAYS.values() for code in codes)
#: Far above what a provider tells in a minute; a flood is answered 429 and told again later.
REPORTS: Final = 3000
#: Who signs wrongly is not the provider.
FORGED: Final = 20
MINUTE: Final = 60


@csrf_exempt
@public
@require_POST
def report(request: HttpRequest, slug: str) -> HttpResponse:
    """One report. No session and no form: its signature says who it comes from."""
    code = slug
    if code not in CODES:
        raise Http404
    address = str(request.META.get("REMOTE_ADDR", ""))
    try:
        try:
            told = by_code(code).read_report(request.body, request.headers)
        except BadReport:
            limits.hit("message_forged", address, limit=FORGED, seconds=MINUTE)
            return HttpResponse(status=400)
        # Counted by whom it really is from: strangers' reports use up nothing of a provider's.
        limits.hit("message_report", code, limit=REPORTS, seconds=MINUTE, guards=False)
    except limits.LimitReached as reached:
        return HttpResponse(status=429, headers={"Retry-After": str(reached.retry_after)})
    outcomes.apply(told, code)
    return HttpResponse(status=204)
