"""The hand-over page: parcels scanned one after another, closed with the postman's name."""

from typing import Any

from django.contrib import messages as flash
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agencies.access import actor_of, require_role, staff_of
from agencies.models import Agency, Role, Staff
from delivery import manifests, selectors
from delivery.models import Manifest, ManifestLine
from delivery.refusals import Refused
from opsa.core.once import once
from opsa.core.pages import go, render_page, wants_part

COUNTER = (Role.CLERK, Role.LEAD)


def _office(staff: Staff) -> Agency:
    if staff.agency is None:
        raise PermissionDenied
    return staff.agency


def _page(
    request: HttpRequest,
    *,
    problem: str = "",
    added: str = "",
    name_problem: str = "",
    name: str = "",
    status: int = 200,
) -> HttpResponse:
    agency = _office(staff_of(request))
    manifest = Manifest.objects.filter(agency=agency, closed_at__isnull=True).first()
    count = manifest.lines.count() if manifest else 0
    part = wants_part(request)
    context: dict[str, Any] = {
        "manifest": manifest,
        "count": count,
        "lines": selectors.manifest_lines(manifest) if manifest else [],
        "hidden": max(0, count - selectors.LINES),
        "waiting": selectors.not_scanned(agency),
        "closed": []
        if part
        else list(
            Manifest.objects.filter(agency=agency, closed_at__isnull=False).order_by("-closed_at")[
                :10
            ]
        ),
        "problem": problem,
        "added": added,
        "name_problem": name_problem,
        "name": name,
    }
    return render_page(request, "delivery/manifest.html", context, part="open", status=status)


@require_GET
@require_role(*COUNTER)
def manifest_page(request: HttpRequest) -> HttpResponse:
    """The office's open manifest, and the last ones closed."""
    return _page(request, added=request.GET.get("moi", "")[:16])


@require_POST
@require_role(*COUNTER)
@once
def scan(request: HttpRequest) -> HttpResponse:
    """A parcel was scanned. The list grows in place; a refusal says what to do with the parcel."""
    staff = staff_of(request)
    agency = _office(staff)
    try:
        line = manifests.parcel_scan(
            agency, request.POST.get("q", ""), staff=staff, actor=actor_of(staff)
        )
    except Refused as refused:
        return _page(request, problem=refused.text, status=422)
    if wants_part(request):
        return _page(request, added=line.parcel.number)
    return go(request, reverse("delivery:manifests"))


@require_POST
@require_role(*COUNTER)
@once
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a line off the open manifest."""
    staff = staff_of(request)
    agency = _office(staff)
    line = ManifestLine.objects.filter(pk=pk).select_related("manifest").first()
    if line is not None:
        selectors.manifest_for(staff, line.manifest_id)
    try:
        manifests.line_remove(pk, agency, actor=actor_of(staff))
    except Refused as refused:
        return _page(request, problem=refused.text, status=422)
    if wants_part(request):
        return _page(request)
    return go(request, reverse("delivery:manifests"))


@require_POST
@require_role(*COUNTER)
@once
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand over with the postman's name; the list to sign is printed next."""
    staff = staff_of(request)
    manifest = selectors.manifest_for(staff, pk)
    name = request.POST.get("carrier_person", "")
    try:
        manifests.manifest_close(manifest.pk, name, staff=staff, actor=actor_of(staff))
    except Refused as refused:
        return _page(request, name_problem=refused.text, name=name[:80], status=422)
    flash.success(request, _("Đã bàn giao. In bảng kê, hai bên ký."))
    return go(request, reverse("delivery:manifest", args=[manifest.pk]))


@require_GET
@require_role(*COUNTER, Role.SUPERVISOR)
def manifest(request: HttpRequest, pk: int) -> HttpResponse:
    """A manifest as it was handed over, and what the carrier said about each parcel."""
    found = selectors.manifest_for(staff_of(request), pk)
    if found.closed_at is None:
        return go(request, reverse("delivery:manifests"))
    return render_page(
        request,
        "delivery/manifest_closed.html",
        {
            "manifest": found,
            "lines": selectors.manifest_lines(found, None),
            "paper": selectors.paper_of(f"manifest:{found.number}"),
        },
    )
