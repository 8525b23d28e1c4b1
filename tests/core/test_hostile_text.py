"""A sign that no database text can hold is a bad request, wherever it stands: never a failure."""

import pytest
from django.test import Client

from opsa.core.once import new_key
from tests.support.cases import Counter
from tests.support.worklists import sign_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/t/%00/", "/t/abc%00/rut-dong-y/"])
def test_in_the_address_of_a_citizens_page(client: Client, address: str) -> None:
    assert client.get(address).status_code == 400


def test_in_a_form_of_the_counter(client: Client, counter: Counter) -> None:
    sign_in(client, counter.staff)
    told = {"form_key": new_key(), "procedure": "a\x00b"}
    assert client.post("/quay/ho-so/moi/", told).status_code == 400
