"""Two offices with one of everything, so that every address has a real object behind it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.test import Client
from django.utils import timezone

from agencies.models import Counter as Place
from agencies.models import Role, Staff
from cases.blanks import services as blanks
from cases.intake import pages, practice, steps
from cases.messages import questions
from cases.models import (
    Acknowledgement,
    BlankSlip,
    Case,
    CaseDocument,
    Difference,
    Mandate,
    MandateText,
    Paper,
    Reconciliation,
    SamePerson,
    Scan,
    StatusImport,
    StatusQuestion,
    Upload,
)
from cases.papers import services as papers
from cases.persons import services as same
from cases.worklists import board, lists
from delivery import labels
from delivery import selectors as delivery_selectors
from delivery.models import LabelRun, Manifest, ManifestLine, Parcel
from opsa.core import journal
from tests.matrix.rules import Address
from tests.support.birth import publish
from tests.support.cases import Counter, make_counter
from tests.support.delivery import Desk
from tests.support.worklists import PASSWORD, lay, sign_in

NOTHING = 987_654_321
NO_SCAN = "0190b6a0-0000-7000-8000-000000000000"
#: What stands behind a number in these addresses.
OBJECTS = {
    "board:person_answer": "asked",
    "board:person_undo": "joined",
    "board:import": "imported",
    "board:import_apply": "imported",
    "board:import_drop": "imported",
    "board:difference_explain": "difference",
    "board:difference_ask": "difference",
    "quay:question_take_back": "question",
    "quay:fetch": "draft",  # only what isn't filed yet moves between offices
    "quay:export_all": "joint",
    "quay:blank": "blank",
}
#: The same for whole rooms; the first that fits.
ROOMS = {
    "quay/in/": "slip",
    "ket-qua/to-nhan/": "label_run",
    "ban-giao/dong/": "line",
    "ban-giao/": "manifest",
}


@dataclass
class Office:
    """An office, its clerk and lead, and one object of each kind."""

    counter: Counter

    def __post_init__(self) -> None:
        publish(self.counter)
        at = timezone.now() - timedelta(hours=2)
        desk = Desk(self.counter)
        self.draft: Case = practice.prepared_case(
            self.counter.version, {}, staff=self.counter.staff, relation="parent"
        )
        self.filed: Case = lay(
            self.counter, dossier="4", code=f"H26.9-{self.counter.agency.pk:06d}-0001",
            due_at=at + timedelta(days=3),
        )  # fmt: skip
        self.parcel: Parcel = desk.on_road()
        self.manifest: Manifest = Manifest.objects.get(agency=self.counter.agency)
        second = desk.parcel()
        self.line: ManifestLine = desk.scan(second.number)
        journal.record(self.counter.actor, "case.filed", chain=f"case:{self.filed.pk}")

    @cached_property
    def lead(self) -> Staff:
        return Desk(self.counter).lead()

    @cached_property
    def scan(self) -> Scan:
        return Scan.objects.filter(case=self.draft, state=Scan.State.CLEAN)[0]

    @cached_property
    def document(self) -> CaseDocument:
        return self.scan.document

    @cached_property
    def place(self) -> Place:
        return Place.objects.create(agency=self.counter.agency, number=1)

    @cached_property
    def uploads(self) -> dict[Role, Upload]:
        """A file of the clerk and one of the lead that are still arriving."""
        return {
            role: Upload.objects.create(
                agency=self.counter.agency, document=self.document, staff=self.staff(role),
                name="giay.jpg", size=9, sha256=f"{number}" * 64,
            )
            for number, role in enumerate((Role.CLERK, Role.LEAD))
        }  # fmt: skip

    @cached_property
    def signed(self) -> Mandate:
        """An old consent on paper, with its picture."""
        from opsa.core import files

        text, _new = MandateText.objects.get_or_create(
            mode="assist", language="vi", number=1, defaults={"body": "x", "sha256": "0" * 64}
        )
        return Mandate.objects.create(
            case=self.draft, mode="assist", method="paper", state="revoked", text=text,
            valid_until=timezone.localdate(), taken_by=self.counter.staff,
            proof=files.store([b"a picture"], folder="proofs"),
        )  # fmt: skip

    @cached_property
    def joint(self) -> Case:
        """A case filed in the citizen's own session, with one file and the portal's paper."""
        from opsa.core import files

        content = b"%PDF-1.7 a file"
        digest = hashlib.sha256(content).hexdigest()
        case = lay(self.counter)
        case.filings.update(
            way="copilot",
            state="recording",
            files=[
                {
                    "name": "giay-1.pdf", "document": "giay", "document_name": "Giấy", "pages": 1,
                    "size": len(content), "sha256": digest, "kind": "pdf",
                    "stored": files.store([content], folder="scans"),
                }
            ],
        )  # fmt: skip
        Acknowledgement.objects.create(
            filing=case.filings.get(), state="by_eye", kind="pdf", size=len(content),
            sha256=digest, file=files.store([content], folder="acknowledgements"),
            uploaded_by=self.counter.staff,
        )  # fmt: skip
        return case

    @cached_property
    def slip(self) -> Paper:
        """A paper with bytes, without the half second that drawing a PDF takes."""
        from opsa.core import files

        content = b"%PDF-1.7 a slip"
        made = papers.paper_ask(
            Paper.Kind.SLIP, case=self.filed, key=f"slip:test-{self.filed.pk}", data={},
            template="papers/slip.html", staff=self.counter.staff,
        )  # fmt: skip
        made.file, made.state = files.store([content], folder="papers"), Paper.State.READY
        made.sha256 = hashlib.sha256(content).hexdigest()
        made.save()
        return made

    @cached_property
    def label_run(self) -> LabelRun:
        """An order of labels that no worker has taken up."""
        return labels.run_ask([self.filed.pk], staff=self.counter.staff)

    @cached_property
    def blank(self) -> BlankSlip:
        """A slip for a power cut that nothing was typed in from."""
        return blanks.run_ask(staff=self.counter.staff).blanks.order_by("pk")[0]

    @cached_property
    def question(self) -> StatusQuestion:
        """Somebody asked how the filed case is doing."""
        return questions.question_note(self.filed.pk, "phone", staff=self.counter.staff)

    @cached_property
    def asked(self) -> SamePerson:
        """A pair that the counter asked about."""
        return self._pair(self.filed, self.parcel.case, "asked")

    @cached_property
    def joined(self) -> SamePerson:
        """A pair that a supervisor said is one person."""
        return self._pair(self.filed, self.draft, "joined")

    @cached_property
    def imported(self) -> StatusImport:
        """A file of statuses that waits for a supervisor's word."""
        return StatusImport.objects.create(
            system=self.filed.system, by=self.lead, exported_at=timezone.now(),
            sha256=f"{self.filed.pk:064d}", size=9, file="imports/none", rows=2, ours=1,
            unreadable=1, problems=[[3, "date"]], unknown={"97": 1},
        )  # fmt: skip

    @cached_property
    def difference(self) -> Difference:
        """A line of today's reconciliation."""
        made, _new = Reconciliation.objects.get_or_create(day=timezone.localdate())
        return Difference.objects.create(
            made=made, kind=Difference.Kind.STALE, case=self.filed, agency=self.counter.agency,
            system=self.filed.system, code="H26.9-1", procedure="Khai sinh", reported="4",
            observed="waiting",
        )  # fmt: skip

    def _pair(self, one: Case, other: Case, state: str) -> SamePerson:
        sides = sorted((same.identity(case.filer), case) for case in (one, other) if case.filer)
        (first_key, first), (second_key, second) = sides
        return SamePerson.objects.create(
            agency=self.counter.agency, state=state, asked_by=self.counter.staff,
            first=first.filer, second=second.filer, first_case=first, second_case=second,
            first_key=first_key, second_key=second_key,
        )  # fmt: skip

    def settle(self) -> None:
        """Make now what is otherwise made when first asked for."""
        _ = (
            self.place,
            self.signed,
            self.lead,
            self.scan,
            self.document,
            self.slip,
            self.label_run,
            self.joint,
        )
        _ = (self.uploads, self.asked, self.joined, self.imported, self.difference)
        _ = (self.question, self.blank)

    def staff(self, role: Role) -> Staff:
        return self.counter.staff if role == Role.CLERK else self.lead

    def cases(self) -> list[Case]:
        return list(Case.objects.filter(agency=self.counter.agency))


