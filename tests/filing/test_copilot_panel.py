"""The panel of filing together: what goes where, in the portal's order and as its form takes it."""

import json

import pytest
from django.test import Client
from django.utils import translation

from agencies.models import Role, Staff
from cases.filing import copying, services
from cases.models import Case, Citizen
from opsa.core.partial_date import PartialDate
from procedures.models import DeclarationField, FilingSystem
from tests.support.cases import Counter, make_counter
from tests.support.worklists import PASSWORD, sign_in

pytestmark = pytest.mark.django_db
Kind = DeclarationField.Kind


@pytest.fixture
def counter() -> Counter:
    counter = make_counter(way=FilingSystem.Way.COPILOT)
    DeclarationField.objects.create(
        version=counter.version, position=1, key="ten-con", label="Họ tên con", kind="text"
    )
    return counter


def panel(case: Case, staff: Staff) -> str:
    return sign_in(Client(), staff).get(f"/quay/ho-so/{case.pk}/cung-nop/").content.decode()


def filed(counter: Counter, **changes: object) -> Case:
    case = counter.case(declaration=json.dumps({"ten-con": "NGUYỄN GIA BẢO"}), **changes)
    services.case_file(case.pk, staff=counter.staff, actor=counter.actor)
    return services.load_for_filing(case.pk)


def test_only_those_who_file_read_the_declaration_there(counter: Counter) -> None:
    case = filed(counter)
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
        assert 'name="file"' not in shown
        assert "chỉ người làm hồ sơ" in shown


def test_the_parts_stand_in_the_order_of_the_portals_form(counter: Counter) -> None:
    mother = Citizen.objects.create(
        name="TRẦN THỊ MAI", id_number="001148000001", birth_date=PartialDate(1948), sex="nu"
    )
    case = filed(counter, relation="child", subject=mother)
    found = {
        part.title: {row.label: row.value for row in part.rows}
        for part in copying.sections(case, counter.staff)
    }
    assert list(found) == ["Thủ tục", "Người nộp", "Chủ hồ sơ", "Tờ khai", "Nhận kết quả"]
    assert list(found["Người nộp"]) == [
        "Họ và tên", "Số định danh", "Ngày sinh", "Giới tính", "Số điện thoại",
        "Tỉnh, thành phố", "Xã, phường", "Địa chỉ",
    ]  # fmt: skip
    assert found["Người nộp"]["Ngày sinh"] == "02/09/1990"
    assert found["Người nộp"]["Số điện thoại"] == "0912345678"
    assert found["Người nộp"]["Giới tính"] == "Nữ"
    assert found["Chủ hồ sơ"]["Ngày sinh"] == "1948"
    assert found["Nhận kết quả"]["Cách nhận kết quả"] == "Qua bưu chính"


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        (Kind.CHOICE, "rieng", "Con riêng"),
        (Kind.CHOICE, "nobody knows", "nobody knows"),
        (Kind.DATE, "2026-11-09", "09/11/2026"),
        (Kind.DATE, "09/11/2026", "09/11/2026"),
        (Kind.BIRTH, "1948", "1948"),
        (Kind.BIRTH, "1948-05", "05/1948"),
        (Kind.NUMBER, "1.250.000", "1250000"),
        (Kind.NUMBER, "1 250 000", "1250000"),
        (Kind.NUMBER, "65,5", "65,5"),
        (Kind.NUMBER, "3", "3"),
        (Kind.ID, "001 190 012 002", "001190012002"),
        (Kind.LONG, "dòng một\ndòng hai", "dòng một\ndòng hai"),
    ],
)
def test_a_value_is_as_the_portals_form_takes_it(kind: str, value: str, wanted: str) -> None:
    choices = [{"value": "rieng", "text": "Con riêng", "text_en": "Stepchild"}]
    field = DeclarationField(kind=kind, choices=choices)
    with translation.override("en"):
        assert copying.as_the_form_takes_it(field, value) == wanted


def test_nothing_personal_stands_in_an_address_of_the_panel(counter: Counter) -> None:
    import re

    case = filed(counter)
    assert case.filer is not None
    addresses = re.findall(r'(?:href|action|hx-[a-z]+)="([^"]*)"', panel(case, counter.staff))
    told = " ".join(addresses)
    for secret in (case.filer.id_number, case.filer.name, "912345678", "BẢO"):
        assert secret not in told
