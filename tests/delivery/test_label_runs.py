"""Labels for many cases at once: ordered in one press, made by a worker, seen growing (F13)."""

import re
import threading
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agencies.models import Role, Staff
from cases.models import DeliveryAddress, Paper
from cases.papers import services as paper_services
from delivery import labels, parcels
from delivery.models import LabelRun, Parcel
from opsa.core.models import JournalEntry
from opsa.core.once import new_key
from tests.support.delivery import Desk
from tests.support.worklists import PASSWORD, sign_in


def order(clerk: Client, cases: list[int]) -> str:
    """Press the button; where it leads."""
    answer = clerk.post("/quay/ket-qua/nhan-in/", {"form_key": new_key(), "case": cases})
    assert answer.status_code == 303
    return str(answer["Location"])


def shown(clerk: Client, where: str) -> str:
    """The part that the page asks for again."""
    return clerk.get(where, headers={"HX-Request": "true"}).content.decode()


@pytest.mark.django_db
def test_the_press_makes_no_label_itself_however_many_were_chosen(
    clerk: Client, desk: Desk
) -> None:
    few, many = [desk.here().pk for _ in range(2)], [desk.here().pk for _ in range(6)]
    costs = []
    for cases in (few, many):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            order(clerk, cases)
        costs.append(len(asked))
    assert costs[0] == costs[1]
    assert not Parcel.objects.exists()


@pytest.mark.django_db
def test_the_page_shows_how_far_it_is_then_the_file_and_who_got_none(
    clerk: Client, desk: Desk, elsewhere: Desk
) -> None:
    cases = [desk.here() for _ in range(3)]
    foreign = elsewhere.here()
    DeliveryAddress.objects.filter(case=cases[1]).update(recipient="")
    where = order(clerk, [*(case.pk for case in cases), foreign.pk])
    run = LabelRun.objects.get()
    assert "0 trên 3" in shown(clerk, where)
    assert labels._step(run.pk)
    assert "1 trên 3" in shown(clerk, where)
    assert "<html" not in shown(clerk, where)
    labels.run_work(run.pk)
    part = shown(clerk, where)
    assert "Đã làm 2 nhãn" in part
    assert "Địa chỉ chưa đủ" in part
    assert f"/quay/ho-so/{cases[1].pk}/xem/" in part
    assert "Đang làm phiếu" in part
    assert part.strip() in clerk.get(where).content.decode()
    assert set(Parcel.objects.values_list("case", flat=True)) == {cases[0].pk, cases[2].pk}
    made = JournalEntry.objects.filter(action="parcel.made")
    assert set(made.values_list("staff_id", flat=True)) == {desk.staff.pk}


@pytest.mark.django_db
def test_labels_of_an_order_are_drawn_in_one_file_and_one_alone_when_asked(
    clerk: Client, desk: Desk
) -> None:
    cases = [desk.here() for _ in range(2)]
    run = labels.run_ask([case.pk for case in cases], staff=desk.staff)
    labels.run_work(run.pk)
    paper = Paper.objects.get(kind=Paper.Kind.LABEL)
    assert paper.pk == LabelRun.objects.get().paper_id
    parcel = Parcel.objects.filter(case=cases[0]).get()
    assert "In riêng nhãn này" in clerk.get(f"/quay/buu-gui/{parcel.number}/").content.decode()
    clerk.post(f"/quay/ho-so/{cases[0].pk}/in-nhan/", {"form_key": new_key()})
    own = Paper.objects.get(key=f"label:{parcel.number}")
    assert own.case_id == cases[0].pk
    assert Parcel.objects.count() == 2


@pytest.mark.django_db
def test_one_label_that_cannot_be_made_holds_up_none_of_the_others(
    clerk: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [desk.here() for _ in range(3)]
    make = parcels.parcel_make

    def odd(case_id: int, **rest: Any) -> Parcel:
        if case_id == cases[1].pk:
            raise ZeroDivisionError
        return make(case_id, **rest)

    monkeypatch.setattr(parcels, "parcel_make", odd)
    run = labels.run_ask([case.pk for case in cases], staff=desk.staff)
    labels.run_work(run.pk)
    run.refresh_from_db()
    assert (len(run.made), [pk for pk, _why in run.left]) == (2, [cases[1].pk])
    assert run.ended_at is not None


@pytest.mark.django_db
def test_another_office_does_not_see_the_order(clerk: Client, desk: Desk, elsewhere: Desk) -> None:
    run = labels.run_ask([elsewhere.here().pk], staff=elsewhere.staff)
    assert clerk.get(f"/quay/ket-qua/to-nhan/{run.pk}/").status_code == 404
    editor = Staff.objects.create_user(
        "bien-tap", PASSWORD, display_name="Biên tập", role=Role.EDITOR, is_staff=True
    )
    answer = sign_in(Client(), editor).get(f"/quay/ket-qua/to-nhan/{run.pk}/")
    assert answer.status_code == 403


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_order_make_each_label_once_and_a_lost_one_is_found(desk: Desk) -> None:
    cases = [desk.here() for _ in range(6)]
    run = labels.run_ask([case.pk for case in cases], staff=desk.staff)
    assert labels._step(run.pk)  # the first worker died here
    LabelRun.objects.update(asked_at=run.asked_at - 2 * labels.LOST)
    assert labels.lost_runs() == [run.pk]

    def work() -> None:
        labels.run_work(run.pk)
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run.refresh_from_db()
    assert (run.done, len(set(run.made)), run.left) == (6, 6, [])
    assert Parcel.objects.count() == 6
    assert labels.lost_runs() == []
    assert run.paper_id is not None
    paper = paper_services.paper_draw(run.paper_id)
    assert paper is not None
    assert len(re.findall(rb"/Type /Page\b", paper_services.paper_bytes(paper))) in (0, 6)
