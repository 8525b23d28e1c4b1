"""The device page of a counter: scanner, printer and line, each green or with its fix (F04)."""

import os
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from agencies import services
from agencies.access import actor_of, passive, require_role, staff_of
from agencies.devices import PRINTED, TEST_BAR, TEST_CODE, verdict
from agencies.models import Role
from opsa.core.barcodes import code128_data_uri, qr_data_uri
from opsa.core.once import once
from opsa.core.pages import go, render_page

AT_A_COUNTER = (Role.CLERK, Role.LEAD)
_MOST_KB = 128


def _page(request: HttpRequest, **more: Any) -> HttpResponse:
    counter = staff_of(request).counter
    may_set = counter is not None and staff_of(request).role in AT_A_COUNTER
    return render_page(
        request,
        "agencies/devices.html",
        {"counter": counter, "may_set": may_set, **more},
        part="verdict",
    )


@require_safe
def devices(request: HttpRequest) -> HttpResponse:
    """The page. Nothing of it is kept: it is tried again when something seems wrong."""
    return _page(request)


@require_POST
@sensitive_post_parameters("q")
def try_scan(request: HttpRequest) -> HttpResponse:
    """What the scanner made of the test code. Writes nothing, so it carries no form key."""
    return _page(request, verdict=verdict(request.POST.get("q", "")))


@require_safe
@passive
def line(request: HttpRequest) -> HttpResponse:
    """So many kilobytes that no cache and no compression makes smaller, to time the line."""
    asked = request.GET.get("kb", "0")
    size = min(int(asked), _MOST_KB) if asked.isdecimal() and len(asked) < 4 else 0
    return HttpResponse(os.urandom(size * 1024), content_type="application/octet-stream")


@require_safe
def sheet(request: HttpRequest) -> HttpResponse:
    """The test sheet (A5): the QR code with all letters, a bar code, lines to see the edges by."""
    from opsa.core.pdf import render_pdf  # loads the PDF engine only where a paper is drawn

    staff = staff_of(request)
    context = {
        "qr": qr_data_uri(TEST_CODE),
        "bar": code128_data_uri(TEST_BAR),
        "bar_text": TEST_BAR,
        "letters": PRINTED,
        "at": timezone.localtime(),
        "place": " · ".join(str(one) for one in (staff.agency, staff.counter) if one),
    }
    content = render_pdf(
        "agencies/test_sheet.html", context, css=["css/print/base.css", "css/print/test_sheet.css"]
    )
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": 'inline; filename="to-thu.pdf"'},
    )


@require_POST
@require_role(*AT_A_COUNTER)
@once
def scanner(request: HttpRequest) -> HttpResponse:
    """Read this counter's scanner through its serial port, or as a keyboard again."""
    staff = staff_of(request)
    if staff.counter is None:
        messages.error(request, _("Chọn quầy trước đã."))
    else:
        serial = request.POST.get("serial") == "1"
        services.scanner_set(actor=actor_of(staff), counter=staff.counter, serial=serial)
        messages.success(request, _("Đã lưu cho quầy này"))
    return go(request, reverse("agencies:devices"))
