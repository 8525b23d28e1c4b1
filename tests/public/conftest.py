"""A filed case and a visitor without an account."""

from collections.abc import Callable, Generator
from typing import Any

import pytest

from cases.models import Case
from opsa.core.limits import client as valkey
from tests.support.cases import Counter
from tests.support.worklists import lay


@pytest.fixture(autouse=True)
def fresh_limits() -> Generator[None]:
    """Limits are counted in Valkey, outside the test's transaction."""

    def clear() -> None:
        if keys := list(valkey().scan_iter("opsa:limit:*")):
            valkey().delete(*keys)

    clear()
    yield
    clear()


@pytest.fixture
def make(counter: Counter) -> Callable[..., Case]:
    def one(**facts: Any) -> Case:
        return lay(counter, **facts)

    return one
