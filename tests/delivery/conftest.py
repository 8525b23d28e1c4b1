"""Another office beside the first, a clerk who is signed in, and no limits left over."""

import pytest
from django.test import Client

from opsa.core.limits import client as valkey
from tests.support.cases import make_counter
from tests.support.delivery import Desk
from tests.support.worklists import sign_in


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    for key in valkey().keys("opsa:limit:delivery*"):
        valkey().delete(key)


@pytest.fixture
def elsewhere(db: None) -> Desk:
    return Desk(make_counter())


@pytest.fixture
def clerk(client: Client, desk: Desk) -> Client:
    return sign_in(client, desk.staff)
