"""Offices and people in the admin: roles, reasons, no N+1, nobody lifts themselves."""

import pytest

from agencies.admin_rights import may
from agencies.models import Agency, Commune, Role, Staff
from opsa.core.models import JournalEntry
from tests.agencies.conftest import PASSWORD, enter, sign_in, with_second_factor

PAGES = ("agency", "commune", "province", "oldunit", "staff")


@pytest.mark.parametrize("model", PAGES)
def test_lists_cost_the_same_for_one_and_thirty_rows(client, root, lan, model, query_budget):
    enter(client, root)
    address = f"/quan-tri/agencies/{model}/"
    client.get(address)
    with query_budget(9) as few:  # session, person, wall, rows, count, filters' choices
        assert client.get(address).status_code == 200
    commune = Commune.objects.first()
    for n in range(30):
        office = Agency.objects.create(
            code=f"T{n}", name=f"T{n}", short_name=f"T{n}", vnpost_code="1", address="1",
            commune=commune,
        )  # fmt: skip
        Staff.objects.create_user(f"t{n}", None, display_name=f"T{n}", agency=office)
    with query_budget(len(few)):
        assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    ("role", "sees_people", "changes_offices"),
    [
        (Role.CLERK, False, False),
        (Role.LEAD, False, False),
        (Role.SUPERVISOR, False, False),
        (Role.EDITOR, False, False),
        (Role.AUDITOR, True, False),
        (Role.ADMIN, True, True),
    ],
)
def test_the_role_decides_what_one_may_do(role, sees_people, changes_offices):
    assert may(role, "agencies.view_staff") is sees_people
    assert may(role, "agencies.change_agency") is changes_offices
    assert not may(role, "auth.change_group")


def test_a_clerk_gets_nowhere_in_the_admin(client, lan):
    enter(client, lan)
    for page in PAGES:
        assert client.get(f"/quan-tri/agencies/{page}/").status_code in (302, 403)


def test_a_new_person_gets_a_starting_password_shown_once_and_must_change_it(client, root, office):
    enter(client, root)
    answer = client.post(
        "/quan-tri/agencies/staff/add/",
        {
            "username": "Hoa",
            "display_name": "Hoa (tập sự)",
            "role": "clerk",
            "agency": office.pk,
            "language": "vi",
        },
    )
    page = answer.content.decode()
    password = page.partition('<code translate="no">')[2].partition("</code>")[0]
    hoa = Staff.objects.get(username="hoa")
    assert hoa.must_change_password
    assert sign_in(client, "hoa", password).status_code == 303
    assert password not in str(list(JournalEntry.objects.values()))


def test_a_role_changes_only_with_a_reason_and_never_ones_own(client, root, lan, office):
    enter(client, root)
    form = {"display_name": lan.display_name, "role": "lead", "agency": office.pk, "language": "vi"}
    address = f"/quan-tri/agencies/staff/{lan.pk}/change/"
    assert client.post(address, form).status_code == 200
    lan.refresh_from_db()
    assert lan.role == Role.CLERK
    assert client.post(address, form | {"reason": "lên trưởng điểm"}).status_code == 302
    lan.refresh_from_db()
    assert lan.role == Role.LEAD
    assert JournalEntry.objects.get(action="staff.role_changed").reason == "lên trưởng điểm"
    own = f"/quan-tri/agencies/staff/{root.pk}/change/"
    client.post(own, form | {"role": "supervisor", "agency": "", "reason": "x"})
    root.refresh_from_db()
    assert root.role == Role.ADMIN


@pytest.mark.parametrize("name", ["nghi", "xoa-hai-buoc", "mat-khau-moi"])
def test_acts_on_people_need_a_reason_and_another_person(client, root, lan, name):
    enter(client, root)
    with_second_factor(lan)
    address = f"/quan-tri/agencies/staff/{lan.pk}/viec/{name}/"
    assert client.get(address).status_code == 200
    assert client.post(address, {"reason": " "}).status_code == 422
    assert client.post(address, {"reason": "mất điện thoại"}).status_code in (200, 302)
    assert JournalEntry.objects.filter(reason="mất điện thoại", staff_id=root.pk).exists()
    own = f"/quan-tri/agencies/staff/{root.pk}/viec/{name}/"
    assert client.post(own, {"reason": "x"}).status_code == 403


def test_an_ended_person_comes_back_only_through_an_act(client, root, lan):
    enter(client, root)
    client.post(f"/quan-tri/agencies/staff/{lan.pk}/viec/nghi/", {"reason": "nghỉ phép"})
    lan.refresh_from_db()
    assert (lan.is_active, lan.ended_at is not None) == (False, True)
    client.post(f"/quan-tri/agencies/staff/{lan.pk}/viec/mo-lai/", {"reason": "đi làm lại"})
    lan.refresh_from_db()
    assert lan.is_active
    assert lan.check_password(PASSWORD)


def test_the_office_form_shows_how_sure_we_are_and_its_change_is_journalled(client, root, office):
    enter(client, root)
    address = f"/quan-tri/agencies/agency/{office.pk}/change/"
    page = client.get(address).content.decode()
    assert 'name="confidence"' in page
    assert 'name="confidence_commune"' in page


def test_the_journal_is_read_only_in_the_admin(client, root, lan):
    sign_in(client)
    enter(client, root)
    entry = JournalEntry.objects.first()
    assert client.get("/quan-tri/core/journalentry/").status_code == 200
    address = f"/quan-tri/core/journalentry/{entry.pk}/"
    assert client.get(address + "change/").status_code == 200
    assert client.post(address + "change/", {"action": "x"}).status_code == 403
    assert client.post(address + "delete/", {"post": "yes"}).status_code == 403
    assert client.get("/quan-tri/core/journalentry/add/").status_code == 403
