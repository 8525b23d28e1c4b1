"""Codes people read, type and scan: our case reference, bearer tokens, postal item numbers."""

import re
import secrets
import unicodedata
from typing import Final

from django.utils.translation import gettext as _

# 29 signs, a prime, so that a weighted sum catches every single error and every transposition.
# Left out for their look-alikes: 0 O, 1 I L, U (V), S (5). F12.
ALPHABET: Final = "23456789ABCDEFGHJKMNPQRTVWXYZ"
VALUE: Final = {sign: value for value, sign in enumerate(ALPHABET)}
RANDOM_SIGNS: Final = 10
LENGTH: Final = RANDOM_SIGNS + 1
#: How the references of practice cases begin. No real one has this sign anywhere, so none can ever
#: be taken for the other, whenever it was made (F25).
PRACTICE_MARK: Final = "0"
_LOOK_ALIKES: Final = str.maketrans({"S": "5", "Đ": "DD"})
_NOISE: Final = re.compile(r"[\s\-\u2010-\u2015._]+")
_S10_WEIGHTS: Final = (8, 6, 4, 2, 3, 5, 9, 7)
_S10: Final = re.compile(r"[A-Z]{2}\d{9}[A-Z]{2}")


#: The mark counts like the sign that looks least like it.
_WORTH: Final = VALUE | {PRACTICE_MARK: VALUE["W"]}


def _check_sign(body: str) -> str:
    total = sum(weight * _WORTH[sign] for weight, sign in enumerate(body, start=1))
    return ALPHABET[total % len(ALPHABET)]


def new_reference(*, practice: bool = False) -> str:
    """A fresh case reference: ten random signs (48.6 bits) and a check sign, e.g. `7K3F9QX2MT4`;
    one for practice begins with its mark instead of the first random sign."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_SIGNS))
    if practice:
        body = PRACTICE_MARK + body[1:]
    return body + _check_sign(body)


def is_practice(reference: str) -> bool:
    """Whether a checked reference is one of a practice case."""
    return reference.startswith(PRACTICE_MARK)


def check_reference(text: str) -> str:
    """The reference a person typed or scanned, in the form we store.

    Lower case, spaces, dashes, full-width signs, S for 5 and O for the mark of practice are mended.
    Raises ValueError (with a
    sentence for people, never with the text itself) when it can't be one of ours: every single
    wrong sign and every swap of two signs is found without asking the database.
    """
    code = _NOISE.sub("", unicodedata.normalize("NFKC", text).upper()).translate(_LOOK_ALIKES)
    if len(code) != LENGTH:
        raise ValueError(_("Mã tiếp nhận có 11 chữ và số."))
    if code.startswith("O"):
        code = PRACTICE_MARK + code[1:]
    if any(sign not in VALUE for sign in code.removeprefix(PRACTICE_MARK)):
        raise ValueError(_("Mã tiếp nhận không có các chữ I, L, O, U và các số 0, 1."))
    if _check_sign(code[:-1]) != code[-1]:
        raise ValueError(_("Mã tiếp nhận chưa đúng. Xin xem lại từng chữ."))
    return code


def group_reference(reference: str) -> str:
    """The reference as it is printed and shown: `7K3F9-QX2MT-4`."""
    return f"{reference[:5]}-{reference[5:10]}-{reference[10:]}"


def new_token() -> str:
    """128 random bits for a link, 22 signs that need no escaping in a URL."""
    return secrets.token_urlsafe(16)


def s10_check(serial: str) -> int:
    """The check digit of an eight-digit serial (UPU S10: weights 8 6 4 2 3 5 9 7, modulo 11).

    Raises ValueError when `serial` isn't eight digits.
    """
    if not re.fullmatch(r"[0-9]{8}", serial):
        raise ValueError("an S10 serial has eight digits")
    rest = 11 - sum(w * int(digit) for w, digit in zip(_S10_WEIGHTS, serial, strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest)


def s10_number(prefix: str, serial: str | int, country: str = "VN") -> str:
    """A whole item number, e.g. `s10_number("RR", 47312482)` = `RR473124829VN`."""
    if not re.fullmatch(r"[A-Z]{2}", prefix):
        raise ValueError("an S10 prefix has two capital letters")
    digits = f"{int(serial):08d}"
    return f"{prefix}{digits}{s10_check(digits)}{country}"


def s10_valid(number: str) -> bool:
    """Whether a scanned item number has the S10 form and a right check digit. Domestic items may
    use other forms, so a False is a warning, never a refusal."""
    if not _S10.fullmatch(number) or not number.isascii():
        return False
    return s10_check(number[2:10]) == int(number[10])
