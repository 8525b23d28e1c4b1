"""The form of a maintenance that was announced."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.weather.holds import LONGEST
from opsa.core import practice
from opsa.core.text import clean
from procedures.models import FilingSystem


def _moment() -> forms.DateTimeInput:
    return forms.DateTimeInput(
        attrs={"type": "datetime-local", "autocomplete": "off"}, format="%Y-%m-%dT%H:%M"
    )


class MaintenanceForm(forms.Form):
    """Which system, from when until when, and what is said about it."""

    system = forms.ModelChoiceField(
        FilingSystem.objects.exclude(pk=practice.SYSTEM).order_by("name"),
        label=_("Hệ thống nhận hồ sơ"),
        empty_label=None,
    )
    began_at = forms.DateTimeField(label=_("Từ lúc"), widget=_moment())
    ended_at = forms.DateTimeField(label=_("Đến lúc"), widget=_moment())
    what = forms.CharField(
        label=_("Việc bảo trì"),
        max_length=120,
        help_text=_("Nhân viên đọc dòng này, ví dụ: nâng cấp máy chủ"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_what(self) -> str:
        return clean(str(self.cleaned_data["what"]))

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        began: datetime | None = found.get("began_at")
        ended: datetime | None = found.get("ended_at")
        if began and ended:
            if ended <= began:
                self.add_error("ended_at", _("Lúc xong phải sau lúc bắt đầu."))
            elif ended <= timezone.now():
                self.add_error("ended_at", _("Giờ này đã qua."))
            elif ended - began > LONGEST:
                self.add_error("ended_at", _("Không quá 60 giờ một lần."))
        return found
