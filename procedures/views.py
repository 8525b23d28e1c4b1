"""The catalogue's pages: what to bring, what it costs, how long it takes."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from agencies.access import public, staff_required
from opsa.core.pages import render_page

from . import current, search
from .models import ProcedureVersion
from .sheet import sheet
from .words import localised, time_limit


def _version(slug: str) -> ProcedureVersion:
    version = current.load().by_slug(slug)
    if version is None:
        raise Http404
    return version


def _listed(text: str) -> dict[str, object]:
    """What both lists show: all by field, or what was asked for."""
    found = current.load()
    if text:
        versions = [hit.version for hit in search.search(text, limit=12, catalogue=found)]
    else:
        versions = sorted(found.versions, key=lambda v: (v.procedure.field, v.procedure.rank))
    return {
        "q": text,
        "rows": [
            {
                "slug": version.procedure.slug,
                "short": version.procedure.short_name,
                "name": localised(version, "name"),
                "field": localised(version.procedure, "field"),
                "time": time_limit(version),
                "version": version,
                "code": version.procedure.code,
            }
            for version in versions
        ],
        "elsewhere": [
            {
                "name": localised(pointer.procedure, "name"),
                "note": localised(pointer.procedure, "note"),
                "why": pointer.why,
            }
            for pointer in search.elsewhere(text, catalogue=found)
        ],
    }


def _text(request: HttpRequest) -> str:
    return request.GET.get("q", "")[: search.MAX_QUERY].strip()


@public
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The citizens' list; nothing personal is asked, so the text may stand in the address."""
    context = _listed(_text(request)) | {"helpline": settings.PHONE_HELPLINE}
    return render_page(request, "procedures/index.html", context)


@public
@require_safe
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The citizens' page of one procedure: what to bring in my situation, what it costs, where."""
    version = _version(slug)
    context = {
        "s": sheet(version, request.GET.dict()),
        "slug": slug,
        "helpline": settings.PHONE_HELPLINE,
        "english": get_language() == "en",
    }
    return render_page(request, "procedures/detail.html", context)


@require_safe
@staff_required
def clerk_index(request: HttpRequest) -> HttpResponse:
    """The counter's list; the search is made in the page's own box."""
    return render_page(request, "procedures/clerk_index.html", _listed(_text(request)), part="rows")


@require_safe
@staff_required
def search_fragment(request: HttpRequest) -> HttpResponse:
    """Up to seven hits, and what is only done elsewhere. A page by itself without a script."""
    return render_page(request, "procedures/clerk_index.html", _listed(_text(request)), part="rows")


@require_safe
@staff_required
def clerk_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The counter's page: the checklist by situation, the price, the rules, how sure we are."""
    version = _version(slug)
    context = {"s": sheet(version, request.GET.dict()), "slug": slug, "v": version}
    return render_page(request, "procedures/clerk_detail.html", context, part="papers")
