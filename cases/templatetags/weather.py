"""The banner of every clerk's page."""

from typing import Any

from django import template

from agencies.models import Agency
from cases.weather import sky

register = template.Library()


@register.inclusion_tag("weather/banner.html")
def weather_banner(office: Agency | None) -> dict[str, Any]:
    """What every clerk of this office, or of the city, should know about the filing systems now;
    nothing in fair weather."""
    lines = sky.notices(practised=office is not None and office.is_practice)
    return {"lines": lines, "seen": sky.seen(lines)}
