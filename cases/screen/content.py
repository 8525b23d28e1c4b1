"""What each view of the citizen's screen shows of a case: never the whole ID number, never what
clerks wrote for each other, never another person's case (ux 4.8)."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cases.intake import phones
from cases.messages.services import public_link
from cases.models import Case, Mandate
from cases.states import Money
from opsa.core.bank_qr import bank_qr
from opsa.core.barcodes import qr_data_uri
from opsa.core.codes import group_reference
from procedures.words import localised

#: A run of digits as long as an ID number.
_LONG: Final = re.compile(r"\d{8,}")


@dataclass(frozen=True, slots=True)
class Check:
    """Please check: who applies, for what, where it goes."""

    name: str
    number_ends: str
    subject: str
    what: str
    authority: str
    due_at: datetime | None
    phone: str
    address: str


@dataclass(frozen=True, slots=True)
class Consent:
    """The words, as they were put to this person."""

    mandate: Mandate
    lines: list[str]


@dataclass(frozen=True, slots=True)
class Pay:
    """What is paid, to whom, under which words; `paid` only once it was noted, `free` when there
    never was anything to pay. `qr` is a picture for a bank's app where the office has an account
    for it, else empty."""

    parts: list[tuple[str, int | None]]
    total: int | None
    payee: str
    reference: str
    paid: bool
    free: bool
    qr: str


@dataclass(frozen=True, slots=True)
class Done:
    """The code to look it up by."""

    reference: str
    qr: str
    due_at: datetime | None


def check(case: Case) -> Check:
    """The case has its people, version, address and office loaded, or loads them."""
    filer, address = case.filer, getattr(case, "delivery_address", None)
    where = ""
    if address is not None and address.by_post:
        where = ", ".join(filter(None, (address.line, str(address.commune or ""))))
    return Check(
        name=filer.name if filer else "",
        number_ends=filer.id_number[-4:] if filer and filer.id_number else "",
        subject=case.subject.name if case.subject and case.relation != "self" else "",
        what=localised(case.version, "name"),
        authority=_short(case.authority) or localised(case.version, "authority"),
        due_at=case.due_at,
        phone=phones.read(filer.phone).shown if filer and filer.phone else "",
        address=_short(where),
    )


def _short(text: str) -> str:
    """Without any long number that somebody typed into it."""
    return _LONG.sub("••••", text)


def consent(case: Case, mandate: Mandate) -> Consent:
    """The very words kept with the mandate."""
    return Consent(mandate, [line for line in mandate.shown.splitlines() if line.strip()])


def pay(case: Case) -> Pay:
    """The frozen parts of the price. The payee is the office, as on its receipts, or the holder of
    its account."""
    parts = [(fee.label, fee.amount) for fee in case.fees.order_by("pk")]
    amounts = [amount for _label, amount in parts]
    total = None if None in amounts else sum(amount or 0 for amount in amounts)
    if not parts:
        from cases.intake.desk import version_parts
        from procedures.fees import quote

        address = getattr(case, "delivery_address", None)
        by_post = address.by_post if address else True
        found = quote(
            version_parts(case.version_id),
            copies=case.copies,
            delivery="post" if by_post else "none",
        )
        parts = [(part.label, part.amount) for part in found.parts]
        total = found.total
    office, qr = case.agency, ""
    if total and office.bank_account:
        qr = qr_data_uri(
            bank_qr(
                bank=office.bank, account=office.bank_account, amount=total, purpose=case.reference
            )
        )
    return Pay(
        parts=parts,
        total=total,
        payee=office.bank_holder if qr else office.name,
        reference=case.reference,
        paid=case.money in (Money.PAID, Money.NOTHING_DUE),
        free=case.money == Money.NOTHING_DUE,
        qr=qr,
    )


def done(case: Case) -> Done:
    """The public page of a filed case, as a QR code and by hand."""
    return Done(group_reference(case.reference), qr_data_uri(public_link(case)), case.due_at)
