"""The practice day shows delivery as it is: every stage, through the services."""

from typing import get_args

import pytest
from django.test import Client

from agencies.models import Role, Staff
from cases.models import Case
from delivery import practice
from delivery.models import Parcel
from opsa.core import journal
from tests.support.delivery import Desk
from tests.support.worklists import PASSWORD, sign_in

pytestmark = pytest.mark.django_db
EXPECTED = {
    "received": ("available", "result"),
    "labelled": ("labelled", "parcel"),
    "handed_over": ("handed_over", "on_road"),
    "in_transit": ("in_transit", "on_road"),
    "out": ("out", "on_road"),
    "failed": ("failed", "failed_delivery"),
    "failed_twice": ("failed", "failed_delivery"),
    "returned": ("returned", "failed_delivery"),
    "delivered": ("delivered", "done"),
    "carrier_says_delivered": ("delivered", "done"),
    "collected": ("collected", "done"),
}


@pytest.mark.parametrize("stage", get_args(practice.Stage))
def test_a_case_stands_where_the_exercise_wants_it(desk: Desk, stage: practice.Stage) -> None:
    case = practice.deliver(desk.decided(), staff=desk.staff, upto=stage)
    assert (case.delivery, case.queue) == EXPECTED[stage]
    assert journal.verify(f"case:{case.pk}") == []


def test_every_stage_has_pages_that_open(clerk: Client, desk: Desk) -> None:
    for stage in get_args(practice.Stage):
        practice.deliver(desk.decided(), staff=desk.staff, upto=stage)
    for parcel in Parcel.objects.all():
        assert clerk.get(f"/quay/buu-gui/{parcel.number}/").status_code == 200
    for case in Case.objects.all():
        assert clerk.get(f"/quay/ho-so/{case.pk}/xem/").status_code == 200
    for slug in ("cho-tra", "cho-giao", "khong-phat-duoc", "cho-lay"):
        assert clerk.get(f"/quay/ket-qua/{slug}/").status_code == 200
    assert clerk.get("/quay/ket-qua/khac/").status_code == 404


@pytest.mark.parametrize("name", ["parcel", "manifest", "result", "proofofdelivery"])
def test_the_admin_shows_and_never_changes(desk: Desk, client: Client, name: str) -> None:
    practice.deliver(desk.decided(), staff=desk.staff, upto="delivered")
    admin = Staff.objects.create_superuser("quan-tri", PASSWORD, display_name="Quản trị")
    assert admin.role == Role.ADMIN
    sign_in(client, admin)
    page = client.get(f"/quan-tri/delivery/{name}/")
    assert page.status_code == 200
    assert client.get(f"/quan-tri/delivery/{name}/add/").status_code == 403
    assert "912345678" not in page.content.decode()
