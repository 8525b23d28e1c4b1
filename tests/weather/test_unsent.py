"""What has not left is listed with why, since when and what next; one press sends it (F01)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from cases.filing import services, unsent
from cases.filing.systems import channel_of
from cases.models import Case, Filing, Outage
from cases.weather import sky
from cases.worklists.cursors import PAGE
from opsa.core import outbox
from opsa.core.models import JournalEntry
from opsa.core.once import new_key
from opsa.core.outbox import Channel, Outbox
from procedures.models import FilingSystem
from tests.support.cases import Counter, make_counter
from tests.support.sending import file
from tests.support.worklists import sign_in

LIST = "/quay/cho-gui/chi-tiet/"


@pytest.fixture
def clerk(counter: Counter) -> Client:
    return sign_in(Client(), counter.staff)


def row_of(filing: Filing) -> Any:
    return Outbox.objects.filter(key=f"filing:{filing.pk}")


def line(counter: Counter) -> unsent.Unsent:
    (one,) = unsent.page(counter.staff, None)[0]
    return one


@pytest.mark.parametrize(
    ("facts", "says", "tone"),
    [
        ({}, "đang đến lượt", ""),
        ({"last_error": "ConnectError"}, "Chưa nối được với cổng", "wait"),
        ({"last_error": "429"}, "Cổng đang bận", "wait"),
        ({"last_error": "KQ.DVC.429"}, "Cổng đang bận", "wait"),
        ({"last_error": "KQ.DVC.503"}, "Chưa nối được với cổng", "wait"),
        ({"last_error": "ReadTimeout"}, "không trả lời kịp", "wait"),
        ({"last_error": "odd words of theirs"}, "Cổng chưa nhận", "wait"),
        ({"state": "unknown", "last_sent_at": Now()}, "không gửi trùng", "work"),
        ({"state": "unknown", "claimed": True, "run_at": "later"}, "Đang gửi", "work"),
        ({"state": "unknown", "claimed": True}, "đang đến lượt", ""),
    ],
)
def test_the_reason_is_in_plain_words_never_a_machines(
    counter: Counter, facts: dict[str, Any], says: str, tone: str
) -> None:
    if facts.get("run_at"):
        facts = facts | {"run_at": timezone.now() + timedelta(minutes=1)}
    row_of(file(counter)).update(**facts)
    found = line(counter)
    assert says in found.reason
    assert found.tone == tone
    assert "Error" not in found.reason


@pytest.mark.parametrize(
    ("why", "says", "asks"),
    [
        ("not_reached_within_horizon", "72 giờ", True),
        ("changed_on_disk", "quét lại", False),
        ("something_else", "cần người kiểm tra", True),
    ],
)
def test_what_waits_for_a_person_says_so_and_has_no_next_time(
    counter: Counter, why: str, says: str, asks: bool
) -> None:
    filing = file(counter)
    row_of(filing).update(state="person")
    services.to_person(filing.pk, why)
    found = line(counter)
    assert says in found.reason
    assert (found.next_at, found.may_send, found.may_ask) == (None, False, asks)


def test_only_who_may_have_the_portal_asked_is_offered_it(
    counter: Counter, clerk: Client, boss: Client
) -> None:
    filing = file(counter)
    row_of(filing).update(state="person")
    services.to_person(filing.pk, "something_else")
    ask = f"/quay/ho-so/{filing.case_id}/hoi-cong/"
    assert ask in clerk.get(LIST).content.decode()
    assert boss.post(ask, {"form_key": new_key()}).status_code == 403
    shown = boss.get(LIST).content.decode()
    assert "cần người kiểm tra" in shown
    assert ask not in shown


def test_three_honest_times_taken_first_sent_and_accepted(counter: Counter, clerk: Client) -> None:
    """A sending without an answer is a sending: its time is shown before anybody accepts it."""
    filing = file(counter)
    assert line(counter).first_sent_at is None
    at = timezone.now() - timedelta(minutes=7)
    page = f"/quay/ho-so/{filing.case_id}/xem/"
    assert "chưa gửi" in clerk.get(page).content.decode()
    row_of(filing).update(state="unknown", first_sent_at=at, last_sent_at=at)
    assert line(counter).first_sent_at == at
    shown = clerk.get(page).content.decode()
    assert f"{timezone.localtime(at):%H:%M}, " in shown.split("Gửi sang cổng lần đầu")[1][:60]
    assert "chưa nhận" in shown


def test_the_last_try_is_told_although_no_byte_left(counter: Counter) -> None:
    filing = file(counter)
    held = outbox.claim(channel_of(filing.system_id))
    assert held is not None
    outbox.queue.wait(held, "ready", 60, "ConnectError")
    found = line(counter)
    assert found.last_at is not None
    assert found.first_sent_at is None
    assert found.next_at is not None
    assert found.next_at > timezone.now() + timedelta(seconds=50)


def test_the_next_time_is_that_of_the_probe_or_of_the_end_of_maintenance(counter: Counter) -> None:
    filing = file(counter)
    now = timezone.now()
    probe, until = now + timedelta(minutes=3), now + timedelta(hours=2)
    channel = Channel.objects.filter(code=channel_of(filing.system_id))
    channel.update(open_since=now, next_probe_at=probe)
    assert (line(counter).next_at, line(counter).reason) == (
        probe,
        "Cổng đang trục trặc, chạy lại sẽ tự gửi",
    )
    channel.update(held_from=now - timedelta(minutes=1), held_until=until)
    assert line(counter).next_at == until
    assert "bảo trì" in line(counter).reason


def test_one_press_puts_it_at_the_front_and_the_journal_knows_who(
    counter: Counter, clerk: Client
) -> None:
    filing = file(counter)
    later = timezone.now() + timedelta(minutes=15)
    row_of(filing).update(run_at=later)
    assert "Gửi lại ngay" in clerk.get(LIST).content.decode()
    press = f"/quay/ho-so/{filing.case_id}/gui-ngay/"
    assert clerk.post(press, {"form_key": new_key()}).status_code == 303
    assert "đầu hàng gửi" in clerk.get(LIST).content.decode()
    assert row_of(filing).get().run_at < later - timedelta(minutes=10)
    entry = JournalEntry.objects.get(action="filing.hurried")
    assert entry.staff_id == counter.staff.pk
    Outage.objects.create(system_id=filing.system_id, kind="down", began_at=timezone.now())
    sky.forget()
    clerk.post(press, {"form_key": new_key()})
    assert "chờ cổng" in clerk.get(LIST).content.decode()


def test_what_a_person_hurries_leaves_before_all_that_is_due_already(
    counter: Counter, clerk: Client
) -> None:
    """In a backlog everything is due: to be due too is not to be at the front."""
    now = timezone.now()
    for hours in (3, 2):
        row_of(file(counter)).update(run_at=now - timedelta(hours=hours))
    hurried = file(counter)
    row_of(hurried).update(run_at=now + timedelta(minutes=15))
    press = f"/quay/ho-so/{hurried.case_id}/gui-ngay/"
    assert clerk.post(press, {"form_key": new_key()}).status_code == 303
    first = outbox.claim(channel_of(hurried.system_id))
    assert first is not None
    assert first.subject == hurried.pk


def test_the_button_of_the_cases_own_page_does_the_same_and_its_story_tells_who(
    counter: Counter, clerk: Client
) -> None:
    filing = file(counter)
    row_of(filing).update(run_at=timezone.now() + timedelta(minutes=15))
    page = f"/quay/ho-so/{filing.case_id}/"
    assert clerk.post(f"{page}gui-lai/", {"form_key": new_key()}).status_code == 303
    assert "đầu hàng gửi" in clerk.get(f"{page}xem/").content.decode()
    assert row_of(filing).get().run_at <= timezone.now()
    assert "Gửi lại ngay" in clerk.get(f"{page}dien-bien/").content.decode()
    row_of(filing).update(state="unknown", last_sent_at=Now())
    clerk.post(f"{page}gui-lai/", {"form_key": new_key()})
    assert "đang hỏi lại cổng" in clerk.get(f"{page}xem/").content.decode()
    assert JournalEntry.objects.filter(action="filing.hurried").count() == 1


def test_another_offices_lines_are_seen_by_the_city_and_by_nobody_else(
    counter: Counter, clerk: Client, boss: Client
) -> None:
    other = make_counter()
    theirs = file(other)
    assert "Không có gì chờ gửi" in clerk.get(LIST).content.decode()
    press = f"/quay/ho-so/{theirs.case_id}/gui-ngay/"
    assert clerk.post(press, {"form_key": new_key()}).status_code == 404
    page = boss.get("/dieu-hanh/chua-gui/").content.decode()
    assert other.agency.short_name in page
    own = boss.get(f"/dieu-hanh/chua-gui/?diem={counter.agency.pk}").content.decode()
    assert "Không có gì chờ gửi" in own
    assert boss.post(press, {"form_key": new_key(), "from": "board"}).status_code == 303


def test_a_long_list_is_paged_oldest_first_and_nothing_is_shown_twice_or_left_out(
    counter: Counter, clerk: Client
) -> None:
    first = file(counter)
    case = first.case
    start = timezone.now() - timedelta(hours=9)
    for number in range(PAGE + 4):
        copy = Case.objects.get(pk=case.pk)
        copy.pk, copy.filer, copy.token, copy.reference = (
            None,
            None,
            f"t{number}",
            f"R{number:010d}",
        )
        copy.save()
        Filing.objects.create(
            case=copy, system=first.system, way=FilingSystem.Way.GATEWAY, payload_sha256="0" * 64,
            filed_by=counter.staff, taken_at=start + timedelta(minutes=number // 3),
        )  # fmt: skip
    seen: list[datetime] = []
    cases: list[int] = []
    cursor = None
    while True:
        rows, cursor = unsent.page(counter.staff, cursor)
        seen += [row.taken_at for row in rows]
        cases += [row.case_id for row in rows]
        if cursor is None:
            break
    assert seen == sorted(seen)
    assert len(cases) == len(set(cases)) == PAGE + 5
    page = clerk.get(LIST).content.decode()
    more = page.split('rel="next" href="')[1].split('"')[0]
    assert clerk.get(f"{LIST}{more}").status_code == 200
