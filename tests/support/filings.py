"""A filing that the portal has taken, and the reports it may tell about it."""

from datetime import UTC, datetime, timedelta

import pytest

from cases import services as case_services
from cases.filing import services as filing_services
from cases.filing.ports import DossierStatus, IssuedResult, Report
from cases.models import Filing
from cases.states import Dossier
from tests.support.cases import Counter

START = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)


@pytest.fixture
def filing(counter: Counter) -> Filing:
    """A filing that the portal accepted, without having been asked about yet."""
    case = counter.case()
    made = filing_services.case_file(case.pk, staff=counter.staff, actor=counter.actor)
    Filing.objects.filter(pk=made.pk).update(
        state=Filing.State.ACCEPTED, dossier_code="H26.31-261123-0001", accepted_at=START
    )
    locked = case_services.lock(case.pk)
    locked.dossier = Dossier.NEW
    case_services.save(locked, "dossier")
    made.refresh_from_db()
    filing_services.start_asking(made, locked)
    return made


def history(*codes: str) -> list[Report]:
    return [
        Report(f"H26.31-261123-0001/{n}", code, START + timedelta(hours=n), "UBND", "")
        for n, code in enumerate(codes, start=1)
    ]


def told(*reports: Report, results: tuple[IssuedResult, ...] = ()) -> DossierStatus:
    return DossierStatus("H26.31-261123-0001", tuple(reports), results)
