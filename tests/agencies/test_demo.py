"""Practice people exist for every role, and only in the demo."""

import pytest
from django.core.management import CommandError, call_command

from agencies.demo import PEOPLE, create_demo_staff
from agencies.models import SECOND_FACTOR_ROLES, Role, Staff
from tests.support.country import country_load


@pytest.fixture
def loaded(db):
    country_load()


def test_every_role_has_a_practice_person_who_can_sign_in(client, loaded, capsys):
    call_command("demo_signins")
    out = capsys.readouterr().out
    assert {Staff.objects.get(username=p.username).role for p in PEOPLE} == set(Role)
    for person in PEOPLE:
        assert person.username in out
        if person.role in SECOND_FACTOR_ROLES:
            assert f"./start code {person.username} " in out
        assert len(person.password) >= 12
    assert create_demo_staff().keys() == {p.username for p in PEOPLE}, "twice makes nobody twice"
    assert Staff.objects.count() == len(PEOPLE)


def test_the_practice_supervisor_gets_in_with_the_printed_code(client, loaded, capsys):
    create_demo_staff()
    boss = next(p for p in PEOPLE if p.role == Role.SUPERVISOR)
    client.post("/dang-nhap/", {"username": boss.username, "password": boss.password})
    call_command("demo_code", boss.username)
    code = capsys.readouterr().out.strip()
    answer = client.post("/dang-nhap/ma/", {"code": code})
    assert answer["Location"] == "/dieu-hanh/"


def test_outside_the_demo_neither_sign_ins_nor_codes_are_given(loaded, settings):
    create_demo_staff()
    settings.DEMO = False
    with pytest.raises(CommandError):
        call_command("demo_signins")
    with pytest.raises(CommandError):
        call_command("demo_code", "dieuhanh")


def test_codes_of_real_people_are_never_printed(loaded, boss_like):
    with pytest.raises(CommandError):
        call_command("demo_code", boss_like.username)


@pytest.fixture
def boss_like(db):
    from tests.agencies.conftest import with_second_factor

    staff = Staff.objects.create_user("that", None, display_name="Thật", role=Role.SUPERVISOR)
    with_second_factor(staff)
    return staff
