"""Is the English whole and true to the Vietnamese? And the upkeep of its catalogue."""

import re
from collections import Counter
from pathlib import Path

from opsa.core.words.extract import SAME_IN_BOTH, VIETNAMESE, Use, entries, uses
from opsa.core.words.po import BadCatalogue, Catalogue, Entry, read_po, write_po

_NAMED = re.compile(r"%\(([^)]+)\)[#0\- +]*\d*(?:\.\d+)?[a-zA-Z]")
_IN_ORDER = re.compile(r"%(?:\.\d+)?[sdfr]")
_BRACES = re.compile(r"\{(\w*)(?:[:!][^}]*)?\}")
_TAG = re.compile(r"</?[a-zA-Z]\w*")


def catalogue_path(root: Path) -> Path:
    """Where the English of a project stands."""
    return root / "locale" / "en" / "LC_MESSAGES" / "django.po"


def faults(root: Path) -> list[str]:
    """What is wrong with the translations, one line each as `file:line: what`; empty when whole."""
    path = catalogue_path(root)
    name = path.relative_to(root).as_posix()
    try:
        catalogue = read_po(path) if path.exists() else Catalogue()
    except BadCatalogue as fault:
        return [str(fault)]
    found = uses(root)
    used = {use.key for use in found if not use.problem}
    lines = [line for use in found if (line := _use_fault(use, catalogue))]
    lines += [f"{name}:{number}: no longer used, take it out" for number in catalogue.obsolete]
    for key, entry in catalogue.entries.items():
        if key not in used:
            lines.append(f"{name}:{entry.line}: no longer used, take it out: {_short(entry.msgid)}")
        elif entry.translated:
            lines += [f"{name}:{entry.line}: {what}" for what in differences(entry)]
    return lines


def _use_fault(use: Use, catalogue: Catalogue) -> str:
    at = f"{use.path}:{use.line}:"
    if use.problem:
        return f"{at} {use.problem}"
    entry = catalogue.entries.get(use.key)
    if entry is None:
        return f"{at} not in the English catalogue: {_short(use.msgid)}"
    if "fuzzy" in entry.flags:
        return f"{at} English is marked as a guess (fuzzy): {_short(use.msgid)}"
    if not entry.translated:
        return f"{at} no English yet: {_short(use.msgid)}"
    if use.plural and use.plural != entry.plural:
        return f"{at} the plural differs from the catalogue's: {_short(use.plural)}"
    return ""


def differences(entry: Entry) -> list[str]:
    """How the English breaks what the Vietnamese holds: values, tags, line ends."""
    wrong = []
    for number, text in enumerate(entry.translations):
        source = entry.plural if number else entry.msgid
        # English for exactly one thing may say "one" instead of the number.
        may_leave_out = bool(entry.plural) and number == 0
        named, given = _names(source), _names(text)
        if given - named or (named - given and not may_leave_out):
            signs = ", ".join(sorted(named ^ given))
            wrong.append(f"other values than the Vietnamese ({signs}): {_short(text)}")
        if _in_order(source) != _in_order(text):
            wrong.append(f"%s or %d differ from the Vietnamese: {_short(text)}")
        if Counter(_TAG.findall(source)) != Counter(_TAG.findall(text)):
            wrong.append(f"other tags than the Vietnamese: {_short(text)}")
        ends = (source.startswith("\n"), source.endswith("\n"))
        if ends != (text.startswith("\n"), text.endswith("\n")):
            wrong.append(f"other line ends than the Vietnamese: {_short(text)}")
        if text == source and VIETNAMESE.search(text) and text not in SAME_IN_BOTH:
            wrong.append(f"still Vietnamese: {_short(text)}")
    return wrong


def _names(text: str) -> set[str]:
    text = text.replace("%%", "")
    return {f"%({n})" for n in _NAMED.findall(text)} | {f"{{{n}}}" for n in _BRACES.findall(text)}


def _in_order(text: str) -> list[str]:
    return _IN_ORDER.findall(text.replace("%%", ""))


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return f"“{flat}”" if len(flat) <= 80 else f"“{flat[:79]}…”"


def update(root: Path) -> tuple[int, int, int]:
    """Bring the catalogue up to the code: (new, taken out, still without English).

    English that is there stays as it is; what is new waits with empty words.
    """
    path = catalogue_path(root)
    old = read_po(path) if path.exists() else Catalogue()
    now = entries(uses(root))
    for key, entry in now.items():
        if known := old.entries.get(key):
            entry.translations, entry.flags = known.translations, known.flags
            if bool(known.plural) != bool(entry.plural):
                entry.translations = []
    write_po(path, now.values())
    waiting = sum(not entry.translated for entry in now.values())
    return len(now.keys() - old.entries.keys()), len(old.entries.keys() - now.keys()), waiting
