"""The second screen of a counter: paired, told what to show, and what was pressed on it (ux 4.8).

A screen holds no session of a clerk. Its cookie carries a token for this one counter, good for a
shift. What it shows ends when the clerk locks, signs out or leaves the counter, and after thirty
seconds in which nobody touched it.
"""

import secrets
from contextlib import suppress
from datetime import timedelta
from typing import Final

import redis
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies import sessions
from agencies.access import actor_of
from agencies.models import Counter, Staff
from agencies.session_store import SessionStore
from cases.models import Case, CounterScreen
from cases.states import Work
from opsa.core import journal
from opsa.core.actors import CITIZEN
from opsa.core.codes import new_token
from opsa.core.fields import blind, digits
from opsa.core.limits import client as valkey

SHOWN_SECONDS: Final = 30
CODE_MINUTES: Final = 5
TOKEN_HOURS: Final = 12
SEEN_SECONDS: Final = 10
View = CounterScreen.View
Answer = CounterScreen.Answer


class ScreenRefusedError(ValueError):
    """It can't be done; the message is for the clerk."""


def _hash(purpose: str, counter_id: int, value: str) -> str:
    return blind(f"screen.{purpose}", f"{counter_id}:{value}").hex()


def screen_of(staff: Staff) -> CounterScreen | None:
    """The paired screen of the counter this person sits at."""
    if staff.counter_id is None:
        return None
    return CounterScreen.objects.filter(
        counter=staff.counter_id, token_until__gt=timezone.now()
    ).first()


def _own(staff: Staff) -> CounterScreen:
    """The row of the clerk's counter, made when it is missing; held until the transaction ends."""
    if staff.counter is None:
        raise ScreenRefusedError(_("Chọn quầy trước, rồi mở màn hình khách."))
    CounterScreen.objects.get_or_create(
        counter=staff.counter, defaults={"agency_id": staff.counter.agency_id}
    )
    return CounterScreen.objects.select_for_update().get(counter=staff.counter)


def code_make(*, staff: Staff) -> str:
    """A short code that pairs one tablet within five minutes. Raises ScreenRefusedError."""
    code = f"{secrets.randbelow(1_000_000):06d}"
    with transaction.atomic():
        screen = _own(staff)
        screen.code_hash = _hash("code", screen.counter_id, code)
        screen.code_until = timezone.now() + timedelta(minutes=CODE_MINUTES)
        screen.save(update_fields=["code_hash", "code_until"])
    return code


def pair_here(*, staff: Staff) -> str:
    """The token for a second window of this same browser. Raises ScreenRefusedError."""
    with transaction.atomic():
        screen = _own(staff)
        return _paired(screen, staff)


def pair_by_code(*, counter: Counter, code: str) -> str | None:
    """The token for the device on which the right code was typed; the code is spent."""
    with transaction.atomic():
        screen = CounterScreen.objects.select_for_update().filter(counter=counter).first()
        if (
            screen is None
            or not screen.code_hash
            or screen.code_until is None
            or timezone.now() > screen.code_until
            or not secrets.compare_digest(
                screen.code_hash, _hash("code", counter.pk, digits(code)[:6])
            )
        ):
            return None
        return _paired(screen, None)


def _paired(screen: CounterScreen, staff: Staff | None) -> str:
    """A fresh token: the device that was paired before goes blank for good."""
    token = new_token()
    screen.token_hash = _hash("token", screen.counter_id, token)
    screen.token_until = timezone.now() + timedelta(hours=TOKEN_HOURS)
    screen.code_hash, screen.view, screen.case = "", View.WELCOME, None
    screen.number += 1
    screen.save()
    journal.record(
        actor_of(staff) if staff else CITIZEN,
        "screen.paired",
        chain=f"office:{screen.agency_id}",
        subject=f"counter:{screen.counter_id}",
    )
    return token


def part(*, staff: Staff) -> None:
    """End the pairing."""
    with transaction.atomic():
        screen = _own(staff)
        screen.token_hash, screen.token_until, screen.case = "", None, None
        screen.view = View.WELCOME
        screen.number += 1
        screen.save()
        journal.record(
            actor_of(staff),
            "screen.parted",
            chain=f"office:{screen.agency_id}",
            subject=f"counter:{screen.counter_id}",
        )


