"""Births of which the papers know only the year, or the month and the year: taken, shown and sent
as they are known, and no day is invented."""

import json
from dataclasses import replace

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse

from cases.filing.readiness import problems
from cases.filing.services import case_file, load_for_filing
from cases.intake import applicants, cards, drafts, practice, steps, waiting
from cases.models import Filing
from cases.papers.sheets import _person
from opsa.core.partial_date import PartialDate
from procedures.selectors import current_versions
from tests.support.birth import CARD

BORN = CARD.split("|")[3]


@pytest.fixture
def old_card():
    """The card of somebody whose papers know the year alone."""
    return cards.read(CARD.replace(f"|{BORN}|", f"|0000{BORN[4:]}|"))


def test_a_card_with_the_year_alone_is_filed_and_goes_out_as_the_year(ready, counter, clerk):
    card = replace(practice.person(1), birth_date=PartialDate(1961))
    with transaction.atomic():
        applicants.applicant_read(case=ready, card=card, actor=counter.actor)
    page = clerk.get(reverse("quay:step", args=[ready.pk, steps.APPLICANT])).content.decode()
    assert "<dd>1961</dd>" in page
    review = clerk.get(reverse("quay:step", args=[ready.pk, steps.REVIEW])).content.decode()
    assert ">1961<" in review
    ready.refresh_from_db()
    assert ("Ngày sinh", "1961") in _person(ready.filer)
    case_file(ready.pk, staff=counter.staff, actor=counter.actor)
    filer = json.loads(Filing.objects.get(case=ready).payload)["ThongTinNguoiNop"]
    assert filer["NgaySinh"] == "1961"


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("1948", PartialDate(1948)),
        ("5/1948", PartialDate(1948, 5)),
        ("00/00/1948", PartialDate(1948)),
        ("12/5/1948", PartialDate(1948, 5, 12)),
        ("01/01/1948", PartialDate(1948, 1, 1)),
    ],
)
def test_what_is_typed_is_kept_as_precise_as_it_was_typed(counter, staff, typed, known):
    case = drafts.draft_open(staff=staff, version=counter.version)
    practice.save(staff, case, steps.APPLICANT, {"name": "Trần Thị Lành", "birth_date": typed})
    case.refresh_from_db()
    assert case.filer.birth_date == known
    revision = case.revision
    practice.save(staff, case, steps.APPLICANT, {"birth_date": str(known)})
    case.refresh_from_db()
    assert case.revision == revision, "the same birth again is no change"


@pytest.mark.parametrize("typed", ["48", "13/1948", "1899", "2948", "khoảng 1948", "00/5"])
def test_what_is_no_birth_is_refused_with_what_to_type(counter, staff, typed):
    case = drafts.draft_open(staff=staff, version=counter.version)
    saved = practice.save(staff, case, steps.APPLICANT, {"name": "Lành", "birth_date": typed})
    assert saved.errors["birth_date"]
    case.refresh_from_db()
    assert case.filer.birth_date is None


def test_a_birth_that_is_registered_still_needs_its_day(counter, staff):
    case = drafts.draft_open(staff=staff, version=counter.version, card=cards.read(CARD))
    child = {"relation": "parent", "subject_name": "LÊ GIA HÂN"}
    saved = practice.save(staff, case, steps.APPLICANT, child | {"subject_birth_date": "2026"})
    assert saved.errors["subject_birth_date"]
    practice.save(staff, case, steps.APPLICANT, child | {"subject_birth_date": "05/11/2026"})
    case.refresh_from_db()
    assert case.subject.birth_date == PartialDate(2026, 11, 5)
    assert json.loads(case.declaration)["ngay-sinh-tre"] == "05/11/2026"


def test_an_old_person_asks_for_a_pension_with_the_year_that_their_papers_have(staff):
    """The working catalogue's own form: it says when somebody was born, it registers no birth."""
    call_command("load_catalogue", verbosity=0)
    version = current_versions().get(procedure__code="1.014027")
    card = cards.read(CARD.replace(f"|{BORN}|", "|00001948|"))
    case = drafts.draft_open(staff=staff, version=version, card=card)
    case.refresh_from_db()
    assert json.loads(case.declaration)["ngay-sinh"] == "1948"
    typed = practice.save(staff, case, steps.DECLARATION, {"f-ngay-sinh": "5/1948"})
    assert typed.errors["f-ngay-sinh"] == ""
    case.refresh_from_db()
    assert json.loads(case.declaration)["ngay-sinh"] == "05/1948"
    mother = {"relation": "child", "subject_name": "LÊ THỊ LÀNH", "subject_birth_date": "1940"}
    assert practice.save(staff, case, steps.APPLICANT, mother).errors["subject_birth_date"] == ""


def test_a_form_that_wants_the_day_is_not_filled_with_a_year(counter, staff, old_card):
    """A person files for themselves where the form still asks for the whole date: it is asked."""
    case = drafts.draft_open(staff=staff, version=counter.version, card=old_card)
    practice.save(staff, case, steps.APPLICANT, {"relation": "self"})
    case.refresh_from_db()
    assert json.loads(case.declaration or "{}").get("ngay-sinh-tre", "") == ""
    texts = [p.text for p in problems(load_for_filing(case.pk))]
    assert "Tờ khai thiếu: Ngày sinh của trẻ" in texts


def test_a_card_in_waiting_keeps_what_it_knows(staff, old_card):
    session = Client().session
    waiting.keep(session, staff, old_card)
    assert waiting.peek(session, staff) == old_card
