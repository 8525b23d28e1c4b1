"""What every request carries along: its id for journal and logs, and what page headers show."""

import secrets
from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest
from django.utils.translation import get_language

_request_id: ContextVar[str] = ContextVar("request_id", default="")


def request_id() -> str:
    """The id of the request or task being served, 32 hex signs; empty outside of one."""
    return _request_id.get()


def new_request_id() -> str:
    """Start a fresh id for this context. Never taken from outside: it stands in the journal."""
    value = secrets.token_hex(16)
    _request_id.set(value)
    return value


class Chrome:
    """What the frame of a page shows. Everything is asked only when a template shows it, and costs
    no query: the user is loaded with office and counter by the sign-in backend."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def staff(self) -> Any:
        """The signed-in staff member, or None."""
        user = getattr(self._request, "user", None)
        return user if user is not None and user.is_authenticated else None

    @property
    def office(self) -> Any:
        """Their office, or None for staff of the city and for citizens."""
        return getattr(self.staff, "agency", None)

    @property
    def counter(self) -> Any:
        return getattr(self.staff, "counter", None)

    @property
    def language(self) -> str:
        return (get_language() or "vi")[:2]


def chrome(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `chrome.staff`, `.office`, `.counter`, `.language`."""
    return {"chrome": Chrome(request)}
