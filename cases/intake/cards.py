"""Reading the QR code of an ID card as a keyboard-wedge scanner types it (F04).

Field order `number|old number|name|ddmmyyyy|sex|address|ddmmyyyy` comes from public parsers, not
from an
official specification; newer cards may add fields, older ones lack the second. Digits that check
out
are trusted; words that an input method or a code page may have damaged are marked "please check"
and
never guessed. The raw text is personal data: it is neither kept nor logged, and no error carries
it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.intake import spelling
from opsa.core.partial_date import PartialDate
from opsa.core.text import clean, fold

MAX_LENGTH: Final = 1000
FIELDS: Final = 7
#: Never part of a number, a name or a date, so the first one after the number is the separator.
_SEP: Final = r"[^\w\s]|_|[\t\x1c-\x1f]"
_START: Final = re.compile(rf"(?P<id>\d{{12}})(?P<sep>{_SEP})")
#: Four times the same sign; those of web addresses, dates and machine-readable lines don't count.
_CARDLIKE: Final = re.compile(r"(?P<sep>[^\w\s/<.:-]|_|[\t\x1c-\x1f])(?:[^\n]*?(?P=sep)){3,}")
#: Signs that also stand inside addresses: the field's end is then a guess, so it is marked.
_IN_ADDRESSES: Final = frozenset(",.;:-/")
#: What scanners put before the payload: an AIM identifier or a short label.
_PREFIX: Final = re.compile(r"^(?:\][A-Za-z][0-9A-Za-z]|[A-Za-z]{1,8}[ :=]{1,2})(?=\d)")
_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}

#: Statistics codes of the 63 provinces before 1 July 2025: the first three digits of a number.
PROVINCES: Final = frozenset(
    f"{code:03d}"
    for code in (
        *(
            1,
            2,
            4,
            6,
            8,
            10,
            11,
            12,
            14,
            15,
            17,
            19,
            20,
            22,
            24,
            25,
            26,
            27,
            30,
            31,
            33,
            34,
            35,
            36,
            37,
            38,
        ),
        *(
            40,
            42,
            44,
            45,
            46,
            48,
            49,
            51,
            52,
            54,
            56,
            58,
            60,
            62,
            64,
            66,
            67,
            68,
            70,
            72,
            74,
            75,
            77,
            79,
        ),
        *(80, 82, 83, 84, 86, 87, 89, 91, 92, 93, 94, 95, 96),
    )
)


class Fault(StrEnum):
    """Why a scan that looks like a card was not taken."""

    CUT = "cut"
    NUMBER = "number"
    GARBLED = "garbled"
    DATE = "date"
    TWO_CARDS = "two_cards"
    TOO_LONG = "too_long"
    NO_NAME = "no_name"


class NotACardError(ValueError):
    """The text is something else: a code, a name. Nothing to tell anybody."""


class CardUnreadableError(ValueError):
    """A card, but not a whole or sound reading of one. Carries a sentence for the clerk, never the
    text."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault
        self.message = message


@dataclass(frozen=True, slots=True)
class Card:
    """What a card said. `doubts` names the fields that the clerk is asked to look at."""

    id_number: str
    old_id_number: str
    name: str
    birth_date: PartialDate | None
    sex: str
    address: str
    issued_on: date | None
    doubts: tuple[str, ...] = ()


