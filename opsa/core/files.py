"""Stored files: random names, encrypted at rest, read back whole (F14, invariant 8).

A file never carries a person's name or number: its name is random, its content is sealed with
AES-256-GCM under the key ring, in chunks of one MiB so that memory stays small. Chunks are bound to
the file's name and their place in it, so that nobody can swap, drop, repeat or cut them unseen.
"""

import struct
import uuid
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import IO, Final, cast

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, default_storage

from opsa.core.keys import Unreadable, open_sealed, seal

CHUNK: Final = 1024 * 1024
MAGIC: Final = b"OPSAF1"
_LENGTH: Final = struct.Struct("!I")


class TooLargeError(ValueError):
    """More bytes came than the caller allows; nothing was stored."""


def store(chunks: Iterable[bytes], *, folder: str, limit: int | None = None) -> str:
    """Seal a stream and store it under a fresh random name in `folder`. Returns the storage name.

    Raises TooLargeError as soon as more than `limit` bytes have come; nothing is stored then.
    """
    name = f"{folder}/{uuid.uuid4().hex}"
    sealed = BytesIO()
    sealed.write(MAGIC)
    total = 0
    count = 0
    last = b""
    for piece in _regular(chunks):
        total += len(piece)
        if limit is not None and total > limit:
            raise TooLargeError
        if count:
            _write(sealed, last, name, count - 1, final=False)
        last = piece
        count += 1
    _write(sealed, last, name, max(count - 1, 0), final=True)
    sealed.seek(0)
    return _storage().save(name, cast("File[bytes]", ContentFile(sealed.getvalue())))


def load(name: str) -> bytes:
    """The clear content. Raises FileNotFoundError, or Unreadable when it was changed or its key is gone."""
    return b"".join(stream(name))


def stream(name: str) -> Iterator[bytes]:
    """The clear content in chunks, each checked before it is handed out. Raises as `load`."""
    with _storage().open(name, "rb") as file:
        source = cast("IO[bytes]", file)
        if source.read(len(MAGIC)) != MAGIC:
            raise Unreadable(name)
        number, ended = 0, False
        while header := source.read(_LENGTH.size + 1):
            if ended or len(header) != _LENGTH.size + 1:
                raise Unreadable(name)
            (length,) = _LENGTH.unpack(header[:-1])
            ended = header[-1:] == b"\x01"
            body = source.read(length)
            yield open_sealed(body, _place(name, number, final=ended))
            number += 1
        if not ended:
            raise Unreadable(name)


def remove(name: str) -> None:
    """Delete a stored file; a file that is already gone is fine."""
    if name:
        _storage().delete(name)


def exists(name: str) -> bool:
    """Whether the storage still has the file."""
    return bool(name) and _storage().exists(name)


def _write(target: IO[bytes], piece: bytes, name: str, number: int, *, final: bool) -> None:
    body = seal(piece, _place(name, number, final=final))
    target.write(_LENGTH.pack(len(body)) + (b"\x01" if final else b"\x00") + body)


def _place(name: str, number: int, *, final: bool) -> str:
    return f"file:{name}:{number}:{'end' if final else 'more'}"


def _regular(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of CHUNK."""
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) >= CHUNK:
            yield bytes(waiting[:CHUNK])
            del waiting[:CHUNK]
    if waiting:
        yield bytes(waiting)


def _storage() -> Storage:
    return default_storage
