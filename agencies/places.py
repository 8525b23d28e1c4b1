"""From an address as people write it to a commune of today.

Cards and people still use the wards and districts of before 1 July 2025. Nothing here replaces what
was written: the address stays as it stands on the card, and the clerk picks the commune beside it.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from django.db.models import Prefetch, Q

from agencies.models import Commune, OldUnit, Province
from opsa.core.kept import Kept
from opsa.core.text import clean, fold

KEEP_SECONDS: Final = 300
WARD_WORDS: Final = {
    "phuong": "phuong",
    "p": "phuong",
    "xa": "xa",
    "x": "xa",
    "thi tran": "thi_tran",
    "tt": "thi_tran",
    "dac khu": "dac_khu",
}
DISTRICT_WORDS: Final = ("quan", "q", "huyen", "h", "thi xa", "tx", "thanh pho", "tp")
PROVINCE_WORDS: Final = ("thanh pho", "tp", "tinh", "t")
HANOI: Final = "01"
type _Give = Callable[[str, int, str], None]
_NOT_WORDS: Final = re.compile(r"[^0-9a-z]+")
_GLUED: Final = re.compile(r"\b(tp|tx|tt|p|q|h|x)\.(?=\S)")
_OTHER_NAMES: Final = {"hn": "ha noi", "hcm": "ho chi minh", "sai gon": "ho chi minh"}


def _words(text: str) -> str:
    return _NOT_WORDS.sub(" ", _GLUED.sub(r"\1 ", fold(clean(text)))).strip()


def _without(words: tuple[str, ...], name: str) -> str:
    for word in sorted(words, key=len, reverse=True):
        if name.startswith(word + " ") and not name[len(word) + 1 :].isdigit():
            return name[len(word) + 1 :]
    return name


def old_unit_key(name: str, district: str) -> str:
    """What an old unit is searched by: ward and district without accents and kinds."""
    return f"{_words(name)} {_without(DISTRICT_WORDS, _words(district))}"


def without_district_word(name: str) -> str:
    """`Quận Hoàn Kiếm` as `Hoàn Kiếm`; a numbered district keeps its word."""
    for word in ("Quận ", "Huyện ", "Thị xã ", "Thành phố "):
        if name.startswith(word) and not name.removeprefix(word).isdigit():
            return name.removeprefix(word)
    return name


@dataclass
class _Index:
    """One province's names, small enough to keep in memory; holds codes, never rows."""

    communes: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    wards: dict[str, list[tuple[str, str, str, tuple[str, ...]]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    districts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


_indexes: Kept[str, _Index] = Kept(KEEP_SECONDS, keep=lambda index: bool(index.communes))
_provinces: Kept[None, dict[str, str]] = Kept(KEEP_SECONDS, keep=bool)


def forget() -> None:
    """Drop what is kept in memory; called after loading or editing places."""
    _indexes.forget()
    _provinces.forget()


def _province_names() -> dict[str, str]:
    return _provinces.get(None, _read_province_names)


def _read_province_names() -> dict[str, str]:
    found: dict[str, str] = {}
    for unit in OldUnit.objects.values("old_province", "province_id").distinct():
        found[_words(unit["old_province"])] = unit["province_id"]
    for code, name in Province.objects.values_list("code", "name"):
        found[_words(name)] = code
    for short, name in _OTHER_NAMES.items():
        if name in found:
            found[short] = found[name]
    return found


def _index(province: str) -> _Index:
    return _indexes.get(province, lambda: _read_index(province))


def _read_index(province: str) -> _Index:
    index = _Index()
    for code, kind, name in Commune.objects.filter(province=province).values_list(
        "code", "kind", "name"
    ):
        index.communes[_words(name)].append((code, kind))
    units: dict[int, tuple[str, str, str]] = {}
    codes: dict[int, list[str]] = defaultdict(list)
    rows = OldUnit.objects.filter(province=province).order_by("communes__code")
    for pk, kind, name, district, code in rows.values_list(
        "pk", "kind", "name", "district", "communes__code"
    ):
        units[pk] = (kind, name, district)
        codes[pk].append(code)
    for pk, (kind, name, district) in units.items():
        district_key = _without(DISTRICT_WORDS, _words(district))
        label = f"{OldUnit.Kind(kind).label} {name}, {district}"
        index.wards[_words(name)].append((district_key, kind, label, tuple(codes[pk])))
        listed = index.districts[district_key]
        listed.extend(code for code in codes[pk] if code not in listed)
    return index


def _peel(text: str, names: Container[str], kinds: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Every (rest, name, kind word) such that the text ends in them, longest name first."""
    words = text.split()
    found = []
    for start in range(max(0, len(words) - 6), len(words)):
        name = " ".join(words[start:])
        if name not in names:
            continue
        rest = " ".join(words[:start])
        kind = next((k for k in kinds if rest == k or rest.endswith(" " + k)), "")
        found.append((rest[: len(rest) - len(kind)].strip() if kind else rest, name, kind))
    return found


_WARD_KINDS: Final = tuple(sorted(WARD_WORDS, key=len, reverse=True))
_DISTRICT_KINDS: Final = tuple(sorted(DISTRICT_WORDS, key=len, reverse=True))
_PROVINCE_KINDS: Final = tuple(sorted(PROVINCE_WORDS, key=len, reverse=True))


def suggest_communes(
    card_address: str, province_code: str = HANOI, *, limit: int = 8
) -> list[Commune]:
    """Communes an address may lie in today, best first; `old_name` says by which old unit.

    Understands old and new names, with or without accents, kinds (`P.`, `Quận`) and commas. A
    province named in the address wins over `province_code`. An address that names only an old
    district gives its communes; one that names nothing known gives an empty list.
    """
    text = _words(card_address)
    if not text:
        return []
    tries: list[tuple[str, str]] = []
    for rest, name, _kind in _peel(text, _province_names(), _PROVINCE_KINDS):
        tries.append((rest, _province_names()[name]))
    tries.append((text, province_code))
    scores: dict[str, tuple[int, str]] = {}
    for rest, province in tries:
        _score(rest, _index(province), scores)
        if scores:
            break
    best = sorted(scores, key=lambda code: (-scores[code][0], code))[:limit]
    found = Commune.objects.select_related("province").in_bulk(best)
    for code, commune in found.items():
        commune.old_name = scores[code][1]
    return [found[code] for code in best if code in found]


def _score(text: str, index: _Index, scores: dict[str, tuple[int, str]]) -> None:
    def give(code: str, points: int, old_name: str) -> None:
        if points > scores.get(code, (0, ""))[0]:
            scores[code] = (points, old_name)

    for rest, district, word in _peel(text, index.districts, _DISTRICT_KINDS):
        # "phường Hoàn Kiếm" is a ward of today, not the district of old; "Thạch Xá, Thạch Thất"
        # only looks like it, so a ward known in that district still counts.
        ward_word = not word and any(
            rest == kind or rest.endswith(" " + kind) for kind in _WARD_KINDS
        )
        _score_in_district(rest, district, index, give, only_known=ward_word)
    for _rest, name, word in _peel(text, index.communes, _WARD_KINDS):
        for code, kind in index.communes[name]:
            same = WARD_WORDS.get(word) == kind
            give(code, (95 if same else 55 if word else 85) + len(name.split()), "")
    if not scores or max(points for points, _ in scores.values()) < 60:
        for _rest, name, word in _peel(text, index.wards, _WARD_KINDS):
            _give_old(index, name, word, "", 70, give)


def _score_in_district(
    rest: str, district: str, index: _Index, give: _Give, *, only_known: bool
) -> None:
    wards = _peel(rest, index.wards, _WARD_KINDS)
    known = False
    for _before, name, word in wards:
        known |= _give_old(index, name, word, district, 100, give)
    if only_known:
        return
    if not known:
        here = [name for name, units in index.wards.items() if any(u[0] == district for u in units)]
        words = rest.split()
        for size in (3, 2, 1):
            for name in get_close_matches(" ".join(words[-size:]), here, n=2, cutoff=0.82):
                _give_old(index, name, "", district, 60, give)
    for code in index.districts[district]:
        give(code, 20, "")


def _give_old(
    index: _Index,
    name: str,
    word: str,
    district: str,
    points: int,
    give: _Give,
) -> bool:
    given = False
    for in_district, kind, label, codes in index.wards[name]:
        if district and in_district != district:
            continue
        fits = points + len(name.split()) - (10 if word and WARD_WORDS[word] != kind else 0)
        for code in codes:
            same_name = any(code == other for other, _ in index.communes.get(name, ()))
            give(code, fits + (5 if same_name else 0), label)
            given = True
    return given


def search_communes(
    text: str, *, province_code: str | None = HANOI, limit: int = 12
) -> list[Commune]:
    """Communes whose name, or an old unit's name, starts with or holds the words; new names first.

    Accents and kinds don't matter. `old_name` is set on those found by an old name.
    """
    words = _words(text)
    for kind in _WARD_KINDS:
        if words.startswith(kind + " "):
            words = words[len(kind) + 1 :]
            break
    if not words:
        return []
    new = Commune.objects.select_related("province").filter(
        Q(search_key__startswith=words) | Q(search_key__contains=" " + words)
    )
    old = OldUnit.objects.filter(
        Q(search_key__startswith=words) | Q(search_key__contains=" " + words)
    )
    if province_code:
        new, old = new.filter(province=province_code), old.filter(province=province_code)
    found = {
        commune.code: commune
        for commune in sorted(
            new.order_by("code")[: limit * 3],
            key=lambda c: (c.search_key != words, not c.search_key.startswith(words), c.code),
        )
    }
    if len(found) < limit:
        for unit in old.order_by("search_key")[:limit].prefetch_related(
            Prefetch("communes", Commune.objects.select_related("province"))
        ):
            for commune in unit.communes.all():
                if commune.code not in found:
                    commune.old_name = str(unit)
                    found[commune.code] = commune
    return list(found.values())[:limit]
