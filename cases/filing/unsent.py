"""Everything that was taken and is not at its filing system yet: why, since when, and what next
(F01). One page of an office at the counter, of all offices on the board."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import (
    BigIntegerField,
    CharField,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    UUIDField,
    Value,
)
from django.db.models.fields.tuple_lookups import TupleGreaterThan
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.models import Staff
from cases.access import cases_for
from cases.models import Filing, Supplement
from cases.states import Work
from cases.worklists.cursors import PAGE, Cursor
from cases.worklists.known import known_with
from opsa.core.codes import group_reference
from opsa.core.outbox import Channel, Outbox
from procedures.models import FilingSystem

FILING, SUPPLEMENT = 0, 1
COLUMNS: Final = (
    "mark", "taken_at", "own_key", "state", "why", "case_id", "case__reference", "case__filer_name",
    "case__version_id", "case__agency_id", "case__system_id", "code",
)  # fmt: skip
#: What an adapter reported, or the last part of the portal's own code (`KQ.DVC.503`) → what a clerk
#: reads. Everything else is one sentence more general.
WHY: Final = {
    "ConnectError": "away",
    "ConnectTimeout": "away",
    "502": "away",
    "503": "away",
    "PoolTimeout": "busy",
    "429": "busy",
    "ReadTimeout": "mute",
    "RemoteProtocolError": "mute",
    "upload_answer_differs": "files",
}


@dataclass(frozen=True, slots=True)
class Unsent:
    """One line. `next_at` is None when a person must act, not the machine."""

    case_id: int
    code: str
    name: str
    procedure: str
    office: str
    supplement: bool
    reason: str
    tone: str
    taken_at: datetime
    first_sent_at: datetime | None
    last_at: datetime | None
    next_at: datetime | None
    may_send: bool
    may_ask: bool


def page(
    staff: Staff, cursor: Cursor | None, office: int | None = None
) -> tuple[list[Unsent], Cursor | None]:
    """The next lines after `cursor`, the oldest first, in two queries; and where they ended."""
    cases = cases_for(staff).order_by()
    if office is not None:
        cases = cases.filter(agency_id=office)
    filings = _lines(
        Filing.objects.filter(
            state__in=(Filing.State.QUEUED, Filing.State.PERSON),
            way=FilingSystem.Way.GATEWAY,
            case__in=cases.filter(work__in=(Work.FILED, Work.ATTENTION)),
        ),
        FILING,
        Cast("pk", CharField()),
        F("dossier_code"),
        cursor,
    )
    answers = _lines(
        Supplement.objects.filter(
            state__in=(Supplement.State.QUEUED, Supplement.State.PERSON),
            case__in=cases.exclude(work=Work.CLOSED),
        ),
        SUPPLEMENT,
        Cast(Cast("key", UUIDField()), CharField()),
        Value("", output_field=CharField()),
        cursor,
    )
    found = list(filings.union(answers, all=True).order_by("taken_at", "mark")[: PAGE + 1])
    more, found = len(found) > PAGE, found[:PAGE]
    rows = _owed([_key(line[0], line[2]) for line in found])
    lines = [_line(line, rows.get(_key(line[0], line[2]))) for line in found]
    return lines, Cursor(found[-1][1], found[-1][0]) if more else None


def _lines(
    found: "QuerySet[Any]", kind: int, key: Any, code: Any, cursor: Cursor | None
) -> "QuerySet[Any, tuple[Any, ...]]":
    """One page of one kind; `mark` is an id that both kinds share an order by."""
    found = found.annotate(
        mark=Cast(F("pk") * 2 + kind, BigIntegerField()), own_key=key, why=F("refusal"), code=code
    )
    if cursor is not None:
        found = found.filter(TupleGreaterThan((F("taken_at"), F("mark")), (cursor.at, cursor.pk)))
    return found.order_by("taken_at", "mark").values_list(*COLUMNS)[: PAGE + 1]


def _key(mark: int, own: str) -> str:
    return f"supplement:{own}" if mark % 2 else f"filing:{own}"


def _owed(keys: list[str]) -> dict[str, Outbox]:
    """The rows of the queue of sendings, each with what its way out is like now."""
    channel = Channel.objects.filter(code=OuterRef("channel"))

    def way(column: str) -> Subquery:
        return Subquery(channel.values(column)[:1])

    rows = Outbox.objects.filter(key__in=keys).annotate(
        open_since=way("open_since"),
        probe_at=way("next_probe_at"),
        held_from=way("held_from"),
        held_until=way("held_until"),
    )
    return {row.key: row for row in rows}


def _line(line: tuple[Any, ...], row: Any) -> Unsent:
    (
        mark, taken_at, _own, state, why, case_id, reference, name, version, agency, system, code,
    ) = line  # fmt: skip
    now = timezone.now()
    known = known_with(version, agency, system)
    person = state == "person" or row is None
    reason, tone = _by_hand(why, code) if person else _reason(row, now)
    return Unsent(
        case_id=case_id,
        code=group_reference(reference),
        name=name,
        procedure=known.procedures[version][0],
        office=known.offices[agency],
        supplement=bool(mark % 2),
        reason=reason,
        tone=tone,
        taken_at=taken_at,
        first_sent_at=row.first_sent_at if row else None,
        last_at=row.tried_at if row else None,
        next_at=None if person else _next(row, now),
        may_send=not person and row.state == Outbox.State.READY,
        may_ask=person and mark % 2 == FILING and why != "changed_on_disk",
    )


def _held(row: Any, now: datetime) -> bool:
    return bool(row.held_from and row.held_until and row.held_from <= now < row.held_until)


def _next(row: Any, now: datetime) -> datetime:
    times = [row.run_at]
    if row.open_since and row.probe_at:
        times.append(row.probe_at)
    if _held(row, now):
        times.append(row.held_until)
    at: datetime = max(times)
    return at


def _reason(row: Any, now: datetime) -> tuple[str, str]:
    """Why the machine has not got it there yet, in words for the counter."""
    if row.claimed and row.run_at > now:
        return _("Đang gửi"), "work"
    # One whose worker died before a byte left is unknown too, but nothing was sent of it.
    if row.state == Outbox.State.UNKNOWN and row.last_sent_at:
        return _("Đã gửi, cổng chưa trả lời; đang hỏi lại, không gửi trùng"), "work"
    if _held(row, now):
        return _("Cổng đang bảo trì, xong sẽ tự gửi"), "wait"
    if row.open_since:
        return _("Cổng đang trục trặc, chạy lại sẽ tự gửi"), "wait"
    words = {
        "away": _("Chưa nối được với cổng, tự gửi lại"),
        "busy": _("Cổng đang bận, tự gửi lại"),
        "mute": _("Cổng không trả lời kịp, tự gửi lại"),
        "files": _("Cổng ghi chưa đúng tệp, tự gửi lại"),
    }
    if row.last_error:
        why = WHY.get(row.last_error.rpartition(".")[2], "")
        return words.get(why, _("Cổng chưa nhận, tự gửi lại")), "wait"
    return _("Mới nhận, đang đến lượt gửi"), ""


def _by_hand(why: str, code: str) -> tuple[str, str]:
    """Why it waits for a person."""
    words = {
        "not_reached_within_horizon": _("Gửi suốt 72 giờ không được, gọi quản trị cổng"),
        "changed_on_disk": _("Tệp quét bị thay đổi, mở hồ sơ quét lại"),
        "look_up_not_offered": _("Chưa rõ cổng đã nhận, xem trên cổng rồi ghi mã"),
        "worker_died_three_times": _("Máy gửi hỏng ba lần, báo người quản trị"),
        "consent_revoked": _("Khách đã rút đồng ý, không gửi nữa"),
    }
    if code:
        return _("Đã ghi mã, chưa so được tệp với cổng"), "bad"
    return words.get(why, _("Chưa rõ cổng đã nhận, cần người kiểm tra")), "bad"