def person(role: Role, office: Office) -> Staff:
    """Somebody of this role; office roles belong to the office."""
    if role in (Role.CLERK, Role.LEAD):
        return office.staff(role)
    return Staff.objects.create_user(
        f"{role}-{office.counter.agency.pk}", PASSWORD, display_name=f"{role}", role=role,
        is_staff=True,
    )  # fmt: skip


def client_of(role: Role | None, office: Office) -> Client:
    """A browser signed in as this role; None is a visitor."""
    client = Client(raise_request_exception=False)
    return client if role is None else sign_in(client, person(role, office))


def make_office() -> Office:
    return Office(make_counter())


def arguments(address: Address, office: Office) -> Iterator[dict[str, Any]]:
    """What to fill into an address so that its object is this office's: one or more ways."""
    names, route = address.converters, address.route
    held = OBJECTS.get(address.name) or next((ROOMS[room] for room in ROOMS if room in route), "")
    if not names:
        yield {}
    elif held:
        yield {"pk": getattr(office, held).pk}
    elif names in (("number",), ("counter",)):
        own = {"number": office.parcel.number, "counter": office.place.pk}
        yield {names[0]: own[names[0]]}
    elif names == ("pk", "place"):
        yield {"pk": office.joint.pk, "place": 0}
    elif names == ("pk", "paper"):
        kept = Acknowledgement.objects.get(filing__case=office.joint)
        yield {"pk": office.joint.pk, "paper": kept.pk}
    elif names == ("token",):
        yield {"token": office.filed.token}
    elif names == ("slug",):
        yield from ({"slug": slug} for slug in _slugs(address, office))
    elif names == ("scan",):
        yield {"scan": office.scan.pk}
    elif names[0] == "pk":
        yield from _case(names, office, saved=address.name == "quay:save")
    else:
        raise LookupError(f"{address.name}: say in tests/matrix/world.py what stands for {names}")


