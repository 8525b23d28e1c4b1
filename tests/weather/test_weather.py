"""Portal weather: seen by our own calls, told to everybody, ending by itself (F19)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from cases.filing.systems import channel_of, port_of
from cases.models import CallMinute, Outage
from cases.weather import calls, judging, sky
from cases.worklists import case_page
from opsa.core import outbox
from opsa.core.outbox import Channel, Outbox
from procedures.models import FilingSystem
from tests.support.cases import Counter, make_counter
from tests.support.processes import Simulator
from tests.support.sending import file
from tests.support.worklists import lay, sign_in
from tests.weather.sightings import judge, met, system_of

Kind = Outage.Kind


# --- what is recorded ---------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_each_real_call_is_counted_and_a_refused_connection_is_a_failure(
    simulator: Simulator,
) -> None:
    counter = make_counter()
    port_of(system_of(counter)).find_by_our_reference("0" * 8)
    row = CallMinute.objects.get(channel=channel_of(system_of(counter)))
    assert (row.calls, row.failed, row.slow) == (1, 0, 0)
    assert row.good_at is not None
    simulator.put("/api/dial", {"portal": {"error": {"rate": 1.0}}})
    port_of(system_of(counter)).find_by_our_reference("0" * 8)
    totals = CallMinute.objects.values_list("calls", "failed")
    assert [sum(column) for column in zip(*totals, strict=True)] == [2, 1]


def test_a_call_inside_a_transaction_is_counted_after_it_and_holds_no_row_meanwhile(
    transactional_db: None,
) -> None:
    tally = calls.Tally()
    tally.add(0.2, failed=False)
    with transaction.atomic():
        calls.note("portal:x", tally)
        assert not CallMinute.objects.exists()
    assert CallMinute.objects.get().calls == 1


# --- when trouble begins and ends -----------------------------------------------------------------


def test_too_few_calls_say_nothing_about_the_portal(counter: Counter, now: datetime) -> None:
    met(counter, now, calls=4, failed=4)
    assert judge(now) is None


def test_many_failing_calls_begin_an_outage_at_the_first_bad_minute(
    counter: Counter, now: datetime
) -> None:
    met(counter, now, ago=3, calls=10)
    met(counter, now, ago=2, calls=6, failed=5)
    found = judge(now)
    assert found is not None
    assert found.kind == Kind.DOWN
    assert found.began_at == (now - timedelta(minutes=2)).replace(second=0, microsecond=0)


def test_one_slow_call_in_a_hundred_is_no_trouble_and_one_in_ten_is(
    counter: Counter, now: datetime
) -> None:
    met(counter, now, ago=1, calls=100, slow=1)
    assert judge(now) is None
    met(counter, now, calls=50, slow=14)
    found = judge(now)
    assert found is not None
    assert found.kind == Kind.SLOW


def test_three_sendings_in_a_row_that_fail_are_enough_on_a_quiet_day(
    counter: Counter, now: datetime
) -> None:
    since = now - timedelta(seconds=20)
    code = channel_of(system_of(counter))
    Channel.objects.create(code=code, failures=2, failing_since=since)
    assert judge(now) is None
    Channel.objects.filter(code=code).update(failures=3)
    found = judge(now)
    assert found is not None
    assert (found.kind, found.began_at) == (Kind.DOWN, since)


def test_an_outage_ends_when_calls_go_well_and_reaches_no_further_than_the_last_bad_one(
    counter: Counter, now: datetime
) -> None:
    met(counter, now, ago=10, calls=8, failed=8)
    Outage.objects.create(
        system_id=system_of(counter), kind=Kind.DOWN, began_at=now - timedelta(minutes=10)
    )
    met(counter, now, calls=1)
    assert judge(now) is None
    ended = Outage.objects.get()
    assert ended.ended_at == now - timedelta(minutes=10)
    assert judge(now + timedelta(seconds=15)) is None, "what was before its end begins no other"


def test_sendings_that_failed_in_an_outage_begin_no_other_after_it(
    counter: Counter, now: datetime
) -> None:
    """Three time out at once, then polls go well and nothing is sent for a while."""
    code, since = channel_of(system_of(counter)), now - timedelta(minutes=2)
    met(counter, since, calls=3, failed=3)
    failing = Channel.objects.create(
        code=code, failures=3, failing_since=since + timedelta(milliseconds=5)
    )
    assert judge(since + timedelta(seconds=5)) is not None
    met(counter, now, calls=1)
    assert judge(now) is None
    for seconds in (10, 20, 30):
        assert judge(now + timedelta(seconds=seconds)) is None
    assert Outage.objects.count() == 1
    Channel.objects.filter(pk=failing.pk).update(failures=4)
    CallMinute.objects.filter(good_at=now).update(bad_at=now + timedelta(seconds=35))
    assert judge(now + timedelta(seconds=40)) is not None, "one more that fails is news"


def test_minutes_of_calls_are_kept_for_five_weeks(counter: Counter, now: datetime) -> None:
    met(counter, now, ago=36 * 24 * 60, calls=3)
    met(counter, now, ago=34 * 24 * 60, calls=2)
    judge(now)
    assert CallMinute.objects.get().calls == 2


def test_silence_alone_does_not_end_an_outage(counter: Counter, now: datetime) -> None:
    met(counter, now, ago=9, calls=8, failed=8)
    Outage.objects.create(
        system_id=system_of(counter), kind=Kind.DOWN, began_at=now - timedelta(minutes=10)
    )
    assert judge(now) is not None
    file(counter)
    assert judge(now + timedelta(minutes=40)) is not None, "something still waits"
    Outbox.objects.filter(kind="filing").update(state="done")
    assert judge(now + timedelta(minutes=40)) is None


def test_an_open_breaker_keeps_the_outage_whatever_single_calls_say(
    counter: Counter, now: datetime
) -> None:
    Channel.objects.create(code=channel_of(system_of(counter)), open_since=now, failing_since=now)
    met(counter, now, calls=20)
    assert judge(now) is not None
    assert judge(now + timedelta(minutes=3)) is not None


def test_two_judges_begin_one_outage(counter: Counter, now: datetime) -> None:
    met(counter, now, calls=9, failed=9)
    judge(now)
    judge(now)
    assert Outage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_from_the_first_refused_sending_to_the_banner_within_a_minute_and_gone_after_recovery(
    simulator: Simulator,
) -> None:
    """The whole way with real sendings: down, banner, recovery, gone."""
    counter = make_counter()
    client = sign_in(Client(), counter.staff)
    simulator.put("/api/dial", {"portal": {"error": {"rate": 1.0}}})
    for _ in range(6):
        file(counter)
    code = channel_of(system_of(counter))
    while outbox.work_one(code):
        pass
    judging.judge()
    assert "trục trặc từ" in client.get("/quay/").content.decode()
    opened = Outage.objects.get()
    assert (timezone.now() - opened.began_at).total_seconds() < 60
    simulator.post("/api/reset")
    Channel.objects.filter(code=code).update(next_probe_at=None)
    for _ in range(40):
        Outbox.objects.filter(state__in=("ready", "unknown")).update(
            run_at=timezone.now() - timedelta(seconds=1)
        )
        if not outbox.work_one(code):
            break
    assert not Outbox.objects.filter(kind="filing").exclude(state="done").exists()
    judging.judge(timezone.now() + timedelta(seconds=75))
    assert "trục trặc từ" not in client.get("/quay/").content.decode()
    over = Outage.objects.get()
    assert over.ended_at is not None
    assert over.affected == 0, "accepted within two minutes: nobody had to wait"


# --- who is told ----------------------------------------------------------------------------------


def test_the_banner_says_what_works_and_what_to_tell_and_costs_no_page_a_query(
    counter: Counter, now: datetime, query_budget: Any
) -> None:
    client = sign_in(Client(), counter.staff)
    client.get("/quay/")
    with query_budget(20) as before:
        client.get("/quay/")
    Outage.objects.create(system_id=system_of(counter), kind=Kind.DOWN, began_at=now)
    sky.forget()
    page = client.get("/quay/").content.decode()
    assert "Cổng thử trục trặc từ" in page
    assert "Vẫn nhận hồ sơ, quét và in phiếu" in page
    assert "Nói với khách" in page
    with query_budget(20) as after:
        client.get("/quay/")
    assert len(after) == len(before)


@pytest.mark.parametrize("kind", [Kind.DOWN, Kind.PLANNED])
def test_of_a_system_one_files_with_together_nobody_is_told_that_it_is_sent_by_itself(
    counter: Counter, now: datetime, kind: str
) -> None:
    """With the citizen it is filed in the citizen's own account: who leaves has not filed."""
    FilingSystem.objects.filter(pk=system_of(counter)).update(way=FilingSystem.Way.COPILOT)
    for began in (now - timedelta(minutes=5), now + timedelta(hours=2)):
        Outage.objects.create(
            system_id=system_of(counter), kind=kind, began_at=began,
            ended_at=began + timedelta(hours=1) if kind == Kind.PLANNED else None,
        )  # fmt: skip
        if kind == Kind.DOWN:
            break
    sky.forget()
    lines = sky.notices(now)
    assert lines
    for line in lines:
        words = f"{line.works} {line.tell}"
        assert "nộp cùng khách" in words
        assert "tự gửi" not in words
        assert "không phải đến lại" not in words


