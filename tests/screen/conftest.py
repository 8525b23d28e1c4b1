"""A clerk at a counter, and the citizen's screen beside it."""

import pytest
from django.test import Client

from agencies.models import Agency, Staff
from agencies.models import Counter as Place
from cases.models import Case
from cases.screen.views import COOKIE
from opsa.core.once import new_key
from tests.support.cases import Counter
from tests.support.worklists import sign_in


@pytest.fixture
def counter(birth_counter: Counter) -> Counter:
    return birth_counter


@pytest.fixture
def place(staff: Staff) -> Place:
    made = Place.objects.create(agency=staff.agency, number=3)
    staff.counter = made
    staff.save()
    return made


@pytest.fixture
def clerk(client: Client, staff: Staff, place: Place) -> Client:
    return sign_in(client, staff)


@pytest.fixture
def tablet(clerk: Client, place: Place) -> Client:
    """A second device, paired by the code that the clerk sees; it has asked once."""
    page = clerk.post("/quay/man-hinh/", {"form_key": new_key(), "act": "code"}).content.decode()
    code = page.partition('id="pair-code">')[2][:6]
    device = Client()
    answer = device.post(address(place), {"code": code})
    assert answer.status_code == 303, answer.content.decode()
    assert device.cookies[COOKIE]["httponly"]
    device.get(address(place) + "noi-dung/")
    return device


def address(place: Place) -> str:
    return f"/man-hinh-khach/{place.pk}/"


def shown(device: Client, place: Place) -> str:
    return device.get(address(place)).content.decode()


def press(clerk: Client, case: Case, view: str) -> None:
    """The clerk's remote control."""
    url = f"/quay/ho-so/{case.pk}/man-hinh/"
    assert clerk.post(url, {"form_key": new_key(), "view": view}).status_code == 303


def account_of(office: Agency) -> None:
    """An account to be paid into, at a bank that does not exist."""
    office.bank, office.bank_account, office.bank_holder = "999999", "0001", "BUU DIEN MAU"
    office.save()
