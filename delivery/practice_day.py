"""The practice day: about 120 invented cases in every state, made as people and the portal would
make them.

Every case goes through the counter's services, is sent over HTTP to the simulator, and moves
because the simulator reports it. Needs the simulator; only in the demo.
"""

import itertools
import os
import time as clock
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

import httpx
from django.conf import settings
from django.db import connection
from django.utils import timezone

from agencies.access import actor_of
from agencies.demo import create_demo_staff
from agencies.models import Agency, Role, Staff
from cases import services as case_services
from cases.filing import services as filing
from cases.intake import practice
from cases.models import Case, Filing
from cases.states import Work
from cases.tracking import asking
from delivery import practice as parcels
from opsa.core import outbox
from opsa.core.working_time import load_calendar
from procedures.models import FilingSystem, ProcedureVersion

#: What becomes of the cases of one office, from most to least usual.
PLAN: Final = (
    ("in_work", 9),
    ("accepted", 4),
    ("delivered", 5),
    ("draft", 3),
    ("held", 2),
    ("result", 3),
    ("supplement", 3),
    ("near_late", 2),
    ("late", 1),
    ("labelled", 2),
    ("on_road", 2),
    ("recording", 2),
    ("refused", 1),
    ("failed", 1),
)


class NotTheDemo(Exception):
    """Somebody asked for practice cases outside the demo."""


@dataclass
class Outside:
    """The simulator's control board."""

    base: str

    def status(self, code: str, *steps: int, text: str = "") -> None:
        """Have the portal report these statuses, one after another."""
        for step in steps:
            httpx.post(
                f"{self.base}/api/dossier/{code}/status",
                json={"TrangThai": step, "NoiDung": text if step == steps[-1] else ""},
                timeout=20,
                trust_env=False,
            ).raise_for_status()


def fill(say: Callable[[str], None] = lambda _: None, *, per_office: int = 40) -> int:
    """Make the practice cases that are missing; returns how many were made. Repeating makes none.

    Raises NotTheDemo outside the demo.
    """
    if not getattr(settings, "DEMO", False):
        raise NotTheDemo("only in the demo")
    create_demo_staff()
    # At a bank that does not exist: no app pays anybody.
    Agency.objects.filter(code="HN-01", bank="").update(
        bank="999999", bank_account="0001", bank_holder="TAP SU, KHONG CO THAT"
    )
    outside = Outside(os.environ["SIMULATOR_CONTROL_URL"])
    clerks = Staff.objects.filter(
        role=Role.CLERK, is_active=True, agency__is_practice=False
    ).select_related("agency")
    by_office = [
        list(group)
        for _, group in itertools.groupby(clerks.order_by("agency_id", "pk"), lambda s: s.agency_id)
    ]
    numbers = itertools.count(1)

    def work(office: int, people: list[Staff]) -> int:
        made = 0
        present = Case.objects.filter(agency=people[0].agency).count()
        for number, (fate, version) in enumerate(_fates(per_office)):
            if number < present:
                continue
            staff = people[number % len(people)]
            _make(fate, version, staff, 1000 * (office + 1) + number, outside)
            made += 1
            say(f"{next(numbers)}")
        return made

    # The scans are checked in processes of their own, so that offices side by side use every core.
    with ThreadPoolExecutor(len(by_office)) as pool:
        return sum(pool.map(_then_close(work), range(len(by_office)), by_office))


def _then_close[**P, R](work: Callable[P, R]) -> Callable[P, R]:
    """A thread gives its database connection back when its work ends."""

    def whole(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return work(*args, **kwargs)
        finally:
            connection.close()

    return whole


def _fates(count: int) -> Iterator[tuple[str, ProcedureVersion]]:
    versions = list(
        ProcedureVersion.objects.filter(state=ProcedureVersion.State.PUBLISHED)
        .select_related("system", "procedure")
        .order_by("procedure__rank", "procedure__code")
    )
    gateway = [v for v in versions if v.system.way == FilingSystem.Way.GATEWAY]
    paper = [v for v in gateway if any(r.form == "paper" for r in v.results.all())]
    copilot = [v for v in versions if v.system.way == FilingSystem.Way.COPILOT]
    pools = {
        "recording": itertools.cycle(copilot),
        "draft": itertools.cycle(versions),
        "held": itertools.cycle(versions),
    }
    usual = itertools.cycle(gateway)
    with_paper = itertools.cycle([v for v in paper if v.presence != "both_at_result"])
    needs_paper = {"delivered", "result", "labelled", "on_road", "failed"}
    # Interleaved, so that even the first few cases of an office show several states.
    left = dict(PLAN)
    for number in itertools.count():
        if number >= count or not any(left.values()):
            return
        fate = max(left, key=lambda name: left[name] / dict(PLAN)[name])
        left[fate] -= 1
        yield fate, next(pools.get(fate, with_paper if fate in needs_paper else usual))


def _make(
    fate: str, version: ProcedureVersion, staff: Staff, number: int, outside: Outside
) -> None:
    case = practice.prepared_case(version, staff=staff, number=number)
    actor = actor_of(staff)
    if fate == "draft":
        return
    if fate == "held":
        case_services.work_move(case.pk, Work.HELD, actor=actor, reason="")
        return
    made = filing.case_file(case.pk, staff=staff, actor=actor, taken_at=_taken(fate, version))
    if fate == "recording":
        return
    _send(made)
    _report(fate, made, outside)
    if fate in ("delivered", "result", "labelled", "on_road", "failed"):
        parcels.deliver(Case.objects.get(pk=case.pk), upto=fate, staff=staff)


def _taken(fate: str, version: ProcedureVersion) -> datetime | None:
    """Late and nearly late cases were taken on paper some days ago and typed in today."""
    if fate not in ("late", "near_late"):
        return None
    calendar = load_calendar()
    day = timezone.localdate()
    wanted = version.time_value + (2 if fate == "late" else 0)
    while wanted > 0:
        day -= timedelta(days=1)
        wanted -= calendar.is_working(day)
    return timezone.make_aware(datetime.combine(day, time(9, 10)))


def _send(made: Filing) -> None:
    """Have the outbox worked until this filing is accepted; another office may carry ours."""
    for _ in range(200):
        outbox.work_one(f"portal:{made.system_id}")
        made.refresh_from_db()
        if made.state == Filing.State.ACCEPTED:
            return
        clock.sleep(0.05)


def _report(fate: str, made: Filing, outside: Outside) -> None:
    steps = {
        "accepted": (2,),
        "in_work": (2, 4),
        "supplement": (2, 4, 5),
        "near_late": (2, 4),
        "late": (2, 4),
        "refused": (3,),
        "delivered": (2, 4, 9),
        "result": (2, 4, 9),
        "labelled": (2, 4, 9),
        "on_road": (2, 4, 9),
        "failed": (2, 4, 9),
    }[fate]
    words = {
        "supplement": "Mang bản chính giấy còn thiếu ra bưu điện",
        "refused": "Ảnh chụp mờ, không đọc được",
    }.get(fate, "")
    outside.status(made.dossier_code, *steps, text=words)
    asking.ask_about(made.pk)
