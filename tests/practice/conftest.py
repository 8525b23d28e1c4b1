"""A practice office with its clerk, beside real ones."""

import pytest

from tests.support.cases import Counter, make_counter


def make_practice_counter() -> Counter:
    """As `make_counter`, but the office only practises."""
    made = make_counter()
    made.agency.is_practice = True
    made.agency.save()
    made.staff.agency = made.agency
    return made


@pytest.fixture
def practice(db: None) -> Counter:
    return make_practice_counter()
