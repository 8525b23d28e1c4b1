"""The office with the birth registration, its clerk signed in, and their pages in a browser."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from agencies.models import Counter as Place
from agencies.models import Staff
from cases.intake import cards, drafts, practice, steps
from cases.models import Case
from opsa.core.once import new_key
from tests.support.birth import CARD
from tests.support.cases import Counter


@pytest.fixture
def counter(birth_counter: Counter) -> Counter:
    return birth_counter


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


@pytest.fixture
def mockup(transactional_db: None, counter: Counter) -> Case:
    """The case of the mock-up: card read, one question asked, papers partly there."""
    agency, staff, version = counter.agency, counter.staff, counter.version
    agency.short_name = "Bưu cục Cầu Giấy"
    agency.save()
    staff.display_name, staff.counter = (
        "Trần Mai Lan",
        Place.objects.create(agency=agency, number=3),
    )
    staff.save()
    version.procedure.short_name = "Đăng ký khai sinh"
    version.procedure.save()
    case = drafts.draft_open(staff=staff, version=version, card=cards.read(CARD))
    practice.save(staff, case, steps.APPLICANT, {"phone": "0912 345 67", "relation": "parent"})
    practice.papers(staff, case, practice.paper_picture())
    return case
