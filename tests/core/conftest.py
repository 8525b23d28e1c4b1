from collections.abc import Iterator

import pytest

from opsa.core.working_time import forget_calendar


@pytest.fixture(autouse=True)
def _fresh_calendar() -> Iterator[None]:
    forget_calendar()
    yield
    forget_calendar()
