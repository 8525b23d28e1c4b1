"""Statuses that come as a file: looked at in numbers first, then applied by a worker (F08).

The file is sealed as it arrives and kept until it is applied or dropped, a day at most. It goes
through the same door as what the portal answers, so old news never wins and an unknown code alarms.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import batched
from typing import Final

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.access import actor_of
from agencies.models import Staff
from cases import services as case_services
from cases.filing.ports import DossierStatus, Report
from cases.imports import reading
from cases.imports.reading import Line, Problem, Unfit, When
from cases.models import (
    Filing,
    ImportedDossier,
    PollState,
    StatusImport,
    StatusMapping,
    StatusReport,
)
from cases.reconcile import building
from cases.states import Dossier, Sync
from cases.tracking.services import UNFIT, apply_reports, mapped
from opsa.core import files, journal
from opsa.core.actors import SYSTEM
from opsa.core.keys import Unreadable
from opsa.core.waking import wake
from procedures.models import FilingSystem

log = structlog.get_logger(__name__)
FOLDER: Final = "imports"
#: A file that nobody applies is dropped after this.
KEPT: Final = timedelta(hours=24)
#: An import that nobody worked at for so long is taken up again.
LOST: Final = timedelta(minutes=2)
BATCH: Final = 50
LOOKED_UP: Final = 1000
PROBLEMS_SHOWN: Final = 50
CODES_SHOWN: Final = 20
#: Filings that are proven to be there. Of one that was refused the case may have filed another.
APPLIED_TO: Final = (Filing.State.ACCEPTED, Filing.State.MISMATCH)
State = StatusImport.State


@dataclass
class Numbers:
    """What a file has, in numbers."""

    rows: int = 0
    ours: int = 0
    unreadable: int = 0
    problems: list[Problem] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)
    first_day: date | None = None
    last_day: date | None = None


def import_read(
    data: bytes, *, system: FilingSystem, exported_at: datetime, whole: bool, staff: Staff
) -> tuple[StatusImport, bool]:
    """Look through a file and keep it sealed until somebody says to apply it; the same file again
    gives the first, and False. Raises Unfit with what to say; nothing is kept then."""
    if exported_at > timezone.now():
        raise Unfit(_("Lúc xuất tệp không thể ở sau lúc này."))
    digest = hashlib.sha256(data).hexdigest()
    same = StatusImport.objects.filter(system=system, sha256=digest).exclude(state=State.DROPPED)
    if (before := same.first()) is not None:
        return before, False
    found = looked_through(data, system, exported_at)
    if not found.rows:
        raise Unfit(_("Tệp không có dòng nào dưới dòng tiêu đề."))
    stored = files.store([data], folder=FOLDER)
    try:
        with transaction.atomic():
            made = StatusImport.objects.create(
                system=system,
                by=staff,
                exported_at=exported_at,
                whole=whole,
                sha256=digest,
                size=len(data),
                file=stored,
                rows=found.rows,
                ours=found.ours,
                elsewhere=found.rows - found.ours - found.unreadable,
                unreadable=found.unreadable,
                problems=found.problems,
                unknown=dict(found.unknown.most_common(CODES_SHOWN)),
                first_day=found.first_day,
                last_day=found.last_day,
            )
            journal.record(
                actor_of(staff),
                "import.read",
                chain=f"import:{made.pk}",
                subject=f"system:{system.pk}",
                sha256=digest,
                bytes=len(data),
                rows=made.rows,
                ours=made.ours,
                elsewhere=made.elsewhere,
                unreadable=made.unreadable,
            )
    except BaseException:
        files.remove(stored)
        raise
    return made, True


def looked_through(data: bytes, system: FilingSystem, exported_at: datetime) -> Numbers:
    """The file in numbers; a query for a thousand lines. Raises Unfit."""
    found = Numbers()
    explained = set(
        StatusMapping.objects.filter(system=system).values_list("raw_code", flat=True)
    ) | {code for code in Dossier.values if code}

    def lines() -> Iterator[Line]:
        for one in reading.read(data, exported_at):
            found.rows += 1
            if isinstance(one, Line):
                yield one
                continue
            found.unreadable += 1
            if len(found.problems) < PROBLEMS_SHOWN:
                found.problems.append(one)

    for some in batched(lines(), LOOKED_UP, strict=False):
        ours = filings_of(system.pk, some)
        found.ours += len(ours)
        for line in some:
            if line.code in ours and line.status not in explained:
                found.unknown[line.status] += 1
            if line.received is not None:
                day = line.received.day
                found.first_day = min(found.first_day or day, day)
                found.last_day = max(found.last_day or day, day)
    return found


def filings_of(system_id: str, lines: Iterable[Line]) -> dict[str, Filing]:
    """Our filings among these lines, by dossier code; one query."""
    codes = [line.code for line in lines]
    found = Filing.objects.filter(system_id=system_id, dossier_code__in=codes)
    return {one.dossier_code: one for one in found.defer("payload", "files", "held")}


def import_apply(pk: int, *, staff: Staff) -> bool:
    """Have a worker apply the file; False when somebody already decided about it."""
    with transaction.atomic():
        one = StatusImport.objects.select_for_update().get(pk=pk)
        if one.state != State.READ:
            return False
        one.state = State.APPLYING
        one.save(update_fields=["state", "moved_at"])
        _record(one, "import.started", staff=staff)
        transaction.on_commit(lambda: nudge(pk))
    return True


def import_drop(pk: int, *, staff: Staff | None = None, why: str = "") -> bool:
    """Forget a file that is not applied; without a person it is the system that drops it."""
    with transaction.atomic():
        one = StatusImport.objects.select_for_update().get(pk=pk)
        if one.state not in (State.READ, State.APPLYING) or (staff and one.state != State.READ):
            return False
        _end(one, State.DROPPED)
        _record(one, "import.dropped", staff=staff, why=why, done=one.done)
    return True


def _record(
    one: StatusImport, action: str, *, staff: Staff | None, why: str = "", **facts: int
) -> None:
    journal.record(
        actor_of(staff) if staff else SYSTEM,
        action,
        chain=f"import:{one.pk}",
        subject=f"system:{one.system_id}",
        reason=why,
        sha256=one.sha256,
        **facts,
    )


def _end(one: StatusImport, state: str) -> None:
    name, one.file = one.file, ""
    one.state, one.ended_at = state, timezone.now()
    one.save()
    transaction.on_commit(lambda: files.remove(name))


def nudge(pk: int) -> None:
    """Wake a worker; without a broker the sweep finds the import."""
    from cases.imports.tasks import work

    wake(work, pk)


def lines_of(pk: int) -> list[Line | Problem]:
    """All lines of a file that is being applied; [] when it is over or somebody dropped it. A file
    that cannot be opened any more ends its import."""
    one = StatusImport.objects.filter(pk=pk, state=State.APPLYING).first()
    if one is None:
        return []
    try:
        return list(reading.read(files.load(one.file), one.exported_at))
    except (FileNotFoundError, Unreadable, Unfit) as error:
        log.error("import_unreadable", subject=pk, error=type(error).__name__)
        import_drop(pk, why="unreadable")
        return []


def work_batch(pk: int, lines: Sequence[Line | Problem]) -> bool:
    """Apply the next lines, all of them or none; False when the import has ended or is another's
    just now."""
    with transaction.atomic():
        held = StatusImport.objects.select_for_update(skip_locked=True)
        one = held.filter(pk=pk, state=State.APPLYING).first()
        if one is None:
            return False
        some = [line for line in lines[one.done : one.done + BATCH] if isinstance(line, Line)]
        ours = filings_of(one.system_id, some)
        told = StatusReport.objects.filter(
            filing__in=[f.pk for f in ours.values()], source=StatusReport.Source.FILE
        )
        before = told.count()
        # In the order of the cases, so that no two wait for each other's.
        for line in sorted(
            (line for line in some if line.code in ours), key=lambda line: ours[line.code].case_id
        ):
            if ours[line.code].state in APPLIED_TO:
                one.failed += not _told(ours[line.code], line, one.exported_at)
        one.changed += told.count() - before
        ImportedDossier.objects.bulk_create(
            [
                ImportedDossier(
                    imported=one,
                    filing=ours.get(line.code),
                    code=line.code,
                    procedure=line.procedure,
                    received_on=line.received.day if line.received else None,
                )
                for line in some
            ],
            ignore_conflicts=True,
        )
        one.done = min(one.done + BATCH, len(lines))
        if one.done < len(lines):
            one.save(update_fields=["done", "changed", "failed", "moved_at"])
            return True
        _end(one, State.APPLIED)
        building.list_import(one)
        _record(
            one, "import.applied", staff=None,
            rows=one.rows, ours=one.ours, elsewhere=one.elsewhere,
            unreadable=one.unreadable, changed=one.changed, failed=one.failed,
        )  # fmt: skip
    return False


def _told(filing: Filing, line: Line, exported_at: datetime) -> bool:
    """Apply one line; False when our rules or the database refuse it, or the filing has another
    code by now, which stops no other."""
    at = happened_at(line, filing, exported_at)
    report = Report(
        f"tep/{line.status}/{timezone.localtime(at):%Y%m%d%H%M%S}",
        line.status,
        at,
        line.unit,
        line.note,
    )
    try:
        with transaction.atomic():
            case = apply_reports(
                filing.pk, DossierStatus(line.code, (report,)), source=StatusReport.Source.FILE
            )
            if case is None:
                return False
            older = PollState.objects.filter(filing=filing).exclude(answered_at__gte=exported_at)
            older.update(
                asked_at=exported_at,
                answered_at=exported_at,
                misses=0,
                told_due=line.due or F("told_due"),
            )
            if case.sync in (Sync.NEVER, Sync.STALE, Sync.FAILING):
                case_services.sync_set(case, Sync.OK, actor=SYSTEM)
    except UNFIT as error:
        log.error("import_line_not_applied", filing=filing.pk, error=type(error).__name__)
        return False
    return True


def happened_at(line: Line, filing: Filing, exported_at: datetime) -> datetime:
    """When the status began, as far as the file says: the receipt for the first two codes, the
    return for the last two, else it is how things stood when the file was made. A receipt without a
    time opens its day (or is when the portal took our filing that day), a result closes it."""
    means = mapped(filing.system_id, line.status)
    if means in (Dossier.NEW, Dossier.RECEIVED) and line.received is not None:
        taken = filing.accepted_at
        if line.received.at is None and taken and timezone.localdate(taken) == line.received.day:
            return min(taken, exported_at)
        return min(_moment(line.received, time.min), exported_at)
    if means in (Dossier.DECIDED, Dossier.RETURNED) and line.returned is not None:
        return min(_moment(line.returned, time(23, 59, 59)), exported_at)
    return exported_at


def _moment(one: When, clock: time) -> datetime:
    return one.at or timezone.make_aware(datetime.combine(one.day, clock))


def sweep(now: datetime | None = None) -> None:
    """Go on with imports that nobody works at; drop files that nobody applied in a day, and sealed
    ones that belong to no import."""
    now = now or timezone.now()
    lost = StatusImport.objects.filter(state=State.APPLYING, moved_at__lt=now - LOST)
    for pk in lost.values_list("pk", flat=True):
        nudge(pk)
    forgotten = StatusImport.objects.filter(state=State.READ, at__lt=now - KEPT)
    for pk in forgotten.values_list("pk", flat=True):
        import_drop(pk, why="nobody_applied_it")
    for name in files.older_than(FOLDER, now - KEPT):
        if not StatusImport.objects.filter(file=name).exists():
            files.remove(name)
