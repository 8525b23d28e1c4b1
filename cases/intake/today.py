"""Can we finish today? Green, amber or red with its reasons, before anything is typed.

Green: everything is here and goes out now. Amber: we take it now, something goes or counts later.
Red: it cannot be done like this; the reasons say what to bring or who must come.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.models import Agency
from agencies.selectors import office_open_now
from cases.filing.systems import channel_of
from cases.intake.desk import Desk
from cases.intake.documents import Mark
from cases.models import CaseDocument
from opsa.core import outbox
from opsa.core.kept import Kept
from opsa.core.working_time import CUTOFF, TimeUnit, WorkingCalendar, load_calendar
from procedures import mandates
from procedures.models import ProcedureVersion, RequiredDocument
from procedures.words import localised

Kind = RequiredDocument.Kind
_answers: Kept[str, bool] = Kept(15)


class Colour(StrEnum):
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that stands in the way, or goes later."""

    colour: Colour
    text: str


@dataclass(frozen=True, slots=True)
class Light:
    """The answer, and why. `shape` and `tone` are for components/status.html: never colour
    alone."""

    colour: Colour
    reasons: tuple[Reason, ...]

    @property
    def words(self) -> str:
        return {
            Colour.GREEN: _("Xong được hôm nay"),
            Colour.AMBER: _("Nhận được, có việc đi sau"),
            Colour.RED: _("Chưa làm được hôm nay"),
        }[self.colour]

    @property
    def shape(self) -> str:
        return {Colour.GREEN: "tick", Colour.AMBER: "pause", Colour.RED: "warn"}[self.colour]


def to_bring(desk: Desk) -> list[CaseDocument]:
    """The papers of this situation that must be in the citizen's hands and are not here yet."""
    return [
        line
        for line in desk.documents
        if line.needed and line.document.kind != Kind.TYPED and line.mark in (Mark.OPEN, Mark.LATER)
    ]


def light(desk: Desk, missing: Collection[int] = (), *, now: datetime | None = None) -> Light:
    """The light of a draft. `missing` are the papers that the clerk saw are not here.

    No query beyond the desk's, except the breaker's state and the office's hours, kept 15 seconds.
    """
    now = now or timezone.now()
    found = [
        *_mandate(desk),
        *_papers(desk, missing),
        *_text(desk.version, now),
        *_outside(desk, now),
    ]
    order = (Colour.RED, Colour.AMBER, Colour.GREEN)
    found.sort(key=lambda one: order.index(one.colour))
    return Light(found[0].colour if found else Colour.GREEN, tuple(found))


def _mandate(desk: Desk) -> list[Reason]:
    case = desk.case
    rule = mandates.rule(desk.version, case.relation, mode=case.mode, answers=case.answers)
    return [] if rule.allowed else [Reason(Colour.RED, rule.explanation)]


def _papers(desk: Desk, missing: Collection[int]) -> list[Reason]:
    found = []
    for line in to_bring(desk):
        name = localised(line.document, "name")
        if line.mark == Mark.LATER:
            found.append(Reason(Colour.AMBER, _("Nộp sau: %s") % name))
        elif line.pk in missing:
            found.append(Reason(Colour.RED, _("Mang: %s") % name))
    return found


def _text(version: ProcedureVersion, now: datetime) -> list[Reason]:
    if not version.in_force(timezone.localdate(now)):
        return [Reason(Colour.RED, _("Bản thủ tục này hết áp dụng. Mở hồ sơ mới."))]
    if version.online == ProcedureVersion.Online.NO:
        return [Reason(Colour.RED, _("Thủ tục này chưa nộp trực tuyến được."))]
    if version.presence == ProcedureVersion.Presence.BOTH_AT_RESULT:
        return [Reason(Colour.AMBER, _("Khi nhận kết quả, cả hai người phải đến ký."))]
    return []


def _outside(desk: Desk, now: datetime) -> list[Reason]:
    found = []
    if _answers.get(f"portal:{desk.case.system_id}", lambda: _trouble(desk.case.system_id)):
        found.append(Reason(Colour.AMBER, _("Cổng đang gián đoạn. Nhận bây giờ, máy gửi sau.")))
    if not _answers.get(f"office:{desk.case.agency_id}", lambda: _open(desk.case.agency, now)):
        found.append(Reason(Colour.AMBER, _("Điểm đang ngoài giờ mở cửa.")))
    calendar = load_calendar()
    if not calendar.is_working(timezone.localdate(now)):
        found.append(Reason(Colour.AMBER, _("Cơ quan nghỉ. Thời hạn tính từ ngày làm việc sau.")))
    elif _counts_later(desk.version, now, calendar):
        closed = desk.version.cutoff or CUTOFF
        found.append(
            Reason(
                Colour.AMBER,
                _("Đã quá %(at)s. Thời hạn tính từ ngày làm việc sau.") % {"at": f"{closed:%H:%M}"},
            )
        )
    return found


def _counts_later(version: ProcedureVersion, now: datetime, calendar: WorkingCalendar) -> bool:
    """Whether the term would end sooner had the case come this morning: so says the calendar that
    gives the date, and nothing beside it."""
    unit = TimeUnit(version.time_unit)
    if unit is TimeUnit.HOUR:
        return False
    morning = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    early, late = (
        calendar.due(at, version.time_value, unit, cutoff=version.cutoff) for at in (morning, now)
    )
    return late > early


def _trouble(system_id: str) -> bool:
    return outbox.in_trouble(channel_of(system_id))


def _open(agency: Agency, now: datetime) -> bool:
    # An office whose hours nobody has written down is open while somebody stands at its counter.
    return not agency.opening_hours.exists() or office_open_now(agency, now)
