"""Planned maintenance holds what it would lose; the history says what outages cost (F19)."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from cases.filing.systems import channel_of
from cases.models import Filing, Outage
from cases.weather import holds, judging, sky
from opsa.core import journal, outbox
from opsa.core.actors import SYSTEM
from opsa.core.models import JournalEntry
from opsa.core.once import new_key
from opsa.core.outbox import Channel, Outbox
from tests.support.cases import Counter, make_counter
from tests.support.processes import Simulator
from tests.support.sending import file
from tests.support.worklists import lay, sign_in
from tests.weather.sightings import judge, met, system_of

Kind = Outage.Kind


def planned(counter: Counter, began: datetime, hours: float = 2) -> Outage:
    return holds.plan(
        system_of(counter), began, began + timedelta(hours=hours), "nâng cấp máy chủ", actor=SYSTEM
    )


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_into_a_maintenance_no_try_is_used_and_all_of_it_leaves_after(
    simulator: Simulator,
) -> None:
    counter = make_counter()
    code = channel_of(system_of(counter))
    outage = planned(counter, timezone.now() - timedelta(minutes=1))
    filing = file(counter)
    assert outbox.work_one(code) is False
    row = Outbox.objects.get(kind="filing")
    assert (row.state, row.tries) == ("ready", 0)
    waits_until = outbox.next_try(row.key)
    assert waits_until == outage.ended_at, "the clerk reads when it leaves"
    assert holds.cancel(outage.pk, timezone.now(), actor=SYSTEM)
    assert outbox.work_one(code) is True
    filing.refresh_from_db()
    assert filing.state == Filing.State.ACCEPTED


def test_a_maintenance_to_come_holds_nothing_yet_and_is_told_beforehand(
    counter: Counter, now: datetime
) -> None:
    planned(counter, now + timedelta(hours=3))
    file(counter)
    assert outbox.claim(channel_of(system_of(counter))) is not None
    sky.forget()
    page = sign_in(Client(), counter.staff).get("/quay/").content.decode()
    assert "sẽ bảo trì từ" in page
    assert sky.in_trouble(system_of(counter)) is False


def test_the_next_maintenance_holds_when_the_first_is_over(counter: Counter, now: datetime) -> None:
    first, second = (
        planned(counter, now - timedelta(hours=1)),
        planned(counter, now + timedelta(hours=4)),
    )
    code = channel_of(system_of(counter))
    assert Channel.objects.get(code=code).held_from == first.began_at
    judge(now + timedelta(hours=1, minutes=1))
    assert Channel.objects.get(code=code).held_from == second.began_at


def test_what_fails_during_a_maintenance_is_no_second_outage(
    counter: Counter, now: datetime
) -> None:
    planned(counter, now - timedelta(minutes=10))
    met(counter, now, calls=9, failed=9)
    assert judge(now) is None


def test_a_supervisor_enters_and_ends_a_maintenance_and_the_journal_names_them(
    boss: Client, counter: Counter, now: datetime
) -> None:
    local = timezone.localtime(now)
    sent = {
        "form_key": new_key(),
        "system": system_of(counter),
        "began_at": f"{local - timedelta(minutes=5):%Y-%m-%dT%H:%M}",
        "ended_at": f"{local + timedelta(hours=1):%Y-%m-%dT%H:%M}",
        "what": "nâng cấp",
    }
    wrong = sent | {"ended_at": f"{local - timedelta(hours=1):%Y-%m-%dT%H:%M}"}
    refused = boss.post("/dieu-hanh/cong/bao-tri/", wrong | {"form_key": new_key()})
    assert refused.status_code == 422
    assert "Lúc xong phải sau lúc bắt đầu" in refused.content.decode()
    assert boss.post("/dieu-hanh/cong/bao-tri/", sent).status_code == 303
    outage = Outage.objects.get()
    assert "nâng cấp" in boss.get("/dieu-hanh/cong/").content.decode()
    end = f"/dieu-hanh/cong/bao-tri/{outage.pk}/bo/"
    assert boss.post(end, {"form_key": new_key()}).status_code == 303
    outage.refresh_from_db()
    assert outage.ended_at <= timezone.now()
    acts = JournalEntry.objects.filter(chain="system").values_list("action", "actor_kind")
    assert set(acts) == {("maintenance.planned", "supervisor"), ("maintenance.ended", "supervisor")}
    assert not journal.verify("system")


def test_the_history_counts_the_filings_that_had_to_wait(
    boss: Client, counter: Counter, now: datetime
) -> None:
    hour = timedelta(hours=1)
    Outage.objects.create(
        system_id=system_of(counter), kind=Kind.DOWN, began_at=now - 2 * hour, ended_at=now - hour
    )
    waiting = lay(counter, taken_at=now - timedelta(minutes=90))
    late = lay(counter, taken_at=now - timedelta(minutes=100), dossier="4", code="H26.1-01",
               accepted_at=now - timedelta(minutes=50))  # fmt: skip
    lay(counter, taken_at=now - timedelta(minutes=30), dossier="4", code="H26.1-02")
    lay(counter, taken_at=now - timedelta(minutes=95), dossier="4", code="H26.1-03",
        accepted_at=now - timedelta(minutes=94))  # fmt: skip
    judge(now)
    outage = Outage.objects.get()
    assert outage.affected == 2
    assert set(judging.waited(outage).values_list("case", flat=True)) == {waiting.pk, late.pk}
    page = boss.get("/dieu-hanh/cong/").content.decode()
    assert "Các lần trục trặc" in page
    assert ">60<" in page
    assert ">2<" in page


def test_a_long_history_is_paged(boss: Client, counter: Counter, now: datetime) -> None:
    for number in range(35):
        at = now - timedelta(days=number + 1)
        Outage.objects.create(
            system_id=system_of(counter), kind=Kind.DOWN, began_at=at,
            ended_at=at + timedelta(minutes=1), affected=0,
        )  # fmt: skip
    first = boss.get("/dieu-hanh/cong/").content.decode()
    assert first.count('<th scope="row"') == 30
    more = first.split('rel="next" href="')[1].split('"')[0]
    assert boss.get(f"/dieu-hanh/cong/{more}").content.decode().count('<th scope="row"') == 5
