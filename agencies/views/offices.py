"""The public page of all offices."""

from django.http import HttpRequest, HttpResponse

from agencies.access import public


@public
def offices(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")
