"""Catalogues of translations: read and write `.po`, make `.mo`.

Formats: the GNU gettext manual, "The Format of PO Files" and "The Format of GNU MO Files".
"""

import ast
import os
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

Key = tuple[str, str]  # context, msgid

HEADER = (
    "Project-Id-Version: OPSA\n"
    "Language: en\n"
    "MIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=UTF-8\n"
    "Content-Transfer-Encoding: 8bit\n"
    "Plural-Forms: nplurals=2; plural=(n != 1);\n"
)

_MO_MAGIC = 0x950412DE
_LINE = re.compile(r'(msgctxt|msgid|msgid_plural|msgstr(?:\[(\d+)\])?)?\s*("(?:[^"\\]|\\.)*")\s*')
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


class BadCatalogue(ValueError):
    """A `.po` file that cannot be read; the text names file and line."""


@dataclass
class Entry:
    """One message: what the code says and its translations (two when it has a plural)."""

    msgid: str
    plural: str = ""
    context: str = ""
    translations: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    line: int = 0

    @property
    def key(self) -> Key:
        """What gettext looks the message up by."""
        return (self.context, self.msgid)

    @property
    def translated(self) -> bool:
        """Every form has words and a person has looked at them."""
        forms = 2 if self.plural else 1
        whole = len(self.translations) == forms and all(self.translations)
        return whole and "fuzzy" not in self.flags


@dataclass
class Catalogue:
    """A read `.po` file: its messages, and the lines of those it marks as no longer used."""

    header: str = HEADER
    entries: dict[Key, Entry] = field(default_factory=dict)
    obsolete: list[int] = field(default_factory=list)


def read_po(path: Path) -> Catalogue:
    """The catalogue of a file; raises BadCatalogue for a line or a repetition it cannot take."""
    found = Catalogue(header="")
    entry = Entry("")
    slot: tuple[str, int] | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        line = line.strip()
        starts = line.startswith(("#", "msgctxt", "msgid ", "msgid\t")) or not line
        if starts and entry.translations:
            _keep(found, entry, path)
            entry, slot = Entry(""), None
        if not line:
            continue
        if line.startswith("#"):
            _comment(found, entry, line, number)
            continue
        match = _LINE.fullmatch(line)
        if not match or (slot is None and not match[1]):
            raise BadCatalogue(f"{path}:{number}: this line cannot be read")
        if match[1]:
            slot = (match[1].partition("[")[0], int(match[2] or 0))
            entry.line = entry.line or number
        if slot is not None:
            _append(entry, slot, str(ast.literal_eval(match[3])))
    if entry.translations:
        _keep(found, entry, path)
    return found


def _comment(found: Catalogue, entry: Entry, line: str, number: int) -> None:
    if line.startswith("#~"):
        found.obsolete.append(number)
    elif line.startswith("#,"):
        entry.flags |= {flag.strip() for flag in line[2:].split(",")}
    elif line.startswith("#:"):
        entry.places += line[2:].split()


def _append(entry: Entry, slot: tuple[str, int], text: str) -> None:
    name, form = slot
    match name:
        case "msgctxt":
            entry.context += text
        case "msgid":
            entry.msgid += text
        case "msgid_plural":
            entry.plural += text
        case _:
            while len(entry.translations) <= form:
                entry.translations.append("")
            entry.translations[form] += text


def _keep(found: Catalogue, entry: Entry, path: Path) -> None:
    if entry.key == ("", ""):
        found.header = entry.translations[0]
    elif entry.key in found.entries:
        raise BadCatalogue(f"{path}:{entry.line}: this message stands here a second time")
    else:
        found.entries[entry.key] = entry


def write_po(path: Path, entries: Iterable[Entry]) -> None:
    """Write a catalogue in a fixed order without dates or line numbers, so diffs stay small."""
    parts = [_block("msgid", "") + _block("msgstr", HEADER)]
    for entry in sorted(entries, key=lambda e: (min(e.places, default=""), e.msgid, e.context)):
        lines = "".join(f"#: {place}\n" for place in sorted(set(entry.places)))
        if entry.flags:
            lines += f"#, {', '.join(sorted(entry.flags))}\n"
        if entry.context:
            lines += _block("msgctxt", entry.context)
        lines += _block("msgid", entry.msgid)
        if entry.plural:
            lines += _block("msgid_plural", entry.plural)
            forms = [*entry.translations, "", ""][:2]
            lines += "".join(_block(f"msgstr[{n}]", form) for n, form in enumerate(forms))
        else:
            lines += _block("msgstr", next(iter(entry.translations), ""))
        parts.append(lines)
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, "\n".join(parts).encode())


def _block(name: str, text: str) -> str:
    pieces = _LINES.findall(text) if "\n" in text[:-1] else [text]
    quoted = ['"' + "".join(_ESCAPES.get(sign, sign) for sign in piece) + '"' for piece in pieces]
    if len(quoted) > 1:
        quoted.insert(0, '""')
    return f"{name} " + "\n".join(quoted) + "\n"


def mo_bytes(catalogue: Catalogue) -> bytes:
    """The compiled catalogue; messages without a whole translation are left out."""
    table: dict[bytes, bytes] = {b"": catalogue.header.encode()}
    for entry in catalogue.entries.values():
        if entry.translated:
            msgid = f"{entry.context}\x04{entry.msgid}" if entry.context else entry.msgid
            if entry.plural:
                msgid += f"\0{entry.plural}"
            table[msgid.encode()] = "\0".join(entry.translations).encode()
    rows = sorted(table.items())
    start = 7 * 4
    texts_at = start + 16 * len(rows)
    originals, translations, texts = b"", b"", b""
    for original, _ in rows:
        originals += struct.pack("<II", len(original), texts_at + len(texts))
        texts += original + b"\0"
    for _, translation in rows:
        translations += struct.pack("<II", len(translation), texts_at + len(texts))
        texts += translation + b"\0"
    head = struct.pack("<7I", _MO_MAGIC, 0, len(rows), start, start + 8 * len(rows), 0, texts_at)
    return head + originals + translations + texts


def build(locale: Path) -> list[Path]:
    """Make the `.mo` beside each `.po` under `locale`; gives those that changed.

    Needs no settings. A message that is not translated yet stays Vietnamese on the page.
    """
    changed = []
    for source in sorted(locale.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        content = mo_bytes(read_po(source))
        if not target.exists() or target.read_bytes() != content:
            _replace(target, content)
            changed.append(target)
    return changed


def _replace(path: Path, content: bytes) -> None:
    """Whole or not at all: two processes may build at the same time."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_bytes(content)
    part.replace(path)
