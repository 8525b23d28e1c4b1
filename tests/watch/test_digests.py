"""At seven each office lead reads what stands open; no person is named; told once a day (F25)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from agencies.models import Role, Staff
from cases.messages import calls
from cases.models import Case, Digest, Filing, Message
from cases.watch import digests
from cases.watch.tasks import morning
from opsa.celery import app
from opsa.core.codes import group_reference
from tests.support.cases import Counter, make_counter
from tests.support.helpers import Clock
from tests.support.worklists import PASSWORD, lay, sign_in


@pytest.fixture
def seven(clock: Clock) -> Clock:
    """Seven o'clock of a Monday."""
    clock.at("2026-11-23 07:00")
    return clock


def lead(counter: Counter, email: str = "") -> Staff:
    return Staff.objects.create_user(
        f"lead{counter.agency.pk}", PASSWORD, display_name="Trưởng điểm", role=Role.LEAD,
        agency=counter.agency, email=email,
    )  # fmt: skip


def failed_text(case: Case) -> None:
    Message.objects.create(
        case=case, event="taken", key=f"{case.pk}:x", to="+84912345678", body="x",
        state=Message.State.FAILED,
    )  # fmt: skip


def full(counter: Counter) -> dict[str, Case]:
    """One case for each part of the digest."""
    now = timezone.now()
    made = {
        "unsent": lay(counter, taken_at=now - timedelta(hours=2)),
        "uncoded": lay(counter, taken_at=now - timedelta(hours=2)),
        "attention": lay(counter, work="attention", attention="refused"),
        "near": lay(counter, dossier="4", code="H26.1-1", due_at=now - timedelta(hours=1)),
        "messages": lay(counter, dossier="4", code="H26.1-2", due_at=now + timedelta(days=9)),
        "deliveries": lay(counter, dossier="9", delivery="failed", decided_at=now, code="H26.1-3"),
        "drafts": lay(counter, work="draft"),
    }
    failed_text(made["messages"])
    made["uncoded"].filings.update(way="copilot", state=Filing.State.RECORDING)
    Case.objects.filter(pk=made["drafts"].pk).update(changed_at=now - timedelta(days=1))
    return made


def test_each_part_lists_its_case_and_nothing_else(counter: Counter, seven: Clock) -> None:
    made = full(counter)
    lay(counter, work="draft")  # of today
    lay(counter, dossier="4", code="H26.1-5", due_at=timezone.now() + timedelta(days=20))
    lines = digests.open_lines(counter.agency, timezone.now())
    assert [line["key"] for line in lines] == [part.key for part in digests.PARTS]
    for line in lines:
        assert line["codes"] == [group_reference(made[line["key"]].reference)], line["key"]
        assert line["count"] == 1


def test_who_was_called_about_a_text_is_not_called_for_again(
    counter: Counter, seven: Clock
) -> None:
    """The letter names whom the list of calls names."""
    case = lay(counter, dossier="4", code="H26.1-2", due_at=timezone.now() + timedelta(days=9))
    failed_text(case)
    assert [line["key"] for line in digests.open_lines(counter.agency, timezone.now())]
    assert [one.case_id for one in calls.waiting(counter.staff)] == [case.pk]
    calls.called(case.pk, actor=counter.actor)
    assert digests.open_lines(counter.agency, timezone.now()) == []
    silent = Message.objects.create(
        case=case, event="supplement", key=f"{case.pk}:y", to="+84912345678", body="x",
        state=Message.State.UNSURE,
    )  # fmt: skip
    assert [one.case_id for one in calls.waiting(counter.staff)] == [silent.case_id]
    (line,) = digests.open_lines(counter.agency, timezone.now())
    assert line["key"] == "messages"


def test_the_letter_goes_to_the_lead_and_holds_codes_but_no_person(
    counter: Counter, seven: Clock
) -> None:
    made = full(counter)
    lead(counter, "truongdiem@example.vn")
    other = make_counter()
    lead(other)
    assert digests.morning() == 2
    (letter,) = mail.outbox
    assert letter.to == ["truongdiem@example.vn"]
    assert counter.agency.short_name in letter.subject
    for case in made.values():
        assert group_reference(case.reference) in letter.body
        assert case.filer is not None
        for secret in (case.filer.name, case.filer.phone, case.filer.id_number, case.token):
            assert secret not in letter.body + letter.subject


