"""The person whose card was just read, before there is a case: kept sealed in the clerk's session.

Ten minutes at most, on the server, encrypted and bound to the clerk; the browser holds nothing of
it.
"""

import base64
import json
import time
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from django.contrib.sessions.backends.base import SessionBase

from agencies.models import Staff
from cases.intake.cards import Card
from opsa.core.keys import Unreadable, open_sealed, seal
from opsa.core.partial_date import PartialDate

KEY: Final = "card"
SECONDS: Final = 600


def keep(session: SessionBase, staff: Staff, card: Card) -> None:
    """Remember the card, instead of the one before it."""
    born = card.birth_date.isoformat() if card.birth_date else None
    held = {"at": int(time.time()), **asdict(card), "birth_date": born}
    text = json.dumps(held, default=str)
    session[KEY] = base64.b64encode(seal(text.encode(), _place(staff))).decode()


def peek(session: SessionBase, staff: Staff) -> Card | None:
    """The card in waiting, or None when there is none or it is too old."""
    held = session.get(KEY)
    if not held:
        return None
    try:
        data: dict[str, Any] = json.loads(open_sealed(base64.b64decode(held), _place(staff)))
    except (Unreadable, ValueError):
        return None
    if time.time() - data.pop("at") > SECONDS:
        return None
    for name, kind in (("birth_date", PartialDate), ("issued_on", date)):
        data[name] = kind.fromisoformat(data[name]) if data[name] else None
    data["doubts"] = tuple(data["doubts"])
    return Card(**data)


def drop(session: SessionBase) -> None:
    """Forget the card."""
    session.pop(KEY, None)


def _place(staff: Staff) -> str:
    return f"intake:card:{staff.pk}"
