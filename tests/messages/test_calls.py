"""F10: who was not reached is called; who wants no texts gets none; nobody is woken at night."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cases.intake import extra_uses
from cases.messages import calls, outcomes
from cases.messages.services import by_sms, send_code, tell
from cases.models import Message
from opsa.core.models import JournalEntry
from opsa.core.once import new_key
from opsa.core.outbox import Outbox
from tests.messages.post import drain, make_due, owe, owe_for, times_told
from tests.support.cases import Counter, make_counter
from tests.support.helpers import Clock
from tests.support.processes import Simulator
from tests.support.worklists import sign_in

pytestmark = pytest.mark.django_db(transaction=True)
State = Message.State


@pytest.fixture
def clerk(counter: Counter) -> Client:
    return sign_in(Client(), counter.staff)


def post(client: Client, url: str, **data: str) -> Any:
    return client.post(url, {"form_key": new_key(), **data})


def failed(counter: Counter, event: str = "result", why: str = "wrong_number") -> Message:
    (message,) = owe(counter, event=event)
    outcomes.failed(message.pk, why)
    message.refresh_from_db()
    return message


def test_a_wrong_number_is_work_within_the_hour_by_the_providers_own_word(
    counter: Counter, clerk: Client, simulator: Simulator
) -> None:
    simulator.put("/api/dial", {"sms": {"fail": {"next": 1, "reason": "SAI_SO"}}})
    owe(counter, event="result")
    drain()
    assert "Không phải gọi cho ai" in clerk.get("/quay/goi-dien/").content.decode()
    simulator.post("/api/advance", {"minutes": 2})
    outcomes.ask()  # every minute
    page = clerk.get("/quay/goi-dien/").content.decode()
    assert "Số không có thật" in page
    assert "Đã có kết quả" in page
    assert "912345678" not in page


def test_a_silent_network_is_a_reason_to_call_only_where_the_person_must_act(
    counter: Counter, simulator: Simulator
) -> None:
    simulator.put("/api/dial", {"sms": {"silent": {"rate": 1.0}}})
    owe(counter, event="supplement")
    owe(counter, event="accepted")
    drain()
    Message.objects.update(handed_at=timezone.now() - timedelta(minutes=50))
    outcomes.ask()
    assert set(Message.objects.values_list("state", flat=True)) == {State.UNSURE}
    assert [call.what for call in calls.waiting(counter.staff)] == ["Cần thêm giấy tờ"]


def test_called_takes_the_person_off_the_list_under_the_clerks_name(
    counter: Counter, clerk: Client
) -> None:
    message = failed(counter)
    answer = post(clerk, reverse("quay:called", args=[message.case_id]))
    assert answer.status_code == 303
    assert calls.waiting(counter.staff) == []
    message.refresh_from_db()
    assert message.called_by == counter.staff
    line = JournalEntry.objects.get(action="message.called", chain=f"case:{message.case_id}")
    assert (line.staff_id, line.facts) == (counter.staff.pk, {"messages": 1})


def test_another_offices_people_are_not_on_the_list_and_cannot_be_marked(
    counter: Counter, clerk: Client
) -> None:
    other = make_counter()
    theirs = failed(other)
    assert calls.waiting(counter.staff) == []
    assert [call.case_id for call in calls.waiting(other.staff)] == [theirs.case_id]
    assert post(clerk, reverse("quay:called", args=[theirs.case_id])).status_code == 404


def test_a_corrected_number_is_told_once_and_kept(
    counter: Counter, clerk: Client, simulator: Simulator
) -> None:
    message = failed(counter)
    url = reverse("quay:text_again", args=[message.case_id])
    key = new_key()
    for _ in range(2):
        answer = clerk.post(url, {"form_key": key, "phone": "0987 654 321"})
        assert answer.status_code == 303
    drain()
    again = Message.objects.exclude(pk=message.pk).get(case=message.case_id)
    assert again.to == "+84987654321"
    assert (again.body, again.event) == (message.body, message.event)
    assert times_told(simulator, again) == 1
    message.case.filer.refresh_from_db()
    assert message.case.filer.phone == "+84987654321"
    assert calls.waiting(counter.staff) == []
    lines = JournalEntry.objects.filter(chain=f"case:{message.case_id}")
    assert {"case.phone_corrected", "message.again"} <= set(lines.values_list("action", flat=True))
    assert "987654321" not in str(list(lines.values()))


def test_a_number_that_cannot_be_is_said_beside_the_field(counter: Counter, clerk: Client) -> None:
    message = failed(counter)
    answer = post(clerk, reverse("quay:text_again", args=[message.case_id]), phone="0912 34")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'id="ph-{message.case_id}"' in page
    assert 'value="0912 34"' in page
    assert not Message.objects.exclude(pk=message.pk).exists()
    calls.called(message.case_id, actor=counter.actor)
    answer = post(clerk, reverse("quay:text_again", args=[message.case_id]), phone="0912 34")
    assert (
        answer.status_code == 303
    )  # a colleague called meanwhile: said, and no error without words
    assert "Không còn tin nào chờ gửi lại" in clerk.get("/quay/goi-dien/").content.decode()


def test_the_longest_waiting_comes_first_also_when_it_is_not_sure_whether_it_arrived(
    counter: Counter,
) -> None:
    now = timezone.now()
    unsure, wrong = failed(counter), failed(counter)
    Message.objects.filter(pk=unsure.pk).update(
        state=State.UNSURE, event="supplement", settled_at=None, handed_at=now - timedelta(hours=2)
    )
    found = calls.waiting(counter.staff)
    assert [call.case_id for call in found] == [unsure.case_id, wrong.case_id]
    assert found[0].since == now - timedelta(hours=2)


def test_the_newest_that_did_not_arrive_is_told_again_not_an_older_unsure_one(
    counter: Counter,
) -> None:
    newest = failed(counter)
    old = owe_for(newest.case, "supplement", once="1")
    long_ago = timezone.now() - timedelta(days=1)
    Message.objects.filter(pk=old.pk).update(state=State.UNSURE, handed_at=long_ago)
    again = calls.send_again(newest.case_id, "+84987654321", actor=counter.actor)
    assert again is not None
    assert again.event == newest.event


@pytest.mark.parametrize("once", ["2", "RH123456785VN:2"])
def test_the_second_code_of_a_postman_that_did_not_arrive_is_a_call_too(
    once: str, counter: Counter
) -> None:
    message = owe_for(counter.case(), "out", once=once, what="4827")
    outcomes.failed(message.pk, "wrong_number")
    assert [call.case_id for call in calls.waiting(counter.staff)] == [message.case_id]


def test_a_helpers_phone_that_was_not_reached_is_no_call(counter: Counter) -> None:
    case = counter.case()
    extra_uses.choose(staff=counter.staff, case_id=case.pk, kinds=["phone2"], phone="0987654321")
    message = owe_for(case)
    (helper,) = Message.objects.filter(case=case).exclude(pk=message.pk)
    outcomes.failed(helper.pk, "wrong_number")
    assert calls.waiting(counter.staff) == []


def test_the_list_costs_the_same_for_one_and_for_thirty_people(
    counter: Counter, clerk: Client, query_budget: Any
) -> None:
    failed(counter)
    clerk.get("/quay/goi-dien/")
    with query_budget(6):
        clerk.get("/quay/goi-dien/")
    for _ in range(5):
        failed(counter)
    with query_budget(6):
        clerk.get("/quay/goi-dien/")


class TestQuiet:
    @pytest.fixture(autouse=True)
    def by_night(self, settings: Any) -> None:
        settings.MESSAGE_QUIET_HOURS = (21, 7)

    def waits_until(self, message: Message) -> Any:
        row = Outbox.objects.get(key=f"message:{message.pk}")
        return timezone.localtime(row.run_at)

    @pytest.mark.parametrize(
        ("now", "until"),
        [
            ("2026-11-23 21:00", "2026-11-24 07:00"),
            ("2026-11-23 23:59", "2026-11-24 07:00"),
            ("2026-11-24 00:00", "2026-11-24 07:00"),
            ("2026-11-24 06:59", "2026-11-24 07:00"),
        ],
    )
    def test_at_night_a_text_waits_for_the_morning(
        self, now: str, until: str, counter: Counter, clock: Clock
    ) -> None:
        clock.at(now)
        (message,) = owe(counter)
        assert self.waits_until(message).strftime("%Y-%m-%d %H:%M") == until

    @pytest.mark.parametrize("now", ["2026-11-23 20:59", "2026-11-24 07:00"])
    def test_by_day_it_goes_at_once(self, now: str, counter: Counter, clock: Clock) -> None:
        clock.at(now)
        before = Outbox.objects.count()
        (message,) = owe(counter)
        row = Outbox.objects.get(key=f"message:{message.pk}")
        assert row.run_at == row.created_at
        assert Outbox.objects.count() == before + 1

    def test_a_code_goes_at_any_hour(
        self, counter: Counter, clock: Clock, simulator: Simulator
    ) -> None:
        clock.at("2026-11-23 23:00")
        with transaction.atomic():
            message = send_code(counter.case(), to="+84912345678", code="482715", key="k")
        row = Outbox.objects.get(key=f"message:{message.pk}")
        assert row.run_at == row.created_at

    def test_what_was_owed_by_day_and_is_late_does_not_wake_anybody_either(
        self, counter: Counter, clock: Clock, simulator: Simulator
    ) -> None:
        clock.at("2026-11-23 20:59")
        (message,) = owe(counter)
        clock.at("2026-11-23 21:30")
        drain()
        assert times_told(simulator, message) == 0
        row = Outbox.objects.get(key=f"message:{message.pk}")
        assert (row.state, row.last_sent_at) == ("ready", None)
        clock.at("2026-11-24 07:00")
        make_due()
        drain()
        assert times_told(simulator, message) == 1


class TestNoMoreTexts:
    def test_who_holds_the_link_ends_them_and_what_has_not_left_stays(
        self, counter: Counter, simulator: Simulator
    ) -> None:
        case = counter.case(work="filed", taken_at=timezone.now())
        message = owe_for(case)
        url = reverse("public:texts", args=[case.token])
        citizen = Client(enforce_csrf_checks=True)
        assert "Thôi nhắn tin" in citizen.get(url).content.decode()
        case.refresh_from_db()
        assert case.contact_by == "sms"
        key = new_key()
        for _ in range(2):
            assert citizen.post(url, {"form_key": key, "what": "stop"}).status_code == 303
        case.refresh_from_db()
        message.refresh_from_db()
        assert (case.contact_by, message.state) == ("none", State.STOPPED)
        make_due()
        drain()
        assert times_told(simulator, message) == 0
        with transaction.atomic():
            assert tell(case, "result") is None
        line = JournalEntry.objects.get(action="message.stopped", chain=f"case:{case.pk}")
        assert (line.actor_kind, line.facts) == ("citizen", {"withdrawn": 1})
        assert calls.waiting(counter.staff) == []
        citizen.post(url, {"form_key": new_key(), "what": "start"})
        case.refresh_from_db()
        with transaction.atomic():
            assert tell(case, "result") is not None

    def test_without_a_form_key_nothing_happens(self, counter: Counter) -> None:
        case = counter.case(work="filed", taken_at=timezone.now())
        answer = Client().post(reverse("public:texts", args=[case.token]), {"what": "stop"})
        assert answer.status_code == 400
        case.refresh_from_db()
        assert case.contact_by == "sms"

    def test_who_wants_none_gets_none_to_another_number_or_another_way_either(
        self, counter: Counter
    ) -> None:
        message = failed(counter)
        message.case.contact_by = "none"
        message.case.save()
        assert [call.may_send for call in calls.waiting(counter.staff)] == [False]
        assert calls.send_again(message.case_id, "+84987654321", actor=counter.actor) is None
        assert by_sms(message) is None

    def test_the_counter_does_it_under_the_clerks_name(
        self, counter: Counter, clerk: Client
    ) -> None:
        case = counter.case(work="filed", taken_at=timezone.now())
        assert post(clerk, reverse("quay:texts_stop", args=[case.pk])).status_code == 303
        page = clerk.get(reverse("quay:filed", args=[case.pk])).content.decode()
        assert "Nhắn tin lại" in page
        line = JournalEntry.objects.get(action="message.stopped", chain=f"case:{case.pk}")
        assert line.staff_id == counter.staff.pk

    def test_a_text_that_may_have_left_is_not_called_back(
        self, counter: Counter, simulator: Simulator
    ) -> None:
        simulator.put("/api/dial", {"sms": {"cut": {"next": 1}}})
        case = counter.case(work="filed", taken_at=timezone.now())
        message = owe_for(case)
        drain()
        calls.stop(case.pk, actor=counter.actor)
        message.refresh_from_db()
        assert message.state == State.QUEUED
        make_due()
        drain()
        message.refresh_from_db()
        assert message.state == State.HANDED


def test_the_case_page_says_what_became_of_a_text(counter: Counter, clerk: Client) -> None:
    message = failed(counter)
    message.case.work = "filed"
    message.case.taken_at = timezone.now()
    message.case.save()
    page = clerk.get(reverse("quay:filed", args=[message.case_id])).content.decode()
    assert "số không có thật" in page