def test_an_office_with_nothing_open_reads_one_line(counter: Counter, seven: Clock) -> None:
    lead(counter, "truongdiem@example.vn")
    digests.morning()
    (letter,) = mail.outbox
    assert letter.body == "Sáng nay không còn việc nào để lại."


def test_beat_may_ask_as_often_as_it_likes_and_the_office_is_told_once(
    counter: Counter, seven: Clock
) -> None:
    lead(counter, "truongdiem@example.vn")
    for _ in range(3):
        morning()
        seven.forward(minutes=10)
    assert len(mail.outbox) == 1
    assert Digest.objects.filter(agency=counter.agency).count() == 1
    seven.at("2026-11-25 07:00")  # the 24th is a holiday
    morning()
    assert len(mail.outbox) == 2


@pytest.mark.parametrize("day", ["2026-11-22 07:00", "2026-09-02 07:00"])
def test_on_rest_days_nobody_is_woken(counter: Counter, clock: Clock, day: str) -> None:
    from django.core.management import call_command

    call_command("load_calendar", verbosity=0)
    clock.at(day)
    lead(counter, "truongdiem@example.vn")
    assert digests.morning() == 0
    assert not mail.outbox


def test_a_letter_that_could_not_leave_goes_at_the_next_turn(
    counter: Counter, seven: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead(counter, "truongdiem@example.vn")

    def refuse(*_args: object, **_more: object) -> int:
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr(EmailMessage, "send", refuse)
        assert digests.morning() == 0
    assert digests.morning() == 1
    assert len(mail.outbox) == 1


def test_seven_is_hanois_and_beat_knows_it() -> None:
    entry = app.conf.beat_schedule["morning-digest"]
    assert entry["schedule"].hour == {7}
    assert min(entry["schedule"].minute) == 0
    assert app.conf.timezone == "Asia/Ho_Chi_Minh"


def test_a_long_part_shows_ten_codes_and_the_whole_count(counter: Counter, seven: Clock) -> None:
    for _ in range(13):
        lay(counter, work="attention", attention="refused")
    (line,) = digests.open_lines(counter.agency, timezone.now())
    assert (line["count"], len(line["codes"])) == (13, 10)


def test_the_lead_reads_the_own_office_on_the_board_and_the_city_reads_all(
    counter: Counter, seven: Clock
) -> None:
    made = full(counter)
    other = make_counter()
    theirs = lay(other, work="attention", attention="refused")
    digests.morning()
    own, foreign = (group_reference(one.reference) for one in (made["attention"], theirs))
    page = sign_in(Client(), lead(counter)).get("/dieu-hanh/dau-ngay/").content.decode()
    assert own in page
    assert foreign not in page
    boss = Staff.objects.create_user(
        "boss", PASSWORD, display_name="Điều hành", role=Role.SUPERVISOR
    )
    city = sign_in(Client(), boss)
    page = city.get("/dieu-hanh/dau-ngay/").content.decode()
    assert own in page
    assert foreign in page
    assert city.get("/dieu-hanh/dau-ngay/?ngay=2026-11-20").status_code == 200
    assert city.get("/dieu-hanh/dau-ngay/?ngay=x").status_code == 404


def test_a_morning_asks_a_fixed_number_of_questions_an_office(
    counter: Counter, seven: Clock, query_budget: Callable[..., object]
) -> None:
    full(counter)
    with query_budget(2 * len(digests.PARTS)):
        digests.open_lines(counter.agency, timezone.now())


def test_an_office_that_was_told_is_not_asked_about_again(
    counter: Counter, seven: Clock, query_budget: Callable[..., object]
) -> None:
    """Beat asks six times between seven and eight."""
    full(counter)
    assert digests.morning() == 1
    with query_budget(len(digests.PARTS)):
        assert digests.morning() == 0


def test_without_a_mail_server_each_office_has_its_page_and_nobody_waits_for_each_letter(
    counter: Counter, seven: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [counter, make_counter(), make_counter()]
    for number, one in enumerate(others):
        lead(one, f"truongdiem{number}@example.vn")
    asked: list[object] = []

    def silent(*_args: object, **_more: object) -> int:
        asked.append(1)
        raise TimeoutError

    with monkeypatch.context() as broken:
        broken.setattr(EmailMessage, "send", silent)
        assert digests.morning() == 0
    assert len(asked) == 1
    assert Digest.objects.filter(mailed_at__isnull=True).count() == 3
    assert digests.morning() == 3
