"""A person's own acts as the journal keeps them."""

from typing import Final

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from agencies.access import staff_of
from agencies.ledger import action_words, csv_lines
from agencies.selectors import ledger_page, own_acts
from opsa.core.pages import render_page

EXPORT_ROWS: Final = 5000


@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    """Newest first, thirty a page."""
    try:
        page = ledger_page(staff_of(request), request.GET.get("sau", ""))
    except signing.BadSignature:
        raise Http404 from None
    rows = [(entry, action_words(entry.action)) for entry in page.entries]
    next_url = (
        f"{reverse('agencies:ledger')}?{urlencode({'sau': page.after})}" if page.after else ""
    )
    return render_page(
        request, "agencies/ledger.html", {"rows": rows, "next_url": next_url}, part="rows"
    )


@require_safe
def ledger_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The newest five thousand acts as a table."""
    entries = list(own_acts(staff_of(request))[:EXPORT_ROWS])
    response = StreamingHttpResponse(csv_lines(entries), content_type="text/csv; charset=utf-8")
    name = f"so-cua-toi-{timezone.localdate():%Y%m%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
