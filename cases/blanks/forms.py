"""What is asked before a slip is typed in."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from procedures import selectors


class BlankForm(forms.Form):
    """Which procedure, and the hour that stands on the slip."""

    procedure = forms.ChoiceField(
        label=_("Thủ tục ghi trên phiếu"), widget=forms.Select(attrs={"autofocus": True})
    )
    written_at = forms.DateTimeField(
        label=_("Giờ ghi trên phiếu"),
        required=False,
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "autocomplete": "off"}, format="%Y-%m-%dT%H:%M"
        ),
    )

    def __init__(self, *args: Any, printed_at: datetime, **more: Any) -> None:
        super().__init__(*args, **more)
        self.printed_at = printed_at
        self.versions = {one.procedure.slug: one for one in selectors.current_versions()}
        self.fields["procedure"].choices = [  # type: ignore[attr-defined]
            ("", _("Chọn thủ tục")),
            *((slug, one.procedure.short_name) for slug, one in self.versions.items()),
        ]

    def clean_written_at(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["written_at"]
        if at is not None and at > timezone.now():
            raise forms.ValidationError(_("Giờ này chưa đến."))
        # A minute is the finest that the field can say.
        if at is not None and at < self.printed_at.replace(second=0, microsecond=0):
            raise forms.ValidationError(_("Lúc đó phiếu này chưa được in."))
        return at
