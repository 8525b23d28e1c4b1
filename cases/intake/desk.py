"""All that the steps of one case read, in a fixed number of queries (three, whatever the page)."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final, cast

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Prefetch, prefetch_related_objects
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.models import Staff
from cases.access import case_for
from cases.filing.readiness import Problem, problems
from cases.intake import steps
from cases.models import Case, CaseDocument, Citizen, DeliveryAddress, Mandate, Scan
from cases.states import Work
from opsa.core.kept import Kept
from opsa.core.working_time import TimeUnit, load_calendar
from procedures import fees
from procedures.models import ProcedureVersion
from procedures.words import localised

PEOPLE: Final = (
    "agency",
    "system",
    "version__procedure",
    "filer__commune__province",
    "subject",
    "delivery_address__commune__province",
)
SCAN_FIELDS: Final = {column.attname: column for column in Scan._meta.concrete_fields}
SCAN_ORDER: Final = ("position", "uploaded_at")
_versions: Kept[int, ProcedureVersion] = Kept(
    60, keep=lambda version: version.state != ProcedureVersion.State.DRAFT
)


def version_parts(pk: int) -> ProcedureVersion:
    """A version with all its parts loaded. A published text never changes, so it is kept for a
    minute."""
    whole = ProcedureVersion.objects.select_related("procedure", "system").prefetch_related(
        "questions", "documents", "fees", "results", "fields"
    )
    return _versions.get(pk, lambda: whole.get(pk=pk))


@dataclass
class Desk:
    """One case as it lies on the counter."""

    case: Case
    staff: Staff
    now: datetime = field(default_factory=timezone.now)

    @property
    def version(self) -> ProcedureVersion:
        return self.case.version

    @property
    def editable(self) -> bool:
        return self.case.work in (Work.DRAFT, Work.HELD)

    @property
    def filer(self) -> Citizen | None:
        return self.case.filer

    @property
    def subject(self) -> Citizen | None:
        """Whose case it is: the subject, or the filer who files for themselves."""
        return self.case.subject if self.case.relation != "self" else self.case.filer

    @property
    def address(self) -> DeliveryAddress | None:
        return getattr(self.case, "delivery_address", None)

    @cached_property
    def documents(self) -> list[CaseDocument]:
        return sorted(self.case.documents.all(), key=lambda line: line.document.position)

    @cached_property
    def scans(self) -> list[Scan]:
        return [
            scan
            for line in self.documents
            for scan in line.scans.all()
            if scan.state != Scan.State.REMOVED
        ]

    @cached_property
    def mandate(self) -> Mandate | None:
        """The mandate in force, else the newest one that was asked for."""
        found = sorted(self.case.mandates.all(), key=lambda mandate: mandate.pk, reverse=True)
        return next(
            (m for m in found if m.state == Mandate.State.GIVEN), found[0] if found else None
        )

    @cached_property
    def problems(self) -> list[Problem]:
        """What still blocks filing, in the order of the steps."""
        return problems(self.case)

    def left(self, step: str) -> list[Problem]:
        return [problem for problem in self.problems if problem.step == step]

    @property
    def reviewed(self) -> bool:
        """Whether the person looked at everything: nothing was left, and the clerk went on from the
        review and to no other step since."""
        return self.case.step == steps.FILE and not self.problems

    @cached_property
    def quote(self) -> fees.Quote:
        by_post = self.address.by_post if self.address else True
        return fees.quote(
            self.version, copies=self.case.copies, delivery="post" if by_post else "none"
        )

    @cached_property
    def due_at(self) -> datetime:
        """The date promised: the stored one after filing, before that the one for filing now."""
        if self.case.due_at:
            return self.case.due_at
        version = self.version
        return load_calendar().due(
            self.now, version.time_value, TimeUnit(version.time_unit), cutoff=version.cutoff
        )

    @property
    def authority(self) -> str:
        return self.case.authority or localised(self.version, "authority")

    def steps(self, current: str) -> list[steps.StepLink]:
        links = [
            steps.StepLink(
                url=reverse("procedures:clerk_detail", args=[self.version.procedure.slug]),
                name=_("Thủ tục"),
                note=self.version.procedure.short_name,
                state="done",
            )
        ]
        for slug, name in steps.NAMES.items():
            count = len(self.left(slug))
            state = "current" if slug == current else "todo" if count else "done"
            unseen = slug == steps.FILE or (slug == steps.REVIEW and not self.reviewed)
            if unseen and state == "done":
                state = ""
            links.append(
                steps.StepLink(
                    url=reverse("quay:step", args=[self.case.pk, slug]),
                    name=str(name),
                    note=self._note(slug, count),
                    state=state,
                )
            )
        return links

    def _note(self, slug: str, count: int) -> str:
        if count:
            return ngettext("Còn %(n)s việc", "Còn %(n)s việc", count) % {"n": count}
        if slug == steps.SCANS and self.scans:
            pages = sum(scan.pages for scan in self.scans)
            return ngettext("%(n)s trang", "%(n)s trang", pages) % {"n": pages}
        if slug == steps.REVIEW:
            return _("Khách kiểm tra")
        return ""


def open_desk(staff: Staff, pk: int, *, lock: bool = False) -> Desk:
    """The case with everything its steps read. Raises Http404 for another office's case."""
    case = case_for(staff, pk, lock=lock, select=() if lock else PEOPLE)
    if lock:
        # The lock is taken on the bare row first; people may be absent, and outer joins can't be
        # locked.
        case = Case.objects.select_related(*PEOPLE).get(pk=pk)
    version = version_parts(case.version_id)
    case.version = version
    _load_lines(case)
    return Desk(case, staff)


def _load_lines(case: Case) -> None:
    """The papers with their scans in one query, and the mandates in another."""
    scans = Scan.objects.filter(document=OuterRef("pk")).order_by(*SCAN_ORDER)
    whole = ArraySubquery(scans.values(line=JSONObject(**{name: name for name in SCAN_FIELDS})))
    papers = CaseDocument.objects.select_related("document", "marked_by").annotate(found=whole)
    mandates = Mandate.objects.select_related("text")
    prefetch_related_objects([case], Prefetch("documents", papers), Prefetch("mandates", mandates))
    for line in case.documents.all():
        _give_scans(line, getattr(line, "found", []))


def _give_scans(line: CaseDocument, found: list[dict[str, Any]]) -> None:
    """Let `line.scans.all()` answer with these, as if they were prefetched."""
    rows = Scan.objects.all()
    scans = []
    for values in found:
        scan = Scan.from_db(
            line._state.db,
            list(SCAN_FIELDS),
            [column.to_python(values[name]) for name, column in SCAN_FIELDS.items()],
        )
        scan.document = line
        scans.append(scan)
    kept: Any = rows
    kept._result_cache, kept._prefetch_done = scans, True
    cast("Any", line)._prefetched_objects_cache = {"scans": rows}
