"""Which adapter speaks for which filing system."""

from django.conf import settings

from cases.filing.portal import Portal
from cases.filing.ports import FilingSystemPort
from opsa.core import practice


def port_of(system_code: str, *, timeout: float | None = None) -> FilingSystemPort:
    """The port of a system. All of the pilot's systems answer through the national portal's
    interface; a co-pilot system is only ever asked for status there, never submitted to.
    `timeout`: seconds, when a person waits for the answer. Practice has an address of its own; an
    empty one reaches nobody."""
    if system_code == practice.SYSTEM:
        base = practice.portal()
    else:
        base = settings.PORTAL_URLS.get(system_code, settings.PORTAL_URL)
    return Portal(base, timeout=timeout, channel=channel_of(system_code))


def channel_of(system_code: str) -> str:
    """The outbox channel (and breaker) of a system."""
    return f"portal:{system_code}"
