"""Every procedure of the catalogue can be made ready at the counter, in its usual and in another
situation."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import connection, transaction

from agencies.models import Staff
from cases.intake import practice
from cases.intake.desk import open_desk, version_parts
from procedures.selectors import current_versions
from procedures.services import catalogue_load
from tests.support.cases import make_counter

CATALOGUE = yaml.safe_load(Path("procedures/data/catalogue.yaml").read_text())
SLUGS = [one["slug"] for one in CATALOGUE["procedures"]]


@pytest.fixture(scope="module")
def clerk(django_db_setup: None, django_db_blocker: Any) -> Iterator[Staff]:
    """A clerk with the catalogue, for all tests of this file, in a transaction never kept."""
    with django_db_blocker.unblock():
        with transaction.atomic():
            catalogue_load()
            yield make_counter().staff
            transaction.set_rollback(True)
        connection.close()


def test_there_are_thirty():
    assert len(SLUGS) == 30


@pytest.mark.parametrize("slug", SLUGS)
def test_a_case_can_be_made_ready(clerk, db, slug):
    version = version_parts(current_versions().get(procedure__slug=slug).pk)
    other = {q.key: q.choices[-1]["value"] for q in version.questions.all()}
    for number, situation in enumerate(({}, other), start=1):
        case = practice.prepared_case(version, situation, staff=clerk, number=number)
        left = [f"{p.step} {p.field}: {p.text}" for p in open_desk(clerk, case.pk).problems]
        assert left == []
