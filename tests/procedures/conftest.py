"""The working catalogue in a test's database."""

import pytest
from django.test import Client

from agencies.models import Staff
from procedures.services import catalogue_load
from tests.support.cases import make_counter
from tests.support.worklists import sign_in


@pytest.fixture
def catalogue(db: None) -> None:
    """All 30 procedures as they come with the product."""
    catalogue_load()


@pytest.fixture
def signed_in(client: Client, db: None) -> tuple[Client, Staff]:
    """A clerk of one office at the counter."""
    counter = make_counter()
    return sign_in(client, counter.staff), counter.staff
