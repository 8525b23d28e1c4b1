"""The linter of plain words: counts what a citizen has to read.

No packaged measure of readable Vietnamese was found, so simple limits that can be counted hold: at
most 20 syllables a sentence and 12 on average, no words of office, nobody addressed by gender.
"""

import re

MOST = 20
AVERAGE = 12

BANNED = (
    "thụ lý",
    "đương sự",
    "theo quy định",
    "cơ quan có thẩm quyền",
    "tiếp nhận và hẹn trả",
    "bổ túc",
)
GENDERED = frozenset({"ông", "bà", "anh", "chị"})
#: Where such a syllable addresses nobody.
NOT_ADDRESS = ("tiếng anh",)

_TAG = re.compile(r"<[^>]+>|&nbsp;")
_VALUE = re.compile(r"%\([^)]+\)[a-z]|\{\w*\}")
_END = re.compile(r"[.!?:…](?=\s|$)|\n")
_HOST = re.compile(r"https?://\S+")


def sentences(text: str) -> list[str]:
    """The sentences of a text; a value that is filled in later counts as one syllable."""
    text = _TAG.sub(" ", _VALUE.sub("x", _HOST.sub("x", text)))
    return [part.strip() for part in _END.split(text) if syllables(part)]


def syllables(text: str) -> int:
    """Vietnamese is written a syllable at a time; in English the same counts words."""
    return sum(any(sign.isalnum() for sign in word) for word in re.split(r"[\s/]+", text))


def faults(text: str) -> list[str]:
    """What is hard to read in one text, or unkind."""
    flat = " ".join(text.lower().split())
    found = [
        f"{count} syllables: {one}" for one in sentences(text) if (count := syllables(one)) > MOST
    ]
    found += [f"word of office “{word}”: {text}" for word in BANNED if word in flat]
    for phrase in NOT_ADDRESS:
        flat = flat.replace(phrase, "")
    address = GENDERED & set(re.findall(r"\w+", flat))
    found += [f"addresses by gender “{word}”: {text}" for word in sorted(address)]
    return found


def average(texts: list[str]) -> float:
    """Syllables a sentence over all texts of a page; 0 for a page without words."""
    counts = [syllables(one) for text in texts for one in sentences(text)]
    return sum(counts) / len(counts) if counts else 0.0
