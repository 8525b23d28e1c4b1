import pytest

from opsa.core import working_time


@pytest.fixture(autouse=True)
def fresh_calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working_time, "_cached", None)
    monkeypatch.setattr(working_time, "_uncached_until", 0.0)
