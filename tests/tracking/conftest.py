"""The morning, its supervisor, and a system that tells by file."""

from typing import Any

import pytest
from django.test import Client

from agencies.models import Staff
from cases.imports import services
from cases.models import Filing
from procedures.models import FilingSystem
from tests.support.worklists import make_supervisor, sign_in


@pytest.fixture
def now(clock: Any) -> Any:
    """Wednesday, ten past six in the morning."""
    return clock.at("2026-12-02 06:10")


@pytest.fixture
def boss(db: None) -> Staff:
    return make_supervisor()


@pytest.fixture
def supervisor(boss: Staff) -> Client:
    """A client that is signed in as the supervisor."""
    return sign_in(Client(), boss)


@pytest.fixture
def by_file(filing: Filing) -> Filing:
    """A filing at a system that can't be asked."""
    FilingSystem.objects.filter(pk=filing.system_id).update(news=FilingSystem.News.FILE)
    filing.refresh_from_db()
    return filing


@pytest.fixture
def workers_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is nudged: the test is the worker."""
    monkeypatch.setattr(services, "nudge", lambda _pk: None)
