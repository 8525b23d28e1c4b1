"""Signing in: equal answers, limits, one session, second factor, ended accounts (F23)."""

from unittest.mock import patch

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from agencies import second_factor as factor
from agencies.models import Authenticator, RecoveryCode, Role, Staff
from agencies.services import staff_end, staff_set_role, staff_start_password
from opsa.core.actors import Actor, ActorKind
from opsa.core.models import JournalEntry
from tests.agencies.conftest import PASSWORD, enter, sign_in, with_second_factor

OWN = "/quay/tai-khoan/"


def actions():
    return list(JournalEntry.objects.order_by("id").values_list("action", flat=True))


def test_a_clerk_signs_in_and_the_session_gets_a_new_key(client, lan):
    client.get("/dang-nhap/?lang=vi")
    session = client.session
    session.save()
    before = session.session_key
    answer = sign_in(client)
    assert answer.status_code == 303
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()
    assert client.get(OWN).status_code == 200
    assert "sign_in.done" in actions()


def test_the_session_holds_only_what_is_needed(client, lan):
    sign_in(client)
    assert set(client.session.keys()) <= {
        "_auth_user_id",
        "_auth_user_backend",
        "_auth_user_hash",
        "_session_expiry",
        "seen",
        "second_factor_due",
    }


def test_wrong_name_wrong_password_and_ended_account_get_the_same_answer(client, lan):
    def words(answer):
        assert answer.status_code == 422
        return answer.content.decode().partition('id="form-errors"')[2].partition("</form>")[0]

    def plain(text):
        import re

        return re.sub(r'value="[^"]*"', "", text)

    wrong = plain(words(sign_in(client, password="khong-phai-mat-khau")))
    unknown = plain(words(sign_in(client, username="ai-do")))
    Staff.objects.filter(pk=lan.pk).update(is_active=False)
    ended = plain(words(sign_in(client)))
    assert wrong == unknown == ended
    assert "Tên đăng nhập hoặc mật khẩu không đúng." in wrong


@pytest.mark.parametrize("username", ["lan", "khong-co-ai"])
def test_an_unknown_name_costs_the_same_hashing_as_a_wrong_password(client, lan, username):
    from django.contrib.auth.hashers import get_hasher

    hasher = type(get_hasher())
    original, calls = hasher.encode, []

    def counted(self, password, salt, *args, **kwargs):
        calls.append(1)
        return original(self, password, salt, *args, **kwargs)

    with patch.object(hasher, "encode", counted):
        sign_in(client, username=username, password="sai-sai-sai-sai")
    assert len(calls) == 1


def test_refused_names_are_journalled_by_the_system_without_what_was_typed(client, lan):
    sign_in(client, username="mat-khau-go-nham", password="x" * 20)
    entry = JournalEntry.objects.get(action="sign_in.refused")
    assert entry.actor_kind == ActorKind.SYSTEM
    assert "mat-khau" not in str(entry.facts) + entry.subject + entry.reason + entry.chain


def test_after_eight_tries_even_the_right_password_waits_and_says_how_long(client, lan):
    for _ in range(8):
        sign_in(client, password="sai-sai-sai-sai")
    answer = sign_in(client)
    assert answer.status_code == 429
    assert "phút" in answer.content.decode()
    assert int(answer["Retry-After"]) > 60
    assert client.get(OWN).status_code == 302
    elsewhere = sign_in(Client(REMOTE_ADDR="10.0.0.9"))
    assert elsewhere.status_code == 303, "strangers can't shut a person out from everywhere"


def test_without_the_counter_of_tries_nobody_guesses_for_free(client, lan, settings):
    settings.REDIS_CLIENT_URL = "redis://127.0.0.1:1/0"
    assert sign_in(client).status_code == 429


def test_signing_in_elsewhere_ends_the_session_here_and_says_so(lan):
    here, there = Client(), Client()
    sign_in(here)
    sign_in(there)
    answer = here.get(OWN, follow=True)
    assert "máy khác" in answer.content.decode()
    assert there.get(OWN).status_code == 200, "ending the old one leaves the new one alone"


def test_an_ended_account_loses_access_at_the_next_request(client, lan, boss):
    sign_in(client)
    staff_end(actor=Actor(ActorKind.SUPERVISOR, boss.pk), staff=lan, reason="chuyển việc")
    assert client.get(OWN).status_code == 302
    assert sign_in(client).status_code == 422
    entry = JournalEntry.objects.get(action="staff.ended")
    assert (entry.staff_id, entry.reason) == (boss.pk, "chuyển việc")


