"""Is this process alive, and can it serve? For load balancers and container health checks (F25).

A middleware before all others: the answer needs no host name, session or office, and a database
that is away gives a plain 503 instead of an error page.
"""

import time
from collections.abc import Callable

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponseBase, JsonResponse

from cases.watch import metrics


class HealthMiddleware:
    """Answers `/healthz` (alive), `/readyz` (able to serve) and `/metrics` (to the scraper), and
    counts how long every other answer took."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Everything else goes on to the product."""
        match request.path:
            case "/healthz":
                return JsonResponse({"status": "ok"})
            case "/readyz":
                return ready()
            case "/metrics":
                return metrics.answer(request)
        began = time.perf_counter()
        response = self.get_response(request)
        metrics.count_request(request, response, time.perf_counter() - began)
        return response


def ready() -> JsonResponse:
    """503 without the database. A broker that is away costs seconds only: told, not failed."""
    able = _database()
    return JsonResponse({"database": able, "broker": _broker()}, status=200 if able else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _broker() -> bool:
    try:
        with redis.Redis.from_url(settings.REDIS_CLIENT_URL, socket_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
