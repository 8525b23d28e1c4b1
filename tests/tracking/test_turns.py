"""Each system is asked in its turn: never too many calls at once, none into its silence (F08)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from cases.filing import deciding
from cases.models import Case, Outage, PollState
from cases.tracking import asking
from cases.watch import measures
from cases.weather import holds, sky
from opsa.core.actors import SYSTEM
from opsa.core.lanes import Lane
from opsa.core.once import new_key
from procedures.models import FilingSystem
from tests.support.cases import Counter, make_counter
from tests.support.processes import Simulator
from tests.support.sending import at_once, calls, crowd, drain, file
from tests.support.worklists import sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def filed(counter: Counter, how_many: int) -> str:
    """So many accepted filings that are due to be asked about; their system."""
    filings = [file(counter) for _ in range(how_many)]
    drain(filings[0])
    due()
    assert PollState.objects.count() == how_many
    return filings[0].system_id


def due() -> None:
    PollState.objects.update(next_at=timezone.now() - timedelta(seconds=1))


def asked(simulator: Simulator) -> list[tuple[float, float]]:
    """When each question about statuses began and ended, seconds."""
    return calls(simulator, "trang-thai")


def test_dossiers_are_asked_about_by_so_many_as_their_system_takes_at_once(
    simulator: Simulator,
) -> None:
    system = filed(make_counter(), 5)
    FilingSystem.objects.filter(pk=system).update(status_batch=2)
    before = len(asked(simulator))
    asking.ask_due(system)
    assert len(asked(simulator)) - before == 3
    assert not PollState.objects.filter(next_at__lte=timezone.now()).exists()


@pytest.mark.parametrize(("batch", "wanted"), [(1, 4), (2, 3), (5, 1), (100, 1)])
def test_as_many_workers_are_woken_as_the_work_is_worth(
    simulator: Simulator, batch: int, wanted: int
) -> None:
    system = filed(make_counter(), 5)
    FilingSystem.objects.filter(pk=system).update(status_batch=batch)
    assert asking.lanes_wanted() == {system: wanted}


def test_a_system_that_answers_late_is_never_asked_more_than_four_things_at_once(
    simulator: Simulator,
) -> None:
    system = filed(make_counter(), 10)
    FilingSystem.objects.filter(pk=system).update(status_batch=1)
    simulator.put("/api/dial", {"portal": {"slow": {"seconds": 0.3, "on": ["trang-thai"]}}})
    before = len(asked(simulator))
    crowd(lambda: asking.ask_due(system))
    spans = asked(simulator)[before:]
    assert len(spans) == 10
    assert 1 < at_once(spans) <= asking.LANES


def test_a_system_that_does_not_answer_is_asked_once_in_a_lane_and_then_left_alone(
    simulator: Simulator,
) -> None:
    system = filed(make_counter(), 3)
    FilingSystem.objects.filter(pk=system).update(status_batch=1)
    simulator.put("/api/dial", {"portal": {"error": {"rate": 1.0}}})
    before = len(asked(simulator))
    for _ in range(9):
        asking.ask_due(system)
    assert len(asked(simulator)) - before == 3, "one call in each lane; three were due"
    due()
    asking.ask_due(system)
    assert len(asked(simulator)) - before == 4, "the fourth lane was still free"
    asking.ask_due(system)
    assert len(asked(simulator)) - before == 4, "all four rest"
    simulator.post("/api/reset")
    Lane.objects.update(free_at=timezone.now() - timedelta(seconds=1))
    assert not asking.ask_due(system)


def test_what_is_over_is_never_asked_about(simulator: Simulator) -> None:
    counter = make_counter()
    system = filed(counter, 3)
    returned, ended, open_still = PollState.objects.select_related("filing").order_by("pk")
    simulator.post(f"/api/dossier/{returned.filing.dossier_code}/status", {"TrangThai": 10})
    deciding.case_end(ended.case_id, actor=counter.actor, reason="khách rút")
    asking.ask_due(system)
    assert Case.objects.get(pk=returned.case_id).sync == "ended"
    assert Case.objects.get(pk=ended.case_id).sync == "ended"
    assert list(PollState.objects.values_list("pk", flat=True)) == [open_still.pk]


def test_a_case_delivered_long_ago_is_asked_about_a_last_time(simulator: Simulator) -> None:
    system = filed(make_counter(), 2)
    recent, old = PollState.objects.order_by("pk")
    for poll, days in ((recent, 29), (old, 31)):
        ended = timezone.now() - timedelta(days=days)
        Case.objects.filter(pk=poll.case_id).update(work="closed", queue="done", closed_at=ended)
    asking.ask_due(system)
    assert list(PollState.objects.values_list("pk", flat=True)) == [recent.pk]
    assert Case.objects.get(pk=old.case_id).sync == "ended"


def away(system: str, minutes: float) -> Outage:
    """A maintenance that began a minute ago."""
    now = timezone.now()
    return holds.plan(
        system, now - timedelta(minutes=1), now + timedelta(minutes=minutes), "x", actor=SYSTEM
    )


def test_in_a_maintenance_told_beforehand_a_system_is_asked_now_and_then_only(
    simulator: Simulator,
) -> None:
    system = filed(make_counter(), 6)
    FilingSystem.objects.filter(pk=system).update(status_batch=2)
    away(system, 60)
    simulator.put("/api/dial", {"portal": {"error": {"rate": 1.0}}})
    before = len(asked(simulator))
    for _ in range(9):
        asking.ask_due(system)
    assert len(asked(simulator)) - before == 1
    rests = Lane.objects.order_by("number").values_list("free_at", flat=True)[0] - timezone.now()
    assert timedelta(minutes=9) < rests <= timedelta(minutes=10)
    assert PollState.objects.filter(misses=0).count() == 5, "who was not asked about missed nothing"


def test_a_clerk_who_asks_during_a_maintenance_comes_first_after_it(simulator: Simulator) -> None:
    counter = make_counter()
    system = filed(counter, 2)
    outage = away(system, 60)
    before = len(asked(simulator))
    hers = PollState.objects.latest("pk")
    PollState.objects.update(next_at=timezone.now() + timedelta(hours=1))
    assert asking.ask_about(hers.pk) is False
    browser = sign_in(Client(), counter.staff)
    pressed = browser.post(f"/quay/ho-so/{hers.case_id}/hoi-ngay/", {"form_key": new_key()})
    assert "Cổng đang bảo trì" in browser.get(pressed["Location"]).content.decode()
    assert len(asked(simulator)) == before
    assert holds.cancel(outage.pk, timezone.now(), actor=SYSTEM)
    asking.ask_due(system)
    assert len(asked(simulator)) - before == 1
    assert PollState.objects.get(pk=hers.pk).answered_at is not None


def test_after_a_maintenance_asking_resumes_in_batches_and_nothing_counts_as_late(
    simulator: Simulator,
) -> None:
    system = filed(make_counter(), 9)
    FilingSystem.objects.filter(pk=system).update(status_batch=3)
    PollState.objects.update(next_at=timezone.now() - timedelta(hours=5))
    outage = away(system, 60)
    asking.ask_due(system)
    before = len(asked(simulator))
    assert holds.cancel(outage.pk, timezone.now(), actor=SYSTEM)
    sky.forget()
    late = [one.value for one in measures.readings() if one.measure == "polls"]
    assert late == [0], "it counts from the end of the maintenance"
    assert asking.lanes_wanted() == {system: 3}
    for _ in range(4):
        asking.ask_due(system)
    assert len(asked(simulator)) - before == 3
    assert not PollState.objects.filter(next_at__lte=timezone.now()).exists()


def test_what_was_not_asked_about_for_two_turns_is_called_old_until_it_is_heard_of_again(
    simulator: Simulator,
) -> None:
    counter = make_counter()
    system = filed(counter, 3)
    asking.ask_due(system)
    assert set(Case.objects.values_list("sync", flat=True)) == {"ok"}
    now = timezone.now()
    late, just, _in_time = PollState.objects.order_by("pk")
    PollState.objects.filter(pk=late.pk).update(next_at=now - timedelta(minutes=61))
    PollState.objects.filter(pk=just.pk).update(next_at=now - timedelta(minutes=59))
    assert asking.mark_stale(now) == 1
    assert asking.mark_stale(now) == 0
    assert Case.objects.get(pk=late.case_id).sync == "stale"
    page = sign_in(Client(), counter.staff).get(f"/quay/ho-so/{late.case_id}/xem/")
    assert "Tin cũ" in page.content.decode()
    asking.ask_due(system)
    assert Case.objects.get(pk=late.case_id).sync == "ok"
