"""The journal: who did what, when, to what. Added to, never changed (F20, invariant I19).

Facts hold no personal values: names of fields, ids, counts, codes. Then erasing a person's data
never has to break the chain.
"""

import re
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from opsa.core import journal_sql
from opsa.core.actors import Actor
from opsa.core.context import request_id
from opsa.core.logs import mask_reason
from opsa.core.models import JournalEntry, JournalSeal

Fact = str | int | bool | None
_ACTION: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
_CHAIN: Final = re.compile(r"[a-z]+(:[A-Za-z0-9_-]+)?")


@dataclass(frozen=True, slots=True)
class Break:
    """A place where the journal isn't what was written. `id` is 0 when a whole part is gone."""

    chain: str
    seq: int
    id: int
    what: str

    def __str__(self) -> str:
        return self.what


class SealBusy(Exception):
    """Writers never paused long enough to seal. Try again later; nothing is lost."""


def record(
    actor: Actor, action: str, *, chain: str, subject: str = "", reason: str = "", **facts: Fact
) -> JournalEntry:
    """Write one line and return it as the database completed it (number, time, hash).

    `chain` groups lines that are hashed after each other, e.g. `case:41`, `staff:7`, `catalogue`.
    `action` is dotted and lower-case, e.g. `case.filed`. Numbers in `reason` that could be a phone
    or an ID number become stars. Takes a lock on the chain until the
    transaction ends: write it last. Raises ValueError for a malformed chain or action.
    """
    if not _ACTION.fullmatch(action):
        raise ValueError("an action is dotted lower-case words")
    if not _CHAIN.fullmatch(chain):
        raise ValueError("a chain is a word, or word:id")
    return JournalEntry.objects.create(
        chain=chain,
        actor_kind=actor.kind,
        staff_id=actor.staff_id,
        action=action,
        subject=subject,
        reason=mask_reason(reason),
        facts=facts,
        request_id=request_id(),
    )


def last(actor: Actor, action: str, *, chain: str, within: timedelta) -> datetime | None:
    """When this person last did this in this chain, if that is at most `within` ago.

    Sees what the transaction it runs in has written, and nothing of one that is not committed.
    """
    found: datetime | None = (
        JournalEntry.objects.filter(
            chain=chain, staff_id=actor.staff_id, action=action, at__gt=timezone.now() - within
        )
        .order_by("-seq")
        .values_list("at", flat=True)
        .first()
    )
    return found


def verify(chain: str | None = None) -> list[Break]:
    """Every place where the journal was edited, cut or reordered; an empty list means none.

    Checks one chain, or all chains and the seals. What was removed from the very end of a chain
    is found by the seals, so only up to the last one.
    """
    with connection.cursor() as cursor:
        cursor.execute(journal_sql.BREAKS, {"chain": chain})
        breaks = [_explain(*row) for row in cursor.fetchall()]
    return breaks if chain else [*breaks, *_verify_seals()]


def _explain(chain: str, seq: int, entry_id: int, what: str) -> Break:
    words = {
        "missing": _("Chuỗi %(chain)s: thiếu dòng ngay trước dòng số %(seq)s."),
        "unlinked": _("Chuỗi %(chain)s: dòng số %(seq)s không nối với dòng trước."),
        "changed": _("Chuỗi %(chain)s: dòng số %(seq)s đã bị sửa."),
    }
    return Break(chain, seq, entry_id, words[what] % {"chain": chain, "seq": seq})


def _verify_seals() -> list[Break]:
    breaks: list[Break] = []
    after, prev_root = 0, b""
    for seal in JournalSeal.objects.order_by("id"):
        count, _last, root = _root(after, prev_root, seal.last_id)
        place = {"day": f"{seal.day:%d/%m/%Y}", "count": seal.count, "found": count}
        if bytes(seal.prev_root) != prev_root:
            what = _("Niêm phong ngày %(day)s không nối với niêm phong trước.") % place
        elif count != seal.count:
            what = _("Niêm phong ngày %(day)s ghi %(count)s dòng, nay còn %(found)s dòng.") % place
        elif root != bytes(seal.root):
            what = _("Các dòng đã niêm phong ngày %(day)s không còn như cũ.") % place
        else:
            what = ""
        if what:
            breaks.append(Break("", 0, 0, what))
        after, prev_root = seal.last_id, bytes(seal.root)
    return breaks


def _root(after: int, prev: bytes, upto: int | None) -> tuple[int, int, bytes]:
    with connection.cursor() as cursor:
        cursor.execute(journal_sql.ROOT, {"after": after, "prev": prev, "upto": upto})
        count, last_id, root = cursor.fetchone()
    return count, last_id, bytes(root)


def seal_day(day: date | None = None, *, patience: float = 30.0) -> JournalSeal:
    """Seal every line that isn't sealed yet, under the name of `day` (default: today).

    Idempotent: with nothing new since a seal of the same day it returns that one. Waits up to
    `patience` seconds for a moment without writers and never holds one up while waiting; raises
    SealBusy otherwise. Note the root outside this database (the command prints it): who can
    rewrite the whole database can rewrite the seals, but not that note.
    """
    day = day or timezone.localdate()
    give_up = time.monotonic() + patience
    while True:
        with transaction.atomic():
            if _alone():
                return _seal(day)
        if time.monotonic() > give_up:
            raise SealBusy
        time.sleep(0.02)


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [journal_sql.SEAL_LOCK])
        return bool(cursor.fetchone()[0])


def _seal(day: date) -> JournalSeal:
    last = JournalSeal.objects.order_by("-id").first()
    after, prev_root = (last.last_id, bytes(last.root)) if last else (0, b"")
    count, last_id, root = _root(after, prev_root, None)
    if last is not None and count == 0 and last.day >= day:
        return last
    return JournalSeal.objects.create(
        day=day, last_id=last_id, count=count, prev_root=prev_root, root=root
    )
