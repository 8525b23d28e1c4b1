"""The working catalogue in a test's database."""

import pytest

from procedures import search
from procedures.services import catalogue_load


@pytest.fixture
def catalogue(db: None) -> None:
    """All 30 procedures as they come with the product."""
    search.forget()
    catalogue_load()
