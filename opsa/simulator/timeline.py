"""Reports of a dossier and events of a parcel: planned in advance, told when their time has come.

Rows later than the simulated now are the plan; nobody outside sees them, so they may be redrawn.
"""

import json
import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from .chance import Chance
from .store import Store, witness


class Happening(NamedTuple):
    """`number` counts up by one per subject; `at` is in simulated Unix seconds."""

    number: int
    code: int
    at: float
    place: str
    text: str


class Planned(NamedTuple):
    """`hours` after the one before it."""

    hours: float
    code: int
    place: str
    text: str = ""


def told(store: Store, subject: str, now: float) -> list[Happening]:
    """What has happened up to `now`, oldest first."""
    rows = store.rows(
        "SELECT number, code, at, place, text FROM event WHERE subject = ? AND at <= ? "
        "ORDER BY at, number",
        subject,
        now,
    )
    return [Happening(*row) for row in rows]


def told_many(store: Store, subjects: list[str], now: float) -> dict[str, list[Happening]]:
    """As `told`, for many subjects in one query."""
    out: dict[str, list[Happening]] = {subject: [] for subject in subjects}
    for row in store.rows(
        "SELECT subject, number, code, at, place, text FROM event "
        "WHERE subject IN (SELECT value FROM json_each(?)) AND at <= ? ORDER BY at, number",
        json.dumps(subjects),
        now,
    ):
        out[row["subject"]].append(Happening(*tuple(row)[1:]))
    return out


def newest(happenings: list[Happening]) -> Happening:
    return max(happenings, key=lambda item: (item.at, item.number))


def happen(
    db: sqlite3.Connection,
    subject: str,
    now: float,
    code: int,
    place: str,
    text: str,
    rest: Iterable[Planned],
) -> None:
    """Records `code` at `now`, drops the plan and plans `rest` from now on."""
    witness(db, now)
    db.execute("DELETE FROM event WHERE subject = ? AND at > ?", (subject, now))
    number = _last_number(db, subject) + 1
    _insert(db, subject, Happening(number, code, now, place, text))
    at = now
    for step in rest:
        number += 1
        at += step.hours * 3600
        _insert(db, subject, Happening(number, step.code, at, step.place, step.text))


def happen_earlier(
    db: sqlite3.Connection, subject: str, now: float, at: float, code: int, place: str, text: str
) -> None:
    """A late report: numbered after everything told so far, dated before it. The plan stays."""
    plan = [
        Happening(*row)
        for row in db.execute(
            "SELECT number, code, at, place, text FROM event WHERE subject = ? AND at > ? "
            "ORDER BY number",
            (subject, now),
        )
    ]
    db.execute("DELETE FROM event WHERE subject = ? AND at > ?", (subject, now))
    late = Happening(_last_number(db, subject) + 1, code, at, place, text)
    _insert(db, subject, late)
    for number, step in enumerate(plan, start=late.number + 1):
        _insert(db, subject, step._replace(number=number))


def _last_number(db: sqlite3.Connection, subject: str) -> int:
    row = db.execute("SELECT max(number) FROM event WHERE subject = ?", (subject,)).fetchone()
    return int(row[0] or 0)


def _insert(db: sqlite3.Connection, subject: str, item: Happening) -> None:
    db.execute(
        "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)",
        (subject, item.number, item.code, item.at, item.place, item.text),
    )


class Telling(NamedTuple):
    """What one answer says: the history, the one at its head, and marks on told-again ones."""

    history: list[tuple[str, Happening]]
    head: tuple[str, Happening]


def telling(
    subject: str,
    happenings: list[Happening],
    *,
    after: int = 0,
    duplicate: bool = False,
    out_of_order: bool = False,
    unknown: int | None = None,
    seed: str = "",
) -> Telling:
    """The answer's history (numbers above `after`) with the report faults applied.

    Each entry is (id, happening); ids are `<subject>/<number>`, with `/lap` or `/la` behind it
    for the made-up ones, so the same fault told twice is the same report.
    """
    last = newest(happenings)
    head = (f"{subject}/{last.number}", last)
    history = [(f"{subject}/{item.number}", item) for item in happenings if item.number > after]
    if unknown is not None:
        head = (f"{subject}/{last.number}/la", last._replace(code=unknown, text=""))
        history.append(head)
    if duplicate and history:
        again = [(f"{history[-1][0]}/lap", history[-1][1])]
        history = [*history, *history, *again]
    if out_of_order and len(happenings) > 1:
        history = Chance(seed, subject, last.number).shuffled(history)
        older = happenings[-2]
        head = (f"{subject}/{older.number}", older)
    return Telling(history, head)
