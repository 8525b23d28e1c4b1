"""Vietnamese text: folding for search, sorting by given name, masking, cleaning of input."""

import re
import unicodedata
from typing import Final

LETTERS: Final = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
TONES: Final = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
SHAPES: Final = frozenset({"\u0302", "\u0306", "\u031b"})
RANK: Final = {letter: chr(ord("A") + rank) for rank, letter in enumerate(LETTERS)}
_DROPPED: Final = frozenset({"Cc", "Cf", "Cs", "Co"})
_SPACES: Final = re.compile(r"\s+")


def fold(text: str) -> str:
    """Lower-case, without accents, đ as d, single spaces: what search compares.

    `đ` doesn't decompose in Unicode, so it is mapped by hand.
    """
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    bare = "".join(char for char in plain if not unicodedata.combining(char))
    return _SPACES.sub(" ", unicodedata.normalize("NFC", bare)).strip()


def sort_key(name: str) -> str:
    """A key that sorts Vietnamese names as people expect, by plain byte comparison.

    Given name (the last word) first, then the rest from the family name on. Letters in the order
    a ă â b c d đ e ê … u ư v; within the same letters the tone decides: none, huyền, hỏi, ngã,
    sắc, nặng. `Hoà` and `Hòa` get the same key. Made here because the database has no ICU.
    """
    words = clean(name).lower().split(" ")
    return "".join(_word_key(word) for word in [words[-1], *words[:-1]])


def _word_key(word: str) -> str:
    letters: list[str] = []
    tones: list[str] = []
    for char in unicodedata.normalize("NFD", word):
        if char in TONES:
            tones.append(TONES[char])
        elif char in SHAPES and letters:
            letters[-1] = unicodedata.normalize("NFC", letters[-1] + char)
        elif not unicodedata.combining(char):
            letters.append(char)
    return "".join(RANK.get(letter, letter) for letter in letters) + " " + "".join(tones) + " "


def mask_name(name: str) -> str:
    """`NGUYỄN THỊ HƯỜNG` as `N*** T*** H***`: initials and always three stars, so that the length
    of a name doesn't leak."""
    return " ".join(f"{word[0]}***" for word in clean(name).split())


def clean(text: str, *, lines: bool = False) -> str:
    """Typed or scanned text as we store it: NFC, no control, format (bidi, zero width) or private
    characters, single spaces, none at the ends. With `lines` line breaks stay."""
    text = unicodedata.normalize("NFC", text)
    text = re.sub(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]", "\n", text)
    kept = "".join(
        char for char in text if char in "\n\t" or unicodedata.category(char) not in _DROPPED
    )
    if not lines:
        return _SPACES.sub(" ", kept).strip()
    return "\n".join(_SPACES.sub(" ", line).strip() for line in kept.split("\n")).strip()
