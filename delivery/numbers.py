"""Item and manifest numbers, from database sequences: never max+1, never the same twice."""

from django.conf import settings
from django.db import connection
from django.utils import timezone

from agencies.models import Agency
from opsa.core.codes import s10_number

#: R: registered items (UPU S10, first letter); the second letter and serials are the carrier's.
SERIES = "RH"
#: Practice labels: the carrier gives no item these letters (F25).
PRACTICE_SERIES = "TS"


def _next(sequence: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s)", [sequence])
        (value,) = cursor.fetchone() or (0,)
    return int(value)


def next_item(*, practice: bool = False) -> str:
    """A fresh S10 item number, e.g. `RH010000018VN`. A number that is not used is never given
    again."""
    series: str = PRACTICE_SERIES if practice else getattr(settings, "DELIVERY_SERIES", SERIES)
    return s10_number(series, _next("delivery_item_serial"))


def next_manifest(agency: Agency) -> str:
    """A fresh manifest number, e.g. `BK-HN-01-261122-000007`."""
    serial = _next("delivery_manifest_serial")
    return f"BK-{agency.code[:6]}-{timezone.localdate():%y%m%d}-{serial:06d}"
