"""F13: the carrier's news is applied once, in the order it happened, whatever order it came in."""

import itertools
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases import services as case_services
from cases.models import Case, Message
from cases.states import Delivery, Work
from cases.tracking.hooks import ResultNews
from delivery import carrier, codes, parcels, proofs, schedule, services, tracking
from delivery.carrier import CarrierEvent, Tracked
from delivery.models import Parcel, ParcelEvent, ProofOfDelivery, Result
from delivery.tasks import poll_due
from opsa.core import journal
from opsa.core.lanes import Lane
from opsa.core.models import JournalEntry
from opsa.core.working_time import load_calendar
from tests.support.cases import make_counter
from tests.support.delivery import Desk, drain, held
from tests.support.processes import Simulator

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
State = Parcel.State


def event(
    number: int, code: int, *, hours: float | None = None, reason: str = "", tail: str = ""
) -> CarrierEvent:
    return CarrierEvent(
        key=f"X/{number}{tail}", number=number, code=str(code),
        at=START + timedelta(hours=number if hours is None else hours), place="Bưu cục phát",
        reason=reason,
    )  # fmt: skip


def tell(parcel: Parcel, *events: CarrierEvent) -> Parcel:
    tracking.apply_events(parcel.pk, events)
    parcel.refresh_from_db()
    parcel.case.refresh_from_db()
    return parcel


WHOLE = [
    event(1, 20),
    event(2, 70),
    event(3, 80),
    event(4, 85),
    event(5, 90),
    event(6, 91, reason="VANG_NHA"),
    event(7, 90),
    event(8, 100),
]


def rows(told: list[CarrierEvent]) -> list[ParcelEvent]:
    return [
        ParcelEvent(
            key=e.key, number=e.number, at=e.at, raw_code=e.code, state=codes.state_of(e.code)
        )
        for e in told
    ]


@given(st.permutations(WHOLE), st.lists(st.sampled_from(WHOLE), max_size=8))
def test_shuffled_and_repeated_news_gives_the_same_state_and_count(
    order: list[CarrierEvent], again: list[CarrierEvent]
) -> None:
    found = tracking.current(rows([*order, *again]))
    assert found is not None
    assert found.state == State.DELIVERED
    assert tracking.failures(rows([*order, *again])) == 1


@given(st.data())
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_however_the_batches_are_cut_the_parcel_ends_the_same(desk: Desk, data: Any) -> None:
    upto = data.draw(st.integers(1, len(WHOLE)))
    order = data.draw(st.permutations(WHOLE[:upto]))
    cuts = data.draw(st.integers(1, 3))
    parcel = desk.on_road()
    for start in range(0, len(order), cuts):
        tell(parcel, *order[start : start + cuts])
    tell(parcel, *order)
    expected = codes.state_of(WHOLE[upto - 1].code)
    assert parcel.state == (State.HANDED_OVER if expected == State.LABELLED else expected)
    assert parcel.attempts == sum(e.code == "91" for e in WHOLE[:upto])
    assert parcel.case.delivery == codes.DELIVERY[parcel.state]
    assert parcel.events.count() == upto


def test_late_news_never_wins(desk: Desk) -> None:
    parcel = tell(desk.on_road(), event(5, 90))
    tell(parcel, event(3, 80))
    assert parcel.state == State.OUT
    assert parcel.case.delivery == Delivery.OUT_FOR_DELIVERY


def test_registered_only_does_not_undo_the_hand_over(desk: Desk) -> None:
    parcel = tell(desk.on_road(), event(1, 20))
    assert parcel.state == State.HANDED_OVER


def test_an_unknown_code_is_kept_flagged_and_changes_nothing(desk: Desk) -> None:
    parcel = tell(desk.on_road(), event(3, 80), event(9, 97, tail="/la"))
    assert (parcel.state, parcel.trouble) == (State.IN_TRANSIT, Parcel.Trouble.UNKNOWN_NEWS)
    assert parcel.events.get(raw_code="97").unknown is True


def test_every_code_of_the_table_is_one_of_ten_states() -> None:
    assert len(State.values) == 10
    assert set(codes.STATES.values()) <= set(State.values)
    assert set(codes.DELIVERY) == set(State.values)
    assert codes.reason_of("CAI_GI_DO") == Parcel.Reason.OTHER


