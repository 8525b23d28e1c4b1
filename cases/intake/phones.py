"""Phone numbers as people say them, kept as E.164 (domain 4.3)."""

from dataclasses import dataclass

import phonenumbers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from opsa.core.fields import digits


@dataclass(frozen=True, slots=True)
class Phone:
    """`e164` is empty while `fault` says what is wrong; `shown` is how we write it."""

    e164: str
    shown: str
    fault: str


def read(text: str) -> Phone:
    """A number typed or stored in any usual form. Empty text has no number and no fault."""
    text = text.strip()
    if not text:
        return Phone("", "", "")
    try:
        number = phonenumbers.parse(text, "VN")
    except phonenumbers.NumberParseException:
        return Phone("", text, _fault(text) or _("Số này không gọi được. Hỏi lại khách."))
    if any(char.isalpha() for char in text):
        return Phone("", text, _("Chỉ gõ chữ số."))
    if not phonenumbers.is_valid_number(number):
        return Phone("", text, _fault(text) or _("Đầu số này không có. Hỏi lại khách."))
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    style = (
        phonenumbers.PhoneNumberFormat.NATIONAL
        if number.country_code == 84
        else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    return Phone(e164, phonenumbers.format_number(number, style), "")


def _fault(text: str) -> str:
    """How many digits are missing or too many, when the number is meant to be one of ours."""
    plain = digits(text)
    if any(char.isalpha() for char in text):
        return _("Chỉ gõ chữ số.")
    if text.startswith("+84") or plain.startswith("84"):
        plain = "0" + plain[2:].removeprefix("0")
    elif text.startswith("+"):
        return ""
    if not plain.startswith("0"):
        return _("Số điện thoại bắt đầu bằng số 0.")
    wanted = 11 if plain.startswith("02") else 10
    if len(plain) < wanted:
        missing = wanted - len(plain)
        return ngettext("Thiếu %(n)s số.", "Thiếu %(n)s số.", missing) % {"n": missing}
    if len(plain) > wanted:
        extra = len(plain) - wanted
        return ngettext("Thừa %(n)s số.", "Thừa %(n)s số.", extra) % {"n": extra}
    return ""