def by_token(counter_id: int, token: str) -> CounterScreen | None:
    """The screen that this device is, or None."""
    screen = (
        CounterScreen.objects.select_related("counter", "agency", "shown_by")
        .filter(counter=counter_id, token_until__gt=timezone.now())
        .first()
    )
    if screen is None or not token or not screen.token_hash:
        return None
    right = secrets.compare_digest(screen.token_hash, _hash("token", counter_id, token))
    return screen if right else None


def show(*, staff: Staff, case_id: int, view: str) -> bool:
    """Have the clerk's second screen show this view of this case. False when there is none.

    The caller has checked that the case is the clerk's to show.
    """
    if not is_seen(staff.counter_id) or screen_of(staff) is None or view not in View.values:
        return False
    with transaction.atomic():
        screen = _own(staff)
        screen.view, screen.case_id, screen.shown_by = view, case_id, staff
        if view == View.WELCOME:
            screen.case_id = None
        screen.answer, screen.answered_at = "", None
        screen.touched_at = timezone.now()
        screen.number += 1
        screen.save()
        journal.record(
            actor_of(staff), "screen.shown", chain=f"case:{case_id}",
            subject=f"counter:{screen.counter_id}", view=view,
        )  # fmt: skip
    return True


def view_now(screen: CounterScreen) -> str:
    """What it shows at this moment: blank when idle, locked, signed out, or at another counter."""
    if screen.view == View.WELCOME or screen.case_id is None or screen.touched_at is None:
        return View.WELCOME
    if timezone.now() - screen.touched_at > timedelta(seconds=SHOWN_SECONDS):
        return View.WELCOME
    return screen.view if _clerk_is_there(screen) else View.WELCOME


def _clerk_is_there(screen: CounterScreen) -> bool:
    clerk = screen.shown_by
    if clerk is None or not clerk.is_active or clerk.counter_id != screen.counter_id:
        return False
    if not clerk.session_key:
        return False
    session = SessionStore(clerk.session_key)
    seen = session.get(sessions.SEEN)
    if seen is None or sessions.LOCKED in session or sessions.REPLACED in session:
        return False
    return timezone.now().timestamp() - int(seen) < settings.IDLE_LOCK_SECONDS


def case_on(screen: CounterScreen) -> Case | None:
    """The case that is shown, of this screen's office and still at the counter or just filed."""
    if screen.case_id is None:
        return None
    return (
        Case.objects.filter(pk=screen.case_id, agency=screen.agency_id)
        .exclude(work=Work.CLOSED)
        .select_related(
            "agency", "version__procedure", "filer", "subject", "delivery_address__commune"
        )
        .first()
    )


def touched(screen: CounterScreen) -> None:
    """Somebody reads: the thirty seconds start anew, unless they are over already."""
    if view_now(screen) != View.WELCOME:
        CounterScreen.objects.filter(pk=screen.pk, number=screen.number).update(
            touched_at=timezone.now()
        )


def answered(screen: CounterScreen, answer: Answer, *, number: int) -> bool:
    """Note what was pressed on the view with this number, once. False when the view has moved on,
    was answered, or went blank."""
    with transaction.atomic():
        held = (
            CounterScreen.objects.select_for_update(of=("self",))
            .select_related("shown_by")
            .get(pk=screen.pk)
        )
        if held.number != number or held.answer or view_now(held) == View.WELCOME:
            return False
        held.answer, held.answered_at = answer, timezone.now()
        held.touched_at = held.answered_at
        held.save(update_fields=["answer", "answered_at", "touched_at"])
        journal.record(
            CITIZEN, "screen.answered", chain=f"case:{held.case_id}",
            subject=f"counter:{held.counter_id}", view=held.view, answer=answer,
        )  # fmt: skip
    return True


def note_seen(counter_id: int) -> None:
    """The screen asked just now. Kept in Valkey, where every web process sees it."""
    with suppress(redis.RedisError):  # then the screen counts as away
        valkey().set(f"opsa:screen:{counter_id}:seen", 1, ex=SEEN_SECONDS)


def is_seen(counter_id: int | None) -> bool:
    """Whether a screen of this counter asked within the last ten seconds; no while Valkey is away.
    No query."""
    if counter_id is None:
        return False
    try:
        return bool(valkey().exists(f"opsa:screen:{counter_id}:seen"))
    except redis.RedisError:
        return False
