"""Who can carry a message: one typed port, an adapter for each provider (F10).

`WAYS` names, for each way a person can be reached, its providers in the order of preference. A
provider without an address in the settings is not there.
"""

from typing import Final

from django.conf import settings

from cases.messages.providers.mail import Mail
from cases.messages.providers.port import Handed, Port, Report, Text
from cases.messages.providers.sms import Practice, Sms
from cases.messages.providers.sms2 import Sms2
from cases.messages.providers.zalo import Zalo
from opsa.core import practice

__all__ = ["PRACTICE", "WAYS", "Handed", "Port", "Report", "Text", "by_code", "there", "way_of"]

#: The one way of practice cases, whichever the person asked for (F25).
PRACTICE: Final = "practice"
#: How a person is reached → the providers' codes; a code is also the outbox channel.
WAYS: Final[dict[str, tuple[str, ...]]] = {
    "sms": ("sms", "sms2"),
    "zalo": ("zalo",),
    "email": ("email",),
    PRACTICE: ("tapsu",),
}
_ALL: Final[dict[str, Port]] = {
    one.code: one for one in (Sms(), Sms2(), Zalo(), Mail(), Practice())
}
_ADDRESS: Final = {"sms": "SMS_URL", "sms2": "SMS2_URL", "zalo": "ZALO_URL"}


def by_code(code: str) -> Port:
    """The provider of a code; KeyError for an unknown one."""
    return _ALL[code]


def there(way: str) -> list[str]:
    """The providers of a way that this installation has, the preferred one first."""
    if way == PRACTICE:
        return list(WAYS[way]) if practice.sms() else []
    return [code for code in WAYS[way] if code not in _ADDRESS or getattr(settings, _ADDRESS[code])]


def way_of(code: str) -> str:
    """The way a provider serves."""
    return next(way for way, codes in WAYS.items() if code in codes)
