"""What an acknowledgement says, read from its words: dossier code, procedure, time, files (F02).

The words come from outside and may be anything: they are cleaned of control and direction signs,
taken line by line up to a bound, and what is doubtful (two different codes) counts as not said.
"""

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from opsa.core.text import clean, fold

LINES: Final = 3_000
FILES: Final = 100
LONGEST: Final = 600
#: What a line begins with, folded, and what it then tells.
LABELS: Final = {
    "ma ho so": "code",
    "ma so ho so": "code",
    "so ho so": "code",
    "ma thu tuc": "procedure",
    "ma tthc": "procedure",
    "ma thu tuc hanh chinh": "procedure",
    "thoi diem nop": "at",
    "thoi gian nop": "at",
    "thoi diem tiep nhan": "at",
    "ngay nop": "at",
    "so tep": "count",
    "so luong tep": "count",
    "so tep dinh kem": "count",
}
_CODE: Final = re.compile(r"[0-9A-Z][0-9A-Z./\-]{3,59}")
_PROCEDURE: Final = re.compile(r"[0-9A-Z][0-9A-Z.\-]{2,39}")
_ITEM: Final = re.compile(r"(?:[-•*–]|\d{1,3}[.)])\s+(?=\S)")
_FILE: Final = re.compile(
    r"(?P<name>[^()]{1,300}?)\s*\(\s*(?P<size>\d[\d. ]{0,14})\s?bytes?(?P<more>[^()]*)\)?",
    re.IGNORECASE | re.ASCII,
)
#: A hash may be broken over two lines of the paper.
_HASH: Final = re.compile(
    r"sha-?256\W{0,3}((?:[0-9a-f]\s?){64})(?![0-9a-f])", re.IGNORECASE | re.ASCII
)
_DAY_FIRST: Final = re.compile(
    r"(?:(?P<h>\d{1,2}):(?P<mi>\d{2})(?::\d{2})?\D{1,8})?(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})"
    r"(?:\D{1,8}(?P<h2>\d{1,2}):(?P<mi2>\d{2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class ToldFile:
    """A file as the acknowledgement lists it; the hash is empty where none is given."""

    name: str
    size: int
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What could be read. `count` is None where no number of files is said; `files` may be fewer
    when its lines could not be read."""

    code: str = ""
    procedure: str = ""
    at: str = ""
    count: int | None = None
    files: tuple[ToldFile, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As it is kept on the acknowledgement."""
        return asdict(self)

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Told":
        """Back from what was kept."""
        files = tuple(ToldFile(**one) for one in kept.get("files", []))
        return cls(**{**kept, "files": files})


def read(text: str) -> Told:
    """What these words say. Never raises; says nothing where nothing is certain."""
    said: dict[str, set[str]] = {}
    items: list[str] = []
    waiting = ""
    for line in clean(text, lines=True).split("\n")[:LINES]:
        label, colon, value = line[:LONGEST].partition(":")
        name = LABELS.get(fold(label).strip(" -•*")) if colon else None
        if name is not None:
            waiting = "" if value.strip() else name
            _hear(said, name, value)
        elif waiting and line:
            _hear(said, waiting, line)
            waiting = ""
        elif start := _ITEM.match(line):
            items.append(line[start.end() :][:LONGEST])
        elif items and line and not items[-1].endswith(")"):
            items[-1] = f"{items[-1]} {line}"[:LONGEST]
    return Told(
        code=_only(said.get("code", set())),
        procedure=_only(said.get("procedure", set())),
        at=_only(said.get("at", set())),
        count=int(found) if (found := _only(said.get("count", set()))) else None,
        files=tuple(filter(None, map(_file, items[:FILES]))),
    )


def _hear(said: dict[str, set[str]], name: str, value: str) -> None:
    """Note a value in the shape that it must have; one of another shape was not said."""
    if heard := _shaped(name, value.strip()):
        said.setdefault(name, set()).add(heard)


def _shaped(name: str, value: str) -> str:
    first = value.upper().split(" ", 1)[0]
    match name:
        case "code":
            return first if _CODE.fullmatch(first) else ""
        case "procedure":
            return first if _PROCEDURE.fullmatch(first) else ""
        case "at":
            return _moment(value)
        case _:
            return str(int(first)) if re.fullmatch(r"\d{1,3}", first, re.ASCII) else ""


def _only(values: set[str]) -> str:
    return values.pop() if len(values) == 1 else ""


def _moment(text: str) -> str:
    """A moment as portals write it, in ISO 8601; one without a zone is Hanoi's."""
    try:
        found = parse_datetime(text)
        if found is None and (match := _DAY_FIRST.search(text[:60])):
            part = {name: int(value) for name, value in match.groupdict().items() if value}
            hour, minute = part.get("h", part.get("h2", 0)), part.get("mi", part.get("mi2", 0))
            here = timezone.get_default_timezone()
            found = datetime(part["y"], part["m"], part["d"], hour, minute, tzinfo=here)
    except (ValueError, OverflowError):
        return ""
    if found is None or not 2020 <= found.year <= 2100:
        return ""
    return (timezone.make_aware(found) if timezone.is_naive(found) else found).isoformat()


def _file(item: str) -> ToldFile | None:
    match = _FILE.match(item)
    if match is None:
        return None
    size = int(re.sub(r"[. ]", "", match["size"]))
    digest = re.sub(r"\s", "", found[1]).lower() if (found := _HASH.search(match["more"])) else ""
    return ToldFile(match["name"].strip()[:120], size, digest) if size < 2**31 else None
