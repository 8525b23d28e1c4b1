"""Form parts of the counter's steps that Django's own draw too slowly."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


class LongSelect(forms.Select):
    """A select of many options, drawn in one go: Django's own renders two templates an option,
    which for the city's communes is most of the page's time."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        chosen = set(self.format_value(value))
        return format_html(
            "<select{}>{}</select>",
            flatatt(self.build_attrs(self.attrs, {"name": name, **(attrs or {})})),
            _options(self.choices, chosen),
        )


def _options(choices: Iterable[tuple[Any, Any]], chosen: set[str]) -> SafeString:
    return format_html_join(
        "",
        "{}",
        (
            (
                format_html('<optgroup label="{}">{}</optgroup>', value, _options(label, chosen))
                if isinstance(label, list | tuple)
                else format_html(
                    '<option value="{}"{}>{}</option>',
                    value,
                    SafeString(" selected") if str(value) in chosen else "",
                    label,
                ),
            )
            for value, label in choices
        ),
    )
