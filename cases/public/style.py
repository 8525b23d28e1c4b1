"""The citizens' stylesheet inside the page, allowed by its hash: one round trip less on a slow
phone (ux 5.2), and still no inline style that anybody else could add."""

import base64
import hashlib
import re
from functools import cache
from typing import Any

from django.conf import settings
from django.http.response import HttpResponseBase
from django.utils.csp import CSP
from django.utils.safestring import SafeString


@cache
def css() -> SafeString:
    """`static/css/public.css` without comments and line ends.

    Raises ValueError when the file could end its own element.
    """
    text = (settings.BASE_DIR / "static" / "css" / "public.css").read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s*\n\s*", "", text).strip()
    if "</" in text:
        raise ValueError("a stylesheet that could end its own element")
    return SafeString(text)


@cache
def policy() -> dict[str, Any]:
    """The policy of a page that runs nothing: no script, and this stylesheet by its hash."""
    digest = base64.b64encode(hashlib.sha256(css().encode()).digest()).decode()
    return {
        "default-src": [CSP.NONE],
        "style-src": [CSP.SELF, f"'sha256-{digest}'"],
        "img-src": [CSP.SELF],
        "form-action": [CSP.SELF],
        "base-uri": [CSP.NONE],
        "frame-ancestors": [CSP.NONE],
    }


def dress(response: HttpResponseBase) -> None:
    """Set the headers of a citizen's page: not indexed, no referrer."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
