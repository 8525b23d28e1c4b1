"""The carrier's event codes in our ten states, as a table.

The codes are recalled from the VNPost partner interface, not official (low confidence): whoever
contracts the carrier checks this table first. A code that is not here is kept and flagged.
"""

from typing import Final

from cases.states import Delivery
from delivery.models import Parcel

State = Parcel.State

STATES: Final[dict[str, str]] = {
    "20": State.LABELLED,
    "70": State.HANDED_OVER,
    "80": State.IN_TRANSIT,
    "85": State.IN_TRANSIT,
    "90": State.OUT,
    "91": State.FAILED,
    "92": State.HELD,
    "100": State.DELIVERED,
    "110": State.DELIVERED,
    "161": State.RETURNING,
    "170": State.RETURNED,
    "199": State.LOST,
}
#: Known, but they say nothing about where the parcel is: the carrier's own cancellation.
SILENT: Final = frozenset({"60", "61"})

REASONS: Final[dict[str, str]] = {
    "VANG_NHA": Parcel.Reason.NOT_HOME,
    "SAI_DIA_CHI": Parcel.Reason.WRONG_ADDRESS,
    "TU_CHOI": Parcel.Reason.REFUSED,
    "KHONG_XAC_MINH": Parcel.Reason.NO_IDENTITY,
    "KHONG_VAO_DUOC": Parcel.Reason.NO_ACCESS,
    "HU_HONG": Parcel.Reason.DAMAGED,
    "KHAC": Parcel.Reason.OTHER,
}

#: What a parcel's state says about its case.
DELIVERY: Final[dict[str, Delivery]] = {
    State.LABELLED: Delivery.LABELLED,
    State.HANDED_OVER: Delivery.HANDED_OVER,
    State.IN_TRANSIT: Delivery.IN_TRANSIT,
    State.OUT: Delivery.OUT_FOR_DELIVERY,
    State.FAILED: Delivery.FAILED_ATTEMPT,
    State.HELD: Delivery.HELD_AT_COUNTER,
    State.RETURNING: Delivery.RETURNING,
    State.RETURNED: Delivery.RETURNED,
    State.LOST: Delivery.LOST,
    State.DELIVERED: Delivery.DELIVERED,
}

#: The parcel has ended its way; a new one may be made for the case.
ENDED: Final = frozenset({State.RETURNED, State.LOST, State.DELIVERED})
#: With the carrier; a hand-over to the citizen may be confirmed.
WITH_CARRIER: Final = frozenset(
    {State.HANDED_OVER, State.IN_TRANSIT, State.OUT, State.FAILED, State.HELD, State.RETURNING}
)


def state_of(raw: str) -> str:
    """Our state for a carrier code; '' for a silent or unknown one."""
    return STATES.get(raw, "")


def is_unknown(raw: str) -> bool:
    """Whether nobody has explained this code yet."""
    return raw not in STATES and raw not in SILENT


def reason_of(raw: str) -> str:
    """Our reason for a failed attempt; the closed list has 'other' for anything new."""
    return REASONS.get(raw, Parcel.Reason.OTHER) if raw else ""
