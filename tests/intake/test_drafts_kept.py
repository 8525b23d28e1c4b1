"""A draft survives: held and opened again, moved between offices, joined, and forgotten in the end
(F06)."""

import re
from datetime import timedelta
from hashlib import sha256

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from agencies.models import Role, Staff
from cases.intake import (
    cards,
    command_views,
    drafts,
    elsewhere,
    expiry,
    mandates,
    practice,
    scan_pieces,
    tasks,
)
from cases.models import Case, CaseDocument, CaseNameToken, Citizen, Scan
from opsa.core import files, rls
from opsa.core.models import JournalEntry
from opsa.core.once import new_key
from tests.intake.test_pages import COMMAND, form_of
from tests.support.birth import CARD
from tests.support.cases import make_counter
from tests.support.worklists import sign_in


def save(client, case, step="nguoi-nop", **values):
    return client.post(
        reverse("quay:save", args=[case.pk, step]), form_of(client, case, step) | values
    )


@pytest.fixture
def carded(counter, staff):
    return drafts.draft_open(staff=staff, version=counter.version, card=cards.read(CARD))


@pytest.fixture
def away(counter, client):
    """A signed-in clerk of another office that does the same procedure."""
    other = make_counter(counter.version.system.way)
    return other.staff


# --- held and taken up ---------------------------------------------------------------------------


def test_a_held_draft_is_open_again_with_the_first_save(clerk, draft, staff):
    drafts.draft_hold(case_id=draft.pk, actor=drafts.actor_of(staff))
    assert save(clerk, draft, phone="0912345678").status_code == 200
    draft.refresh_from_db()
    assert (draft.work, draft.queue) == ("draft", "draft")


def test_opening_a_held_draft_asks_by_itself_to_be_open_and_needs_no_script_to(clerk, post, draft):
    post(reverse("quay:hold", args=[draft.pk]), {"step": "phi"})
    draft.refresh_from_db()
    assert (draft.work, draft.step) == ("held", "phi")
    opened = clerk.get(reverse("quay:case", args=[draft.pk]))
    assert opened["Location"] == reverse("quay:step", args=[draft.pk, "phi"])
    page = clerk.get(opened["Location"]).content.decode()
    assert 'hx-trigger="load, submit"' in page
    resume = reverse("quay:resume", args=[draft.pk])
    part = post(resume, {"step": "phi"}, headers={"hx-request": "true"}).content.decode()
    assert "<html" not in part
    assert reverse("quay:hold", args=[draft.pk]) in part
    draft.refresh_from_db()
    assert draft.work == "draft"


def test_a_card_read_into_a_held_draft_opens_it(clerk, carded, staff):
    drafts.draft_hold(case_id=carded.pk, actor=drafts.actor_of(staff))
    page = reverse("quay:step", args=[carded.pk, "nguoi-nop"])
    clerk.post(COMMAND, {"q": CARD}, headers={"referer": f"http://testserver{page}"})
    carded.refresh_from_db()
    assert carded.work == "draft"


def test_a_card_read_while_the_case_leaves_the_counter_changes_nothing_that_was_filed(
    clerk, carded, monkeypatch
):
    found = command_views.open_case

    def then_filed(request, staff):
        case = found(request, staff)
        Case.objects.filter(pk=case.pk).update(
            work="filed", queue="sending", taken_at=timezone.now()
        )
        return case

    monkeypatch.setattr(command_views, "open_case", then_filed)
    page = reverse("quay:step", args=[carded.pk, "nguoi-nop"])
    moved = CARD.replace("Số 12 ngõ 5", "Số 99 ngõ 7")
    clerk.post(COMMAND, {"q": moved}, headers={"referer": f"http://testserver{page}"})
    carded.filer.refresh_from_db()
    assert carded.filer.address.startswith("Số 12 ngõ 5")
    assert clerk.get("/quay/khach/").status_code == 200, "the card still waits"


def test_hold_can_be_taken_back_from_the_next_page(clerk, post, draft):
    answer = post(reverse("quay:hold", args=[draft.pk]), {"step": "to-khai"})
    home = clerk.get(answer["Location"]).content.decode()
    assert 'id="undo" role="region"' in home
    assert reverse("quay:resume", args=[draft.pk]) in home
    back = post(reverse("quay:resume", args=[draft.pk]))
    assert clerk.get(back["Location"])["Location"].endswith("/to-khai/")


