"""Where practice goes: never to anybody real (F25).

A practice office has an outside world of its own. Its addresses are settings; without one, or with
one that is a real partner's in a house that is not the demo, there is nowhere to go, and nothing is
called.
"""

from typing import Final

from django.conf import settings
from django.utils.translation import gettext_lazy as _

#: The one filing system of practice cases. A database trigger holds that no other case has it, and
#: no practice case another.
SYSTEM: Final = "tap-su"
#: The outbox channels of practice; what waits there alarms nobody and stands in no figure.
CHANNELS: Final = (f"portal:{SYSTEM}", "tapsu")
#: What a real office and the city are told when they scan one.
A_PRACTICE_CODE: Final = _("Đây là mã tập sự, không phải hồ sơ thật nên không mở.")


def portal() -> str:
    """The address of the portal that practice cases are filed with; empty: none."""
    return _unreal(
        settings.PRACTICE_PORTAL_URL, settings.PORTAL_URL, *settings.PORTAL_URLS.values()
    )


def sms() -> str:
    """The address that takes the texts of practice cases; empty: none."""
    return _unreal(settings.PRACTICE_SMS_URL, settings.SMS_URL, settings.SMS2_URL)


def control() -> str:
    """The control port of their simulator; empty: nobody leads it from here."""
    return str(settings.PRACTICE_CONTROL_URL)


def _unreal(address: str, *real: str) -> str:
    # In the demo the whole outside world is the simulator.
    if not settings.DEMO and address.rstrip("/") in {one.rstrip("/") for one in real}:
        return ""
    return address
