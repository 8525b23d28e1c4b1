"""What the same person gave before and agreed to have kept: offered with its date and source, and
taken over only by the clerk's own press (F22).

Only the same office's cases are looked at: what an office was given stays with it. The consent ends
after a year, or when it is taken back. Who was said to be one person by a supervisor
(`cases.persons`) is one here as long as that holds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Max, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.access import actor_of
from agencies.models import Staff
from cases.access import cases_for
from cases.intake import phones, saving, scan_binding, steps
from cases.intake.clashes import plain, token_of
from cases.intake.desk import Desk, open_desk
from cases.models import Case, CaseDocument, ExtraUse, Scan
from cases.persons import services as persons
from cases.persons.services import Known
from opsa.core import files, journal
from opsa.core.codes import group_reference
from procedures.models import RequiredDocument
from procedures.words import localised

FIELDS: Final = {
    "phone": steps.APPLICANT,
    "email": steps.APPLICANT,
    "address": steps.FEES,
}


class NothingKnownError(ValueError):
    """It is no longer kept; the message is for the clerk."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing kept: `what` is phone, email, address or scan:<line>; `source` the earlier case."""

    what: str
    label: str
    shown: str
    source: int
    reference: str
    at: datetime


def _kept(desk: Desk, kind: str, person: Known) -> QuerySet[Case]:
    """Earlier cases of the same person at this office whose keeping is still agreed to."""
    uses = ExtraUse.objects.in_force(timezone.localdate()).filter(kind=kind)
    return (
        cases_for(desk.staff)
        .filter(person.filers(), agency=desk.case.agency_id, pk__in=uses.values("case"))
        .exclude(pk=desk.case.pk)
        .select_related("filer", "delivery_address__commune")
        .order_by("-pk")
    )


def offers(desk: Desk) -> list[Offer]:
    """What may be taken over, the newest of each. Reads only."""
    # Only those of the office where the person stands now: a person of the city takes nothing over.
    if not desk.editable or desk.filer is None or desk.staff.agency_id != desk.case.agency_id:
        return []
    person = persons.known_as(desk.case.agency_id, desk.filer)
    return [*_contacts(desk, person), *_scans(desk, person)]


def _contacts(desk: Desk, person: Known) -> list[Offer]:
    found: dict[str, Offer] = {}
    filer = desk.filer
    for case in _kept(desk, ExtraUse.Kind.CONTACT, person):
        before, address = case.filer, getattr(case, "delivery_address", None)
        told: dict[str, tuple[str, str]] = {}
        if before is not None and before.phone and filer and filer.phone != before.phone:
            told["phone"] = (_("Điện thoại"), phones.read(before.phone).shown)
        if before is not None and before.email and filer and filer.email != before.email:
            told["email"] = (_("Thư điện tử"), before.email)
        if address is not None and address.by_post and address.line:
            mine = desk.address
            if mine is None or (mine.line, mine.commune_id) != (address.line, address.commune_id):
                where = ", ".join(filter(None, (address.line, str(address.commune or ""))))
                told["address"] = (_("Nơi nhận kết quả"), where)
        for what, (label, shown) in told.items():
            found.setdefault(what, _offer(what, label, shown, case))
    return list(found.values())


def _offer(what: str, label: str, shown: str, case: Case) -> Offer:
    return Offer(what, label, shown, case.pk, group_reference(case.reference), case.opened_at)


