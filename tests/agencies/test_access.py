"""The marks on views, the actor in the journal, one's own page, and the language of a page."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory

from agencies.access import actor_of, public, require_role, staff_required
from agencies.models import Agency, Authenticator, Counter, Role, Staff
from opsa.core.actors import ActorKind
from opsa.core.models import JournalEntry
from tests.agencies.conftest import PASSWORD, enter, sign_in

OWN = "/quay/tai-khoan/"


def _ok(request):
    return HttpResponse("ok")


def _request(user):
    request = RequestFactory().get("/")
    request.user = user
    return request


@pytest.mark.parametrize("role", list(Role))
def test_a_role_gets_in_only_where_it_is_named(role):
    view = require_role(Role.SUPERVISOR, Role.AUDITOR)(_ok)
    person = Staff(pk=7, role=role)
    if role in (Role.SUPERVISOR, Role.AUDITOR):
        assert view(_request(person)).status_code == 200
    else:
        with pytest.raises(PermissionDenied):
            view(_request(person))


def test_visitors_and_ended_people_are_nobody():
    for nobody in (AnonymousUser(), Staff(pk=7, is_active=False)):
        with pytest.raises(PermissionDenied):
            staff_required(_ok)(_request(nobody))
    with pytest.raises(PermissionDenied):
        actor_of(AnonymousUser())


@pytest.mark.parametrize("role", list(Role))
def test_office_people_act_as_clerk_and_city_roles_as_supervisor(role):
    office = role in (Role.CLERK, Role.LEAD)
    actor = actor_of(Staff(pk=7, role=role))
    assert actor.kind == (ActorKind.CLERK if office else ActorKind.SUPERVISOR)
    assert actor.staff_id == 7


def test_a_view_is_closed_unless_it_says_public():
    assert getattr(_ok, "login_required", True)

    @public
    def open_view(request):
        return HttpResponse("ok")

    assert open_view.login_required is False


def test_clerks_and_leads_always_have_an_office(db):
    for role in (Role.CLERK, Role.LEAD):
        with pytest.raises(IntegrityError), transaction.atomic():
            Staff.objects.create_user("x", None, display_name="X", role=role)


def test_city_roles_see_every_office_and_office_roles_their_own(lan, boss):
    assert lan.scope_agency_id == lan.agency_id
    assert boss.scope_agency_id is None
    assert boss.can_supervise
    assert not lan.can_supervise


def test_one_sits_down_only_at_a_counter_of_ones_own_office(client, lan, office):
    other = Agency.objects.create(
        code="HN-02",
        name="Khác",
        name_en="Other",
        short_name="Khác",
        vnpost_code="2",
        address="2",
        commune=office.commune,
    )
    foreign = Counter.objects.create(agency=other, number=1)
    sign_in(client)
    answer = client.post(OWN + "quay/", {"counter": foreign.pk, "language": "vi"})
    assert answer.status_code == 422
    own = office.counters.first()
    answer = client.post(OWN + "quay/", {"counter": own.pk, "language": "vi"})
    assert answer.status_code == 303
    lan.refresh_from_db()
    assert lan.counter == own
    assert JournalEntry.objects.filter(action="counter.chosen", staff_id=lan.pk).exists()


@pytest.mark.parametrize("pin", ["1234", "9876", "1111", "123", "1234567", "12a4", "١٢٣٤"])
def test_a_pin_that_is_guessed_easily_is_refused(client, lan, pin):
    sign_in(client)
    answer = client.post(OWN + "ma-pin/", {"pin": pin, "password": PASSWORD})
    assert answer.status_code == 422


def test_a_pin_is_set_only_with_the_password_and_kept_as_a_hash(client, lan):
    sign_in(client)
    assert client.post(OWN + "ma-pin/", {"pin": "5937", "password": "x"}).status_code == 422
    assert client.post(OWN + "ma-pin/", {"pin": "5937", "password": PASSWORD}).status_code == 303
    lan.refresh_from_db()
    assert "5937" not in lan.pin


def test_a_phone_is_tied_to_an_account_only_with_its_password(client, lan):
    """Else a colleague's open screen would be enough to shut them out of their own account."""
    sign_in(client)
    answer = client.post(OWN + "hai-buoc/", {"password": "x"})
    assert answer.status_code == 422
    assert 'id="start-password"' in answer.content.decode()
    assert not Authenticator.objects.filter(staff=lan).exists()
    assert client.post(OWN + "hai-buoc/", {"password": PASSWORD}).status_code == 303
    assert Authenticator.objects.filter(staff=lan).exists()


def test_a_lost_session_inside_a_page_answers_401_not_a_pasted_sign_in_page(client, db):
    answer = client.get(OWN, headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert b"<html" not in answer.content


def test_signed_in_pages_are_never_stored(client, lan):
    sign_in(client)
    assert "no-store" in client.get(OWN)["Cache-Control"]


def test_the_language_is_remembered_on_the_device_and_follows_the_person(client, lan):
    assert b'<html lang="vi"' in client.get("/dang-nhap/").content
    assert b'<html lang="en"' in client.get("/dang-nhap/?lang=en").content
    assert b'<html lang="en"' in client.get("/dang-nhap/").content
    assert b'<html lang="vi"' in Client().get("/dang-nhap/?lang=zz").content
    sign_in(client)
    assert b'<html lang="vi"' in client.get(OWN).content
    client.post(OWN + "quay/", {"language": "en"})
    assert b'<html lang="en"' in client.get(OWN).content


def test_switching_people_in_one_browser_leaves_one_open_session(client, lan, boss):
    enter(client, lan)
    assert client.get(OWN).status_code == 200
    enter(client, boss)
    assert client.get(OWN).status_code == 200
