"""The virus scanner behind one small port: clamd over TCP or a socket (`CLAMAV_URL`), or honestly
none."""

from enum import Enum
from io import BytesIO
from typing import Final
from urllib.parse import unquote, urlsplit

from clamav_client import clamd
from django.conf import settings

SECONDS: Final = 20


class Verdict(Enum):
    """What the scanner says. `ABSENT`: none is set up; `AWAY`: it is set up and does not answer."""

    CLEAN = "clean"
    FOUND = "found"
    ABSENT = "absent"
    AWAY = "away"


def configured() -> bool:
    """Whether a scanner is set up at all."""
    return bool(settings.CLAMAV_URL)


def scan(content: bytes) -> Verdict:
    """Ask the scanner about some bytes (INSTREAM). An answer that isn't understood counts as away:
    a file that nobody vouched for is never clean (F14: fails closed)."""
    if not configured():
        return Verdict.ABSENT
    address = urlsplit(settings.CLAMAV_URL)
    client: clamd.ClamdNetworkSocket
    if address.scheme == "unix":
        client = clamd.ClamdUnixSocket(unquote(address.path), SECONDS)
    else:
        client = clamd.ClamdNetworkSocket(
            address.hostname or "127.0.0.1", address.port or 3310, SECONDS
        )
    try:
        answers = client.instream(BytesIO(content))
    except (clamd.ClamdError, OSError, ValueError):
        return Verdict.AWAY
    status = next((answer[0] for answer in answers.values()), "")
    return {"OK": Verdict.CLEAN, "FOUND": Verdict.FOUND}.get(status, Verdict.AWAY)
