"""How many SMS parts a text takes, as the networks count it (3GPP TS 23.038 and 23.040).

One part holds 160 signs of the 7-bit alphabet, or 70 when a single sign is outside it; of several
parts each holds 153 or 67. `^ { } [ ] ~ \\ | €` count twice.
"""

import unicodedata
from dataclasses import dataclass
from typing import Final

GSM_7: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
TWICE: Final = frozenset("^{}\\[~]|€\f")
#: What a message may take at most (F10).
MOST: Final = 2


@dataclass(frozen=True, slots=True)
class Size:
    """`signs` as they are counted, `room` for all parts together, and how many parts."""

    accented: bool
    signs: int
    parts: int
    room: int


def size(text: str) -> Size:
    """The size of a text; an empty one takes one part."""
    accented = any(sign not in GSM_7 and sign not in TWICE for sign in text)
    if accented:
        signs = len(text.encode("utf-16-be")) // 2
        single, each = 70, 67
    else:
        signs = len(text) + sum(sign in TWICE for sign in text)
        single, each = 160, 153
    parts = 1 if signs <= single else -(-signs // each)
    return Size(accented, signs, parts, single if parts == 1 else each * parts)


def without_accents(text: str) -> str:
    """Vietnamese as it is typed without its marks: every sign fits the 7-bit alphabet."""
    bare = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(sign for sign in bare if not unicodedata.combining(sign))