def read(text: str) -> Card:
    """The card that a scanner typed.

    Raises NotACardError for any other text, CardUnreadableError (nothing is taken) for a card that
    is cut,
    garbled in its digits, or one of two cards in one scan.
    """
    if len(text) > MAX_LENGTH:
        if _CARDLIKE.search(text[:MAX_LENGTH]) or _START.search(text[:MAX_LENGTH]):
            raise CardUnreadableError(
                Fault.TOO_LONG, _("Mã quét quá dài, không giống thẻ. Quét lại một lần.")
            )
        raise NotACardError
    text = _tidy(text)
    starts = list(_starts(text))
    if not starts:
        _explain(text)
    if len({start["id"] for start in starts}) > 1:
        raise CardUnreadableError(
            Fault.TWO_CARDS, _("Nhận hai thẻ khác nhau trong một lần quét. Quét lại từng thẻ.")
        )
    ends = [start.start() for start in starts[1:]] + [len(text)]
    readings: list[Card] = []
    failure: CardUnreadableError | None = None
    for start, end in zip(starts, ends, strict=True):
        try:
            readings.append(_one(text[start.start() : end], start["sep"]))
        except CardUnreadableError as error:
            failure = failure or error
    if not readings:
        assert failure is not None
        raise failure
    return readings[0]


def _tidy(text: str) -> str:
    text = text.translate(_FULL_WIDTH).replace("\ufeff", "")
    text = re.sub(
        r"[\u200b-\u200f\u202a-\u202e\u2066-\u2069\x00-\x08\x0b\x0c\x0e-\x1b\x7f]", "", text
    )
    return _PREFIX.sub("", text.strip())


def _starts(text: str) -> Iterator[re.Match[str]]:
    """Every place where a card begins. The separator of the first one is that of all."""
    first = _START.match(text)
    if first is None:
        return
    # A code of ours or of a parcel may also be digits and a dash: a card has the sign at least
    # four times.
    sep = first["sep"]
    if text.count(sep) < 2 and len(text) < 24:
        return
    yield first
    again = re.compile(
        rf"(?P<id>\d{{12}})(?P<sep>{re.escape(sep)})(?:\d{{9}}|\d{{12}}|){re.escape(sep)}(?=\D)"
    )
    for match in again.finditer(text, first.end()):
        # The second field may itself be a twelve-digit number, right behind the first separator.
        if match.start() > first.end():
            yield match


def _explain(text: str) -> None:
    """Say why a text with a card's shape can't be read; raise NotACardError when it has none."""
    head = re.match(rf"(?P<digits>\d{{6,}})(?P<sep>{_SEP})", text)
    if head and len(head["digits"]) != 12 and text.count(head["sep"]) >= 4:
        raise CardUnreadableError(
            Fault.NUMBER,
            _("Số định danh trong mã quét có %(n)s số, phải đủ 12. Quét lại.")
            % {"n": len(head["digits"])},
        )
    if re.match(r"\d{12}\D", text) and len(text) > 40:
        raise CardUnreadableError(
            Fault.GARBLED,
            _("Đầu đọc làm mất dấu ngăn giữa các ô. Đổi bàn phím sang tiếng Anh rồi quét lại."),
        )
    if len(text) >= 30 and _CARDLIKE.search(text):
        raise CardUnreadableError(
            Fault.GARBLED,
            _("Giống mã trên thẻ nhưng chữ số bị biến dạng. Tắt bộ gõ tiếng Việt rồi quét lại."),
        )
    raise NotACardError


def _one(text: str, sep: str) -> Card:
    line = (
        re.split(r"[\r\n]", text, maxsplit=1)[0].rstrip("\t ")
        if sep != "\t"
        else text.rstrip("\r\n ")
    )
    s = re.escape(sep)
    inner = ".*" if sep in _IN_ADDRESSES else f"[^{s}]*"
    shape = re.compile(
        rf"(?P<id>\d{{12}}){s}(?:(?P<old>[^{s}]{{0,14}}){s})?"
        rf"(?P<name>[^{s}\d]*[^{s}]*?){s}(?P<born>[\d ./-]{{4,10}}){s}(?P<sex>[^{s}]*?){s}"
        rf"(?P<address>{inner})(?:{s}(?P<issued>\d{{8}})(?:{s}.*)?|{s}.*)?$"
    )
    match = shape.match(line)
    if match is None:
        _explain_one(line, sep)
    assert match is not None
    doubts: list[str] = []
    born = _birth_date(match["born"])
    old = re.sub(r"\D", "", match["old"] or "")
    if old and len(old) not in (9, 12):
        old = ""
        doubts.append("old_id_number")
    name = _words(match["name"], "name", doubts).upper()
    if not any(char.isalpha() for char in name):
        raise CardUnreadableError(
            Fault.NO_NAME, _("Mã quét không có họ tên. Quét lại, hoặc gõ tay.")
        )
    address = _words(match["address"], "address", doubts)
    # Without the last field nothing says that the address came whole.
    if sep in _IN_ADDRESSES or match["issued"] is None:
        doubts.append("address")
    sex = {"nam": "nam", "nu": "nu"}.get(fold(spelling.mended(match["sex"])), "")
    if not sex:
        doubts.append("sex")
    _compare(match["id"], born, sex, doubts)
    return Card(
        id_number=match["id"],
        old_id_number=old,
        name=name,
        birth_date=born,
        sex=sex,
        address=address,
        issued_on=_issue_date(match["issued"]),
        doubts=tuple(dict.fromkeys(doubts)),
    )