def begins_at(client, case, step="nguoi-nop"):
    """The fields that the page of a step gives the focus, by name."""
    page = client.get(reverse("quay:step", args=[case.pk, step])).content.decode()
    return re.findall(r'<(?:input|select)[^>]* name="([^"]+)"[^>]* autofocus', page)


@pytest.mark.parametrize("field", ["relation", "contact_by", "email"])
def test_a_held_draft_goes_on_in_the_field_where_it_was_put_aside(
    client, clerk, post, carded, away, field
):
    assert begins_at(clerk, carded) == ["commune"]
    post(reverse("quay:hold", args=[carded.pk]), {"step": "nguoi-nop", "field": field})
    post(reverse("quay:resume", args=[carded.pk]))
    assert begins_at(clerk, carded) == [field]
    there = sign_in(client, away)
    elsewhere.draft_fetch(staff=away, case_id=carded.pk, id_number="001190012345")
    assert begins_at(there, carded) == [field]
    assert begins_at(there, carded, "to-khai") != [field]
    token = there.get(reverse("quay:step", args=[carded.pk, "nguoi-nop"])).context["token"]
    url = reverse("quay:save", args=[carded.pk, "nguoi-nop"])
    assert there.post(url, {"phone": "0912345678", "version": token}).status_code == 200
    assert begins_at(there, carded) == ["commune"], "work went on: the first open field again"


def test_what_is_kept_of_a_held_field_is_its_name_alone(post, clerk, carded):
    for typed in ("0912 345 678", "Nguyễn Thị Hường", "x" * 51):
        post(reverse("quay:hold", args=[carded.pk]), {"step": "nguoi-nop", "field": typed})
        carded.refresh_from_db()
        assert (carded.work, carded.field) == ("held", "")
    assert begins_at(clerk, carded) == ["commune"], "no name: the step begins as it always does"


def test_next_remembers_the_step_it_led_to(clerk, post, draft):
    post(reverse("quay:step", args=[draft.pk, "dong-y"]))
    draft.refresh_from_db()
    assert draft.step == "xem-lai"
    url = reverse("quay:step", args=[draft.pk, "nguoi-nop"])
    assert clerk.post(url, form_of(clerk, draft, "nguoi-nop")).status_code == 303
    draft.refresh_from_db()
    assert draft.step == "to-khai"


def test_next_that_meets_an_odd_phone_stays_where_it_is(clerk, draft):
    url = reverse("quay:step", args=[draft.pk, "nguoi-nop"])
    answer = clerk.post(url, form_of(clerk, draft, "nguoi-nop") | {"phone": "0912"})
    assert answer.status_code == 422
    draft.refresh_from_db()
    assert draft.step == "nguoi-nop"


def test_a_save_that_next_overtook_does_not_lead_back(clerk, draft):
    values = form_of(clerk, draft, "nguoi-nop") | {"phone": "0912345678"}
    late = dict(values)
    url = reverse("quay:step", args=[draft.pk, "nguoi-nop"])
    assert clerk.post(url, values).status_code == 303
    assert clerk.post(reverse("quay:save", args=[draft.pk, "nguoi-nop"]), late).status_code == 200
    draft.refresh_from_db()
    assert draft.step == "to-khai"
    assert save(clerk, draft, phone="0987654321").status_code == 200
    draft.refresh_from_db()
    assert draft.step == "nguoi-nop"


def test_a_plain_mark_of_a_paper_can_be_taken_back(clerk, post, draft):
    row = draft.documents.filter(document__key="ket-hon").get()
    url = reverse("quay:mark", args=[draft.pk, row.pk])
    post(url, {"mark": "in_database"})
    page = clerk.get(reverse("quay:step", args=[draft.pk, "nguoi-nop"])).content.decode()
    assert f"{url}?mark=open" in page
    post(f"{url}?mark=open")
    row.refresh_from_db()
    assert row.mark == "open"


# --- two at once ---------------------------------------------------------------------------------


def test_two_people_in_different_fields_of_one_step_both_keep_their_words(clerk, draft):
    url = reverse("quay:save", args=[draft.pk, "nguoi-nop"])
    mine = form_of(clerk, draft, "nguoi-nop") | {"email": "a@example.org"}
    theirs = form_of(clerk, draft, "nguoi-nop") | {"name": "Bình"}
    assert clerk.post(url, theirs).status_code == 200
    answer = clerk.post(url, mine)
    assert answer.status_code == 200
    assert answer.json()["values"] == {"name": "BÌNH"}
    draft.refresh_from_db()
    assert (draft.filer.name, draft.filer.email) == ("BÌNH", "a@example.org")
    # The page has not shown the other's name yet: sending the old one again takes nothing back.
    again = mine | {"version": answer.json()["version"], "email": "b@example.org"}
    assert clerk.post(url, again).status_code == 200
    draft.filer.refresh_from_db()
    assert draft.filer.name == "BÌNH"
    # Typing over it is a change of both, so it is asked.
    assert clerk.post(url, again | {"name": "Cúc"}).status_code == 409


