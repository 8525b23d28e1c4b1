"""Stored files: random names, encrypted at rest, read back whole (F14, invariant 8).

A file never carries a person's name or number: its name is random, its content is sealed with
AES-256-GCM under the key ring, in chunks of one MiB so that memory stays small. Chunks are bound to
the file's name and their place in it, so that nobody can swap, drop, repeat or cut them unseen.
"""

import hashlib
import struct
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from io import BytesIO
from typing import IO, Any, Final, cast

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from opsa.core.keys import Unreadable, open_sealed, seal

CHUNK: Final = 1024 * 1024
MAGIC: Final = b"OPSAF1"
_LENGTH: Final = struct.Struct("!I")


class TooLargeError(ValueError):
    """More bytes came than the caller allows; nothing was stored."""


class Sealer:
    """Takes a stream as it arrives and seals it on the way: no clear byte ever reaches a disk.

    `write` raises TooLargeError as soon as more than `limit` bytes have come. `finish` stores and
    gives the storage name; without it nothing is kept. `sha256` and `size` describe the clear
    bytes.
    """

    def __init__(self, folder: str, *, limit: int | None = None) -> None:
        self.name = f"{folder}/{uuid.uuid4().hex}"
        self.size = 0
        self._limit = limit
        self._hash = hashlib.sha256()
        self._waiting = bytearray()
        self._number = 0
        self._sealed = BytesIO()
        self._sealed.write(MAGIC)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def write(self, data: bytes) -> None:
        self.size += len(data)
        if self._limit is not None and self.size > self._limit:
            self._sealed.close()
            raise TooLargeError
        self._hash.update(data)
        self._waiting += data
        while len(self._waiting) > CHUNK:
            self._put(bytes(self._waiting[:CHUNK]), final=False)
            del self._waiting[:CHUNK]

    def finish(self) -> str:
        self._put(bytes(self._waiting), final=True)
        stored: str = default_storage.save(self.name, ContentFile(self._sealed.getvalue()))
        self._sealed.close()
        if stored != self.name:
            # The content is bound to its name; a storage that renames would make it unreadable.
            default_storage.delete(stored)
            raise OSError("the storage did not keep the file's name")
        return stored

    def _put(self, piece: bytes, *, final: bool) -> None:
        body = seal(piece, _place(self.name, self._number, final=final))
        self._sealed.write(_LENGTH.pack(len(body)) + (b"\x01" if final else b"\x00") + body)
        self._number += 1


def store(chunks: Iterable[bytes], *, folder: str, limit: int | None = None) -> str:
    """Seal a stream and store it under a fresh random name in `folder`. Returns the storage name.

    Raises TooLargeError as soon as more than `limit` bytes have come; nothing is stored then.
    """
    sealer = Sealer(folder, limit=limit)
    for chunk in chunks:
        sealer.write(chunk)
    return sealer.finish()


def load(name: str) -> bytes:
    """The clear content. Raises FileNotFoundError, or Unreadable when it was changed or its key is
    gone."""
    return b"".join(stream(name))


def stream(name: str) -> Iterator[bytes]:
    """The clear content in chunks, each checked before it is handed out. Raises as `load`."""
    with default_storage.open(name, "rb") as file:
        source = cast("IO[bytes]", file)
        if source.read(len(MAGIC)) != MAGIC:
            raise Unreadable(name)
        number, ended = 0, False
        while header := source.read(_LENGTH.size + 1):
            if ended or len(header) != _LENGTH.size + 1:
                raise Unreadable(name)
            (length,) = _LENGTH.unpack(header[:-1])
            ended = header[-1:] == b"\x01"
            yield open_sealed(source.read(length), _place(name, number, final=ended))
            number += 1
        if not ended:
            raise Unreadable(name)


def remove(name: str) -> None:
    """Delete a stored file; a file that is already gone is fine."""
    if name:
        default_storage.delete(name)


def exists(name: str) -> bool:
    """Whether the storage still has the file."""
    return bool(name) and bool(default_storage.exists(name))


def older_than(folder: str, moment: datetime) -> Iterator[str]:
    """The names of the stored files of a folder that were last written before `moment`."""
    storage: Any = default_storage
    try:
        names = storage.listdir(folder)[1]
    except FileNotFoundError:
        return
    for file in names:
        name = f"{folder}/{file}"
        if storage.get_modified_time(name) < moment:
            yield name


def _place(name: str, number: int, *, final: bool) -> str:
    return f"file:{name}:{number}:{'end' if final else 'more'}"
