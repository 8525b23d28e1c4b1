"""A moment, a supervisor, and no memory of the weather before."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from cases.weather import sky
from tests.support.worklists import make_supervisor, sign_in


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def boss(db: None) -> Client:
    return sign_in(Client(), make_supervisor())


@pytest.fixture(autouse=True)
def _fresh_sky() -> Iterator[None]:
    sky.forget()
    yield
    sky.forget()
