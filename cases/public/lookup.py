"""Finding a case by its code and the last four digits of the phone (F09).

A wrong code and wrong digits get one and the same answer, after the same work and at the same time:
a row is read and a value opened either way, and the answer waits for a fixed moment.
"""

import hmac
import ipaddress
import secrets
import time
from functools import cache
from hashlib import sha256
from typing import Final

from django.http import HttpRequest

from cases.models import Case
from cases.states import Work
from opsa.core import limits
from opsa.core.fields import digits
from opsa.core.keys import open_sealed, seal

TRIES: Final = 5
WINDOW: Final = 15 * 60
#: A wrong answer leaves this many seconds after the question came, whatever was looked at.
ANSWER_AFTER: Final = 0.12
_KEY: Final = secrets.token_bytes(32)
_DECOY_PLACE: Final = "decoy:phone"


@cache
def _decoy() -> bytes:
    return seal(b"+84900000000", _DECOY_PLACE)


def address_of(request: HttpRequest) -> str:
    """Where the question comes from: an IPv4 address, or the /64 network of an IPv6 one."""
    text = request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "unknown"
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)


def same_end(phone: str, given: str) -> bool:
    """Whether `given` are the last four digits of `phone`, compared through keyed hashes."""
    mine, theirs = digits(phone)[-4:], digits(given)
    one = hmac.new(_KEY, mine.encode(), sha256).digest()
    other = hmac.new(_KEY, theirs.encode(), sha256).digest()
    return hmac.compare_digest(one, other) and len(mine) == 4


def find(request: HttpRequest, reference: str, given: str) -> str | None:
    """The token of the case, or None for every kind of wrong pair.

    Counts one try for the address and one for the code; raises LimitReached beyond five in fifteen
    minutes, and when the counter cannot be asked.
    """
    began = time.monotonic()
    limits.hit("lookup-address", address_of(request), limit=TRIES, seconds=WINDOW)
    limits.hit("lookup-code", reference, limit=TRIES, seconds=WINDOW)
    token, phone = _read(reference)
    right = same_end(phone, given)
    if right and token:
        return token
    time.sleep(max(0.0, ANSWER_AFTER - (time.monotonic() - began)))
    return None


def _read(reference: str) -> tuple[str, str]:
    """Token and phone of a filed case; if none, no token and a decoy opened alike."""
    row = (
        Case.objects.filter(reference=reference, taken_at__isnull=False)
        .exclude(work__in=(Work.DRAFT, Work.HELD))
        .values_list("token", "filer__phone")
        .first()
    )
    if row is None or row[1] is None:
        return "", open_sealed(_decoy(), _DECOY_PLACE).decode()
    return row[0], row[1]


def count_digits(case: Case) -> None:
    """One try at the digits of a sensitive case; LimitReached after five in fifteen minutes."""
    limits.hit("status-digits", case.token, limit=TRIES, seconds=WINDOW)