def test_a_clash_names_who_and_when_and_the_clerk_picks_field_by_field(clerk, draft, counter):
    url = reverse("quay:save", args=[draft.pk, "nguoi-nop"])
    mine = form_of(clerk, draft, "nguoi-nop") | {
        "name": "An",
        "relation": "child",
        "email": "m@example.org",
    }
    theirs = form_of(clerk, draft, "nguoi-nop") | {"name": "Bình", "relation": "spouse"}
    assert clerk.post(url, theirs).status_code == 200
    page = clerk.post(url, mine, headers={"hx-request": "true"}).content.decode()
    assert "Bạn, ở thẻ khác" in page
    assert "Vợ hoặc chồng" in page
    token = page.split('name="version" value="')[1].split('"')[0]
    picked = mine | {
        "version": token,
        "name": "An",
        "relation": "spouse",
        "stay": "1",
        "form_key": new_key(),
    }
    answer = clerk.post(reverse("quay:step", args=[draft.pk, "nguoi-nop"]), picked)
    assert answer["Location"].endswith("/nguoi-nop/")
    draft.refresh_from_db()
    assert (draft.filer.name, draft.relation, draft.filer.email) == (
        "AN",
        "spouse",
        "m@example.org",
    )


# --- the same person again -----------------------------------------------------------------------


def test_a_card_read_into_a_blank_draft_shows_the_persons_open_case_first(
    clerk, post, carded, counter, staff
):
    blank = drafts.draft_open(staff=staff, version=counter.version)
    here = reverse("quay:step", args=[blank.pk, "nguoi-nop"])
    answer = clerk.post(COMMAND, {"q": CARD}, headers={"referer": f"http://testserver{here}"})
    another = reverse("quay:another", args=[blank.pk])
    assert answer["Location"] == another
    page = clerk.get(another).content.decode()
    assert reverse("quay:case", args=[carded.pk]) in page
    assert post(another, {"another": "1", "reason": ""}).status_code == 422
    assert post(another, {"another": "1", "reason": "con thứ hai"})["Location"] == here
    blank.refresh_from_db()
    assert blank.filer.id_number == "001190012345"
    entry = JournalEntry.objects.get(action="draft.another")
    assert (entry.chain, entry.reason) == (f"case:{blank.pk}", "con thứ hai")


# --- at any office -------------------------------------------------------------------------------


def test_a_draft_goes_on_at_another_office_by_its_persons_card(client, carded, away, counter):
    drafts.draft_hold(case_id=carded.pk, actor=drafts.actor_of(counter.staff))
    practice.papers(counter.staff, carded, practice.paper_picture())
    clerk = sign_in(client, away)
    assert clerk.get(reverse("quay:case", args=[carded.pk])).status_code == 404
    clerk.post(COMMAND, {"q": CARD})
    page = clerk.get(reverse("quay:start")).content.decode()
    assert reverse("quay:fetch", args=[carded.pk]) in page
    assert counter.agency.short_name in page
    answer = clerk.post(reverse("quay:fetch", args=[carded.pk]), {"form_key": new_key()})
    assert answer["Location"] == reverse("quay:case", args=[carded.pk])
    carded.refresh_from_db()
    assert (carded.agency_id, carded.owner_id, carded.work) == (away.agency_id, away.pk, "draft")
    with rls.office_scope(away.agency_id):
        assert Scan.objects.filter(case=carded).count() == carded.scans.count()
        assert CaseNameToken.objects.filter(case=carded).count() == 3
        assert clerk.get(reverse("quay:step", args=[carded.pk, "ban-quet"])).status_code == 200
    moved = JournalEntry.objects.get(action="draft.moved")
    assert (moved.facts["before"], moved.facts["after"]) == (counter.agency.pk, away.agency_id)
    gone = sign_in(client, counter.staff).get(reverse("quay:case", args=[carded.pk]))
    assert gone.status_code == 404


