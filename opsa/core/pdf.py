"""Papers as PDF: WeasyPrint with everything shared that may be shared, and no way to the network.

Measured on one receipt: a shared font set-up and style sheet and a fetcher without TLS take 0.6 of
the naive CPU time. WeasyPrint's shared parts aren't thread-safe, so one lock guards them; workers
are processes.
"""

import shutil
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.translation import override
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from opsa.core import fonts

_lock = threading.RLock()
_STALE_SECONDS: Final = 3600
_WARM: Final = (
    "<!doctype html><html lang=vi><title>…</title><h1>Phiếu</h1><p><b>Đã nhận</b></p></html>"
)


class Unreachable(FatalURLFetchingError):  # type: ignore[misc]  # weasyprint has no types, so its base is Any
    """A paper asked for something outside itself. The paper fails: a slip without its picture, or
    one that made the server call somebody, is worse than none."""


class _ClosedFetcher(URLFetcher):  # type: ignore[misc]  # weasyprint has no types, so its base is Any
    """Data URIs, and the fonts we built. Nothing else is read, nothing is fetched."""

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        parts = urlsplit(url)
        if parts.scheme == "file":
            path = Path(unquote(parts.path)).resolve()
            if parts.netloc or path not in _font_files():
                raise Unreachable("a paper may only read its fonts")
        elif parts.scheme != "data":
            raise Unreachable("a paper may not fetch anything")
        return super().fetch(url, headers)


@lru_cache(maxsize=1)
def _font_files() -> frozenset[Path]:
    return frozenset(path.resolve() for path in fonts.print_fonts().values())


class _Shared:
    """What all papers of this process use together."""

    def __init__(self) -> None:
        self.fetcher = _ClosedFetcher(
            allowed_protocols={"data", "file"}, allow_redirects=False, fail_on_errors=True
        )
        self.fonts = FontConfiguration()
        self.base = CSS(
            string=fonts.font_css() + f'\nhtml {{ font-family: "{fonts.FAMILY}"; }}',
            font_config=self.fonts,
            url_fetcher=self.fetcher,
        )
        self.sheets: dict[tuple[str, float], CSS] = {}

    def sheet(self, name: str) -> CSS:
        path = finders.find(name)
        if path is None:
            raise FileNotFoundError(f"style sheet {name}")
        key = (name, Path(path).stat().st_mtime)
        if key not in self.sheets:
            self.sheets[key] = CSS(
                string=Path(path).read_text(), font_config=self.fonts, url_fetcher=self.fetcher
            )
        return self.sheets[key]


@lru_cache(maxsize=1)
def _shared() -> _Shared:
    return _Shared()


def render_html(html: str, *, css: Sequence[str] = (), variant: str | None = "pdf/ua-1") -> bytes:
    """A whole HTML document as PDF bytes. `css` names static files, applied in order after the
    fonts. The document needs `lang` and a `<title>`, pictures an `alt` and a data URI.

    Raises Unreachable when it refers to anything outside, FileNotFoundError for an unknown sheet.
    """
    with _lock:
        shared = _shared()
        document = HTML(string=html, url_fetcher=shared.fetcher, base_url="data:,")
        result = document.write_pdf(
            stylesheets=[shared.base, *(shared.sheet(name) for name in css)],
            font_config=shared.fonts,
            pdf_variant=variant,
        )
    assert result is not None
    return bytes(result)


def render_pdf(
    template: str,
    context: Mapping[str, Any],
    *,
    css: Sequence[str],
    lang: str = "vi",
    variant: str = "pdf/ua-1",
) -> bytes:
    """The template as PDF bytes, in the language `lang`; see `render_html`.

    The context gets `lang` for the `<html>` tag.
    """
    with override(lang):
        html = render_to_string(template, {"lang": lang, **context})
    return render_html(html, css=css, variant=variant)


def sweep_temp_folders() -> int:
    """Remove folders that killed workers left (older than an hour); returns how many."""
    removed = 0
    for folder in Path(tempfile.gettempdir()).glob("weasyprint-*"):
        try:
            if folder.is_dir() and time.time() - folder.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(folder)
                removed += 1
        except OSError:
            # Somebody else's, or just removed by a sister process.
            continue
    return removed


def warm_up() -> None:
    """For the parent of worker processes: fonts built, styles parsed, one paper drawn."""
    sweep_temp_folders()
    render_html(_WARM)
