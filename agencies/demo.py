"""Practice people for the demo, one for each role. Invented, and marked so in their names.

Nothing here works unless settings.DEMO is true: the passwords stand in this file.
"""

from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from agencies.models import Agency, Authenticator, Counter, Role, Staff
from agencies.sessions import new_secret

PIN: Final = "2468"
PRACTICE_OFFICE: Final = "HN-TS"


class NotTheDemo(Exception):
    """Somebody asked for demo sign-ins outside the demo."""


@dataclass(frozen=True)
class DemoPerson:
    """One practice account."""

    username: str
    name: str
    role: Role
    password: str
    office: str = ""
    counter: int = 0


PEOPLE: Final = (
    DemoPerson("lan", "Tập sự Lan", Role.CLERK, "tem-thu-hoa-sen-18", "HN-01", 1),
    DemoPerson("minh", "Tập sự Minh", Role.CLERK, "xe-dap-pho-co-27", "HN-01", 2),
    DemoPerson("truong", "Tập sự Trưởng điểm", Role.LEAD, "ho-guom-buoi-sang-36", "HN-01"),
    DemoPerson("hoa", "Tập sự Hoa", Role.CLERK, "cau-giay-mua-thu-45", "HN-04", 1),
    DemoPerson("nam", "Tập sự Nam", Role.CLERK, "nghia-do-chieu-mua-54", "HN-04", 2),
    DemoPerson("mai", "Tập sự Mai", Role.CLERK, "ha-dong-lua-to-tam-63", "HN-12", 1),
    DemoPerson("son", "Tập sự Sơn", Role.CLERK, "cau-do-song-nhue-72", "HN-12", 2),
    DemoPerson("tapsu", "Tập sự Mới", Role.CLERK, "khung-do-quay-tap-86", "HN-TS", 1),
    DemoPerson("dieuhanh", "Tập sự Điều hành", Role.SUPERVISOR, "bang-tin-thanh-pho-81"),
    DemoPerson("bientap", "Tập sự Biên tập", Role.EDITOR, "danh-muc-ba-muoi-90"),
    DemoPerson("kiemsoat", "Tập sự Kiểm soát", Role.AUDITOR, "nhat-ky-khong-sua-19"),
    DemoPerson("quantri", "Tập sự Quản trị", Role.ADMIN, "chia-khoa-nha-buu-dien-28"),
)


def _only_in_demo() -> None:
    if not getattr(settings, "DEMO", False):
        raise NotTheDemo("only in the demo")


def _practice_office() -> None:
    """The office where nothing is real, as a house of real offices has one (F25). It stands at the
    address of a real one, for forms need one; nobody is sent there."""
    if Agency.objects.filter(code=PRACTICE_OFFICE).exists():
        return
    like = Agency.objects.get(code="HN-01")
    office = Agency.objects.create(
        code=PRACTICE_OFFICE,
        is_practice=True,
        name="Điểm tập sự",
        name_en="Practice office",
        short_name="Điểm tập sự",
        vnpost_code="000000",
        address=like.address,
        commune=like.commune,
        old_ward=like.old_ward,
        old_district=like.old_district,
        note="Không có thật: chỉ để tập.",
    )
    Counter.objects.create(agency=office, number=1)


@transaction.atomic
def create_demo_staff() -> dict[str, Staff]:
    """Make the practice people that are missing, by username. Needs the offices loaded.

    Those with a city-wide role get a confirmed authenticator whose code `demo_code` prints.
    Raises NotTheDemo outside the demo.
    """
    _only_in_demo()
    there = {staff.username: staff for staff in Staff.objects.all()}
    _practice_office()
    offices = {agency.code: agency for agency in Agency.objects.all()}
    counters = {(c.agency_id, c.number): c for c in Counter.objects.all()}
    pin = make_password(PIN)
    for person in PEOPLE:
        if person.username in there:
            continue
        office = offices[person.office] if person.office else None
        staff = Staff.objects.create_user(
            person.username,
            person.password,
            display_name=person.name,
            role=person.role,
            agency=office,
            counter=counters.get((office.pk, person.counter)) if office else None,
            pin=pin,
            is_staff=office is None,
        )
        there[person.username] = staff
        if office is None:
            Authenticator.objects.create(
                staff=staff, secret=new_secret(), confirmed_at=timezone.now()
            )
    return {person.username: there[person.username] for person in PEOPLE}


def demo_authenticator(username: str) -> Authenticator:
    """The authenticator of a practice person. Raises NotTheDemo, or DoesNotExist."""
    _only_in_demo()
    names = [person.username for person in PEOPLE]
    return Authenticator.objects.get(staff__username=username, staff__username__in=names)
