"""F13: handed over means scanned, once, with both names; the carrier's list is compared."""

import threading

import pytest
from django.db import IntegrityError, connections, transaction

from cases.models import Case, Paper
from cases.states import Delivery
from delivery import manifests, parcels
from delivery.models import Manifest, ManifestLine, Parcel
from delivery.refusals import Refused
from opsa.core.outbox import Outbox
from tests.support.cases import make_counter
from tests.support.delivery import Desk, drain, held, make_due
from tests.support.processes import Simulator

pytestmark = pytest.mark.django_db


def refusal(desk: Desk, number: str) -> str:
    with pytest.raises(Refused) as caught:
        desk.scan(number)
    return caught.value.code


def test_each_wrong_scan_is_refused_with_its_own_reason(desk: Desk, elsewhere: Desk) -> None:
    parcel, gone, cancelled = desk.parcel(), desk.on_road(), desk.parcel()
    parcels.parcel_cancel(cancelled.pk, actor=desk.actor)
    desk.scan(parcel.number)
    assert refusal(desk, parcel.number) == "twice"
    assert refusal(desk, gone.number) == "handed_over"
    assert refusal(desk, cancelled.number) == "cancelled"
    assert refusal(desk, elsewhere.parcel().number) == "unknown"
    assert refusal(desk, "RH000000000VN") == "unknown"
    assert refusal(desk, "  ") == "empty"
    assert ManifestLine.objects.filter(manifest__closed_at=None).count() == 1


def test_a_parcel_stands_on_one_manifest_says_the_database(desk: Desk) -> None:
    line = desk.scan(desk.parcel().number)
    with pytest.raises(IntegrityError), transaction.atomic():
        ManifestLine.objects.create(
            manifest=line.manifest, parcel=line.parcel, scanned_by=desk.staff
        )


def test_a_closed_manifest_has_both_names_says_the_database(desk: Desk) -> None:
    manifest = manifests.manifest_open(desk.counter.agency, staff=desk.staff, actor=desk.actor)
    with pytest.raises(IntegrityError), transaction.atomic():
        Manifest.objects.filter(pk=manifest.pk).update(closed_at=manifest.opened_at)


def test_a_closed_manifest_is_never_changed(desk: Desk) -> None:
    parcel = desk.on_road()
    line = parcel.manifest_lines.get()
    with pytest.raises(Refused, match="đã đóng"):
        manifests.line_remove(line.pk, desk.counter.agency, actor=desk.actor)


def test_an_empty_manifest_or_one_without_a_name_is_not_closed(desk: Desk) -> None:
    manifest = manifests.manifest_open(desk.counter.agency, staff=desk.staff, actor=desk.actor)
    for name, code in (("Lê Văn Bưu", "empty"), ("  ", "no_name")):
        with pytest.raises(Refused) as caught:
            manifests.manifest_close(manifest.pk, name, staff=desk.staff, actor=desk.actor)
        assert caught.value.code == code


def test_closing_puts_every_case_on_the_road_with_one_paper_and_one_debt(desk: Desk) -> None:
    numbers = [desk.parcel().number for _ in range(3)]
    manifest = desk.hand_over(*numbers)
    manifests.manifest_close(manifest.pk, "Người khác", staff=desk.staff, actor=desk.actor)
    assert set(Case.objects.values_list("delivery", "queue")) == {("handed_over", "on_road")}
    assert Paper.objects.filter(kind=Paper.Kind.MANIFEST).count() == 1
    assert Outbox.objects.filter(kind="manifest").count() == 1
    assert Parcel.objects.exclude(next_poll_at=None).count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_scanners_on_one_parcel_make_one_line(simulator: Simulator) -> None:
    desk = Desk(make_counter())
    parcel = desk.parcel()
    gate, found = threading.Barrier(6), []

    def scan() -> None:
        try:
            gate.wait()
            try:
                found.append(desk.scan(parcel.number).pk)
            except Refused as refused:
                found.append(refused.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=scan) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.count("twice") == 5
    assert ManifestLine.objects.count() == 1
    assert Manifest.objects.count() == 1


