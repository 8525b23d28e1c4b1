"""Reads of delivery: lists of results, the parcel's page, manifests. Everything is scoped to the
office."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency, Staff
from cases.access import READERS, Unscoped, cases_for
from cases.models import Case, Paper
from cases.states import Delivery, Dossier
from cases.worklists.search import search
from delivery.manifests import item_number
from delivery.models import LabelRun, Manifest, ManifestLine, Parcel, Result
from delivery.parcels import address_problem
from opsa.core.codes import group_reference

PAGE: Final = 50
LINES: Final = 60


@dataclass(frozen=True)
class Tab:
    """One list of results: its address, its words, and which cases stand in it."""

    slug: str
    title: str | Promise
    empty: str | Promise
    where: Q


TABS: Final = {
    tab.slug: tab
    for tab in (
        Tab(
            "cho-tra",
            _("Chờ trả"),
            _("Không có kết quả nào chờ trả"),
            Q(queue=Case.Queue.RESULT),
        ),
        Tab(
            "cho-giao",
            _("Chờ giao bưu tá"),
            _("Không có bưu gửi nào chờ giao"),
            Q(queue=Case.Queue.PARCEL),
        ),
        Tab(
            "khong-phat-duoc",
            _("Phát không được"),
            _("Không có bưu gửi nào phát không được"),
            Q(queue=Case.Queue.FAILED_DELIVERY),
        ),
        Tab(
            "cho-lay",
            _("Chờ lấy từ cơ quan"),
            _("Không có kết quả nào chờ lấy"),
            Q(
                queue=Case.Queue.AGENCY,
                delivery=Delivery.WAITING,
                dossier__in=(Dossier.DECIDED, Dossier.RETURNED),
            )
            | Q(
                # Others of the case came earlier and are under way.
                Exists(Result.objects.filter(case=OuterRef("pk"), state=Result.State.ANNOUNCED)),
                queue__in=(
                    Case.Queue.RESULT,
                    Case.Queue.PARCEL,
                    Case.Queue.ON_ROAD,
                    Case.Queue.FAILED_DELIVERY,
                ),
            ),
        ),
    )
}


def counts(staff: Staff) -> dict[str, int]:
    """How many cases stand in each list; one query."""
    found: dict[str, int] = (
        cases_for(staff)
        .exclude(queue=Case.Queue.DONE)
        .aggregate(**{slug: Count("pk", filter=tab.where) for slug, tab in TABS.items()})
    )
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """One case of a list: `problem` says why no label can be made."""

    pk: int
    code: str
    name: str
    what: str
    to: str
    state: str
    number: str
    attempts: int
    trouble: str
    reason: str
    problem: str
    since: datetime | None


def lines(staff: Staff, tab: Tab, *, after: int = 0, text: str = "") -> tuple[list[Line], bool]:
    """The next cases of a list, oldest first, and whether more follow; `text` searches within
    it."""
    cases = cases_for(staff).filter(tab.where)
    if text:
        pks = [row.pk for row in search(staff, text, tab.where).rows]
        number = item_number(text)
        cases = cases.filter(Q(pk__in=pks) | Q(parcels__number=number)).distinct()
    found = list(
        cases.filter(pk__gt=after)
        .select_related("filer", "version__procedure", "delivery_address__commune")
        .prefetch_related(
            Prefetch(
                "parcels",
                Parcel.objects.filter(cancelled_at__isnull=True).defer("address").order_by("-pk"),
            )
        )
        .defer("declaration", "answers")
        .order_by("pk")[: PAGE + 1]
    )
    return [_line(case) for case in found[:PAGE]], len(found) > PAGE


def _line(case: Case) -> Line:
    parcel = next(iter(case.parcels.all()), None)
    address = getattr(case, "delivery_address", None)
    by_post = address is not None and address.by_post
    return Line(
        pk=case.pk,
        code=group_reference(case.reference),
        name=case.filer.name if case.filer else "",
        what=case.version.procedure.short_name,
        to=str(address.commune) if address and by_post and address.commune else "",
        state=case.get_delivery_display(),
        number=parcel.number if parcel else "",
        attempts=parcel.attempts if parcel else 0,
        trouble=parcel.get_trouble_display() if parcel else "",
        reason=parcel.get_reason_display() if parcel else "",
        problem=address_problem(address),
        since=case.moved_at,
    )


def parcels_for(staff: Staff | None) -> QuerySet[Parcel]:
    """The parcels this person may see. Raises Unscoped for nobody."""
    if not isinstance(staff, Staff) or not staff.is_active:
        raise Unscoped("parcels are read for a person")
    scope = staff.scope_agency_id
    if scope is None:
        return Parcel.objects.exclude(agency__is_practice=True)
    return Parcel.objects.filter(agency_id=scope)


def parcel_for(staff: Staff, number: str) -> Parcel:
    """One parcel, or Http404 when it is not theirs to see."""
    parcel = (
        parcels_for(staff)
        .select_related("proof__confirmed_by", "made_by", "agency")
        .filter(number=item_number(number))
        .first()
    )
    if parcel is None:
        raise Http404
    return parcel


def manifest_for(staff: Staff, pk: int) -> Manifest:
    """One manifest, or Http404 when it is another office's."""
    found = Manifest.objects.select_related("agency", "opened_by", "closed_by").filter(pk=pk)
    if staff.scope_agency_id is not None:
        found = found.filter(agency_id=staff.scope_agency_id)
    else:
        found = found.exclude(agency__is_practice=True)
    manifest = found.first()
    if manifest is None:
        raise Http404
    return manifest


def manifest_lines(manifest: Manifest, limit: int | None = LINES) -> list[dict[str, Any]]:
    """What was scanned, the newest first, with the recipient as printed on the label."""
    found = (
        ManifestLine.objects.filter(manifest=manifest)
        .select_related("parcel__case", "scanned_by")
        .order_by("-pk")
    )
    return [
        {
            "pk": line.pk,
            "number": line.parcel.number,
            "code": group_reference(line.parcel.case.reference),
            "recipient": (address := json.loads(line.parcel.address)).get("recipient", ""),
            "commune": address.get("commune", ""),
            "at": line.scanned_at,
            "by": line.scanned_by.display_name,
            "refused": line.refused,
        }
        for line in (found if limit is None else found[:limit])
    ]


def not_scanned(agency: Agency) -> int:
    """How many labelled parcels of the office stand on no manifest yet."""
    labelled = Parcel.objects.filter(
        agency=agency, state=Parcel.State.LABELLED, cancelled_at__isnull=True
    )
    return labelled.exclude(manifest_lines__refused="").count()


def paper_of(key: str) -> Paper | None:
    """A paper of ours by its key, without its data."""
    return Paper.objects.filter(key=key).defer("data").first()


def label_run_for(staff: Staff, pk: int) -> LabelRun:
    """An order of labels of an office this person may see, or Http404; PermissionDenied for who
    reads no cases."""
    if staff.role not in READERS:
        raise PermissionDenied
    run = LabelRun.objects.select_related("paper").filter(pk=pk).first()
    if run is None or staff.scope_agency_id not in (None, run.agency_id):
        raise Http404
    return run


def left_of(run: LabelRun, staff: Staff) -> list[tuple[int, str, str]]:
    """The cases that got no label: id, code, why."""
    ids = [case_id for case_id, _why in run.left]
    codes = dict(cases_for(staff).filter(pk__in=ids).values_list("pk", "reference"))
    return [(pk, group_reference(codes[pk]), why) for pk, why in run.left if pk in codes]
