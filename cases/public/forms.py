"""The two small questions of the citizens' pages."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from opsa.core.codes import check_reference
from opsa.core.fields import digits


class Unrepeated(forms.TextInput):
    """An input whose typed value is never sent back."""

    def format_value(self, _value: object) -> None:
        return None


class DigitsForm(forms.Form):
    """The last four digits of the phone that was given at the counter."""

    digits = forms.CharField(
        label=_("4 số cuối của điện thoại"),
        help_text=_("Số điện thoại đã cho bưu cục."),
        max_length=20,
        widget=Unrepeated(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": _("Gõ 4 số cuối của điện thoại.")},
    )

    def clean_digits(self) -> str:
        found = digits(self.cleaned_data["digits"])
        if len(found) != 4 or re.search(r"[^\d\s.\-]", self.cleaned_data["digits"]):
            raise forms.ValidationError(_("Gõ đúng 4 chữ số."))
        return found


class LookupForm(DigitsForm):
    """The code of the slip, and the digits."""

    code = forms.CharField(
        label=_("Mã tiếp nhận"),
        help_text=_("11 chữ và số, in to trên phiếu. Ví dụ: 7K3F9-QX2MT-4"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        error_messages={"required": _("Gõ mã tiếp nhận trên phiếu.")},
    )
    field_order = ("code", "digits")

    def clean_code(self) -> str:
        try:
            return check_reference(self.cleaned_data["code"])
        except ValueError as problem:
            raise forms.ValidationError(str(problem)) from None