def test_without_card_or_code_nobody_takes_a_draft_from_another_office(client, carded, away):
    clerk = sign_in(client, away)
    url = reverse("quay:fetch", args=[carded.pk])
    assert clerk.post(url, {"form_key": new_key()}).status_code == 404
    wrong = {"form_key": new_key(), "reference": "7K3F9QX2MT4"}
    assert clerk.post(url, wrong).status_code == 404
    carded.refresh_from_db()
    assert carded.agency_id != away.agency_id


def test_the_slips_code_brings_the_draft_to_another_office(client, carded, away):
    clerk = sign_in(client, away)
    page = clerk.post(COMMAND, {"q": carded.reference}).content.decode()
    assert reverse("quay:fetch", args=[carded.pk]) in page
    assert "NGUYỄN THỊ HƯỜNG" not in page
    data = {"form_key": new_key(), "reference": carded.reference}
    assert clerk.post(reverse("quay:fetch", args=[carded.pk]), data).status_code == 303
    assert drafts.open_cases_of_person(away, "001190012345").count() == 1


def test_a_filed_case_of_another_office_is_told_but_stays_there(carded, away, client):
    Case.objects.filter(pk=carded.pk).update(work="filed", queue="sending", taken_at=timezone.now())
    (found,) = elsewhere.of_person(away, "001190012345")
    assert not found.movable
    assert elsewhere.by_code(away, carded.reference) == []


# --- forgotten -----------------------------------------------------------------------------------


def untouched(case, days):
    Case.objects.filter(pk=case.pk).update(changed_at=timezone.now() - timedelta(days=days))
    Scan.objects.filter(case=case).update(uploaded_at=timezone.now() - timedelta(days=days))


def test_an_untouched_draft_is_listed_to_its_owner_after_two_days(clerk, carded, staff):
    page = reverse("quay:forgotten")
    assert reverse("quay:case", args=[carded.pk]) not in clerk.get(page).content.decode()
    untouched(carded, 3)
    assert reverse("quay:case", args=[carded.pk]) in clerk.get(page).content.decode()
    Case.objects.update(
        owner=Staff.objects.create_user(
            "khac", "a-long-test-password", role=Role.CLERK, agency=staff.agency
        )
    )
    assert reverse("quay:case", args=[carded.pk]) not in clerk.get(page).content.decode()


def everything_stored():
    """Every file of every folder, whichever row names it."""
    later = timezone.now() + timedelta(days=1)
    folders = default_storage.listdir("")[0]
    return {name for folder in folders for name in files.older_than(folder, later)}


def test_after_its_term_a_draft_is_deleted_with_people_and_files(
    carded, counter, staff, django_capture_on_commit_callbacks, settings
):
    before = everything_stored()
    practice.papers(staff, carded, practice.paper_picture())
    mandates.mandate_begin(staff=staff, case_id=carded.pk, method="paper")
    mandates.mandate_signed(staff=staff, case_id=carded.pk, picture=b"signed", code_read=True)
    line = CaseDocument.objects.filter(case=carded).first()
    upload = scan_pieces.upload_begin(
        staff=staff, document=line, name="do-dang.pdf", size=9, sha256="0" * 64
    )
    piece = b"half"
    scan_pieces.upload_piece(
        staff=staff, upload=upload, offset=0, sha256=sha256(piece).hexdigest(), content=piece
    )
    new = everything_stored() - before
    names = {name for name in new if not name.startswith("quarantine/")}  # these go on commit
    assert {name.partition("/")[0] for name in names} == {"scans", "proofs", "uploads"}
    untouched(carded, settings.DRAFT_DAYS_KEPT - 1)
    tasks.expire_drafts()
    assert Case.objects.filter(pk=carded.pk).exists()
    untouched(carded, settings.DRAFT_DAYS_KEPT + 1)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.expire_drafts()
    assert not Case.objects.filter(pk=carded.pk).exists()
    assert not Citizen.objects.filter(pk=carded.filer_id).exists()
    assert not any(files.exists(name) for name in names)
    entry = JournalEntry.objects.get(action="draft.deleted")
    assert (entry.actor_kind.lower(), entry.facts["files"]) == ("system", len(names))


def test_a_draft_whose_price_was_paid_is_never_deleted_by_itself(carded, staff, settings):
    from cases.intake import fees

    fees.payment_record(staff=staff, case_id=carded.pk, method="cash", reference="")
    untouched(carded, settings.DRAFT_DAYS_KEPT + 9)
    assert expiry.expire() == 0
    assert Case.objects.filter(pk=carded.pk).exists()
