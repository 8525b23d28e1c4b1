"""An office with a clerk who is signed in, and another office beside it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from cases.models import Case
from tests.support.cases import Counter, make_counter
from tests.support.worklists import lay, make_supervisor, sign_in


@pytest.fixture
def elsewhere(db: None) -> Counter:
    return make_counter()


@pytest.fixture
def make(counter: Counter) -> Callable[..., Case]:
    def one(**facts: Any) -> Case:
        return lay(counter, **facts)

    return one


@pytest.fixture
def supervisor(db: None) -> Client:
    return sign_in(Client(), make_supervisor())
