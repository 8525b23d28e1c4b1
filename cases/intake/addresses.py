"""Where the results go: prefilled from the card, old and new ward names side by side (F13)."""

import re
from typing import Any, Final

from cases.models import Case, Citizen, DeliveryAddress

_PARTS: Final = re.compile(r"\s*,\s*")


def split_card_address(address: str) -> tuple[str, str]:
    """House and street, and the rest with its old names, of an address as cards write it.

    The last three parts are ward, district and province of before July 2025; a shorter address
    gives what it has. Nothing is lost: both together are the whole text.
    """
    parts = [part for part in _PARTS.split(address.strip()) if part]
    if len(parts) <= 1:
        return address.strip(), ""
    keep = max(1, len(parts) - 3)
    return ", ".join(parts[:keep]), ", ".join(parts[keep:])


def written(person: Citizen) -> str:
    """The address with today's commune, for forms."""
    line, _old = split_card_address(person.address)
    if person.commune is None:
        return str(person.address)
    parts = (line, str(person.commune), str(person.commune.province.name))
    return ", ".join(part for part in parts if part)


def offered(case: Case) -> dict[str, Any]:
    """The delivery address that follows from the filer."""
    filer = case.filer
    if filer is None:
        return {}
    line, old = split_card_address(filer.address)
    return {
        "recipient": filer.name,
        "phone": filer.phone,
        "line": line,
        "old_unit": old,
        "commune_id": filer.commune_id,
    }


def address_suggest(case: Case, before: dict[str, Any]) -> None:
    """Offer the filer's own address; what somebody changed by hand stays. Inside the caller's
    transaction.

    `before` is what was offered before the filer changed: a field that still holds it follows the
    filer.
    """
    now = offered(case)
    if not now:
        return
    address = DeliveryAddress.objects.filter(case=case).first() or DeliveryAddress(case=case)
    for name, value in now.items():
        if getattr(address, name) in ("", None, before.get(name)):
            setattr(address, name, value)
    address.save()
    case.delivery_address, case.by_post = address, address.by_post


def address_save(case: Case, values: dict[str, Any]) -> DeliveryAddress:
    """Write what the clerk typed; fields left out stay. Inside the caller's transaction."""
    address = DeliveryAddress.objects.filter(case=case).first() or DeliveryAddress(case=case)
    for name, value in values.items():
        setattr(address, name, value)
    address.save()
    case.delivery_address, case.by_post = address, address.by_post
    return address