def carried(address: Address, office: Office, role: Role | None) -> dict[str, str]:
    """What a request of somebody of this office must carry besides the address: fields, and headers
    that begin with `Upload-`."""
    if address.name == "quay:scan_act":
        return {"act": "keep"}
    if address.name == "quay:question_note":
        return {"way": "phone"}
    if address.name == "quay:upload_piece" and role in office.uploads:
        held = office.uploads[role]
        return {"Upload-Id": str(held.pk), "Upload-Offset": "0", "Upload-Hash": "0" * 64}
    return {}


def _slugs(address: Address, office: Office) -> list[str]:
    if address.name == "quay:list":
        return list(lists.LISTS)
    if address.name == "board:list":
        return list(board.MEASURES)
    if address.name in ("board:text", "board:text_save", "board:text_preview"):
        return ["taken-vi"]
    if address.name == "messages:report":
        return ["sms2"]
    if address.name == "delivery:results":
        return list(delivery_selectors.TABS)
    return [office.counter.version.procedure.slug]


def _case(names: tuple[str, ...], office: Office, *, saved: bool) -> Iterator[dict[str, Any]]:
    more: dict[str, Any] = {}
    if "line" in names:
        more["line"] = office.document.pk
    if "scan" in names:
        more["scan"] = office.scan.pk
    if "mandate" in names:
        more["mandate"] = office.signed.pk
    if "kind" in names:
        more["kind"] = "doc-lai"
    if more:  # a line or a scan is a part of the draft
        yield {"pk": office.draft.pk, **more}
        return
    for case in (office.draft, office.filed, office.parcel.case):
        if "part" in names:
            for step, parts in pages.PARTS.items():
                for part in sorted(parts):
                    yield {"pk": case.pk, "step": step, "part": part}
        elif "step" in names:
            for step in sorted(steps.SAVED) if saved else steps.SLUGS:
                yield {"pk": case.pk, "step": step}
        else:
            yield {"pk": case.pk}


def nobodys(found: dict[str, Any]) -> dict[str, Any]:
    """The same address for an object that doesn't exist."""
    changed = dict(found)
    if "pk" in changed:
        changed["pk"] = NOTHING
    elif "number" in changed:
        changed["number"] = "EE999999997VN"
    elif "scan" in changed:
        changed["scan"] = NO_SCAN
    return changed
