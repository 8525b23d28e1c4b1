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
#: Marks over and under Latin letters in Vietnamese, and in the other peoples' names (č, ñ, ŏ).
_MARKS: Final = frozenset("\u0300\u0301\u0302\u0303\u0306\u0309\u030c\u031b\u0323")
#: Signs that stand in names or addresses; a letter of another code page often arrives as a sign.
_SIGNS: Final = frozenset(" \n'’‘ʼ.,-–()/\"&+:;#")
_TONES: Final = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
#: No syllable has the same marked vowel twice, nor a w between Vietnamese letters.
_IMPOSSIBLE: Final = re.compile(r"([ăâêôơư])\1|\w[wW]", re.IGNORECASE)
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
    behind, letters and signs of another code page.

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
    if _strange(decomposed):
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


def _strange(decomposed: str) -> bool:
    """Letters or signs that no Vietnamese line has: what is left of TCVN3, VPS or a DOS page."""
    for char in decomposed:
        if char.isascii() and (char.isalnum() or char in _SIGNS):
            continue
        if char not in _SIGNS and char not in _MARKS and char not in "đĐƀɃ":
            return True
    toneless = unicodedata.normalize("NFC", _TONES.sub("", decomposed))
    return any(
        not word.isascii() and _IMPOSSIBLE.search(word) for word in re.findall(r"\w+", toneless)
    )