def test_a_new_role_works_at_the_next_request_and_asks_to_sign_in(client, lan, boss):
    sign_in(client)
    staff_set_role(
        actor=Actor(ActorKind.SUPERVISOR, boss.pk),
        staff=lan,
        role="lead",
        agency_id=lan.agency_id,
        reason="lên trưởng điểm",
    )
    assert client.get(OWN).status_code == 302


def test_nobody_changes_or_ends_their_own_account(boss):
    from django.core.exceptions import PermissionDenied

    me = Actor(ActorKind.SUPERVISOR, boss.pk)
    with pytest.raises(PermissionDenied):
        staff_set_role(actor=me, staff=boss, role="admin", agency_id=None, reason="x")
    with pytest.raises(PermissionDenied):
        staff_end(actor=me, staff=boss, reason="x")


def test_nine_hours_after_signing_in_the_session_is_over_however_busy(client, lan, clock):
    sign_in(client)
    for _ in range(9 * 30):
        clock.forward(minutes=2)
        if client.get(OWN).status_code != 200:
            break
    assert client.get(OWN).status_code == 302
    clock.at("2026-11-23 09:00")


def test_signing_out_ends_the_session_on_the_server_and_clears_the_browser(client, lan):
    sign_in(client)
    key = client.session.session_key
    answer = client.post("/dang-xuat/")
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert not Session.objects.filter(session_key=key).exists()
    assert client.get("/dang-xuat/").status_code == 405


def test_after_signing_in_only_addresses_of_this_site_are_followed(client, lan):
    answer = client.post(
        "/dang-nhap/", {"username": "lan", "password": PASSWORD, "next": "https://la.example/"}
    )
    assert answer["Location"] == "/quay/"


def test_a_starting_password_must_be_replaced_first(client, lan, boss):
    password = staff_start_password(
        actor=Actor(ActorKind.SUPERVISOR, boss.pk), staff=lan, reason="quên mật khẩu"
    )
    sign_in(client, password=password)
    assert client.get(OWN)["Location"] == "/quay/tai-khoan/mat-khau/"
    new = "hoa-sua-pho-phan-dinh-phung"
    answer = client.post("/quay/tai-khoan/mat-khau/", {"old": password, "new": new, "again": new})
    assert answer.status_code == 303
    assert client.get(OWN).status_code == 200


def test_a_weak_new_password_is_refused_with_words(client, lan):
    sign_in(client)
    answer = client.post(
        "/quay/tai-khoan/mat-khau/", {"old": PASSWORD, "new": "123456", "again": "123456"}
    )
    assert answer.status_code == 422


# --- second factor ------------------------------------------------------------------------------


def test_a_supervisor_without_second_factor_reaches_nothing_but_its_setup(client, boss):
    sign_in(client, "dieuhanh")
    assert client.get(OWN)["Location"].startswith("/dang-nhap/ma/?next=")
    assert client.get("/dang-nhap/ma/")["Location"] == "/dang-nhap/thiet-lap/"
    page = client.get("/dang-nhap/thiet-lap/").content.decode()
    authenticator = Authenticator.objects.get(staff=boss)
    assert 'src="data:image/svg+xml' in page
    assert factor.secret_text(authenticator.secret) in page
    answer = client.post("/dang-nhap/thiet-lap/", {"code": factor.current_code(authenticator)})
    assert answer.status_code == 200
    assert RecoveryCode.objects.filter(staff=boss).count() == 10
    assert client.get(OWN).status_code == 200
    again = client.get("/dang-nhap/thiet-lap/", follow=True).content.decode()
    assert factor.secret_text(authenticator.secret) not in again, "the secret shows only at set-up"


def test_the_code_of_the_app_opens_the_session_once(client, boss, clock):
    authenticator = with_second_factor(boss)
    sign_in(client, "dieuhanh")
    before = client.session.session_key
    code = factor.current_code(authenticator)
    assert client.post("/dang-nhap/ma/", {"code": code}).status_code == 303
    assert client.session.session_key != before
    assert client.get(OWN).status_code == 200
    other = Client()
    sign_in(other, "dieuhanh")
    assert other.post("/dang-nhap/ma/", {"code": code}).status_code == 422
    assert other.get(OWN).status_code == 302


def test_second_factor_tries_are_limited(client, boss):
    authenticator = with_second_factor(boss)
    sign_in(client, "dieuhanh")
    for _ in range(5):
        assert client.post("/dang-nhap/ma/", {"code": "000000"}).status_code == 422
    answer = client.post("/dang-nhap/ma/", {"code": factor.current_code(authenticator)})
    assert answer.status_code == 429


