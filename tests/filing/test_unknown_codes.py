"""A typed dossier code: of its system's form, and never accepted silently for ever when its system
does not know it."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from cases.filing import dossier_codes, services
from cases.models import Case, Filing, PollState
from cases.states import Work
from cases.tracking import asking
from procedures.models import FilingSystem
from tests.support.cases import Counter, make_counter
from tests.support.processes import Simulator
from tests.support.worklists import sign_in

pytestmark = pytest.mark.django_db(transaction=True)
CODE = "H26.31-261122-7777"


@pytest.fixture
def counter() -> Counter:
    return make_counter(way=FilingSystem.Way.COPILOT)


@pytest.fixture
def filing(counter: Counter) -> Filing:
    made = services.case_file(counter.case().pk, staff=counter.staff, actor=counter.actor)
    return note(made, counter, CODE)


def note(filing: Filing, counter: Counter, code: str) -> Filing:
    return dossier_codes.dossier_code_record(
        filing.case_id, code, actor=counter.actor, receipt=None
    )


def asked(filing: Filing, *, hours: float = 0) -> Case:
    """Asked once more, after this time."""
    poll = PollState.objects.get(filing=filing)
    if poll.unknown_since and hours:
        back = timedelta(hours=hours)
        poll.unknown_since -= back
        poll.unknown_told_at = poll.unknown_told_at and poll.unknown_told_at - back
        poll.save()
    assert asking.ask_about(filing.pk)
    return Case.objects.get(pk=filing.case_id)


@pytest.mark.parametrize(
    ("code", "form", "good"),
    [
        ("H26.31-261122-0001", "", True),
        ("H26.31-261122-0001", "A00.00-000000-0000", True),
        ("H26.31-261122-00012", "A00.00-000000-0000", False),
        ("H26.31-261122-00012", "A00.00-000000-*", True),
        ("000.00.31.H26-261122-0001", "A00.00-000000-* 000.00.00.A00-000000-*", True),
        ("HX6.31-261122-0001", "A00.00-000000-*", False),
        ("H26x31-261122-0001", "A00.00-000000-*", False),
        ("١٢٣٤", "0000", False),
        ("A" * 59 + ".", "*" * 190, False),
    ],
)
def test_a_code_is_held_against_the_forms_of_its_system(code: str, form: str, good: bool) -> None:
    assert dossier_codes.fits(code, form) is good


def test_a_code_of_another_form_is_refused_with_the_form(counter: Counter) -> None:
    made = services.case_file(counter.case().pk, staff=counter.staff, actor=counter.actor)
    made.system.code_form = "A00.00-000000-0000"
    made.system.full_clean()
    made.system.save()
    client = sign_in(Client(), counter.staff)
    from opsa.core.once import new_key

    answer = client.post(
        f"/quay/ho-so/{made.case_id}/ma-ho-so/", {"form_key": new_key(), "code": "h26-1"}
    )
    assert answer.status_code == 422
    assert "A00.00-000000-0000" in answer.content.decode()
    assert 'value="h26-1"' in answer.content.decode()
    assert note(made, counter, " h26.31-261122-0001 ").dossier_code == "H26.31-261122-0001"
    made.system.code_form = "(a+)+$"
    with pytest.raises(ValidationError):
        made.system.full_clean()


def test_a_code_nobody_knows_is_said_and_after_a_day_a_person_sees_it(
    filing: Filing, counter: Counter, simulator: Simulator
) -> None:
    case = asked(filing)
    assert case.work == Work.FILED
    page = sign_in(Client(), counter.staff).get(f"/quay/ho-so/{case.pk}/cung-nop/")
    assert "Cổng chưa thấy mã này" in page.content.decode()
    assert asked(filing, hours=23).work == Work.FILED
    case = asked(filing, hours=2)
    assert (case.work, case.attention) == (Work.ATTENTION, "code_unknown")


def test_who_was_told_is_left_alone_for_another_day(
    filing: Filing, counter: Counter, simulator: Simulator
) -> None:
    from cases.filing.deciding import attention_end

    asked(filing)
    asked(filing, hours=25)
    attention_end(filing.case_id, actor=counter.actor, reason="đã hỏi cơ quan")
    assert asked(filing, hours=2).work == Work.FILED
    assert asked(filing, hours=23).work == Work.ATTENTION


def test_a_portal_that_is_away_says_nothing_about_a_code(
    filing: Filing, simulator: Simulator
) -> None:
    simulator.put("/api/dial", {"portal": {"mode": "down"}})
    asked(filing)
    assert PollState.objects.get(filing=filing).unknown_since is None


def test_a_code_that_becomes_known_settles_it(filing: Filing, simulator: Simulator) -> None:
    asked(filing)
    assert asked(filing, hours=25).work == Work.ATTENTION
    dossier = {
        "MaTTHC": "1", "TenTTHC": "x", "HoTen": "x", "SoDinhDanh": "1", "SoDienThoai": "1",
        "MaDonViTiepNhan": "H26.31", "Tep": [],
    }  # fmt: skip
    import httpx

    made = httpx.post(f"{simulator.portal}/portal/cong-dan/ho-so", json=dossier, trust_env=False)
    Filing.objects.filter(pk=filing.pk).update(dossier_code=made.json()["MaHoSo"])
    case = asked(filing)
    assert case.work == Work.FILED
    assert PollState.objects.get(filing=filing).unknown_since is None


def test_an_unknown_code_can_be_mended(
    filing: Filing, counter: Counter, simulator: Simulator
) -> None:
    asked(filing)
    asked(filing, hours=25)
    mended = note(filing, counter, "H26.31-261122-7778")
    assert (mended.dossier_code, mended.state) == ("H26.31-261122-7778", Filing.State.ACCEPTED)
    poll = PollState.objects.get(filing=filing)
    assert (poll.unknown_since, poll.next_at > timezone.now()) == (None, True)
    case = Case.objects.get(pk=filing.case_id)
    assert case.work == Work.FILED
    assert case.messages.filter(event="accepted").count() == 1
