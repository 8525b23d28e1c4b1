"""What the citizen pays, in parts; zero says why, unknown never pretends to be zero (F11)."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from .models import FeePart, ProcedureVersion
from .words import localised

# Charged for every copy, paper or licence asked for; the other units are paid once a case.
COUNTED = frozenset({FeePart.Per.COPY, FeePart.Per.DOCUMENT})


@dataclass(frozen=True, slots=True)
class Part:
    """One part in đồng. `amount` None = not known, ask the deciding office; 0 has a reason."""

    kind: str
    label: str
    amount: int | None
    free_reason: str
    basis: str
    counter_amount: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """The parts and their sum; `total` is None as soon as one part is not known."""

    parts: list[Part]
    total: int | None


def quote(version: ProcedureVersion, *, copies: int = 1, delivery: str = "post") -> Quote:
    """What to pay for `copies` copies, with the result by "post" or not sent ("none").

    Amounts are those of online filing in Hanoi. No queries when `fees` is prefetched.
    Raises ValueError for copies below one.
    """
    if copies < 1:
        raise ValueError("copies must be at least 1")
    parts = [
        _part(fee, copies)
        for fee in version.fees.all()
        if fee.kind != FeePart.Kind.POSTAGE or delivery == "post"
    ]
    parts.sort(key=lambda part: part.kind != FeePart.Kind.STATE_FEE)
    known = [part.amount for part in parts if part.amount is not None]
    return Quote(parts, sum(known) if len(known) == len(parts) else None)


def _part(fee: FeePart, copies: int) -> Part:
    times = copies if fee.per in COUNTED else 1
    return Part(
        kind=fee.kind,
        label=_label(fee),
        amount=None if fee.amount is None else fee.amount * times,
        free_reason=localised(fee, "free_reason") if fee.amount == 0 else "",
        basis=fee.basis,
        counter_amount=None if fee.counter_amount is None else fee.counter_amount * times,
        note=localised(fee, "note"),
    )


def _label(fee: FeePart) -> str:
    if fee.kind == FeePart.Kind.POSTAGE:
        return _("Phát kết quả tận nhà")
    return _("Lệ phí nhà nước")
