"""The alarms that stand now, on the board."""

from typing import Any

from django import template

from agencies.models import Staff
from cases.watch import alarms

register = template.Library()


@register.inclusion_tag("watch/standing.html")
def standing_alarms(staff: Staff) -> dict[str, Any]:
    """For those who oversee all offices; an office lead can't mend the house."""
    if staff.scope_agency_id is not None:
        return {"alarms": []}
    return {"alarms": [alarms.words(one) for one in alarms.standing()]}