def _explain_one(line: str, sep: str) -> None:
    parts = line.split(sep)
    if len(parts) < FIELDS - 1:
        raise CardUnreadableError(
            Fault.CUT,
            ngettext(
                "Mã quét bị cắt: mới có %(n)s trên 7 ô. Giữ yên thẻ rồi quét lại.",
                "Mã quét bị cắt: mới có %(n)s trên 7 ô. Giữ yên thẻ rồi quét lại.",
                len(parts),
            )
            % {"n": len(parts)},
        )
    raise CardUnreadableError(
        Fault.GARBLED, _("Mã trên thẻ đọc được nhưng các ô lẫn vào nhau. Quét lại, hoặc gõ tay.")
    )


def _birth_date(text: str) -> PartialDate:
    """The date as precise as the card gives it: old people's papers may know only the year, or
    the month and the year.

    Raises CardUnreadableError for a day that never was: then the other digits can't be trusted
    either.
    """
    try:
        day = PartialDate.read(text.strip()) or PartialDate.read(re.sub(r"\D", "", text))
    except ValueError:
        day = None
    if day is None or day.earliest > timezone.localdate() or day.year < 1900:
        raise CardUnreadableError(
            Fault.DATE,
            _("Ngày sinh trong mã quét không có thật nên không lấy gì cả. Quét lại, hoặc gõ tay."),
        )
    return day


def _issue_date(text: str | None) -> date | None:
    day = _date(text or "")
    return day if day and day <= timezone.localdate() else None


def _date(digits: str) -> date | None:
    if not re.fullmatch(r"[0-9]{8}", digits):
        return None
    try:
        return date(int(digits[4:]), int(digits[2:4]), int(digits[:2]))
    except ValueError:
        return None


def _words(text: str, field: str, doubts: list[str]) -> str:
    mended = spelling.mended(text)
    words = clean(mended)
    # A soft hyphen is what TCVN3 has for a letter; it is dropped from the words.
    cut = "\xad" in text
    if cut or mended != text or spelling.suspicious(words, name=field == "name"):
        doubts.append(field)
    return words


def number_warnings(number: str, born: PartialDate | None, sex: str) -> list[str]:
    """The fields that disagree with a twelve-digit number: "id_number", "birth_date", "sex".

    The number has no check digit: three digits of the province where the birth was registered, one
    for
    century and sex, two for the year. Warnings only; only length and digits may refuse (domain
    4.1).
    """
    found: list[str] = []
    if number[:3] not in PROVINCES:
        found.append("id_number")
    century_sex = int(number[3])
    if born and (born.year // 100 != 19 + century_sex // 2 or born.year % 100 != int(number[4:6])):
        found.append("birth_date")
    if sex and (century_sex % 2 == 1) != (sex == "nu"):
        found.append("sex")
    return found


def _compare(number: str, born: PartialDate, sex: str, doubts: list[str]) -> None:
    doubts += number_warnings(number, born, sex)