def test_out_for_delivery_texts_one_code_that_is_nowhere_in_clear(desk: Desk) -> None:
    parcel = tell(desk.on_road(), event(5, 90))
    tell(parcel, event(5, 90), event(5, 90, tail="/lap"))
    message = Message.objects.get(event="out")
    code = message.body.rsplit(" ", 1)[-1]
    assert len(code) == 6
    assert code.isdigit()
    proof = ProofOfDelivery.objects.get(parcel=parcel)
    assert code not in proof.code_hash
    assert proof.confirmed_at is None


def test_two_failed_attempts_offer_the_counter_and_texts_each(desk: Desk) -> None:
    parcel = tell(desk.on_road(), event(5, 90), event(6, 91, reason="VANG_NHA"))
    assert (parcel.state, parcel.reason, parcel.attempts) == (State.FAILED, "not_home", 1)
    assert parcel.case.queue == Case.Queue.FAILED_DELIVERY
    tell(parcel, event(7, 90))
    tell(parcel, event(8, 91, reason="SAI_DIA_CHI"))
    assert parcel.attempts == parcels.OFFER_COUNTER_AFTER
    assert Message.objects.filter(event="failed").count() == 2
    case = parcels.hold_at_counter(parcel.case_id, actor=desk.actor)
    assert (case.delivery, case.queue) == (Delivery.HELD_AT_COUNTER, Case.Queue.FAILED_DELIVERY)


def test_a_returned_parcel_is_work_and_gets_a_new_parcel_whose_news_alone_counts(
    desk: Desk,
) -> None:
    parcel = tell(desk.on_road(), event(6, 91), event(8, 161), event(9, 170))
    assert parcel.case.queue == Case.Queue.FAILED_DELIVERY
    parcels.address_correct(parcel.case_id, {"line": "Số 7"}, actor=desk.actor)
    second = parcels.parcel_make(parcel.case_id, staff=desk.staff, actor=desk.actor)
    assert second.pk != parcel.pk
    tell(parcel, event(12, 80))
    assert (parcel.state, parcel.case.delivery) == (State.RETURNED, Delivery.LABELLED)
    assert parcel.trouble == Parcel.Trouble.UNKNOWN_NEWS


def test_delivered_by_the_carrier_alone_closes_the_case_and_says_it_is_unproved(desk: Desk) -> None:
    parcel = tell(desk.on_road(), *WHOLE)
    proof = ProofOfDelivery.objects.get(parcel=parcel)
    assert (proof.method, proof.confirmed_at) == (ProofOfDelivery.Method.CARRIER, None)
    assert (parcel.case.delivery, parcel.case.work) == (Delivery.DELIVERED, Work.CLOSED)
    assert parcel.results.get().state == Result.State.DELIVERED
    assert Message.objects.filter(event="delivered").count() == 1
    kinds = dict(JournalEntry.objects.values_list("action", "actor_kind"))
    assert kinds["parcel.moved"] == "carrier"
    assert kinds["case.closed"] == "system"
    assert journal.verify(f"case:{parcel.case_id}") == []


def test_a_delivery_the_carrier_takes_back_opens_the_case_again(desk: Desk) -> None:
    parcel = tell(desk.on_road(), *WHOLE)
    tell(parcel, event(9, 91, reason="KHAC"))
    assert (parcel.case.work, parcel.case.delivery) == (Work.FILED, Delivery.FAILED_ATTEMPT)
    assert parcel.case.queue == Case.Queue.FAILED_DELIVERY


def test_thirty_days_without_a_scan_is_an_alarm_and_a_scan_ends_it(
    desk: Desk, monkeypatch: Any
) -> None:
    parcel = tell(desk.on_road(), event(3, 80))
    old = timezone.now() - timedelta(days=31)
    Parcel.objects.filter(pk=parcel.pk).update(last_event_at=old, handed_over_at=old)
    tracking._note(parcel.pk, parcel.poll_token, answered=True, found=True)
    parcel.refresh_from_db()
    case = Case.objects.get(pk=parcel.case_id)
    assert (parcel.state, case.delivery, case.queue) == (
        State.LOST,
        Delivery.LOST,
        Case.Queue.FAILED_DELIVERY,
    )
    assert parcel.next_poll_at is not None
    tell(parcel, event(9, 90))
    assert (parcel.state, parcel.trouble) == (State.OUT, "")


