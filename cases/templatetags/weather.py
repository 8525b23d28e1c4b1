"""The banner of every clerk's page."""

from typing import Any

from django import template

from cases.weather import sky

register = template.Library()


@register.inclusion_tag("weather/banner.html")
def weather_banner() -> dict[str, Any]:
    """What every clerk should know about the filing systems now; nothing in fair weather."""
    lines = sky.notices()
    return {"lines": lines, "seen": sky.seen(lines)}
