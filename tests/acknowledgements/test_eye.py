"""F02: an acknowledgement that no machine can read is held against the filing by a person, whose
word counts, has a name, and can be taken back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases.acknowledgements import eye, services
from cases.filing import dossier_codes
from cases.models import Acknowledgement, Case, Filing, PollState
from opsa.core import journal
from opsa.core.models import JournalEntry
from opsa.core.once import new_key
from tests.support.cases import Counter
from tests.support.joint import CODE, paper_of, picture_pdf
from tests.support.worklists import sign_in

pytestmark = pytest.mark.django_db(transaction=True)
Bring = Callable[..., Acknowledgement]


@pytest.fixture
def picture(joint: Filing, together: Counter, bring: Bring) -> Acknowledgement:
    """A paper without letters for a filing whose code is noted."""
    note(joint, together)
    return bring(joint, picture_pdf())


def note(filing: Filing, counter: Counter, code: str = CODE) -> None:
    dossier_codes.dossier_code_record(filing.case_id, code, actor=counter.actor, receipt=None)


def say(paper: Acknowledgement, counter: Counter, said: str) -> None:
    eye.eye_say(staff=counter.staff, case_id=paper.filing.case_id, paper_id=paper.pk, said=said)
    paper.refresh_from_db()


def stands(paper: Acknowledgement) -> tuple[str, str, str]:
    filing = Filing.objects.get(pk=paper.filing_id)
    case = Case.objects.get(pk=filing.case_id)
    return filing.state, case.work, case.attention


def test_a_clerk_says_with_one_press_that_it_is_right_and_the_page_says_who_and_when(
    picture: Acknowledgement, together: Counter
) -> None:
    client = sign_in(Client(), together.staff)
    case_id = picture.filing.case_id
    url = reverse("quay:acknowledgement_eye", args=[case_id, picture.pk])
    panel = reverse("quay:copilot", args=[case_id])
    assert "Tôi đã so bằng mắt" in client.get(panel).content.decode()
    answer = client.post(url, {"form_key": new_key(), "said": "right"})
    assert answer["Location"] == reverse("quay:filed", args=[case_id]) + "#paper"
    picture.refresh_from_db()
    assert (picture.state, picture.eye, picture.eye_by) == ("by_eye", "right", together.staff)
    at = timezone.localtime(picture.eye_at)
    shown = client.get(panel).content.decode()
    said = f"{together.staff.display_name} ghi lúc {at:%H:%M %d/%m}"
    assert f"So bằng mắt: đúng với hồ sơ đã nộp. {said}" in shown
    page = client.get(reverse("quay:filed", args=[case_id])).content.decode()
    assert "So bằng mắt: giấy tiếp nhận đúng" in page
    line = JournalEntry.objects.get(action="acknowledgement.eye_right")
    assert (line.staff_id, line.chain) == (together.staff.pk, f"case:{case_id}")
    assert stands(picture) == ("accepted", "filed", "")
    assert not journal.verify(f"case:{case_id}")


def test_a_difference_puts_the_case_before_a_person_as_the_machines_does(
    picture: Acknowledgement, together: Counter
) -> None:
    say(picture, together, "differs")
    assert stands(picture) == ("mismatch", "attention", "acknowledgement")
    filing = Filing.objects.get()
    assert filing.difference == [{"what": "eye"}]
    client = sign_in(Client(), together.staff)
    page = client.get(reverse("quay:filed", args=[filing.case_id])).content.decode()
    assert "acknowledgement_differs" not in page, "what follows is the machine's act"
    assert "So bằng mắt thấy giấy tiếp nhận khác với hồ sơ." in page


def test_what_was_said_by_mistake_is_taken_back(
    picture: Acknowledgement, together: Counter
) -> None:
    say(picture, together, "differs")
    say(picture, together, "")
    assert (picture.eye, picture.eye_by, picture.eye_at) == ("", None, None)
    assert stands(picture) == ("accepted", "filed", "")
    say(picture, together, "right")
    say(picture, together, "right")
    said = JournalEntry.objects.filter(action__startswith="acknowledgement.eye_")
    assert list(said.order_by("seq").values_list("action", flat=True)) == [
        "acknowledgement.eye_differs", "acknowledgement.eye_back", "acknowledgement.eye_right",
    ]  # fmt: skip
    messages = Case.objects.get(pk=picture.filing.case_id).messages
    assert messages.filter(event="accepted").count() == 1


def test_taken_back_a_word_leaves_what_the_paper_before_it_said(
    joint: Filing, together: Counter, bring: Bring
) -> None:
    bring(joint, paper_of(joint, files=[]))
    paper = bring(joint, picture_pdf())
    assert stands(paper) == ("mismatch", "attention", "mismatch")
    say(paper, together, "right")
    assert stands(paper) == ("accepted", "filed", "")
    assert Filing.objects.get().held is None
    say(paper, together, "")
    assert stands(paper) == ("mismatch", "attention", "mismatch")
    assert [one["what"] for one in Filing.objects.get().difference] == ["count", "missing"]


def test_only_the_newest_paper_that_no_machine_settled_is_for_the_eye_once_a_code_is_noted(
    joint: Filing, together: Counter, bring: Bring
) -> None:
    picture = bring(joint, picture_pdf())
    with pytest.raises(eye.NotForTheEye, match="chưa có mã"):
        say(picture, together, "right")
    note(joint, together)
    newer = bring(joint, paper_of(joint))
    for paper, why in ((picture, "mới hơn"), (newer, "máy đã so")):
        with pytest.raises(eye.NotForTheEye, match=why):
            say(paper, together, "differs")
    with pytest.raises(eye.NotForTheEye):
        say(newer, together, "equal")
    assert stands(newer) == ("accepted", "filed", "")
    shown = sign_in(Client(), together.staff).post(
        reverse("quay:acknowledgement_eye", args=[joint.case_id, picture.pk]),
        {"form_key": new_key(), "said": "differs"},
    )
    assert shown.status_code == 422
    assert "Đã có giấy tiếp nhận mới hơn" in shown.content.decode()


def test_a_readable_paper_after_a_difference_to_the_eye_settles_it(
    picture: Acknowledgement, together: Counter, bring: Bring
) -> None:
    say(picture, together, "differs")
    bring(picture.filing, paper_of(picture.filing))
    assert stands(picture) == ("accepted", "filed", "")


def test_a_code_that_the_paper_shows_to_be_wrong_is_corrected_and_the_word_goes_with_it(
    picture: Acknowledgement, together: Counter
) -> None:
    PollState.objects.update(answered_at=timezone.now() - timedelta(minutes=5))
    with pytest.raises(dossier_codes.DossierCodeRefused):
        note(picture.filing, together, "H26.31-261122-0002")
    say(picture, together, "differs")
    note(picture.filing, together, "H26.31-261122-0002")
    picture.refresh_from_db()
    assert (picture.eye, picture.eye_by) == ("", None)
    assert stands(picture) == ("accepted", "filed", "")


def test_no_word_stands_without_its_person(picture: Acknowledgement, together: Counter) -> None:
    for wrong in ({"eye": "right"}, {"eye_by": together.staff}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Acknowledgement.objects.filter(pk=picture.pk).update(**wrong)
    assert services.settling(picture.filing) is None
