"""The frame's banner over a site without a database: nothing to tell."""

from django import template

register = template.Library()


@register.inclusion_tag("weather/banner.html")
def weather_banner(office: object) -> dict[str, object]:
    return {"lines": [], "seen": ""}