def test_a_carrier_that_cannot_be_asked_raises_no_alarm_and_is_asked_later(desk: Desk) -> None:
    parcel = desk.on_road()
    old = timezone.now() - timedelta(days=31)
    Parcel.objects.filter(pk=parcel.pk).update(handed_over_at=old)
    tracking._note(parcel.pk, parcel.poll_token, answered=False, found=False)
    parcel.refresh_from_db()
    assert (parcel.state, parcel.misses) == (State.HANDED_OVER, 1)


def test_a_worker_whose_claim_was_taken_over_changes_nothing(desk: Desk) -> None:
    parcel = desk.on_road()
    Parcel.objects.filter(pk=parcel.pk).update(next_poll_at=timezone.now() - timedelta(seconds=5))
    [(_, _, first)] = tracking.claim_due()
    assert tracking.claim_due() == []
    Parcel.objects.filter(pk=parcel.pk).update(next_poll_at=timezone.now() - timedelta(seconds=5))
    [(_, _, second)] = tracking.claim_due()
    tracking._note(parcel.pk, first, answered=False, found=False)
    parcel.refresh_from_db()
    assert (second, parcel.misses) == (first + 1, 0)


def test_asked_hourly_in_working_hours_and_every_20_minutes_on_the_day_of_delivery(
    db: None,
) -> None:
    calendar = load_calendar()
    monday = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)

    def gap(state: str, at: datetime = monday, misses: int = 0) -> timedelta | None:
        found = schedule.next_ask(at, state=state, misses=misses, calendar=calendar, jitter=1)
        return None if found is None else found - at

    assert gap(State.IN_TRANSIT) == timedelta(hours=1)
    assert gap(State.OUT) == timedelta(minutes=20)
    assert gap(State.LOST) == timedelta(days=1)
    assert gap(State.OUT, misses=1) == timedelta(minutes=4)
    assert {gap(State.DELIVERED), gap(State.RETURNED), gap(State.LABELLED)} == {None}
    night = gap(State.IN_TRANSIT, datetime(2026, 11, 25, 14, 0, tzinfo=UTC))
    assert night is not None
    assert timedelta(hours=10) <= night <= timedelta(hours=10, minutes=11)


def news(case: Case, *forms: str) -> list[ResultNews]:
    return [
        ResultNews(f"{case.pk}:{n}", f"Kết quả {n}", form, str(n), timezone.now())
        for n, form in enumerate(forms)
    ]


def test_announced_paper_waits_and_is_kept_once(desk: Desk) -> None:
    case = desk.decided()
    for _ in range(3):
        services.results_announced(case.pk, news(case, "paper", "electronic"))
    case.refresh_from_db()
    assert (case.delivery, case.queue) == (Delivery.WAITING, Case.Queue.AGENCY)
    assert list(case.results.order_by("pk").values_list("state", flat=True)) == [
        "announced",
        "electronic",
    ]


def test_only_electronic_results_need_no_delivery(db: None) -> None:
    desk = Desk(make_counter(form="electronic"))
    case = desk.decided()
    services.results_announced(case.pk, news(case, "electronic"))
    case.refresh_from_db()
    assert (case.delivery, case.work) == (Delivery.NOT_NEEDED, Work.CLOSED)


def test_a_paper_kind_still_to_come_keeps_the_case_open(desk: Desk) -> None:
    from procedures.models import ResultKind

    version = desk.counter.version
    ResultKind.objects.create(version=version, position=2, name="Bản điện tử", form="electronic")
    case = desk.decided()
    first = [ResultNews("a:1", "Bản điện tử", "electronic", "1", timezone.now())]
    services.results_announced(case.pk, first)
    case.refresh_from_db()
    assert case.delivery == Delivery.WAITING


def test_both_at_result_is_collected_at_the_authority(desk: Desk) -> None:
    version = desk.counter.version
    version.presence = "both_at_result"
    version.save()
    case = desk.decided()
    services.results_announced(case.pk, news(case, "paper"))
    case.refresh_from_db()
    assert case.results.get().state == Result.State.IN_PERSON
    assert case.delivery == Delivery.NOT_NEEDED