def test_an_open_page_hears_of_it_by_itself_and_is_not_bothered_while_nothing_changed(
    counter: Counter, now: datetime
) -> None:
    client = sign_in(Client(), counter.staff)
    ask = {"HX-Request": "true"}
    fair = sky.seen([])
    assert client.get(f"/quay/thoi-tiet/?seen={fair}", headers=ask).status_code == 204
    Outage.objects.create(system_id=system_of(counter), kind=Kind.DOWN, began_at=now)
    sky.forget()
    told = client.get(f"/quay/thoi-tiet/?seen={fair}", headers=ask)
    assert "trục trặc" in told.content.decode()
    assert "<html" not in told.content.decode()


def test_the_citizen_reads_when_we_took_it_and_what_it_waits_for(
    counter: Counter, client: Client, now: datetime
) -> None:
    taken = timezone.localtime(now).replace(hour=9, minute=12)
    case = lay(counter, taken_at=taken)
    assert "đang chờ cổng quốc gia" not in client.get(f"/t/{case.token}/").content.decode()
    Outage.objects.create(system_id=system_of(counter), kind=Kind.DOWN, began_at=now)
    sky.forget()
    page = client.get(f"/t/{case.token}/").content.decode()
    assert "Bưu điện đã nhận lúc 09:12, đang chờ cổng quốc gia" in page


