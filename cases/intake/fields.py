"""Form fields of the counter: text is cleaned, never truncated; dates are typed as people write
them."""

import re
import unicodedata
from datetime import date
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from opsa.core.fields import digits
from opsa.core.partial_date import PartialDate
from opsa.core.text import clean
from procedures.models import DeclarationField, Question
from procedures.words import localised

_HARMLESS: Final = {"autocomplete": "off", "spellcheck": "false"}


class CleanText(forms.CharField):
    """Text as `opsa.core.text.clean` leaves it: no control, bidi or zero-width characters.

    Longer than `limit` is refused with both figures; a browser's maxlength would cut a scan short
    (ux 4.2).
    """

    def __init__(self, *, limit: int = 100, lines: bool = False, **kwargs: Any) -> None:
        self.limit, self.lines = limit, lines
        kwargs.setdefault("required", False)
        if lines:
            kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 3, **_HARMLESS}))
        super().__init__(**kwargs)
        # Our own cleaning takes NUL characters away; Django would refuse the whole field for one.
        self.validators = []

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), **({} if self.lines else _HARMLESS)}

    def to_python(self, value: Any) -> str:
        text = clean(str(value or ""), lines=self.lines)
        if len(text) > self.limit:
            raise ValidationError(
                _("Dài quá: nhiều nhất %(most)s chữ, đang có %(now)s.")
                % {"most": self.limit, "now": len(text)},
                code="too_long",
            )
        return text


class NameText(CleanText):
    """A person's name: letters of the Latin script, as on Vietnamese papers; stored in capitals."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        for char in text:
            if char.isalpha() and "LATIN" not in unicodedata.name(char, ""):
                raise ValidationError(_("Họ tên chỉ có chữ cái Việt hoặc La-tinh."), code="script")
            if char.isdigit() or char in '<>{}[]\\|;:"=@#$%^*+~`':
                raise ValidationError(
                    _("Họ tên không có chữ số hoặc dấu này: %s") % char, code="sign"
                )
        return text.upper()


class IdNumber(CleanText):
    """Twelve digits; spaces and dots are let through. Checks beyond that are warnings (domain
    4.1).

    The nine digits of the old card ended with 2024 (Law on Identification, 26/2023/QH15, article
    46): refused, and `instead` says what to do.
    """

    def __init__(self, *, instead: str = "", **kwargs: Any) -> None:
        self.instead = instead or _("Gõ 12 số trên thẻ căn cước.")
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        if not text:
            return ""
        if re.search(r"[^\d\s.\-]", text):
            raise ValidationError(_("Số định danh chỉ có chữ số."), code="letters")
        number = digits(text)
        if len(number) == 9:
            ended = _("Số CMND 9 số hết giá trị từ 1/1/2025.")
            raise ValidationError(f"{ended} {self.instead}", code="old")
        if len(number) != 12:
            raise ValidationError(
                _("Số định danh có 12 số, đang có %s.") % len(number), code="length"
            )
        return number


class NumberText(CleanText):
    """A figure as people write it."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        if text and not text.replace(".", "").replace(",", "").replace(" ", "").isdecimal():
            raise ValidationError(_("Chỉ gõ chữ số."))
        return text


class VietDate(forms.CharField):
    """A day typed as 2/9/1990, 02.09.1990 or 02091990; never a browser's own date field (ux
    4.2)."""

    def __init__(self, *, past: bool = True, **kwargs: Any) -> None:
        self.past = past
        kwargs.setdefault("required", False)
        super().__init__(**kwargs)
        self.validators = []

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), **_HARMLESS, "inputmode": "numeric"}

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%d/%m/%Y}" if isinstance(value, date) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, date):
            return value
        text = clean(str(value or ""))
        if not text:
            return None
        return read_day(text, past=self.past)


class BirthDate(VietDate):
    """A birth date as precise as it is known: also 5/1948, or 1948 alone, as old people's papers
    have it; `whole` asks for the day. Gives a PartialDate."""

    def __init__(self, *, whole: bool = False, **kwargs: Any) -> None:
        self.whole = whole
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, PartialDate):
            return value
        text = clean(str(value or ""))
        if not text:
            return None
        return PartialDate.of(read_day(text, past=True)) if self.whole else read_birth(text)


def read_birth(text: str) -> PartialDate:
    """The birth date that a text means. Raises ValidationError with what to type instead."""
    try:
        found = PartialDate.read(text)
    except ValueError:
        raise ValidationError(_("Không có ngày này. Xem lại."), code="no_day") from None
    if found is None:
        raise ValidationError(_("Gõ 02/09/1990. Chỉ biết năm thì gõ 1948."), code="shape")
    _in_bounds(found.earliest, past=True)
    return found


def read_day(text: str, *, past: bool = False) -> date:
    """The day that a text means. Raises ValidationError with what to type instead."""
    match = re.fullmatch(r"(\d{1,2})[\s/.\-](\d{1,2})[\s/.\-](\d{4})|(\d{2})(\d{2})(\d{4})", text)
    if match is None:
        raise ValidationError(_("Gõ ngày, tháng, năm. Ví dụ 02/09/1990."), code="shape")
    day, month, year = (int(part) for part in match.groups() if part)
    try:
        found = date(year, month, day)
    except ValueError:
        raise ValidationError(_("Không có ngày này. Xem lại."), code="no_day") from None
    _in_bounds(found, past=past)
    return found


def _in_bounds(day: date, *, past: bool) -> None:
    if day.year < 1900:
        raise ValidationError(_("Năm phải từ 1900."), code="too_early")
    if past and day > timezone.localdate():
        raise ValidationError(_("Ngày này chưa đến. Xem lại."), code="future")


def question_field(question: Question) -> forms.Field:
    """A plain question; the usual answer stands first and is taken until somebody says
    otherwise."""
    english = (get_language() or "vi").startswith("en")
    choices = [
        (choice["value"], choice.get("text_en") if english else choice["text"])
        for choice in question.choices
    ]
    widget = forms.RadioSelect if len(choices) <= 3 else forms.Select
    return forms.ChoiceField(
        label=localised(question, "text"), choices=choices, required=False, widget=widget
    )


def declaration_field(field: DeclarationField) -> forms.Field:
    """The widget for one field of the e-form."""
    label = localised(field, "label")
    match field.kind:
        case DeclarationField.Kind.CHOICE:
            return forms.ChoiceField(
                label=label,
                choices=[("", _("Chọn")), *[_pair(choice) for choice in field.choices]],
                required=False,
            )
        case DeclarationField.Kind.DATE:
            return VietDate(label=label, past=False)
        case DeclarationField.Kind.BIRTH:
            return BirthDate(label=label)
        case DeclarationField.Kind.LONG:
            return CleanText(label=label, limit=2000, lines=True)
        case DeclarationField.Kind.NUMBER:
            return NumberText(
                label=label, limit=20, widget=forms.TextInput(attrs={"inputmode": "numeric"})
            )
        case DeclarationField.Kind.ID:
            return IdNumber(
                label=label, limit=30, widget=forms.TextInput(attrs={"inputmode": "numeric"})
            )
        case _:
            return CleanText(label=label, limit=300)


def _pair(choice: Any) -> tuple[str, str]:
    if isinstance(choice, dict):
        english = (get_language() or "vi").startswith("en")
        return choice["value"], str(choice.get("text_en") if english else choice["text"])
    return str(choice), str(choice)