@pytest.mark.django_db(transaction=True)
class TestWithTheRealCarrier:
    """The carrier over HTTP, healthy and not."""

    @pytest.fixture
    def desk(self, simulator: Simulator) -> Desk:
        return Desk(make_counter())

    def test_a_label_is_registered_and_a_manifest_taken(
        self, desk: Desk, simulator: Simulator
    ) -> None:
        parcel = desk.on_road()
        drain()
        parcel.refresh_from_db()
        truth = held(simulator, parcel.number)
        manifest = Manifest.objects.get()
        assert (truth["count"], truth["manifest"]) == (1, manifest.number)
        assert parcel.registered_at is not None
        assert manifest.told_at is not None
        assert manifest.trouble == ""

    def test_a_carrier_that_is_down_loses_nothing(self, desk: Desk, simulator: Simulator) -> None:
        simulator.put("/api/dial", {"carrier": {"mode": "down"}})
        numbers = [desk.parcel().number for _ in range(3)]
        desk.hand_over(*numbers)
        drain()
        assert set(Outbox.objects.values_list("state", flat=True)) == {"ready"}
        simulator.put("/api/dial", {"carrier": {"mode": "ok"}})
        make_due()
        drain()
        for number in numbers:
            assert held(simulator, number)["count"] == 1
            assert held(simulator, number)["manifest"] is not None
        assert Manifest.objects.get().told_at is not None

    @pytest.mark.parametrize("fault", ["cut", "late", "malformed"])
    def test_a_broken_answer_registers_nothing_twice(
        self, desk: Desk, simulator: Simulator, fault: str
    ) -> None:
        simulator.put("/api/dial", {"carrier": {fault: {"rate": 0.5}}})
        numbers = [desk.parcel().number for _ in range(6)]
        for number in numbers:
            desk.hand_over(number)
        for _ in range(12):
            make_due()
            drain()
        simulator.put("/api/dial", {"carrier": {fault: {"rate": 0}}})
        for _ in range(3):
            make_due()
            drain()
        owed = Outbox.objects.filter(channel="carrier")
        assert set(owed.values_list("state", flat=True)) == {"done"}
        assert {held(simulator, n)["count"] for n in numbers} == {1}
        assert Manifest.objects.filter(told_at=None).count() == 0
        assert Parcel.objects.filter(registered_at=None).count() == 0

    def test_a_cut_registration_is_looked_up_never_sent_again(
        self, desk: Desk, simulator: Simulator
    ) -> None:
        simulator.put("/api/dial", {"carrier": {"cut": {"next": 1}}})
        parcel = desk.parcel()
        drain()
        assert Outbox.objects.get(kind="parcel").state == Outbox.State.UNKNOWN
        make_due()
        drain()
        truth = held(simulator, parcel.number)
        assert (truth["count"], truth["posts"]) == (1, 1)

    def test_a_gateway_that_lost_the_carriers_answer_has_not_said_that_nothing_happened(
        self, desk: Desk, simulator: Simulator
    ) -> None:
        simulator.put("/api/dial", {"carrier": {"error": {"next": 1, "status": 502}}})
        desk.parcel()
        drain()
        assert Outbox.objects.get(kind="parcel").state == Outbox.State.UNKNOWN

    def test_what_the_carrier_refuses_becomes_work_again(
        self, desk: Desk, simulator: Simulator
    ) -> None:
        good, bad = desk.parcel(), desk.parcel()
        drain()
        import urllib.request

        request = urllib.request.Request(
            f"{simulator.carrier}/carrier/don/{bad.number}/huy", b"{}",
            {"Content-Type": "application/json"}, method="POST",
        )  # fmt: skip
        urllib.request.urlopen(request, timeout=10).read()
        desk.hand_over(good.number, bad.number)
        drain()
        good.refresh_from_db()
        bad.refresh_from_db()
        assert good.state == Parcel.State.HANDED_OVER
        assert (bad.state, bad.trouble) == (Parcel.State.LABELLED, Parcel.Trouble.NOT_TAKEN)
        case = Case.objects.get(pk=bad.case_id)
        assert (case.delivery, case.queue) == (Delivery.LABELLED, Case.Queue.PARCEL)
        assert bad.manifest_lines.get().refused == "DA_HUY"
        desk.scan(bad.number)
        assert bad.manifest_lines.count() == 2

    def test_a_refused_registration_is_shown_on_the_parcel(
        self, desk: Desk, simulator: Simulator
    ) -> None:
        simulator.put("/api/dial", {"carrier": {"refuse": {"next": 1}}})
        parcel = desk.parcel()
        drain()
        parcel.refresh_from_db()
        assert parcel.trouble == Parcel.Trouble.NOT_REGISTERED

    def test_a_cancelled_label_is_taken_back_at_the_carrier(
        self, desk: Desk, simulator: Simulator
    ) -> None:
        parcel = desk.parcel()
        drain()
        parcels.parcel_cancel(parcel.pk, actor=desk.actor)
        drain()
        assert held(simulator, parcel.number)["status"] == 60
        early = desk.parcel()
        parcels.parcel_cancel(early.pk, actor=desk.actor)
        drain()
        assert held(simulator, early.number)["count"] == 0
