"""F01, F08: what was asked under a dossier code that was corrected since is nobody's news."""

import pytest
from django.utils import timezone

from cases.filing import dossier_codes, services
from cases.imports import services as imports
from cases.imports.reading import Line
from cases.models import Case, Filing, PollState
from cases.states import Dossier, Sync
from cases.tracking import asking
from opsa.core.models import JournalEntry
from procedures.models import FilingSystem
from tests.support.cases import Counter, make_counter
from tests.support.processes import Simulator
from tests.support.sending import drain, file

pytestmark = pytest.mark.django_db(transaction=True)
RIGHT = "H26.31-261122-7777"


@pytest.fixture
def strangers(simulator: Simulator) -> str:
    """The code of somebody else's dossier, which its authority has decided."""
    theirs = file(make_counter())
    drain(theirs)
    theirs.refresh_from_db()
    simulator.post(f"/api/dossier/{theirs.dossier_code}/status", {"TrangThai": 9})
    Filing.objects.filter(pk=theirs.pk).update(dossier_code="H26.31-1")
    PollState.objects.all().delete()
    return theirs.dossier_code


@pytest.fixture
def counter() -> Counter:
    return make_counter(way=FilingSystem.Way.COPILOT)


def note(filing: Filing, counter: Counter, code: str) -> Filing:
    return dossier_codes.dossier_code_record(
        filing.case_id, code, actor=counter.actor, receipt=None
    )


def corrected_while_asked(counter: Counter, wrong: str) -> tuple[Filing, asking.Claim]:
    """A filing under its right code, and the question under the wrong one that is under way."""
    made = services.case_file(counter.case().pk, staff=counter.staff, actor=counter.actor)
    filing = note(made, counter, wrong)
    PollState.objects.update(next_at=timezone.now())
    [claim] = asking.claim_due(filing.system_id, 5)
    note(filing, counter, RIGHT)
    # The right code is under way too: both questions have the same number.
    PollState.objects.update(next_at=timezone.now())
    [again] = asking.claim_due(filing.system_id, 5)
    assert (claim.code, again.code, again.token) == (wrong, RIGHT, claim.token)
    return filing, claim


def untouched(filing: Filing) -> None:
    """The case stands under its right code as if nothing had been heard."""
    case, poll = Case.objects.get(pk=filing.case_id), PollState.objects.get(pk=filing.pk)
    assert (case.dossier, case.sync) == (Dossier.NEW, Sync.NEVER)
    assert not filing.reports.exists()
    assert (poll.answered_at, poll.last_report, poll.misses) == (None, "", 0)
    assert poll.unknown_since is None


def test_an_answer_about_the_code_before_does_not_move_the_case(
    counter: Counter, strangers: str
) -> None:
    filing, claim = corrected_while_asked(counter, strangers)
    assert asking.ask(filing.system_id, [claim]) == (0.0, 0)
    untouched(filing)
    line = JournalEntry.objects.get(action="report.of_another_code")
    assert (line.actor_kind, line.chain) == ("system", f"case:{filing.case_id}")
    assert line.facts == {"told": strangers, "dossier": RIGHT}


def test_that_the_code_before_is_not_known_says_nothing_of_the_right_one(
    counter: Counter, simulator: Simulator
) -> None:
    filing, claim = corrected_while_asked(counter, "H26.31-261122-0001")
    asking.ask(filing.system_id, [claim])
    untouched(filing)


def test_a_line_of_a_file_about_the_code_before_is_counted_as_not_applied(counter: Counter) -> None:
    made = services.case_file(counter.case().pk, staff=counter.staff, actor=counter.actor)
    read_before = note(made, counter, "H26.31-261122-0001")
    note(made, counter, RIGHT)
    line = Line(2, read_before.dossier_code, "9")
    assert not imports._told(read_before, line, timezone.now())
    untouched(made)
