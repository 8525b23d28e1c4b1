"""The QR code that a Vietnamese bank's app reads to fill in a transfer (VietQR).

The format is EMVCo's merchant-presented code with NAPAS' account template: two digits of tag, two
of length, the value; a CRC-16 (polynomial 1021, start FFFF) over all of it stands last.
"""

from binascii import crc_hqx
from typing import Final

from opsa.core.text import fold

NAPAS: Final = "A000000727"
TO_ACCOUNT: Final = "QRIBFTTA"
DONG: Final = "704"
LONGEST_PURPOSE: Final = 25


def bank_qr(*, bank: str, account: str, amount: int, purpose: str) -> str:
    """A transfer of `amount` đồng to an account at the bank with this BIN, good for one payment.

    The purpose goes as ASCII, letters and digits only, at most 25 of them: what every bank keeps.
    Raises ValueError for a bank, an account or an amount that no app could read.
    """
    if not (bank.isascii() and bank.isdecimal() and len(bank) == 6):
        raise ValueError("a bank's BIN has six digits")
    if not (account.isascii() and account.isalnum() and len(account) <= 19):
        raise ValueError("an account has 1 to 19 letters or digits")
    if not 0 < amount < 10**13:
        raise ValueError("an amount is above 0 and below 10,000 billion")
    note = "".join(c for c in fold(purpose).upper() if c.isascii() and c.isalnum())
    to = _tag("00", NAPAS) + _tag("01", _tag("00", bank) + _tag("01", account))
    text = (
        _tag("00", "01")
        + _tag("01", "12")
        + _tag("38", to + _tag("02", TO_ACCOUNT))
        + _tag("53", DONG)
        + _tag("54", str(amount))
        + _tag("58", "VN")
        + (_tag("62", _tag("08", note[:LONGEST_PURPOSE])) if note else "")
        + "6304"
    )
    return f"{text}{crc_hqx(text.encode(), 0xFFFF):04X}"


def _tag(name: str, value: str) -> str:
    return f"{name}{len(value):02d}{value}"
