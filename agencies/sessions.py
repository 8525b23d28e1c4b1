"""One session per person, at most one shift long, locked when the counter is left (F23).

The session holds the few facts below and nothing about citizens. Times are whole seconds since
1970 by this server's clock.
"""

import secrets
import time
from contextlib import suppress
from datetime import timedelta
from enum import StrEnum, auto
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from agencies.models import SECOND_FACTOR_ROLES, Authenticator, Staff
from agencies.session_store import SessionStore
from opsa.core.actors import SYSTEM, Actor
from opsa.core.journal import record

SEEN: Final = "seen"
LOCKED: Final = "locked"
REPLACED: Final = "replaced"
SECOND_FACTOR: Final = "second_factor"
SECOND_FACTOR_DUE: Final = "second_factor_due"
# The last request is written down at most this often: one UPDATE a quarter of a minute, not one a
# request. The lock may so come up to this much early, never late.
SEEN_STEP_SECONDS: Final = 15
# A screen that stays locked this long is signed out.
ABANDONED_SECONDS: Final = 30 * 60


class State(StrEnum):
    """What a session may do now."""

    OPEN = auto()
    LOCKED = auto()
    REPLACED = auto()
    ABANDONED = auto()
    NEEDS_PASSWORD = auto()
    NEEDS_SECOND_FACTOR = auto()


def new_secret() -> str:
    """A fresh TOTP secret: 160 random bits as hexadecimal text."""
    return secrets.token_hex(20)


def _now() -> int:
    return int(time.time())


def chain_of(staff: Staff) -> str:
    """The journal chain of what happens to and by this account."""
    return f"staff:{staff.pk}"


def begin(*, request: HttpRequest, user: Staff, **_kwargs: Any) -> None:
    """Bound a fresh session: nine hours from now, and the only one of its owner."""
    session = request.session
    if session.session_key is None:
        # Django emptied another person's session and gives the new one its key only at the end.
        session.create()
    session.set_expiry(timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE))
    session[SEEN] = _now()
    session.pop(LOCKED, None)
    session.pop(SECOND_FACTOR, None)
    # Noted here so that no later request has to ask the database.
    session[SECOND_FACTOR_DUE] = needs_second_factor(user)
    adopt(request, user)
    Staff.objects.filter(pk=user.pk).update(pin_failures=0)
    if user.role in SECOND_FACTOR_ROLES:
        # Offered here, in a POST, so that the set-up page only reads.
        Authenticator.objects.get_or_create(staff=user, defaults={"secret": new_secret()})


def adopt(request: HttpRequest, staff: Staff) -> None:
    """Make this session the only one of its person; an older one ends at once."""
    key = request.session.session_key or ""
    old = Staff.objects.values_list("session_key", flat=True).get(pk=staff.pk)
    if old and old != key:
        _empty(old)
    Staff.objects.filter(pk=staff.pk).update(session_key=key)
    staff.session_key = key


def _empty(key: str) -> None:
    """Take everything out of a session but the word why, so that its browser can be told."""
    store = SessionStore(key)
    if store.exists(key):
        store.clear()
        store[REPLACED] = True
        with suppress(UpdateError):  # it ended by itself just now
            store.save()


def give_second_factor(request: HttpRequest, staff: Staff) -> None:
    """Raise the session to one with a second factor, under a new key."""
    request.session.cycle_key()
    request.session[SECOND_FACTOR] = _now()
    adopt(request, staff)


def end_all(staff: Staff) -> None:
    """End the person's session wherever it is; the next request there asks to sign in."""
    Session.objects.filter(session_key=staff.session_key).delete()
    Staff.objects.filter(pk=staff.pk).update(session_key="")
    staff.session_key = ""


def needs_second_factor(staff: Staff) -> bool:
    """City-wide roles always; office people once they have set one up."""
    return staff.role in SECOND_FACTOR_ROLES or has_second_factor(staff)


def has_second_factor(staff: Staff) -> bool:
    """Whether a confirmed authenticator belongs to this account."""
    authenticator = getattr(staff, "authenticator", None)
    return authenticator is not None and authenticator.confirmed_at is not None


def look(request: HttpRequest, staff: Staff, *, passive: bool) -> State:
    """The state of this session at this request, keeping the clock of its last use.

    `passive` requests (a page asking by itself) don't count as use.
    """
    session = request.session
    staff.second_factor_given = SECOND_FACTOR in session
    if staff.session_key != session.session_key:
        return State.REPLACED
    now = _now()
    idle = now - int(session.get(SEEN, now))
    if idle > ABANDONED_SECONDS:
        return State.ABANDONED
    if LOCKED in session:
        return State.LOCKED
    if idle >= settings.IDLE_LOCK_SECONDS:
        lock(request, staff, actor=SYSTEM)
        return State.LOCKED
    if not passive and idle >= min(SEEN_STEP_SECONDS, settings.IDLE_LOCK_SECONDS // 2):
        session[SEEN] = now
    if staff.must_change_password:
        return State.NEEDS_PASSWORD
    return State.OPEN if is_whole(request, staff) else State.NEEDS_SECOND_FACTOR


def is_whole(request: HttpRequest, staff: Staff) -> bool:
    """Whether a second factor was given to this session, or none is due. Asks after `look`."""
    return staff.second_factor_given or not _second_factor_due(request.session, staff)


def _second_factor_due(session: Any, staff: Staff) -> bool:
    """Asked without a query: the sign-in page noted whether a clerk has one set up."""
    return staff.role in SECOND_FACTOR_ROLES or bool(session.get(SECOND_FACTOR_DUE))


def lock(request: HttpRequest, staff: Staff, *, actor: Actor) -> None:
    """Lock the screen. `actor` is the person, or the system after three idle minutes."""
    if LOCKED in request.session:
        return
    request.session[LOCKED] = _now()
    record(actor, "session.locked", chain=chain_of(staff))


def unlock(request: HttpRequest) -> None:
    """Open the screen again after the right PIN or password."""
    request.session.pop(LOCKED, None)
    request.session[SEEN] = _now()


def leave(request: HttpRequest) -> None:
    """Sign out: the session's row goes, and with it everything it could do."""
    user = request.user
    if user.is_authenticated:
        # Only if it still is this one: a session replaced elsewhere must not end its successor.
        Staff.objects.filter(pk=user.pk, session_key=request.session.session_key).update(
            session_key=""
        )
    logout(request)
