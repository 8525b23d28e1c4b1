"""Every procedure of the catalogue can be made ready at the counter, in its usual and in another
situation."""

from pathlib import Path

import pytest
import yaml
from django.core.management import call_command

from cases.intake import practice
from cases.intake.desk import open_desk, version_parts
from procedures.selectors import current_versions
from tests.support.cases import make_counter

CATALOGUE = yaml.safe_load(Path("procedures/data/catalogue.yaml").read_text())
SLUGS = [one["slug"] for one in CATALOGUE["procedures"]]


def test_there_are_thirty():
    assert len(SLUGS) == 30


@pytest.mark.parametrize("slug", SLUGS)
def test_a_case_can_be_made_ready(db, slug):
    staff = make_counter().staff
    call_command("load_catalogue", verbosity=0)
    version = version_parts(current_versions().get(procedure__slug=slug).pk)
    other = {q.key: q.choices[-1]["value"] for q in version.questions.all()}
    for number, situation in enumerate(({}, other), start=1):
        case = practice.prepared_case(version, situation, staff=staff, number=number)
        left = [f"{p.step} {p.field}: {p.text}" for p in open_desk(staff, case.pk).problems]
        assert left == []
