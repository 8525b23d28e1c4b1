"""Cases in any state, quickly: for lists, the board and the citizens' pages, which only read."""

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from agencies import sessions
from agencies.models import SECOND_FACTOR_ROLES, Role, Staff
from cases.intake.drafts import filing_system
from cases.models import Case, CaseNameToken, Citizen, DeliveryAddress, Filing, PollState
from cases.services import place
from opsa.core.codes import new_reference, new_token
from opsa.core.text import fold
from tests.support.cases import Counter

_people = itertools.count()
NAMES = ("PHẠM ĐỖ NGỌC ẨN", "Nguyễn Thị Hường", "Hoàng Quốc Việt", "Đặng Văn Lượng", "Vũ Đức Trọng")
PASSWORD = "a-long-test-password"


def lay(counter: Counter, **facts: Any) -> Case:
    """A case with these facts, in the queue that follows; filed unless `work` says otherwise."""
    person = next(_people)
    name = facts.pop("name", NAMES[person % len(NAMES)])
    # Never ends in 0000: these are the wrong digits of the tests that guess.
    phone = facts.pop("phone", f"+8491{person // 9000:03d}{1000 + person % 9000}")
    number = facts.pop("id_number", f"0011900{person % 10**5:05d}")
    by_post = facts.pop("by_post", True)
    code = facts.pop("code", None)
    opened = facts.pop("opened_at", None)
    now = timezone.now()
    facts.setdefault("work", "filed")
    if facts["work"] not in ("draft", "held"):
        facts.setdefault("taken_at", now - timedelta(hours=1))
    if facts.get("dossier"):
        facts.setdefault("accepted_at", facts["taken_at"] + timedelta(minutes=2))
        facts.setdefault("first_sent_at", facts["accepted_at"])
    if facts["work"] == "closed":
        facts.setdefault("closed_at", now)
    facts.setdefault("owner", counter.staff)
    facts.setdefault("opened_by", counter.staff)
    facts.setdefault("agency", counter.agency)
    facts.setdefault("version", counter.version)
    facts.setdefault("authority", "UBND phường Yên Hòa")
    filer = Citizen.objects.create(
        name=name, phone=phone, id_number=number, address="12 ngõ 5 phố Vọng"
    )
    case = Case(
        reference=new_reference(practice=facts["agency"].is_practice),
        token=new_token(),
        system=filing_system(facts["agency"], counter.version),
        filer=filer,
        **facts,
    )
    case.queue = place(case)
    case.save()
    if opened is not None:
        Case.objects.filter(pk=case.pk).update(opened_at=opened)
    DeliveryAddress.objects.create(
        case=case, by_post=by_post, recipient=name, line="12 ngõ 5 phố Vọng"
    )
    CaseNameToken.objects.bulk_create(
        CaseNameToken(agency=case.agency, token=word, case=case) for word in set(fold(name).split())
    )
    if case.work not in ("draft", "held"):
        state = Filing.State.ACCEPTED if code else Filing.State.QUEUED
        filing = Filing.objects.create(
            case=case,
            system=case.system,
            way=case.system.way,
            state=state,
            dossier_code=code or "",
            payload_sha256="0" * 64,
            filed_by=counter.staff,
            taken_at=case.taken_at or now,
            accepted_at=case.accepted_at if code else None,
        )
        if code:
            PollState.objects.create(
                filing=filing,
                system=case.system,
                case=case,
                next_at=now + timedelta(hours=1),
                asked_at=now,
                answered_at=now,
            )
    return case


def sign_in(client: Client, staff: Staff) -> Client:
    """The client of this person, second factor given where the role wants one."""
    client.force_login(staff)
    session = client.session
    if staff.role in SECOND_FACTOR_ROLES:
        session[sessions.SECOND_FACTOR] = sessions._now()
    session.save()
    return client


def make_supervisor(name: str = "boss") -> Staff:
    """Who supervises all offices."""
    return Staff.objects.create_user(
        name, PASSWORD, display_name="Điều hành (tập sự)", role=Role.SUPERVISOR
    )


@pytest.fixture
def staff(counter: Counter) -> Staff:
    """The counter's clerk."""
    return counter.staff


@pytest.fixture
def clerk(client: Client, staff: Staff) -> Client:
    """A client that is signed in as the counter's clerk."""
    return sign_in(client, staff)