@pytest.mark.django_db(transaction=True)
def test_the_whole_way_with_the_real_carrier_told_twice_and_out_of_order(
    simulator: Simulator,
) -> None:
    desk = Desk(make_counter())
    simulator.put(
        "/api/dial",
        {
            "carrier": {
                "plan": {"failed_rate": 0, "return_rate": 0},
                "duplicate": {"rate": 0.5},
                "out_of_order": {"rate": 0.5},
                "unknown": {"rate": 0.2},
                "malformed": {"rate": 0.1, "on": ["tra-cuu"]},
            }
        },
    )
    numbers = [desk.parcel().number for _ in range(5)]
    desk.hand_over(*numbers)
    drain()
    for _ in range(30):
        simulator.post("/api/advance", {"hours": 2})
        Parcel.objects.exclude(next_poll_at=None).update(
            next_poll_at=timezone.now() - timedelta(seconds=1)
        )
        Lane.objects.update(free_at=timezone.now())  # two hours are longer than any rest
        poll_due()
    assert set(Parcel.objects.values_list("state", flat=True)) == {State.DELIVERED}
    assert set(Case.objects.values_list("delivery", "queue")) == {("delivered", "done")}
    # One whose day of delivery fell between two questions got no code: it was not out any more.
    assert Message.objects.filter(event="out").count() <= 5
    assert Message.objects.filter(event="delivered").count() == 5
    assert {held(simulator, n)["count"] for n in numbers} == {1}
    assert not Parcel.objects.exclude(next_poll_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_a_carrier_that_is_down_is_asked_again_later(simulator: Simulator) -> None:
    desk = Desk(make_counter())
    parcel = desk.on_road()
    simulator.put("/api/dial", {"carrier": {"mode": "down"}})
    Parcel.objects.update(next_poll_at=timezone.now() - timedelta(seconds=1))
    poll_due()
    parcel.refresh_from_db()
    assert (parcel.misses, parcel.state) == (1, State.HANDED_OVER)
    assert parcel.next_poll_at is not None
    assert parcel.next_poll_at > timezone.now()


def test_a_case_of_another_room_has_no_part_in_this(desk: Desk) -> None:
    assert case_services.place(desk.decided()) == Case.Queue.AGENCY
    assert list(itertools.islice(tracking.claim_due(), 1)) == []


def test_what_is_held_for_its_person_stays_held_when_older_or_silent_news_come(
    desk: Desk,
) -> None:
    parcel = tell(desk.on_road(), event(5, 90), event(6, 91, reason="VANG_NHA"))
    parcels.hold_at_counter(parcel.case_id, actor=desk.actor)
    for late in (event(4, 85), event(7, 60), event(8, 777)):
        tell(parcel, late)
        assert parcel.state == State.HELD
        assert parcel.case.delivery == Delivery.HELD_AT_COUNTER
    tell(parcel, event(9, 90))
    assert parcel.state == State.OUT


def test_each_day_out_has_its_own_code_even_without_the_carriers_numbers(desk: Desk) -> None:
    parcel = desk.on_road()
    for hours, code in ((1, 90), (2, 91), (26, 90)):
        tell(
            parcel,
            CarrierEvent(
                key=f"{'K' * 70}/{hours}",
                number=0,
                code=str(code),
                at=START + timedelta(hours=hours),
            ),
        )
    last = Message.objects.filter(case=parcel.case, event="out").latest("pk")
    assert Message.objects.filter(case=parcel.case, event="out").count() == 2
    told = re.findall(r"\d{6}", last.body)
    proof = ProofOfDelivery.objects.get(parcel=parcel)
    assert proof.code_hash in {proofs._hash(proof, code) for code in told}


def test_an_answer_that_cannot_be_kept_stops_no_other_parcel(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    torn, fine = desk.on_road(), desk.on_road()
    bad = CarrierEvent(key="B/1", number=-1, code="80", at=START, place="\x00")
    answer = Tracked(True, {torn.number: (bad,), fine.number: (event(3, 80),)})
    monkeypatch.setattr(tracking.Carrier, "track", lambda _self, _numbers: answer)
    Parcel.objects.update(next_poll_at=timezone.now() - timedelta(seconds=1))
    assert tracking.ask(sorted(tracking.claim_due())).known == 1
    torn.refresh_from_db()
    fine.refresh_from_db()
    assert (torn.state, torn.misses) == (State.HANDED_OVER, 1)
    assert (fine.state, fine.misses) == (State.IN_TRANSIT, 0)


def test_a_carrier_that_writes_one_parcel_wrong_is_heard_about_the_others() -> None:
    assert (
        carrier._item({"MaVanDon": "A", "SuKien": [{"ThoiDiem": "2026-11-16T09:00:00Z"}]}) is None
    )
    assert carrier._item({"MaVanDon": "A", "SuKien": []}) == ("A", ())
