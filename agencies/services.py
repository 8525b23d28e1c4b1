"""What changes about a person: role, office, end, password, PIN. Each act is in the journal."""

import secrets

from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies import sessions
from agencies.keys import Keyboard
from agencies.models import OFFICE_ROLES, Counter, Role, Staff
from agencies.sessions import chain_of
from opsa.core.actors import Actor
from opsa.core.journal import record

PIN_TRIES = 5
# Without look-alikes: it is read from paper and typed once.
_START_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def _not_oneself(actor: Actor, staff: Staff) -> None:
    if actor.staff_id == staff.pk:
        raise PermissionDenied(_("Không ai tự đổi quyền của chính mình."))


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": _("Ghi lý do.")})
    return reason


@transaction.atomic
def staff_set_role(
    *, actor: Actor, staff: Staff, role: Role, agency_id: int | None, reason: str
) -> Staff:
    """Give a person another role or office; works at their next request (ASVS 8.3.2).

    Raises PermissionDenied for one's own account, ValidationError without a reason or for an
    office role without an office (F23).
    """
    _not_oneself(actor, staff)
    reason = _reason(reason)
    if role in OFFICE_ROLES and agency_id is None:
        raise ValidationError({"agency": _("Vai trò này cần một điểm phục vụ.")})
    held = Staff.objects.select_for_update().get(pk=staff.pk)
    before = (held.role, held.agency_id)
    held.role, held.agency_id = role, agency_id if role in OFFICE_ROLES else None
    if before != (held.role, held.agency_id):
        held.counter = None
        held.is_staff = role not in OFFICE_ROLES
        held.is_superuser = False
        held.save(update_fields=["role", "agency", "counter", "is_staff", "is_superuser"])
        sessions.end_all(held)
        record(
            actor,
            "staff.role_changed",
            chain=chain_of(held),
            reason=reason,
            old_role=before[0],
            new_role=held.role,
            old_office=before[1],
            new_office=held.agency_id,
        )
    return held


@transaction.atomic
def staff_end(*, actor: Actor, staff: Staff, reason: str) -> None:
    """End an account: the next request of any of its sessions asks to sign in, and can't."""
    _not_oneself(actor, staff)
    reason = _reason(reason)
    held = Staff.objects.select_for_update().get(pk=staff.pk)
    if not held.is_active:
        return
    held.is_active, held.ended_at, held.counter = False, timezone.now(), None
    held.save(update_fields=["is_active", "ended_at", "counter"])
    sessions.end_all(held)
    record(actor, "staff.ended", chain=chain_of(held), reason=reason)


@transaction.atomic
def staff_return(*, actor: Actor, staff: Staff, reason: str) -> None:
    """Open an ended account again."""
    _not_oneself(actor, staff)
    reason = _reason(reason)
    Staff.objects.filter(pk=staff.pk).update(is_active=True, ended_at=None)
    record(actor, "staff.returned", chain=chain_of(staff), reason=reason)


@transaction.atomic
def staff_start_password(*, actor: Actor, staff: Staff, reason: str) -> str:
    """A password to start with, shown once to who hands it over; the first sign-in replaces it."""
    reason = _reason(reason)
    password = "-".join(
        "".join(secrets.choice(_START_ALPHABET) for _ in range(4)) for _ in range(4)
    )
    staff.set_password(password)
    staff.must_change_password = True
    staff.save(update_fields=["password", "must_change_password"])
    sessions.end_all(staff)
    record(actor, "password.reset", chain=chain_of(staff), reason=reason)
    return password


@transaction.atomic
def password_change(*, actor: Actor, staff: Staff, password: str) -> None:
    """Set a person's own new password. Other sessions end, for their key no longer fits."""
    staff.set_password(password)
    staff.must_change_password = False
    staff.save(update_fields=["password", "must_change_password"])
    record(actor, "password.changed", chain=chain_of(staff))


@transaction.atomic
def pin_set(*, actor: Actor, staff: Staff, pin: str) -> None:
    """Set the PIN that opens a locked screen: four to six digits, not all the same, not a run."""
    if not (pin.isascii() and pin.isdigit() and 4 <= len(pin) <= 6):
        raise ValidationError({"pin": _("Mã PIN có 4 đến 6 chữ số.")})
    if len(set(pin)) == 1 or pin in "01234567890" or pin in "09876543210":
        raise ValidationError({"pin": _("Mã PIN này dễ đoán. Chọn mã khác.")})
    Staff.objects.filter(pk=staff.pk).update(pin=make_password(pin), pin_failures=0)
    record(actor, "pin.changed", chain=chain_of(staff))


def screen_key_check(*, staff: Staff, typed: str) -> int | None:
    """Try a PIN (or the password) on a locked screen.

    Returns None when it is right, else the tries left; 0 means the session must end. Each try is
    counted before it is checked, so parallel tries don't get more than five.
    """
    counted = Staff.objects.filter(pk=staff.pk, pin_failures__lt=PIN_TRIES).update(
        pin_failures=F("pin_failures") + 1
    )
    if not counted:
        return 0
    looks_like_pin = typed.isascii() and typed.isdigit() and len(typed) <= 6
    encoded = staff.pin if looks_like_pin else staff.password
    if typed and encoded and check_password(typed, encoded):
        Staff.objects.filter(pk=staff.pk).update(pin_failures=0)
        return None
    failures = Staff.objects.values_list("pin_failures", flat=True).get(pk=staff.pk)
    return max(0, PIN_TRIES - failures)


@transaction.atomic
def counter_choose(*, actor: Actor, staff: Staff, counter: Counter | None) -> None:
    """Sit down at a counter of one's own office. Raises PermissionDenied for another office's."""
    if counter is not None and counter.agency_id != staff.agency_id:
        raise PermissionDenied
    Staff.objects.filter(pk=staff.pk).update(counter=counter)
    record(
        actor,
        "counter.chosen",
        chain=chain_of(staff),
        counter=counter.number if counter else None,
    )


@transaction.atomic
def keys_set(*, actor: Actor, staff: Staff, keyboard: Keyboard) -> None:
    """Keep a person's own keys. Raises ValidationError when two acts have the same one."""
    if keyboard.clashes:
        raise ValidationError(keyboard.clashes)
    Staff.objects.filter(pk=staff.pk).update(keys=keyboard.kept)
    record(
        actor, "keys.changed", chain=chain_of(staff), changed=len(keyboard.kept), off=keyboard.off
    )


@transaction.atomic
def scanner_set(*, actor: Actor, counter: Counter, serial: bool) -> None:
    """Say whether a counter's scanner is on a serial port and read by the page itself."""
    Counter.objects.filter(pk=counter.pk).update(serial_scanner=serial)
    record(
        actor,
        "counter.scanner",
        chain=f"office:{counter.agency_id}",
        counter=counter.number,
        serial=serial,
    )
