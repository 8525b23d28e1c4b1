"""F02 for filing together: the portal's acknowledgement is kept as it came, compared with what was
frozen, and never called equal when it is not."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from cases.acknowledgements import services
from cases.filing import dossier_codes
from cases.intake import virus
from cases.intake.scans import Arrived
from cases.models import Acknowledgement, Case, Filing, PollState, StatusReport
from cases.states import Work
from opsa.core import file_check, files, journal
from opsa.core.actors import SYSTEM
from opsa.core.models import JournalEntry
from tests.support import hostile
from tests.support.cases import Counter
from tests.support.joint import CODE, paper_of, picture_pdf

pytestmark = pytest.mark.django_db(transaction=True)
Bring = Callable[..., Acknowledgement]
State = Acknowledgement.State


def case_of(filing: Filing) -> Case:
    return Case.objects.get(pk=filing.case_id)


def note(filing: Filing, counter: Counter, code: str = CODE) -> Filing:
    return dossier_codes.dossier_code_record(
        filing.case_id, code, actor=counter.actor, receipt=None
    )


def test_an_equal_paper_brings_the_code_and_is_called_equal(joint: Filing, bring: Bring) -> None:
    paper = bring(joint, paper_of(joint))
    assert paper.state == State.EQUAL
    assert paper.compared == ["code", "procedure", "count", "sizes", "contents"]
    assert (joint.state, joint.dossier_code) == (Filing.State.ACCEPTED, CODE)
    assert joint.held == [
        {key: file[key] for key in ("name", "size", "sha256")} for file in joint.files
    ]
    case = case_of(joint)
    assert (case.work, case.dossier) == (Work.FILED, "1")
    assert "accepted" in case.messages.values_list("event", flat=True)
    assert PollState.objects.filter(filing=joint).exists()
    by = JournalEntry.objects.get(action="filing.code", chain=f"case:{case.pk}")
    assert (by.actor_kind, by.staff_id) == (SYSTEM.kind, None)
    assert not journal.verify(f"case:{case.pk}")


def test_it_is_kept_byte_for_byte_and_sealed(joint: Filing, bring: Bring) -> None:
    text = paper_of(joint)
    paper = bring(joint, text)
    assert files.load(paper.file) == text.encode()
    assert paper.sha256 == hashlib.sha256(text.encode()).hexdigest()
    from django.core.files.storage import default_storage

    with default_storage.open(paper.file, "rb") as kept:
        assert CODE.encode() not in kept.read()


def test_the_same_file_twice_is_one(joint: Filing, bring: Bring) -> None:
    first = bring(joint, paper_of(joint))
    assert bring(joint, paper_of(joint)).pk == first.pk
    assert Acknowledgement.objects.count() == 1
    assert JournalEntry.objects.filter(action="acknowledgement.uploaded").count() == 1


@pytest.mark.parametrize("known", [True, False], ids=["code noted", "no code yet"])
def test_a_file_that_the_portal_lacks_puts_the_case_before_a_person(
    joint: Filing, together: Counter, bring: Bring, known: bool
) -> None:
    if known:
        note(joint, together)
    paper = bring(joint, paper_of(joint, files=[]))
    assert paper.state == State.DIFFERS
    assert (joint.state, joint.dossier_code) == (Filing.State.MISMATCH, CODE)
    assert [one["what"] for one in joint.difference] == ["count", "missing"]
    case = case_of(joint)
    assert (case.work, case.attention) == (Work.ATTENTION, "mismatch")
    told = case.messages.filter(event="accepted").count()
    assert told == (1 if known else 0)


def test_another_size_of_a_file_is_a_mismatch(joint: Filing, bring: Bring) -> None:
    one = {**joint.files[0], "size": joint.files[0]["size"] - 1}
    bring(joint, paper_of(joint, files=[one]))
    assert joint.state == Filing.State.MISMATCH
    assert joint.difference[0]["what"] == "size"


def test_another_code_than_the_noted_one_is_said_and_mended(
    joint: Filing, together: Counter, bring: Bring
) -> None:
    note(joint, together, "H26.31-261122-0002")
    paper = bring(joint, paper_of(joint))
    assert [one["what"] for one in paper.difference] == ["code"]
    assert joint.state == Filing.State.MISMATCH
    assert case_of(joint).attention == "acknowledgement"
    note(joint, together)
    joint.refresh_from_db()
    paper.refresh_from_db()
    assert (joint.state, joint.dossier_code, paper.state) == ("accepted", CODE, State.EQUAL)
    assert case_of(joint).work == Work.FILED


def test_what_was_heard_under_a_wrong_code_goes_with_it(
    joint: Filing, together: Counter, bring: Bring
) -> None:
    """Typed one digit off, the code of somebody else's dossier: the portal knows it well."""
    note(joint, together, "H26.31-261122-0002")
    StatusReport.objects.create(
        filing=joint, external_id="x/1", raw_code="1", dossier="1", occurred_at=timezone.now()
    )
    PollState.objects.filter(filing=joint).update(answered_at=timezone.now())
    with pytest.raises(dossier_codes.DossierCodeRefused):
        note(joint, together)  # nothing says that the noted one is wrong
    bring(joint, paper_of(joint))
    with pytest.raises(dossier_codes.DossierCodeRefused):
        note(joint, together, "H26.31-261122-0003")
    note(joint, together)
    joint.refresh_from_db()
    assert joint.dossier_code == CODE
    assert not joint.reports.exists()
    assert PollState.objects.get(filing=joint).answered_at is None