def _scans(desk: Desk, person: Known) -> list[Offer]:
    lines = [
        line
        for line in desk.documents
        if line.needed
        and line.document.kind == RequiredDocument.Kind.UPLOAD
        and not [s for s in line.scans.all() if s.state != Scan.State.REMOVED]
    ]
    if not lines:
        return []
    found: dict[str, Offer] = {}
    by_key = {line.document.key: line for line in lines}
    papers = (
        CaseDocument.objects.filter(
            case__in=_kept(desk, ExtraUse.Kind.SCANS, person),
            document__key__in=by_key,
            scans__state=Scan.State.CLEAN,
        )
        .select_related("case", "document")
        .order_by("-case")
        .distinct()
    )
    for paper in papers:
        line = by_key[paper.document.key]
        # The same name too: a key alone may mean another paper in another procedure.
        if localised(paper.document, "name") == localised(line.document, "name"):
            label = localised(line.document, "name")
            what = f"scan:{line.pk}"
            found.setdefault(what, _offer(what, label, _("bản quét"), paper.case))
    return list(found.values())


def take(*, staff: Staff, case_id: int, wanted: Iterable[str]) -> int:
    """Take over what was ticked, if it is still offered; returns how many. One transaction.

    Raises NothingKnownError when none of it is. A copied scan has the hash of the one it came from.
    """
    chosen = set(wanted)
    taken = 0
    with transaction.atomic():
        for offer in offers(open_desk(staff, case_id, lock=True)):
            if offer.what not in chosen:
                continue
            source = cases_for(staff).get(pk=offer.source)
            if offer.what.startswith("scan:"):
                hashes = _copy(staff, case_id, int(offer.what[5:]), source)
            else:
                hashes = ""
                _type(staff, case_id, offer.what, source)
            journal.record(
                actor_of(staff),
                "known.taken",
                chain=f"case:{case_id}",
                subject=f"case:{case_id}",
                what=offer.what.partition(":")[0],
                source=source.pk,
                scans=hashes,
            )
            taken += 1
    if not taken:
        raise NothingKnownError(_("Không còn gì giữ lại để dùng. Hỏi khách."))
    return taken


def _type(staff: Staff, case_id: int, what: str, source: Case) -> None:
    """Write the values the way the step's own page would."""
    assert source.filer is not None
    values: dict[str, str] = {}
    if what == "address":
        address = source.delivery_address
        values = {
            "by_post": "yes",
            "recipient": address.recipient,
            "recipient_phone": address.phone,
            "line": address.line,
            "address_commune": str(address.commune_id or ""),
        }
    else:
        values = {what: str(getattr(source.filer, what))}
    desk = open_desk(staff, case_id)
    form = saving.FORMS[FIELDS[what]](desk)
    data = QueryDict(mutable=True)
    for name, held in form.stored().items():
        text = plain(held)
        if text or not name.startswith("d"):
            data[name] = text
    data["version"] = token_of(form)
    for name, value in values.items():
        data[name] = value
    saving.step_save(staff=staff, case_id=case_id, step=FIELDS[what], data=data)


def _copy(staff: Staff, case_id: int, line: int, source: Case) -> str:
    """Copy the checked pages of a paper; returns the first signs of each hash."""
    row = CaseDocument.objects.select_related("document").get(pk=line, case=case_id)
    last = Scan.objects.filter(document=row).aggregate(last=Max("position"))["last"] or 0
    before = Scan.objects.filter(
        case=source, state=Scan.State.CLEAN, document__document__key=row.document.key
    ).order_by("position")
    hashes = []
    for place, scan in enumerate(before, start=1):
        copy = Scan.objects.get(pk=scan.pk)
        copy._state.adding = True
        copy.pk = Scan._meta.pk.get_default()
        copy.case_id, copy.document, copy.agency_id = case_id, row, source.agency_id
        copy.position = last + place
        copy.file = files.store(files.stream(scan.file), folder="scans")
        copy.preview = (
            files.store(files.stream(scan.preview), folder="scans") if scan.preview else ""
        )
        copy.uploaded_by = staff
        copy.save()
        hashes.append(scan.sha256[:8])
    if row.mark == CaseDocument.Mark.OPEN:
        row.mark, row.marked_by, row.marked_at = CaseDocument.Mark.SCANNED, staff, timezone.now()
        row.save(update_fields=["mark", "marked_by", "marked_at"])
    scan_binding.pages_changed(row)
    return ",".join(hashes)
