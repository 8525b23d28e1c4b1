"""The steps of intake: every one can be reached at any time (mock-up case-intake)."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

APPLICANT: Final = "nguoi-nop"
DECLARATION: Final = "to-khai"
SCANS: Final = "ban-quet"
FEES: Final = "phi"
MANDATE: Final = "dong-y"
REVIEW: Final = "xem-lai"
FILE: Final = "nop"

NAMES: Final[dict[str, Promise]] = {
    APPLICANT: _("Người nộp, giấy tờ"),
    DECLARATION: _("Tờ khai"),
    SCANS: _("Bản quét"),
    FEES: _("Phí và trả kết quả"),
    MANDATE: _("Khách đồng ý"),
    REVIEW: _("Xem lại"),
    FILE: _("Nộp và in biên nhận"),
}
SLUGS: Final = tuple(NAMES)
#: Steps with fields that save themselves.
SAVED: Final = frozenset({APPLICANT, DECLARATION, FEES})


@dataclass(frozen=True, slots=True)
class StepLink:
    """One line of the step list, in the shape of components/steps.html."""

    url: str
    name: str
    note: str
    state: str


def after(step: str) -> str:
    """The next step; the last one is its own next."""
    return SLUGS[min(SLUGS.index(step) + 1, len(SLUGS) - 1)]
