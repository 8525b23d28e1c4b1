"""People and an office to sign in with."""

import pytest
from django.test import Client

from agencies.models import (
    Agency,
    Authenticator,
    Commune,
    Counter,
    OpeningHours,
    Province,
    Role,
    Staff,
)
from agencies.sessions import new_secret
from opsa.core.limits import client as valkey

PASSWORD = "tem-thu-hoa-sen-18"


@pytest.fixture(autouse=True)
def fresh_limits():
    """Limits count in Valkey, outside the test's transaction."""

    def clear():
        keys = list(valkey().scan_iter("opsa:limit:*"))
        if keys:
            valkey().delete(*keys)

    clear()
    yield
    clear()


@pytest.fixture
def office(db) -> Agency:
    province = Province.objects.create(code="01", kind="thanh_pho", name="Hà Nội")
    commune = Commune.objects.create(
        code="00070",
        province=province,
        kind="phuong",
        name="Hoàn Kiếm",
        postal_code="11024",
        search_key="hoan kiem",
    )
    agency = Agency.objects.create(
        code="HN-01",
        name="Bưu điện Trung tâm Hoàn Kiếm",
        name_en="Hoan Kiem Central Post Office",
        short_name="Hoàn Kiếm",
        vnpost_code="100000",
        address="75 Đinh Tiên Hoàng",
        commune=commune,
        old_ward="Tràng Tiền",
        old_district="Hoàn Kiếm",
        phone="+842438256686",
    )
    for number in (1, 2):
        Counter.objects.create(agency=agency, number=number)
    for day in range(5):
        OpeningHours.objects.create(agency=agency, weekday=day, opens="07:30", closes="12:00")
        OpeningHours.objects.create(agency=agency, weekday=day, opens="13:00", closes="17:30")
    OpeningHours.objects.create(agency=agency, weekday=5, opens="07:30", closes="12:00")
    return agency


@pytest.fixture
def lan(office) -> Staff:
    from agencies.services import pin_set
    from opsa.core.actors import SYSTEM

    staff = Staff.objects.create_user(
        "lan", PASSWORD, display_name="Lan (tập sự)", role=Role.CLERK, agency=office
    )
    pin_set(actor=SYSTEM, staff=staff, pin="2468")
    return staff


@pytest.fixture
def boss(db) -> Staff:
    return _city("dieuhanh", Role.SUPERVISOR)


@pytest.fixture
def root(db) -> Staff:
    return _city("quantri", Role.ADMIN)


def _city(username: str, role: Role) -> Staff:
    return Staff.objects.create_user(
        username, PASSWORD, display_name=f"{username} (tập sự)", role=role, is_staff=True
    )


def with_second_factor(staff: Staff) -> Authenticator:
    from django.utils import timezone

    return Authenticator.objects.create(
        staff=staff, secret=new_secret(), confirmed_at=timezone.now()
    )


def sign_in(client: Client, username="lan", password=PASSWORD, **extra):
    return client.post("/dang-nhap/", {"username": username, "password": password}, **extra)


def enter(client: Client, staff: Staff) -> None:
    """Sign in as anybody, second factor included, without typing."""
    client.force_login(staff)
    session = client.session
    session["second_factor"] = 1
    session.save()
