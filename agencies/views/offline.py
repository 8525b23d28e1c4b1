"""The page for a cut line, and the small script that keeps it in the browser (ux 4.6)."""

import hashlib
import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from agencies.access import public


def _page() -> str:
    return render_to_string("agencies/offline.html", {"stylesheet": static("css/public.css")})


@public
@require_safe
@cache_control(no_cache=True)
def worker(_request: HttpRequest) -> HttpResponse:
    """The service worker. From the top of the site, for only there may it answer for all pages.

    It keeps the page below and its style sheet, both without anything personal, and never a page
    that somebody saw.
    """
    script = (settings.BASE_DIR / "static" / "js" / "sw.js").read_text(encoding="utf-8")
    page = _page()
    version = hashlib.sha256((script + page).encode()).hexdigest()[:12]
    kept = {
        "name": f"opsa-{version}",
        "page": reverse("agencies:offline"),
        "style": static("css/public.css"),
    }
    return HttpResponse(
        f"const KEPT = {json.dumps(kept)};\n{script}", content_type="text/javascript; charset=utf-8"
    )


@public
@require_safe
@cache_control(no_cache=True)
def offline(_request: HttpRequest) -> HttpResponse:
    """What stands on the screen when a page can't be fetched; both languages, for it is kept."""
    return HttpResponse(_page())
