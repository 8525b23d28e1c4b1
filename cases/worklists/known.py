"""What a line of a list says besides its case: procedure, office and filing system, by id.

These tables are small and change seldom. Kept in memory for a minute they cost a page neither joins
nor buffers; a change in this process shows at once, in the others within that time, and an id that
was not there yet is looked up at once.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from django.db import transaction
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast
from django.db.models.signals import post_delete, post_save

from agencies.models import Agency
from opsa.core.kept import Kept
from procedures.models import FilingSystem, Procedure, ProcedureVersion
from procedures.selectors import frequent

KEPT_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Known:
    """`procedures`: version id → short name, and whether both must come for the result; `offices`:
    id → short name; `ways`: filing system code → gateway or copilot; `paces`: version id and
    dossier state → working days in which nine of ten like cases left it."""

    procedures: dict[int, tuple[str, bool]] = field(default_factory=dict)
    offices: dict[int, str] = field(default_factory=dict)
    ways: dict[str, str] = field(default_factory=dict)
    paces: dict[tuple[int, str], int] = field(default_factory=dict)
    frequent: dict[int, list[Procedure]] = field(default_factory=dict)

    def systems(self, way: str) -> list[str]:
        """The filing systems that are filed with in this way."""
        return [pk for pk, one in self.ways.items() if one == way]


_kept: Kept[None, Known] = Kept(KEPT_SECONDS)


def known() -> Known:
    """What is known now; at most one query a minute."""
    return _kept.get(None, _read)


def known_with(version_id: int, office_id: int, system_id: str) -> Known:
    """The same, read again when it does not have these ids."""
    found = known()
    if version_id in found.procedures and office_id in found.offices and system_id in found.ways:
        return found
    _kept.forget()
    return known()


def frequent_at(office: Agency | None) -> list[Procedure]:
    """The procedures on this office's first keys; read once a minute."""
    found, key = known(), office.pk if office else 0
    if key not in found.frequent:
        found.frequent[key] = frequent(office)
    return found.frequent[key]


def forget(**_signal: Any) -> None:
    """Read the tables again at the next call, and once more when this transaction has ended."""
    _kept.forget()
    if transaction.get_connection().in_atomic_block:
        transaction.on_commit(_kept.forget)


def _read() -> Known:
    found, empty = Known(), Value("", output_field=CharField())

    def part(kind: str, rows: Any, name: Any, more: Any = empty) -> Any:
        return (
            rows.order_by()
            .annotate(a=Value(kind), b=Cast("pk", CharField()), c=Cast(name, CharField()), d=more)
            .values_list("a", "b", "c", "d")
        )

    versions = part(
        "version",
        ProcedureVersion.objects.all(),
        F("procedure__short_name"),
        Cast("presence", CharField()),
    )
    offices = part("office", Agency.objects.all(), F("short_name"))
    systems = part("system", FilingSystem.objects.all(), F("way"))
    paces = part(
        "pace",
        ProcedureVersion.objects.filter(procedure__paces__isnull=False),
        F("procedure__paces__state"),
        Cast("procedure__paces__days", CharField()),
    )
    for kind, pk, name, more in versions.union(offices, systems, paces, all=True).order_by():
        if kind == "version":
            in_person = more == ProcedureVersion.Presence.BOTH_AT_RESULT
            found.procedures[int(pk)] = name, in_person
        elif kind == "office":
            found.offices[int(pk)] = name
        elif kind == "pace":
            found.paces[int(pk), name] = int(more)
        else:
            found.ways[pk] = name
    return found


for _model in (Procedure, ProcedureVersion, Agency, FilingSystem):
    for _signal in (post_save, post_delete):
        _signal.connect(forget, sender=_model, dispatch_uid=f"known:{_model.__name__}")
