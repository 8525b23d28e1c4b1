"""The texts in force with all they say, kept in the process.

Published texts are frozen, so they can be kept; one small query a request notices that another
process published, retired or renamed something. A clerk's page then costs one query, not six.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import Count, Max, Q, Sum
from django.utils import timezone

from opsa.core.kept import Kept

from .models import OtherProcedure, ProcedureVersion
from .selectors import PARTS, current_versions, elsewhere

# Names of receiving systems and of what we do not file have no mark; they are read anew by then.
KEPT_SECONDS: Final = 120.0
_RETIRED: Final = Q(state=ProcedureVersion.State.RETIRED)


@dataclass(frozen=True, eq=False)
class Current:
    """Everything a page or the search needs; the versions have all parts loaded."""

    versions: tuple[ProcedureVersion, ...]
    others: tuple[OtherProcedure, ...]

    def by_slug(self, slug: str) -> ProcedureVersion | None:
        """The text in force of the procedure at this address."""
        return next((v for v in self.versions if v.procedure.slug == slug), None)


_kept: Kept[tuple[date, tuple[object, ...]], Current] = Kept(KEPT_SECONDS)


def load() -> Current:
    """The catalogue of today. One query when nothing changed, eight when something did."""
    today = timezone.localdate()
    return _kept.get((today, _mark()), lambda: _read(today))


def _read(today: date) -> Current:
    return Current(
        tuple(current_versions(today).prefetch_related(*PARTS)),
        tuple(elsewhere()),
    )


def forget() -> None:
    """Drop what is kept; the next reader loads it anew."""
    _kept.forget()


def _mark() -> tuple[object, ...]:
    row = ProcedureVersion.objects.exclude(state=ProcedureVersion.State.DRAFT).aggregate(
        texts=Count("pk"),
        newest=Max("published_at"),
        ended=Count("valid_to"),
        last_end=Max("valid_to"),
        last=Max("pk"),
        retired=Count("pk", filter=_RETIRED),
        names=Sum("procedure__revision"),
    )
    return tuple(row.values())
