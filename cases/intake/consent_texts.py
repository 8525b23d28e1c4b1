"""The words people agree to: kept with their hash for ever, never changed, only followed (F05)."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

import yaml

from cases.intake.desk import version_parts
from cases.models import Case, MandateText

_TEXTS: Final = Path(__file__).with_name("mandate_texts.yaml")


@cache
def _ours() -> tuple[tuple[str, str, int, str, str], ...]:
    """Mode, language, number, body and hash of each text of this release."""
    found = []
    for entry in yaml.safe_load(_TEXTS.read_text()):
        body = entry["body"].strip()
        found.append((entry["mode"], entry["language"], entry["number"], body, sha256(body)))
    return tuple(found)


def sha256(body: str) -> str:
    """The hash a text is known by."""
    return hashlib.sha256(body.encode()).hexdigest()


def ensure_texts() -> int:
    """Load our texts, one row for each mode, language and number; returns how many were new.

    A stored text is never changed: a text that differs under the same number raises ValueError.
    """
    made = 0
    for mode, language, number, body, digest in _ours():
        row, new = MandateText.objects.get_or_create(
            mode=mode,
            language=language,
            number=number,
            defaults={"body": body, "sha256": digest},
        )
        if row.sha256 != digest:
            raise ValueError(f"the text {row} was changed; give the new one a new number")
        made += new
    return made


def text_for(mode: str, language: str) -> MandateText:
    """The newest text of a mode in the citizen's language, Vietnamese when there is none. Reads
    only: a text of this release that nobody saw yet comes unsaved."""
    found = list(MandateText.objects.filter(mode=mode, language__in=(language, "vi")))
    there = {(text.language, text.number) for text in found}
    found += [
        MandateText(mode=mode, language=tongue, number=number, body=body, sha256=digest)
        for own, tongue, number, body, digest in _ours()
        if own == mode and tongue in (language, "vi") and (tongue, number) not in there
    ]
    return max(found, key=lambda text: (text.language == language, text.number))


def newest(mode: str, language: str) -> MandateText:
    """The same of this release alone, unsaved: for showing before anybody is asked. No query."""
    found = [
        MandateText(mode=own, language=tongue, number=number, body=body, sha256=digest)
        for own, tongue, number, body, digest in _ours()
        if own == mode and tongue in (language, "vi")
    ]
    return max(found, key=lambda text: (text.language == language, text.number))


def stored(mode: str, language: str) -> MandateText:
    """The same, as the row that a consent names."""
    text = text_for(mode, language)
    if text._state.adding:
        text, _new = MandateText.objects.get_or_create(
            mode=text.mode,
            language=text.language,
            number=text.number,
            defaults={"body": text.body, "sha256": text.sha256},
        )
    return text


def words(text: MandateText, case: Case) -> str:
    """The text as this person sees it, with the procedure's and the office's name in it."""
    if "{" not in text.body:
        return text.body
    version = version_parts(case.version_id)
    name = version.name_en if text.language == "en" else version.name
    office = case.agency.name_en if text.language == "en" else case.agency.name
    return text.body.replace("{procedure}", name).replace("{office}", office)
