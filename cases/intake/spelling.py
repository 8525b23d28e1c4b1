"""Does a line of Vietnamese look as it was written, or did a keyboard damage it on the way?

Only signs of damage, never a dictionary: names of every people of the country must pass unmarked.
"""

import re
import unicodedata
from typing import Final

_VIETNAMESE_MARK: Final = re.compile(r"[đĐăĂâÂêÊôÔơƠưƯ]|[\u0300-\u036f]")
#: Telex leaves a doubled vowel, a w, or a tone letter at the end of a word; VNI leaves a digit.
_TELEX: Final = re.compile(
    r"(?:[^\W\d_]*(?:aa|ee|oo|dd|w)[^\W\d_]*|[bcdghklmnpqrstvx]*[aeiouy]+(?:c|ch|m|n|ng|nh|p|t)?[sfrxj])(?=\W|$)",
    re.IGNORECASE,
)
_VNI: Final = re.compile(r"[A-Za-zÀ-ỹ]\d|\d[A-Za-zÀ-ỹ]*[A-Za-zÀ-ỹ]\d")
_FOREIGN: Final = re.compile(r"[fjz]", re.IGNORECASE)
_BROKEN: Final = re.compile(r"[?\ufffd¿¤¶]|&#\d|\\u|%[0-9A-Fa-f]{2}")
#: Left by UTF-8 read as Windows-1252 or Latin-1.
_MOJIBAKE: Final = re.compile(
    r"[ÃÂÄÅÆá][\x80-\xbf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"
)


def mended(text: str) -> str:
    """The text with a wrong code page undone, when that can be done without loss; else as it
    came."""
    if not _MOJIBAKE.search(text):
        return text
    for page in ("cp1252", "latin-1", "cp1258"):
        try:
            return text.encode(page).decode("utf-8")
        except UnicodeError:
            continue
    try:
        # Windows-1252 has five holes that scanners fill with the control character itself.
        raw = b"".join(_byte(char) for char in text)
        return raw.decode("utf-8")
    except UnicodeError:
        return text


def _byte(char: str) -> bytes:
    try:
        return char.encode("cp1252")
    except UnicodeError:
        return char.encode("latin-1")


def suspicious(text: str, *, name: bool) -> bool:
    """Whether to ask the clerk to look: no accents at all, `?`, or letters no input method leaves
    behind.

    With `name` digits and letters outside Vietnamese spelling count too; an address may have both.
    """
    if not text:
        return True
    if _BROKEN.search(text) or _MOJIBAKE.search(text):
        return True
    decomposed = unicodedata.normalize("NFD", text)
    if not _VIETNAMESE_MARK.search(decomposed):
        return True
    if _odd_case(text):
        return True
    if any(unicodedata.category(char).startswith("L") and not _latin(char) for char in text):
        return True
    words = [word for word in re.split(r"[\s,./-]+", text) if word]
    if name:
        return any(char.isdigit() for char in text) or bool(_FOREIGN.search(text)) or _telex(words)
    return _telex([word for word in words if word.isalpha() and len(word) > 3])


def _telex(words: list[str]) -> bool:
    return any(_TELEX.fullmatch(word) for word in words if word.isascii())


def _odd_case(text: str) -> bool:
    """Caps Lock under a scanner turns `Nguyễn` into `nGUYỄN`."""
    return bool(re.search(r"(?:^|\W)[a-zà-ỹđ][A-ZÀ-ỸĐ]{2,}", text))


def _latin(char: str) -> bool:
    return "LATIN" in unicodedata.name(char, "") or char in "ªº"
