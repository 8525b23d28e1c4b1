"""The files of a filing, or of an answer to the authority, for the portal's own form: each alone or
all as one ZIP, exactly as they are (to be) frozen (F02, F20).

Every file is hashed again before the first byte leaves: one that is changed or gone blocks the
export and puts the case before a person. The clear bytes pass through memory in pieces of one MiB
and are never written to a disk of ours.
"""

import hashlib
import io
import zipfile
from collections.abc import Buffer, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from django.utils import timezone

from cases import services as case_services
from cases.filing import payload, services
from cases.filing.ports import SentFile
from cases.models import Filing
from opsa.core import files, journal
from opsa.core.actors import SYSTEM, Actor
from opsa.core.keys import Unreadable

TYPES: Final = {"pdf": "application/pdf", "jpeg": "image/jpeg", "png": "image/png"}


class ChangedFile(Exception):
    """A frozen file is not what it was, or gone; `name` is its name on the portal."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class Listed:
    """Files that go into the portal's form together. `subject` is what they are of (filing:7),
    `changed` is told when one of them is not what it was, `at` is their moment."""

    case_id: int
    subject: str
    files: Sequence[SentFile]
    at: datetime
    changed: Callable[[], None]


def of_filing(filing: Filing) -> Listed:
    """What was frozen when the case was filed."""
    files_then = payload.files_of(filing)
    return Listed(
        filing.case_id, f"filing:{filing.pk}", files_then, filing.taken_at,
        partial(_to_person, filing),
    )  # fmt: skip


def export(listed: Listed, *, actor: Actor, place: int | None = None) -> list[SentFile]:
    """The files to hand out, all or the one at this place, each found unchanged; journalled.

    Raises IndexError for a place that is not there, and ChangedFile after `changed` was told: call
    it outside a transaction that such an end would undo.
    """
    chosen = list(listed.files) if place is None else [listed.files[place]]
    for file in chosen:
        if not _unchanged(file):
            listed.changed()
            raise ChangedFile(file.name)
    hashes = "".join(file.sha256 for file in chosen)
    journal.record(
        actor,
        f"{listed.subject.partition(':')[0]}.exported",
        chain=f"case:{listed.case_id}",
        subject=listed.subject,
        files=len(chosen),
        bytes=sum(file.size for file in chosen),
        content=hashes if len(chosen) == 1 else hashlib.sha256(hashes.encode()).hexdigest(),
    )
    return chosen


def _unchanged(file: SentFile) -> bool:
    digest = hashlib.sha256()
    try:
        for piece in files.stream(file.stored):
            digest.update(piece)
    except (FileNotFoundError, Unreadable):
        return False
    return digest.hexdigest() == file.sha256


def _to_person(filing: Filing) -> None:
    """What was not yet filed is not to be filed so: it is scanned and frozen anew. What was filed
    stays filed, and a person looks after the broken evidence."""
    if not services.to_person(filing.pk, "changed_on_disk", also=(Filing.State.RECORDING,)):
        case_services.need_attention(
            filing.case_id, "scan_changed", actor=SYSTEM, reason="changed_on_disk"
        )


def clear(file: SentFile) -> Iterator[bytes]:
    """One file, piece by piece."""
    return files.stream(file.stored)


class _Pipe(io.RawIOBase):
    """Where the ZIP is written to: keeps only what was not yet handed on."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer, /) -> int:
        piece = bytes(data)
        self.waiting += piece
        return len(piece)

    def taken(self) -> bytes:
        piece = bytes(self.waiting)
        self.waiting.clear()
        return piece


def zipped(chosen: list[SentFile], at: datetime) -> Iterator[bytes]:
    """One ZIP of these files, piece by piece; stored as they are, because PDF and JPEG are packed
    already. Raises ChangedFile in the middle when one changes meanwhile, so that no whole ZIP
    comes of it."""
    pipe = _Pipe()
    moment = timezone.localtime(at)
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as made:
        for file in chosen:
            entry = zipfile.ZipInfo(file.name, moment.timetuple()[:6])
            entry.file_size = file.size
            digest = hashlib.sha256()
            with made.open(entry, "w") as out:
                for piece in files.stream(file.stored):
                    digest.update(piece)
                    out.write(piece)
                    yield pipe.taken()
            if digest.hexdigest() != file.sha256:
                raise ChangedFile(file.name)
    yield pipe.taken()
