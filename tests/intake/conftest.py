"""The office with the birth registration, and its clerk signed in."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from agencies.models import Staff
from cases.intake import drafts
from cases.models import Case
from opsa.core.once import new_key
from tests.support.cases import Counter
from tests.support.worklists import sign_in


@pytest.fixture
def counter(birth_counter: Counter) -> Counter:
    return birth_counter


@pytest.fixture
def staff(counter: Counter) -> Staff:
    return counter.staff


@pytest.fixture
def clerk(client: Client, staff: Staff) -> Client:
    return sign_in(client, staff)


@pytest.fixture
def draft(counter: Counter, staff: Staff) -> Case:
    """A blank draft."""
    return drafts.draft_open(staff=staff, version=counter.version)


@pytest.fixture
def post(clerk: Client) -> Callable[..., Any]:
    """`post(url, **fields)` sends a plain form with a fresh one-time key."""

    def send(url: str, data: dict[str, Any] | None = None, **headers: Any) -> Any:
        return clerk.post(url, {"form_key": new_key(), **(data or {})}, **headers)

    return send
