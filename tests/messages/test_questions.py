"""F10's measure: how often people ask how their case is doing, with a text and without."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from agencies.models import Role, Staff
from cases.messages import questions
from cases.models import Case, Message, StatusQuestion
from opsa.core.models import JournalEntry
from opsa.core.once import new_key
from tests.support.cases import make_counter
from tests.support.worklists import PASSWORD, lay, sign_in

PAGE = "/dieu-hanh/tin-nhan/khach-hoi/"


@pytest.fixture
def boss(db: None) -> Staff:
    return Staff.objects.create_user(
        "dieu-hanh", PASSWORD, display_name="Điều hành (tập sự)", role=Role.SUPERVISOR
    )


@pytest.fixture
def clerk(counter) -> Client:
    return sign_in(Client(), counter.staff)


@pytest.fixture
def case(counter) -> Case:
    return lay(counter, dossier="4")


def press(clerk: Client, case: Case, way: str, key: str = "") -> Any:
    url = f"/quay/ho-so/{case.pk}/khach-hoi/"
    return clerk.post(url, {"form_key": key or new_key(), "way": way})


def told(case: Case, state: str = "delivered") -> None:
    Message.objects.create(
        case=case,
        event="accepted",
        key=f"{case.pk}:{state}",
        state=state,
        to="+84912345678",
        body="x",
    )


def asked(case: Case, *ways: str, staff: Staff) -> None:
    for way in ways:
        questions.question_note(case.pk, way, staff=staff)


def test_one_press_on_the_case_counts_one_question(clerk, case):
    page = clerk.get(f"/quay/ho-so/{case.pk}/xem/").content.decode()
    assert "Khách hỏi tình trạng?" in page
    key = new_key()
    for _time in range(2):  # the second one is a double click
        assert press(clerk, case, "phone", key).status_code == 303
    assert [q.way for q in StatusQuestion.objects.all()] == ["phone"]
    assert JournalEntry.objects.filter(action="question.noted").count() == 1
    assert press(clerk, case, "letter").status_code == 404
    line = clerk.get(f"/quay/ho-so/{case.pk}/dien-bien/").content.decode()
    assert "Khách hỏi tình trạng" in line.partition('id="timeline"')[2]


def test_a_slip_of_the_finger_is_taken_back_by_its_own_hand_and_only_for_a_while(
    clerk, case, counter
):
    press(clerk, case, "counter")
    noted = StatusQuestion.objects.get()
    back = f"/quay/khach-hoi/{noted.pk}/bo/"
    page = clerk.get(f"/quay/ho-so/{case.pk}/xem/").content.decode()
    assert f'action="{back}"' in page, "the undo bar offers it"
    colleague = Staff.objects.create_user(
        "ban", PASSWORD, display_name="Bạn (tập sự)", role=Role.CLERK, agency=counter.agency
    )
    assert not questions.question_take_back(noted, staff=colleague)
    StatusQuestion.objects.update(asked_at=timezone.now() - timedelta(minutes=11))
    clerk.post(back, {"form_key": new_key()})
    assert StatusQuestion.objects.exists(), "too late"
    StatusQuestion.objects.update(asked_at=timezone.now())
    clerk.post(back, {"form_key": new_key()})
    assert not StatusQuestion.objects.exists()
    assert JournalEntry.objects.filter(action="question.taken_back").count() == 1


def test_those_who_were_told_stand_beside_those_who_were_not(boss, counter):
    with_text = [lay(counter, dossier="4", code=f"H26.80-261125-{n:04}") for n in range(4)]
    without = [lay(counter, dossier="4", code=f"H26.80-261126-{n:04}") for n in range(3)]
    for case in with_text:
        told(case)
        told(case, "handed")  # two texts are one citizen who was told
    told(without[0], "failed")
    asked(with_text[0], "phone", staff=counter.staff)
    asked(without[0], "phone", "phone", "counter", staff=counter.staff)
    asked(without[1], "counter", staff=counter.staff)
    page = sign_in(Client(), boss).get(PAGE)
    assert [(x.per_hundred, x.counter, x.phone, x.filed) for _n, x in page.context["lines"]] == [
        (25, 0, 1, 4),
        (133, 2, 2, 3),
        (71, 2, 3, 7),
    ]


def test_each_sees_what_is_theirs_to_see(boss, counter):
    elsewhere = make_counter()
    for place in (counter, elsewhere):
        asked(lay(place, dossier="4"), "phone", staff=place.staff)
    lead = Staff.objects.create_user(
        "lead", PASSWORD, display_name="Trưởng điểm", role=Role.LEAD, agency=counter.agency
    )
    week = (timezone.now() - timedelta(days=1), timezone.now() + timedelta(days=1))
    assert questions.asked_about(lead, *week).all == questions.Line(1, 0, 1)
    assert questions.asked_about(boss, *week).all == questions.Line(2, 0, 2)
    assert sign_in(Client(), counter.staff).get(PAGE).status_code == 403


def test_a_week_without_filings_and_a_week_that_is_none(boss):
    visitor = sign_in(Client(), boss)
    assert "Tuần này chưa nhận hồ sơ nào" in visitor.get(PAGE).content.decode()
    assert visitor.get(f"{PAGE}?tuan=2020-01-06").status_code == 404
    assert questions.Line().per_hundred is None


def test_the_figures_cost_two_questions_however_many_there_are(boss, counter, query_budget):
    for n in range(3):
        asked(lay(counter, dossier="4", code=f"H26.80-261125-{n:04}"), "phone", staff=counter.staff)
    week = (timezone.now() - timedelta(days=1), timezone.now() + timedelta(days=1))
    with query_budget(2):
        assert questions.asked_about(boss, *week).all.phone == 3
