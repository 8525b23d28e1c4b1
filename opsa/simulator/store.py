"""What the outside world holds, in one SQLite file. No file bytes: name, size and hash only."""

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

type Json = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sequence (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS post (
  service TEXT NOT NULL, reference TEXT NOT NULL, posts INTEGER NOT NULL,
  PRIMARY KEY (service, reference)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS upload (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL,
  at REAL NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS dossier (
  id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, reference TEXT, source TEXT NOT NULL,
  procedure TEXT NOT NULL, title TEXT NOT NULL, unit TEXT NOT NULL, body TEXT NOT NULL,
  content TEXT NOT NULL, created_at REAL NOT NULL, due_at REAL NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS dossier_reference ON dossier (reference);
CREATE TABLE IF NOT EXISTS component (
  id INTEGER PRIMARY KEY, code TEXT NOT NULL, key TEXT NOT NULL, title TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS component_code ON component (code);
CREATE TABLE IF NOT EXISTS held_file (
  id INTEGER PRIMARY KEY, component INTEGER NOT NULL, code TEXT NOT NULL, upload TEXT NOT NULL,
  name TEXT NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS held_file_code ON held_file (code);
CREATE TABLE IF NOT EXISTS supplement (
  code TEXT NOT NULL, reference TEXT NOT NULL, content TEXT NOT NULL, at REAL NOT NULL,
  PRIMARY KEY (code, reference)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event (
  subject TEXT NOT NULL, number INTEGER NOT NULL, code INTEGER NOT NULL, at REAL NOT NULL,
  place TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (subject, number)) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS event_at ON event (at, subject, number);
CREATE TABLE IF NOT EXISTS parcel (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, body TEXT NOT NULL, content TEXT NOT NULL,
  created_at REAL NOT NULL, manifest TEXT) STRICT;
CREATE TABLE IF NOT EXISTS manifest (
  number TEXT PRIMARY KEY, content TEXT NOT NULL, answer TEXT NOT NULL, at REAL NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sms (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, recipient TEXT NOT NULL, text TEXT NOT NULL,
  content TEXT NOT NULL, parts INTEGER NOT NULL, at REAL NOT NULL, outcome TEXT NOT NULL,
  reason TEXT, sent_at REAL NOT NULL, done_at REAL NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS message (
  id INTEGER PRIMARY KEY, service TEXT NOT NULL, key TEXT NOT NULL, recipient TEXT NOT NULL,
  text TEXT NOT NULL, content TEXT NOT NULL, parts INTEGER NOT NULL, at REAL NOT NULL,
  outcome TEXT NOT NULL, reason TEXT, sent_at REAL NOT NULL, done_at REAL NOT NULL,
  count INTEGER NOT NULL, UNIQUE (service, key)) STRICT;
CREATE TABLE IF NOT EXISTS callback (
  service TEXT NOT NULL, key TEXT NOT NULL, url TEXT NOT NULL, tries INTEGER NOT NULL,
  told TEXT NOT NULL, PRIMARY KEY (service, key)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS request (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, simulated_at REAL NOT NULL,
  service TEXT NOT NULL, op TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
  reference TEXT NOT NULL, status INTEGER, faults TEXT NOT NULL, ms INTEGER NOT NULL) STRICT;
"""

FORGET = """
BEGIN IMMEDIATE;
DELETE FROM sequence; DELETE FROM post; DELETE FROM upload; DELETE FROM dossier;
DELETE FROM component; DELETE FROM held_file; DELETE FROM supplement; DELETE FROM event;
DELETE FROM parcel; DELETE FROM manifest; DELETE FROM sms; DELETE FROM request;
DELETE FROM message; DELETE FROM callback;
COMMIT;
"""

#: Enough for every bench run; older lines are of no use to anybody.
KEPT_REQUESTS = 200_000


def content_hash(value: object) -> str:
    """SHA-256 of the canonical JSON of `value`."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Store:
    """One connection behind one lock: calls are short, and the order of effects is then plain."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(SCHEMA)

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or nothing."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        found = self.rows(sql, *values)
        return found[0] if found else None

    def number(self, sql: str) -> int:
        return int(self.rows(sql)[0][0])

    def setting(self, name: str) -> Any:
        row = self.row("SELECT value FROM setting WHERE name = ?", name)
        return None if row is None else json.loads(row["value"])

    def keep_setting(self, name: str, value: object) -> None:
        with self.write() as db:
            db.execute(
                "INSERT INTO setting VALUES (?, ?) "
                "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, json.dumps(value)),
            )

    def log_request(self, line: tuple[object, ...]) -> None:
        with self.write() as db:
            cursor = db.execute(
                "INSERT INTO request (at, simulated_at, service, op, method, path, reference, "
                "status, faults, ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                line,
            )
            number = cursor.lastrowid or 0
            if number % 1000 == 0:
                db.execute("DELETE FROM request WHERE id <= ?", (number - KEPT_REQUESTS,))

    def forget_everything(self) -> None:
        with self._lock:
            self._db.executescript(FORGET)

    def close(self) -> None:
        with self._lock:
            self._db.close()


def witness(db: sqlite3.Connection, now: float) -> None:
    """Keeps `now` with the effect it dates: after a crash simulated time is not before it."""
    db.execute(
        "INSERT INTO setting VALUES ('clock', ?) ON CONFLICT (name) DO UPDATE "
        "SET value = max(CAST(value AS REAL), CAST(excluded.value AS REAL))",
        (json.dumps(now),),
    )


def next_number(db: sqlite3.Connection, name: str) -> int:
    """1, 2, 3 … per name; gaps only where a transaction was rolled back."""
    row = db.execute(
        "INSERT INTO sequence VALUES (?, 1) "
        "ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
        (name,),
    ).fetchone()
    return int(row["value"])


def count_post(store: Store, service: str, reference: str) -> None:
    """A request with an effect reached the work, whatever becomes of it."""
    with store.write() as db:
        db.execute(
            "INSERT INTO post VALUES (?, ?, 1) "
            "ON CONFLICT (service, reference) DO UPDATE SET posts = posts + 1",
            (service, reference),
        )
