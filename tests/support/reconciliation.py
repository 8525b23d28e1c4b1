"""Dossiers at the portal, and what reports, answers and files told of them."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from agencies.models import Role, Staff
from cases.models import (
    Case,
    Difference,
    Filing,
    ImportedDossier,
    PollState,
    StatusImport,
    StatusReport,
)
from tests.support.cases import Counter
from tests.support.worklists import PASSWORD, lay, sign_in

Kind = Difference.Kind
URL = "/dieu-hanh/doi-chieu/"


def lead_of(counter: Counter) -> Client:
    staff = Staff.objects.create_user(
        "lead", PASSWORD, display_name="Trưởng điểm", role=Role.LEAD, agency=counter.agency
    )
    return sign_in(Client(), staff)


def heard(case: Case, at: Any) -> None:
    PollState.objects.filter(case=case).update(asked_at=at, answered_at=at)


_codes = iter(range(1, 10_000))


def there(counter: Counter, **facts: Any) -> Case:
    """A case whose dossier is at the portal."""
    facts.setdefault("dossier", "4")
    facts.setdefault("due_at", timezone.now() + timedelta(days=5))
    return lay(counter, code=f"H26.31-261120-{next(_codes):04d}", **facts)


def kinds() -> dict[int | None, str]:
    return dict(Difference.objects.values_list("case", "kind"))


def reported(case: Case, raw: str, known: str, at: Any, told_at: Any) -> None:
    one = StatusReport.objects.create(
        filing=case.filings.get(), external_id=raw, raw_code=raw, dossier=known,
        unknown=not known, occurred_at=at,
    )  # fmt: skip
    StatusReport.objects.filter(pk=one.pk).update(received_at=told_at)


def filed_at(counter: Counter, day: Any) -> Case:
    case = there(counter, taken_at=day, accepted_at=day)
    Filing.objects.filter(case=case).update(accepted_at=day)
    heard(case, None)
    return case


def a_file(counter: Counter, now: Any, *named: Case, whole: bool = True, **more: Any) -> Any:
    facts = {
        "state": "applied", "exported_at": now - timedelta(hours=1), "sha256": "0" * 64,
        "size": 1, "first_day": timezone.localdate(now - timedelta(days=9)),
        "last_day": timezone.localdate(now - timedelta(days=1)),
    } | more  # fmt: skip
    one = StatusImport.objects.create(
        system=counter.version.system, by=counter.staff, whole=whole, **facts
    )
    for case in named:
        filing = case.filings.get()
        ImportedDossier.objects.create(imported=one, filing=filing, code=filing.dossier_code)
    return one


def absent() -> set[int | None]:
    return {case for case, kind in kinds().items() if kind == Kind.ABSENT}