def test_a_cases_page_shows_the_outage_minutes_inside_its_time_and_counts_none_twice(
    counter: Counter, now: datetime
) -> None:
    case = lay(counter, taken_at=now - timedelta(hours=2), due_at=now - timedelta(minutes=5))
    hour = timedelta(hours=1)
    Outage.objects.create(
        system_id=system_of(counter), kind=Kind.DOWN, affected=0,
        began_at=now - 3 * hour, ended_at=now - 2 * hour + timedelta(minutes=20),
    )  # fmt: skip
    Outage.objects.create(
        system_id=system_of(counter), kind=Kind.PLANNED, what="nâng cấp", affected=0,
        began_at=now - 2 * hour + timedelta(minutes=10),
        ended_at=now - 2 * hour + timedelta(minutes=30),
    )  # fmt: skip
    Outage.objects.create(
        system_id=system_of(counter), kind=Kind.DOWN, affected=0,
        began_at=now - 9 * hour, ended_at=now - 8 * hour,
    )  # fmt: skip
    page = sign_in(Client(), counter.staff).get(f"/quay/ho-so/{case.pk}/xem/").content.decode()
    assert "30 phút" in page


def test_an_outage_after_a_case_was_closed_is_none_of_its_time(
    counter: Counter, now: datetime
) -> None:
    hour = timedelta(hours=1)
    case = lay(counter, work="closed", taken_at=now - 4 * hour, closed_at=now - 2 * hour)
    Outage.objects.create(
        system_id=system_of(counter), kind=Kind.DOWN, affected=0,
        began_at=now - 2 * hour - timedelta(minutes=10), ended_at=now - hour,
    )  # fmt: skip
    Outage.objects.create(
        system_id=system_of(counter), kind=Kind.DOWN, affected=0,
        began_at=now - timedelta(minutes=30), ended_at=now - timedelta(minutes=5),
    )  # fmt: skip
    more = case_page.details(case.pk)
    assert case_page.outage_minutes(case, more, now) == 10
    assert len(more["outages"]) == 1


def test_minutes_are_those_of_the_union() -> None:
    start = datetime(2026, 11, 23, 9, 0, tzinfo=timezone.get_default_timezone())

    def at(minute: int) -> datetime:
        return start + timedelta(minutes=minute)

    spans = [(at(0), at(10)), (at(5), at(20)), (at(40), at(90))]
    assert sky.minutes(spans, at(8), at(50)) == 12 + 10
