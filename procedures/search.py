"""Finding a procedure by whatever people call it (ux 4.1).

Without accents; order of strength: exact, prefix, whole words, initials ("ks", "dkks"), typing
errors by trigrams. Names, short names, codes and everyday words count alike. The index lives in the
process (thirty procedures) and is rebuilt when the catalogue's mark in the database changes, which
costs one small query.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from agencies.models import Agency
from opsa.core.text import clean, fold

from . import current
from .models import OtherProcedure, Procedure, ProcedureVersion

EXACT, PREFIX, WORDS, INITIALS, INSIDE, FUZZY = 100, 80, 60, 50, 40, 20
ENOUGH_ALIKE: Final = 0.42
MAX_QUERY: Final = 80
# Words every official name starts with; people leave them out, and so do initials.
_FILLER: Final = ("thu tuc ", "dang ky ", "cap ", "thuc hien ")


@dataclass(frozen=True, slots=True)
class Hit:
    """A procedure to file, its text in force, and the words that matched."""

    procedure: Procedure
    version: ProcedureVersion
    why: str


@dataclass(frozen=True, slots=True)
class Pointer:
    """Something we do not file, and where it is done."""

    procedure: OtherProcedure
    why: str


@dataclass(frozen=True, slots=True)
class _Phrase:
    shown: str
    text: str
    tight: str
    initials: str
    grams: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Entry:
    version: ProcedureVersion
    phrases: tuple[_Phrase, ...]


@dataclass(frozen=True, slots=True)
class _OtherEntry:
    other: OtherProcedure
    phrases: tuple[_Phrase, ...]


@dataclass(frozen=True, slots=True)
class _Index:
    source: current.Current
    entries: tuple[_Entry, ...]
    others: tuple[_OtherEntry, ...]


_kept: _Index | None = None


def search(
    text: str,
    *,
    limit: int = 7,
    agency: Agency | None = None,
    counts: Mapping[int, int] | None = None,
    catalogue: current.Current | None = None,
) -> list[Hit]:
    """The best matches first, at most `limit`; an empty text gives none.

    Equal matches are ordered by `counts` (procedure id → this office's cases of late, given by the
    caller, since cases are a higher room), then by the list's order. `agency` is kept for callers
    that pass only the office. One query, none when the `catalogue` is given.
    """
    query = _query(text)
    if not query:
        return []
    use = counts or {}
    found = []
    for entry in _index(catalogue).entries:
        score, phrase = _best(query, entry.phrases)
        if score:
            found.append((-score, -use.get(entry.version.procedure_id, 0), entry, phrase))
    found.sort(key=lambda row: (row[0], row[1], row[2].version.procedure.rank))
    # Guesses help only when nothing was really meant.
    if found and -found[0][0] > FUZZY + 15:
        found = [row for row in found if -row[0] > FUZZY + 15]
    return [
        Hit(entry.version.procedure, entry.version, phrase)
        for _score, _use, entry, phrase in found[:limit]
    ]


def elsewhere(
    text: str, *, limit: int = 3, catalogue: current.Current | None = None
) -> list[Pointer]:
    """What people ask for that we do not file, e.g. certified copies: only done in person."""
    query = _query(text)
    if not query:
        return []
    found = []
    for entry in _index(catalogue).others:
        score, _phrase = _best(query, entry.phrases)
        if score >= INITIALS:
            found.append((-score, entry.other))
    found.sort(key=lambda row: (row[0], row[1].code))
    return [Pointer(other, _reason(other)) for _score, other in found[:limit]]


def forget() -> None:
    """Drop the index; the next search builds it anew."""
    current.forget()


def _reason(other: OtherProcedure) -> str:
    if other.channel == OtherProcedure.Channel.IN_PERSON:
        return _("Chỉ làm trực tiếp, không nộp ở đây")
    return _("Chưa nộp ở đây được")


def _query(text: str) -> str:
    return fold(clean(text[: MAX_QUERY * 4]))[:MAX_QUERY]


def _index(catalogue: current.Current | None) -> _Index:
    global _kept
    source, kept = catalogue or current.load(), _kept
    if kept is not None and kept.source is source:
        return kept
    entries = tuple(_Entry(v, _phrases(_names(v))) for v in source.versions)
    others = tuple(
        _OtherEntry(o, _phrases([o.name, o.name_en, o.code, *o.aliases.split("\n")]))
        for o in source.others
    )
    _kept = kept = _Index(source, entries, others)
    return kept


def _names(version: ProcedureVersion) -> Iterable[str]:
    procedure = version.procedure
    yield procedure.short_name
    yield from procedure.aliases.split("\n")
    yield version.name
    yield version.name_en
    yield procedure.code


def _phrases(names: Iterable[str]) -> tuple[_Phrase, ...]:
    made: dict[str, _Phrase] = {}
    for name in names:
        text = fold(clean(name))
        if not text:
            continue
        for variant in (text, *_shorter(text)):
            made.setdefault(variant, _phrase(name, variant))
    return tuple(made.values())


def _shorter(text: str) -> Iterable[str]:
    for start in _FILLER:
        if text.startswith(start):
            rest = text.removeprefix(start)
            yield rest
            yield from _shorter(rest)


def _phrase(shown: str, text: str) -> _Phrase:
    words = text.replace(",", " ").replace("(", " ").replace("-", " ").split()
    return _Phrase(
        shown, text, "".join(words), "".join(word[0] for word in words), _grams("".join(words))
    )


def _grams(tight: str) -> frozenset[str]:
    padded = f"  {tight} "
    return frozenset(padded[i : i + 3] for i in range(len(padded) - 2))


def _best(query: str, phrases: Iterable[_Phrase]) -> tuple[float, str]:
    tight = "".join(query.split())
    grams = _grams(tight)
    best, shown = 0.0, ""
    for phrase in phrases:
        score = _score(query, tight, grams, phrase)
        if score > best:
            best, shown = score, phrase.shown
    return best, shown


def _score(query: str, tight: str, grams: frozenset[str], phrase: _Phrase) -> float:
    # A shorter name is the closer one: "khai sinh" means the birth, not the bundle of three.
    closeness = 10 * len(tight) / max(len(phrase.tight), len(tight))
    if phrase.tight == tight:
        return EXACT
    if phrase.tight.startswith(tight):
        return PREFIX + closeness
    if len(query.split()) > 1 and all(word in phrase.text.split() for word in query.split()):
        return WORDS + closeness
    if len(tight) >= 2 and phrase.initials.startswith(tight):
        return INITIALS + 10 * len(tight) / len(phrase.initials)
    if len(tight) >= 3 and tight in phrase.tight:
        return INSIDE + closeness
    if len(tight) >= 4:
        alike = 2 * len(grams & phrase.grams) / (len(grams) + len(phrase.grams))
        if alike >= ENOUGH_ALIKE:
            return FUZZY + 20 * alike
    return 0