def test_a_paper_of_another_procedure_brings_no_code(joint: Filing, bring: Bring) -> None:
    paper = bring(joint, paper_of(joint, procedure="2.000635"))
    assert [one["what"] for one in paper.difference] == ["procedure"]
    assert (joint.state, joint.dossier_code) == (Filing.State.RECORDING, "")


def test_a_paper_with_foreign_files_brings_no_code(joint: Filing, bring: Bring) -> None:
    other = {"name": "la.pdf", "size": 5, "sha256": "0" * 64}
    paper = bring(joint, paper_of(joint, files=[other]))
    assert paper.state == State.DIFFERS
    assert joint.state == Filing.State.RECORDING
    assert case_of(joint).work == Work.FILED


def test_a_code_that_is_another_cases_is_said(
    joint: Filing, together: Counter, bring: Bring
) -> None:
    from cases.filing import services as filing_services

    other = filing_services.case_file(
        together.case(declaration=json.dumps({"ten-con": "A"})).pk,
        staff=together.staff,
        actor=together.actor,
    )
    note(other, together)
    paper = bring(joint, paper_of(joint))
    assert [one["what"] for one in paper.difference] == ["taken"]
    assert (joint.state, joint.dossier_code) == (Filing.State.RECORDING, "")


def test_the_code_noted_by_hand_after_a_paper_that_differs_is_not_accepted(
    joint: Filing, together: Counter, bring: Bring
) -> None:
    other = {"name": "la.pdf", "size": 5, "sha256": "0" * 64}
    bring(joint, paper_of(joint, files=[other]))
    note(joint, together)
    joint.refresh_from_db()
    assert joint.state == Filing.State.MISMATCH
    assert case_of(joint).attention == "mismatch"
    assert "accepted" not in case_of(joint).messages.values_list("event", flat=True)


def test_the_right_paper_after_a_wrong_one_settles_it(joint: Filing, bring: Bring) -> None:
    bring(joint, paper_of(joint, files=[]))
    assert joint.state == Filing.State.MISMATCH
    assert not case_of(joint).messages.filter(event="accepted").exists()
    bring(joint, paper_of(joint))
    assert (joint.state, joint.difference) == (Filing.State.ACCEPTED, [])
    assert case_of(joint).work == Work.FILED
    assert case_of(joint).messages.filter(event="accepted").count() == 1


def test_a_picture_is_kept_and_nothing_pretends_that_it_was_compared(
    joint: Filing, together: Counter, bring: Bring
) -> None:
    note(joint, together)
    paper = bring(joint, picture_pdf())
    assert (paper.state, paper.compared, paper.difference) == (State.BY_EYE, [], [])
    assert joint.state == Filing.State.ACCEPTED
    assert joint.held is None


@pytest.mark.parametrize(
    "name",
    ["pdf with a script", "pdf with a named script", "pdf that starts a program", "zip named .pdf",
     "pdf with a program attached", "pdf with an XFA form", "web page named .pdf", "pdf cut short",
     "pdf of 31 pages", "pdf with a password", "pdf that unpacks to 230 MB", "jpeg"],
)  # fmt: skip
def test_a_hostile_file_is_refused_and_not_kept(joint: Filing, bring: Bring, name: str) -> None:
    content = hostile.GOOD[name] if name in hostile.GOOD else hostile.BAD[name][0]
    paper = bring(joint, content)
    assert paper.state == State.REFUSED
    assert paper.refused_because
    assert paper.file == ""
    assert joint.state == Filing.State.RECORDING


def test_a_file_with_a_virus_is_refused_and_one_nobody_vouched_for_waits(
    joint: Filing, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(virus, "scan", lambda _content: virus.Verdict.AWAY)
    paper = bring(joint, paper_of(joint))
    assert paper.state == State.QUARANTINED
    monkeypatch.setattr(virus, "scan", lambda _content: virus.Verdict.FOUND)
    Acknowledgement.objects.update(uploaded_at=timezone.now() - timedelta(minutes=2))
    assert services.sweep() == 1
    paper.refresh_from_db()
    assert paper.state == State.REFUSED


def test_too_large_or_empty_or_not_filed_together_is_not_taken(
    joint: Filing, together: Counter, counter: Counter
) -> None:
    def arrived(size: int) -> Arrived:
        return Arrived(files.store([b"x"], folder=services.FOLDER), "x", size, "0" * 64)

    for filing, size in ((joint, 0), (joint, file_check.MAX_ISSUED + 1)):
        upload = arrived(size)
        with pytest.raises(services.NotTakenError):
            services.acknowledgement_add(
                staff=together.staff, case_id=filing.case_id, upload=upload
            )
        assert not files.exists(upload.stored)
    with pytest.raises(services.NotTakenError):
        services.acknowledgement_add(
            staff=counter.staff, case_id=counter.case().pk, upload=arrived(5)
        )


def test_the_database_keeps_a_difference_and_a_kept_file(joint: Filing, bring: Bring) -> None:
    paper = bring(joint, paper_of(joint))
    for wrong in ({"state": "differs"}, {"file": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Acknowledgement.objects.filter(pk=paper.pk).update(**wrong)


def test_the_wall_holds_without_the_selectors(joint: Filing, bring: Bring) -> None:
    from opsa.core import rls

    bring(joint, paper_of(joint))
    office = case_of(joint).agency_id
    with rls.office_scope(office):
        assert Acknowledgement.objects.count() == 1
    with rls.office_scope(office + 1):
        assert Acknowledgement.objects.count() == 0
    assert connection.ensure_connection() is None
