"""Six-digit codes from a phone (TOTP, RFC 6238) and printed recovery codes.

A code is taken once, within 30 seconds before or after its time; the secret is stored encrypted.
Recovery codes are 50 random bits each, stored as keyed hashes, and die with their use.
"""

import secrets
from base64 import b32encode
from typing import Final
from urllib.parse import quote, urlencode

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_otp.oath import TOTP

from agencies import sessions
from agencies.models import Authenticator, RecoveryCode, Staff
from agencies.sessions import chain_of
from opsa.core.actors import Actor
from opsa.core.fields import blind
from opsa.core.journal import record
from opsa.core.limits import hit

RECOVERY_CODES: Final = 10
# No 0/O, 1/I/L: they are read from paper and typed.
_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_LENGTH: Final = 10
_PURPOSE: Final = "recovery-code"


def secret_text(secret: str) -> str:
    """A stored secret as people type it into the app: base 32 in groups of four."""
    plain = b32encode(bytes.fromhex(secret)).decode().rstrip("=")
    return " ".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def setup_uri(staff: Staff, secret: str) -> str:
    """What the QR of the set-up page holds."""
    issuer = settings.OTP_TOTP_ISSUER
    label = quote(f"{issuer}:{staff.username}")
    query = urlencode({"secret": secret_text(secret).replace(" ", ""), "issuer": issuer})
    return f"otpauth://totp/{label}?{query}"


def offer(staff: Staff) -> Authenticator:
    """The secret to set up; the same one until it is confirmed. Raises ValueError afterwards."""
    authenticator, _created = Authenticator.objects.get_or_create(
        staff=staff, defaults={"secret": sessions.new_secret()}
    )
    if authenticator.confirmed_at:
        raise ValueError("already set up")
    return authenticator


def current_code(authenticator: Authenticator) -> str:
    """The code the person's app shows now. For tests and the demo only."""
    return f"{TOTP(bytes.fromhex(authenticator.secret)).token():06d}"


def _take(authenticator: Authenticator, code: str) -> bool:
    digits = "".join(code.split())
    if len(digits) != 6 or not digits.isascii() or not digits.isdigit():
        return False
    totp = TOTP(bytes.fromhex(authenticator.secret))
    if not totp.verify(int(digits), tolerance=1, min_t=authenticator.last_step + 1):
        return False
    authenticator.last_step = totp.t()
    return True


@transaction.atomic
def second_factor_confirm(*, actor: Actor, staff: Staff, code: str) -> list[str] | None:
    """Turn the offered secret on; returns the recovery codes to show once, or None if wrong."""
    authenticator = Authenticator.objects.select_for_update().get(staff=staff)
    if authenticator.confirmed_at or not _take(authenticator, code):
        return None
    authenticator.confirmed_at = timezone.now()
    authenticator.save(update_fields=["last_step", "confirmed_at"])
    record(actor, "second_factor.set_up", chain=chain_of(staff))
    return recovery_codes_renew(actor=actor, staff=staff)


@transaction.atomic
def recovery_codes_renew(*, actor: Actor, staff: Staff) -> list[str]:
    """Ten new codes; the old ones stop working."""
    codes = [
        "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)) for _ in range(RECOVERY_CODES)
    ]
    RecoveryCode.objects.filter(staff=staff).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(staff=staff, digest=blind(_PURPOSE, code)) for code in codes
    )
    record(actor, "recovery_codes.made", chain=chain_of(staff), count=len(codes))
    return [f"{code[:5]}-{code[5:]}" for code in codes]


@transaction.atomic
def second_factor_check(*, actor: Actor, staff: Staff, code: str) -> bool:
    """Whether the typed code is the app's current one or an unused recovery code; it is used up.

    Raises LimitReached after five tries in five minutes.
    """
    hit("second-factor", str(staff.pk), limit=5, seconds=300)
    authenticator = (
        Authenticator.objects.select_for_update()
        .filter(staff=staff, confirmed_at__isnull=False)
        .first()
    )
    if authenticator and _take(authenticator, code):
        authenticator.save(update_fields=["last_step"])
        return True
    typed = "".join(char for char in code.upper() if char.isalnum())
    used = RecoveryCode.objects.filter(
        staff=staff, digest=blind(_PURPOSE, typed), used_at__isnull=True
    ).update(used_at=timezone.now())
    if used:
        record(actor, "recovery_code.used", chain=chain_of(staff))
    return bool(used)


@transaction.atomic
def second_factor_reset(*, actor: Actor, staff: Staff, reason: str) -> None:
    """Take the second factor away, e.g. for a lost phone; the person sets up a new one."""
    if not reason.strip():
        raise ValidationError({"reason": _("Ghi lý do.")})
    Authenticator.objects.filter(staff=staff).delete()
    RecoveryCode.objects.filter(staff=staff).delete()
    record(actor, "second_factor.reset", chain=chain_of(staff), reason=reason)
