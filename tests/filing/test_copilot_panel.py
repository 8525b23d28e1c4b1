"""The panel of filing together: the declaration is for those who file, whoever may look."""

import json

import pytest
from django.test import Client

from agencies.models import Role, Staff
from cases.filing import services
from cases.models import Case
from procedures.models import DeclarationField, FilingSystem
from tests.support.cases import Counter, make_counter
from tests.support.worklists import PASSWORD, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def counter() -> Counter:
    counter = make_counter(way=FilingSystem.Way.COPILOT)
    DeclarationField.objects.create(
        version=counter.version, position=1, key="ten-con", label="Họ tên con", kind="text"
    )
    return counter


def panel(case: Case, staff: Staff) -> str:
    return sign_in(Client(), staff).get(f"/quay/ho-so/{case.pk}/cung-nop/").content.decode()


def test_only_those_who_file_read_the_declaration_there(counter: Counter) -> None:
    case = counter.case(declaration=json.dumps({"ten-con": "NGUYỄN GIA BẢO"}))
    services.case_file(case.pk, staff=counter.staff, actor=counter.actor)
    own = panel(case, counter.staff)
    assert "NGUYỄN GIA BẢO" in own
    assert 'name="code"' in own
    for role in (Role.SUPERVISOR, Role.AUDITOR):
        looks = Staff.objects.create_user(
            f"xem-{role}", PASSWORD, display_name="Người xem (tập sự)", role=role
        )
        shown = panel(case, looks)
        assert "NGUYỄN GIA BẢO" not in shown
        assert 'name="code"' not in shown
        assert "chỉ người làm hồ sơ" in shown
