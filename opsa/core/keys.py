"""The key ring for field encryption and blind indexes, read from one file outside the database.

The file is JSON, each key 32 bytes in base64:
`{"current": "k2", "keys": {"k1": "…", "k2": "…"}, "blind": "…"}`.
Writing uses `current`; reading uses the key a value names. The blind key never enters the database
or its backups: a 12-digit number has too little entropy to survive that.
"""

import base64
import hashlib
import hmac
import json
import os
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

VERSION: Final = b"\x01"
NONCE_BYTES: Final = 12
BLIND_BYTES: Final = 16


class Unreadable(Exception):
    """A stored value can't be opened: other column, changed bytes, or a key that is gone."""


@dataclass(frozen=True)
class Ring:
    """The keys in use. `prefix` is what every value written with the current key begins with."""

    current: str
    keys: dict[str, AESGCM]
    blind_root: bytes

    @property
    def prefix(self) -> bytes:
        return _header(self.current)


def _header(key_id: str) -> bytes:
    name = key_id.encode()
    return VERSION + bytes([len(name)]) + name


def _key(text: str) -> bytes:
    key = base64.b64decode(text)
    if len(key) != 32:
        raise ImproperlyConfigured("every key in the key file has 32 bytes")
    return key


@lru_cache(maxsize=4)
def _read(path: str, changed_ns: int) -> Ring:
    data = json.loads(Path(path).read_text())
    keys = {name: AESGCM(_key(text)) for name, text in data["keys"].items()}
    if data["current"] not in keys:
        raise ImproperlyConfigured("the current key is not in the key file")
    return Ring(data["current"], keys, _key(data["blind"]))


_lock = threading.Lock()


def ring() -> Ring:
    """The key ring; a changed file is read at once. Raises ImproperlyConfigured without one."""
    path = str(settings.KEYS_FILE)
    try:
        changed_ns = Path(path).stat().st_mtime_ns
    except FileNotFoundError as missing:
        raise ImproperlyConfigured("the key file (OPSA_KEYS_FILE) is missing") from missing
    with _lock:
        return _read(path, changed_ns)


def seal(plain: bytes, place: str) -> bytes:
    """Encrypt (AES-256-GCM) for one place, `table:column`. Elsewhere the result can't be opened."""
    keys = ring()
    nonce = os.urandom(NONCE_BYTES)
    return keys.prefix + nonce + keys.keys[keys.current].encrypt(nonce, plain, place.encode())


def open_sealed(stored: bytes, place: str) -> bytes:
    """The clear bytes of a value sealed for `place`. Raises Unreadable."""
    try:
        if stored[:1] != VERSION:
            raise ValueError("version")
        end = 2 + stored[1]
        key = ring().keys[stored[2:end].decode()]
        nonce, body = stored[end : end + NONCE_BYTES], stored[end + NONCE_BYTES :]
        return key.decrypt(nonce, body, place.encode())
    except (InvalidTag, IndexError, KeyError, ValueError):
        raise Unreadable(place) from None


@lru_cache(maxsize=256)
def _purpose_key(root: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=f"opsa blind index {purpose}".encode()).derive(root)


def blind(purpose: str, value: str) -> bytes:
    """A keyed hash of `value` for equality look-ups: HMAC-SHA256 cut to 16 bytes.

    Each purpose has a key of its own (HKDF), so two columns with the same content can't be joined.
    """
    key = _purpose_key(ring().blind_root, purpose)
    return hmac.new(key, value.encode(), hashlib.sha256).digest()[:BLIND_BYTES]