def test_a_recovery_code_works_once(client, boss):
    with_second_factor(boss)
    codes = factor.recovery_codes_renew(actor=Actor(ActorKind.SUPERVISOR, boss.pk), staff=boss)
    sign_in(client, "dieuhanh")
    assert client.post("/dang-nhap/ma/", {"code": codes[0].lower()}).status_code == 303
    sign_in(client, "dieuhanh")
    assert client.post("/dang-nhap/ma/", {"code": codes[0]}).status_code == 422
    assert client.post("/dang-nhap/ma/", {"code": codes[1]}).status_code == 303


def test_neither_secret_nor_recovery_codes_stand_in_clear_in_the_database(boss):
    from django.db import connection

    authenticator = with_second_factor(boss)
    codes = factor.recovery_codes_renew(actor=Actor(ActorKind.SUPERVISOR, boss.pk), staff=boss)
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM agencies_authenticator")
        stored = bytes(cursor.fetchone()[0])
        cursor.execute("SELECT digest FROM agencies_recoverycode")
        digests = b"".join(bytes(row[0]) for row in cursor.fetchall())
    assert authenticator.secret.encode() not in stored
    assert bytes.fromhex(authenticator.secret) not in stored
    assert codes[0].replace("-", "").encode() not in digests


def test_a_clerk_who_set_up_a_second_factor_is_asked_for_it(client, lan):
    with_second_factor(lan)
    sign_in(client)
    assert client.get(OWN)["Location"].startswith("/dang-nhap/ma/?next=")


def test_the_admins_own_sign_in_page_is_closed(client, boss):
    assert client.get("/quan-tri/login/")["Location"].startswith("/dang-nhap/")
    answer = client.post("/quan-tri/login/", {"username": "dieuhanh", "password": PASSWORD})
    assert "_auth_user_id" not in client.session
    assert answer.status_code == 302
    client.force_login(boss)
    assert client.get("/quan-tri/")["Location"] == "/dang-nhap/ma/?next=%2Fquan-tri%2F"
    enter(client, boss)
    assert client.get("/quan-tri/").status_code == 200


def test_a_signed_in_page_costs_two_queries_before_its_own(client, lan, query_budget):
    sign_in(client)
    client.get(OWN)
    with query_budget(6):  # session, person with office and counter, office wall, counters, codes
        assert client.get(OWN).status_code == 200


def test_the_second_factor_leads_on_to_what_was_asked_for(client, boss):
    authenticator = with_second_factor(boss)
    sign_in(client, "dieuhanh")
    asked = client.get("/quan-tri/?p=1")
    assert asked["Location"].endswith("?next=%2Fquan-tri%2F%3Fp%3D1")
    page = client.get(asked["Location"])
    code = factor.current_code(authenticator)
    answer = client.post(asked["Location"], {"code": code, "next": page.context["next"]})
    assert answer["Location"] == "/quan-tri/?p=1"


def test_the_first_page_of_an_editor_is_the_admin(client, boss):
    boss.role = Role.EDITOR
    boss.save()
    authenticator = with_second_factor(boss)
    sign_in(client, "dieuhanh")
    code = factor.current_code(authenticator)
    answer = client.get(client.post("/dang-nhap/ma/", {"code": code})["Location"], follow=True)
    assert answer.status_code == 200
    assert answer.redirect_chain[-1][0] == "/quan-tri/"


def test_a_learnt_password_is_not_changed_without_the_second_factor(client, lan):
    with_second_factor(lan)
    sign_in(client)
    new = "mua-roi-tren-pho-co"
    for answer in (
        client.get("/quay/tai-khoan/mat-khau/"),
        client.post("/quay/tai-khoan/mat-khau/", {"old": PASSWORD, "new": new, "again": new}),
    ):
        assert answer["Location"] == "/dang-nhap/ma/"
    lan.refresh_from_db()
    assert lan.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("address", "data"),
    [
        ("mat-khau/", {"old": "sai", "new": "mua-roi-tren-pho-co", "again": "mua-roi-tren-pho-co"}),
        ("ma-pin/", {"pin": "2580", "password": "sai"}),
    ],
)
def test_nobody_guesses_a_colleagues_password_at_an_open_screen(client, lan, address, data):
    sign_in(client)
    for _guess in range(10):
        assert client.post(OWN + address, data).status_code == 422
    answer = client.post(OWN + address, data)
    assert (answer.status_code, "Retry-After" in answer) == (429, True)
