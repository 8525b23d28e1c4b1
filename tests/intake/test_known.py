"""Ask once: what was given before is offered with date and source, and only taken when pressed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cases.intake import desk, drafts, extra_uses, known
from cases.models import Citizen, ExtraUse, Scan
from opsa.core import files
from opsa.core.models import JournalEntry
from tests.support.birth import publish
from tests.support.cases import make_counter


@pytest.fixture
def again(ready, counter, staff):
    """The same person, another day: a new draft from their card alone."""
    person = ready.filer
    person.email = "huong@example.org"
    person.save()
    case = drafts.draft_open(staff=staff, version=counter.version)
    case.filer = Citizen.objects.create(name=person.name, id_number=person.id_number)
    case.save(update_fields=["filer"])
    return case


def offers(staff, case):
    return {
        offer.what.partition(":")[0]: offer
        for offer in known.offers(desk.open_desk(staff, case.pk))
    }


def keep(ready, staff, *kinds):
    extra_uses.choose(staff=staff, case_id=ready.pk, kinds=kinds)


def test_nothing_is_offered_without_consent(again, staff):
    assert offers(staff, again) == {}


def test_contacts_and_scans_are_offered_apart_with_date_and_source(ready, again, staff, clerk):
    keep(ready, staff, "contact")
    found = offers(staff, again)
    assert set(found) == {"phone", "email", "address"}
    assert found["phone"].source == ready.pk
    keep(ready, staff, "contact", "scans")
    assert "scan" in offers(staff, again)
    page = clerk.get(f"/quay/ho-so/{again.pk}/da-biet/").content.decode()
    assert found["phone"].reference in page
    assert "checked" not in page
    again.filer.refresh_from_db()
    assert again.filer.phone == ""


def test_what_is_pressed_is_taken_over_and_the_copy_has_the_same_hash(ready, again, staff, post):
    keep(ready, staff, "contact", "scans")
    wanted = [offer.what for offer in known.offers(desk.open_desk(staff, again.pk))]
    post(f"/quay/ho-so/{again.pk}/da-biet/", {"take": wanted})
    again.refresh_from_db()
    again.filer.refresh_from_db()
    assert (again.filer.phone, again.filer.email) == (ready.filer.phone, "huong@example.org")
    assert again.delivery_address.line == ready.delivery_address.line
    for copy in Scan.objects.filter(case=again):
        source = Scan.objects.get(case=ready, sha256=copy.sha256)
        assert copy.file != source.file
        assert files.load(copy.file) == files.load(source.file)
    lines = JournalEntry.objects.filter(action="known.taken", chain=f"case:{again.pk}")
    assert {line.facts["source"] for line in lines} == {ready.pk}


def test_it_ends_after_its_term_when_taken_back_and_at_other_offices(ready, again, staff):
    keep(ready, staff, "contact")
    other = make_counter()
    publish(other)
    case = drafts.draft_open(staff=other.staff, version=other.version)
    case.filer = Citizen.objects.create(name="X", id_number=ready.filer.id_number)
    case.save(update_fields=["filer"])
    assert offers(other.staff, case) == {}
    ExtraUse.objects.update(valid_until=timezone.localdate() - timedelta(days=1))
    assert offers(staff, again) == {}
    with pytest.raises(known.NothingKnownError):
        known.take(staff=staff, case_id=again.pk, wanted=["phone"])
