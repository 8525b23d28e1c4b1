"""The catalogue's pages: what to bring, what it costs, how long it takes."""

from django.http import HttpRequest, HttpResponse


def index(request: HttpRequest) -> HttpResponse:
    """The citizens' list."""
    return HttpResponse()


def detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The citizens' page of one procedure."""
    return HttpResponse()


def clerk_index(request: HttpRequest) -> HttpResponse:
    """The counter's list."""
    return HttpResponse()


def search_fragment(request: HttpRequest) -> HttpResponse:
    """Up to seven hits for the command line."""
    return HttpResponse()


def clerk_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The counter's page of one procedure."""
    return HttpResponse()
