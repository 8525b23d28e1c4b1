"""Every one of the 30 procedures can be filed, in at least two situations, with the papers its data
names, and each slip reads back right: real services, real PDF, real portal over HTTP."""

import tempfile
import unicodedata
from io import StringIO
from pathlib import Path
from typing import Any

import outloud
import pypdfium2
import pytest
import yaml
from django.core.management import call_command

from agencies.models import Agency, Role, Staff
from cases.filing import dossier_codes, services
from cases.intake import practice
from cases.intake.mandates import ensure_texts
from cases.models import Filing, Paper
from cases.papers import services as papers
from opsa.core import outbox
from opsa.core.actors import Actor, ActorKind
from opsa.core.codes import group_reference
from procedures.models import FilingSystem, ProcedureVersion
from tests.support.processes import Simulator

SITUATIONS: dict[str, list[dict[str, Any]]] = yaml.safe_load(
    (Path(__file__).parents[1] / "procedures" / "situations.yaml").read_text()
)


def assisted(code: str) -> list[dict[str, Any]]:
    """The situations of a procedure in which the citizen files with a clerk's help."""
    return [s for s in SITUATIONS[code] if s.get("mode", "assist") == "assist"]


@pytest.fixture
def staff(db: None) -> Staff:
    for name in ("load_calendar", "load_places", "load_offices", "load_catalogue"):
        call_command(name, verbosity=0, stdout=StringIO())
    ensure_texts()
    return Staff.objects.create_user(
        "lan",
        "a-long-test-password",
        display_name="Lan",
        role=Role.CLERK,
        agency=Agency.objects.get(code="HN-01"),
    )


def test_the_table_names_all_thirty_and_two_situations_for_each() -> None:
    assert len(SITUATIONS) == 30
    assert all(len(assisted(code)) >= 2 for code in SITUATIONS), {
        c: len(assisted(c)) for c in SITUATIONS if len(assisted(c)) < 2
    }


def test_each_can_be_filed_and_its_slip_reads_back(
    staff: Staff, simulator: Simulator, subtests: pytest.Subtests
) -> None:
    """The catalogue is loaded once; each procedure and situation is a subtest of its own."""
    versions = {
        v.procedure.code: v
        for v in ProcedureVersion.objects.filter(
            state=ProcedureVersion.State.PUBLISHED
        ).select_related("system", "procedure")
    }
    assert set(versions) == set(SITUATIONS)
    for code in sorted(SITUATIONS):
        for number, situation in enumerate(assisted(code)):
            with subtests.test(procedure=code, situation=number):
                file_one(versions[code], situation, number, staff, simulator)


def file_one(
    version: ProcedureVersion,
    situation: dict[str, Any],
    number: int,
    staff: Staff,
    simulator: Simulator,
) -> None:
    """Prepare, file, send or record, and read the slip of one situation."""
    actor = Actor(ActorKind.CLERK, staff.pk)
    case = practice.prepared_case(
        version,
        situation.get("answers", {}),
        staff=staff,
        number=int(version.procedure.code[-4:]) * 10 + number,
        relation=situation.get("relation", "self"),
    )
    needed = {line.document.key for line in case.documents.all() if line.needed}
    assert needed == set(situation["needs"])
    filing = services.case_file(case.pk, staff=staff, actor=actor)
    if version.system.way == FilingSystem.Way.GATEWAY:
        assert outbox.work_one(f"portal:{filing.system_id}")
        filing.refresh_from_db()
        held = simulator.get("/api/truth")["dossiers"][str(filing.key)]
        assert held["count"] == 1
        assert sorted(f["sha256"] for f in held["items"][0]["files"]) == sorted(
            f["sha256"] for f in filing.files
        )
    else:
        dossier_codes.dossier_code_record(
            case.pk,
            f"H26.31-261122-{version.procedure.code[-4:]}{number}",
            actor=actor,
            receipt=None,
        )
        filing.refresh_from_db()
    assert filing.state == Filing.State.ACCEPTED
    check_slip(Paper.objects.get(case=case, kind=Paper.Kind.SLIP), version, needed, number)


def check_slip(paper: Paper, version: ProcedureVersion, needed: set[str], number: int) -> None:
    """Text in NFC as written, one A5 sheet or two, within its bytes; the accessibility check
    once."""
    papers.paper_draw(paper.pk)
    paper.refresh_from_db()
    assert paper.state == Paper.State.READY, paper.failure
    content = papers.paper_bytes(paper)
    assert len(content) <= 60_000
    document = pypdfium2.PdfDocument(content)
    text = " ".join(" ".join(page.get_textpage().get_text_bounded().split()) for page in document)
    assert unicodedata.is_normalized("NFC", text)
    assert paper.case is not None
    assert paper.case.filer is not None
    assert group_reference(paper.case.reference) in text
    assert paper.case.filer.name in text
    assert version.name.split(",")[0][:30] in text
    for document_line in paper.case.documents.filter(needed=True).select_related("document"):
        assert document_line.document.name.split()[0] in text
    assert paper.case.filer.id_number not in text
    if number == 0:
        with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
            Path(file.name).write_bytes(content)
            result = outloud.check(file.name)
        assert result.errors == 0, [str(found) for found in result.findings]
