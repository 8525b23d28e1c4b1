"""Everything the page of a filed case shows: the case, and one query for what hangs on it."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BigAutoField, CharField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat, Greatest, JSONObject, Now
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.models import Staff
from cases.access import case_for
from cases.headline import Facts, Headline, headline
from cases.models import (
    Acknowledgement,
    Case,
    CaseDocument,
    CaseFee,
    Filing,
    Mandate,
    Message,
    Outage,
    Paper,
    Payment,
    Scan,
    StatusReport,
)
from cases.states import Sync
from cases.weather import sky
from cases.worklists import timeline
from cases.worklists.clock import at_words
from opsa.core import outbox
from opsa.core.models import JournalEntry
from opsa.core.written import Given, Written
from procedures.models import FilingSystem

LINES: Final = 60
SELECT: Final = (
    "agency",
    "version__procedure",
    "system",
    "filer__commune",
    "subject",
    "owner",
    "delivery_address__commune",
)
#: The fields that may be shown in full for a reason, and for how long (F18).
UNMASKABLE: Final = (
    "filer.id_number",
    "filer.phone",
    "filer.address",
    "subject.id_number",
    "delivery.line",
)
UNMASK_SECONDS: Final = 60


def _lines(rows: "QuerySet[Any]", limit: int = LINES, **fields: Any) -> ArraySubquery:
    """The rows as an array of JSON objects: one query instead of one for each table."""
    return ArraySubquery(rows.values(line=JSONObject(**fields))[:limit])


def _parts() -> dict[str, ArraySubquery]:
    """Each thing that hangs on a case, and the columns of it that the page shows."""
    own = {"case": OuterRef("pk")}
    chain = Concat(Value("case:"), Cast(OuterRef("pk"), CharField()))
    who = Staff.objects.filter(pk=OuterRef("staff_id")).values("display_name")[:1]
    told = JournalEntry.objects.filter(chain=chain).exclude(action__in=timeline.SILENT)
    return {
        "documents": _lines(
            CaseDocument.objects.filter(**own).order_by("document__position"),
            id="id",
            name="document__name",
            mark="mark",
            needed="needed",
            pdf="pdf_pages",
        ),
        "scans": _lines(
            Scan.objects.filter(**own).exclude(state="removed").order_by("document", "position"),
            id="id",
            document="document_id",
            state="state",
            pages="pages",
        ),
        "papers": _lines(
            Paper.objects.filter(**own).order_by("-id"),
            id="id",
            kind="kind",
            state="state",
            prints="prints",
            asked_at="asked_at",
        ),
        "filings": _lines(
            Filing.objects.filter(**own).order_by("-number"),
            id="id",
            number="number",
            state="state",
            way="way",
            code="dossier_code",
            refusal="refusal",
            files="files",
            difference="difference",
            paper=Subquery(_paper()),
            asked_at="poll__asked_at",
            answered_at="poll__answered_at",
            next_at="poll__next_at",
            sent_again_at=_next_sending(),
            sent_at=_of_outbox("first_sent_at"),
        ),
        "outages": _lines(
            Outage.objects.filter(
                Q(ended_at__isnull=True) | Q(ended_at__gt=OuterRef("taken_at")),
                system=OuterRef("system"),
                began_at__lt=Coalesce(OuterRef("decided_at"), OuterRef("closed_at"), Now()),
            ).order_by("began_at"),
            began_at="began_at",
            ended_at="ended_at",
        ),
        "reports": _lines(
            StatusReport.objects.filter(filing__case=OuterRef("pk")).order_by("-occurred_at"),
            raw_code="raw_code",
            dossier="dossier",
            occurred_at="occurred_at",
            received_at="received_at",
            unit="unit",
            text="text",
            odd="odd",
            unknown="unknown",
            source="source",
        ),
        "messages": _lines(
            Message.objects.filter(**own).order_by("-created_at"),
            event="event",
            state="state",
            why="outcome",
            at="created_at",
        ),
        "fees": _lines(
            CaseFee.objects.filter(**own).order_by("id"),
            label="label",
            amount="amount",
            free="free_reason",
        ),
        "payments": _lines(
            Payment.objects.filter(**own), amount="amount", method="method", at="taken_at"
        ),
        "mandates": _lines(Mandate.objects.filter(**own).order_by("-id"), state="state"),
        "journal": _lines(
            told.order_by("-id"),
            at="at",
            kind="actor_kind",
            action="action",
            reason="reason",
            facts="facts",
            who=Subquery(who),
        ),
    }


def _paper() -> "QuerySet[Any]":
    """What became of the newest acknowledgement of a filing."""
    kept = Acknowledgement.objects.filter(filing=OuterRef("pk")).exclude(state="refused")
    return kept.order_by("-id").values("state")[:1]


def _next_sending() -> Subquery:
    """When a filing that waits is tried next, as `outbox.next_try` says it."""
    channel = outbox.Channel.objects.filter(code=OuterRef("channel"))
    probe = channel.filter(open_since__isnull=False).values("next_probe_at")
    hold = channel.filter(held_from__lte=Now()).values("held_until")
    waiting = _outbox_row().filter(state__in=("ready", "unknown"))
    return Subquery(waiting.values(at=Greatest("run_at", Subquery(probe), Subquery(hold)))[:1])


def _outbox_row() -> "QuerySet[outbox.Outbox]":
    return outbox.Outbox.objects.filter(
        key=Concat(Value("filing:"), Cast(OuterRef("pk"), CharField()))
    )


def _of_outbox(column: str) -> Subquery:
    """What the queue of sendings knows of a filing before the other side has answered."""
    return Subquery(_outbox_row().values(column)[:1])


def first_sent(case: Case, more: dict[str, list[dict[str, Any]]]) -> datetime | None:
    """When the case first left, whether or not it arrived; None when nothing ever did."""
    sent = [moment(line["sent_at"]) for line in more["filings"] if line["sent_at"]]
    return case.first_sent_at or min(filter(None, sent), default=None)


def outage_minutes(case: Case, more: dict[str, list[dict[str, Any]]], now: datetime) -> int:
    """Minutes of the case's time, until it was decided or closed, in which its filing system could
    not be used as usual (F19)."""
    if case.taken_at is None:
        return 0
    spans = [
        (moment(line["began_at"]) or now, moment(line["ended_at"]) or now)
        for line in more["outages"]
    ]
    return sky.minutes(spans, case.taken_at, min(now, case.decided_at or case.closed_at or now))


def details(pk: int) -> dict[str, list[dict[str, Any]]]:
    """All that hangs on a case the caller may already see, in one query; nothing encrypted."""
    names, written = _detailing()
    (found,) = written.ask(case=pk)
    return dict(zip(names, found, strict=True))


@cache
def _detailing() -> tuple[list[str], Written]:
    parts = {f"all_{name}": part for name, part in _parts().items()}
    case = Case.objects.filter(pk=Given("case", BigAutoField())).annotate(**parts)
    return [name.removeprefix("all_") for name in parts], Written(case.values_list(*parts))


@dataclass(frozen=True, slots=True)
class Fact:
    """One of the five facts: its name, its value in words, and since when."""

    name: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Field:
    """One line about a person; `shown` is masked unless it was unmasked for this answer."""

    key: str
    name: str
    shown: str
    masked: bool


@dataclass(frozen=True, slots=True)
class FiledCase:
    """The page's context as one object."""

    case: Case
    said: Headline
    facts: list[Fact]
    people: list[Field]
    entries: list[timeline.Entry]
    more: dict[str, list[dict[str, Any]]]


def load(staff: Staff, pk: int, *, unmasked: str = "") -> FiledCase:
    """A case for its page; Http404 for another office's. `case_for` journals the reading."""
    case = case_for(staff, pk, select=SELECT)
    more = details(case.pk)
    now = timezone.now()
    address = getattr(case, "delivery_address", None)
    filing = more["filings"][0] if more["filings"] else None
    asked = moment(filing["answered_at"]) if filing else None
    facts = Facts.of(
        case,
        now=now,
        asked_at=asked,
        next_try_at=moment(filing["sent_again_at"])
        if filing and case.queue == Case.Queue.SENDING
        else None,
        way=filing["way"] if filing else FilingSystem.Way.GATEWAY,
        by_post=address is None or address.by_post,
        trouble=case.accepted_at is None and sky.in_trouble(case.system_id, now),
    )
    return FiledCase(
        case=case,
        said=headline(facts),
        facts=_facts(case, more, filing),
        people=_people(case, unmasked),
        entries=entries(case.pk, more),
        more=more,
    )


def entries(pk: int, more: dict[str, list[dict[str, Any]]]) -> list[timeline.Entry]:
    """The timeline from what is loaded, and from the other rooms."""
    return timeline.merged(
        timeline.from_messages(more["messages"]),
        timeline.from_reports(more["reports"]),
        timeline.from_others(pk),
        timeline.from_journal(more["journal"]),
    )


def moment(text: str | None) -> datetime | None:
    """A JSON moment as an aware datetime."""
    return datetime.fromisoformat(text) if text else None


def _since(at: datetime | None) -> str:
    return _("từ %(time)s") % {"time": at_words(at)} if at else ""


def _observed_at(case: Case, more: dict[str, Any]) -> datetime | None:
    """Since when the results are where we see them; before that, since the authority decided."""
    moves = (line["at"] for line in more["journal"] if line["action"] == "case.delivery")
    return moment(next(moves, None)) or case.decided_at


def _facts(case: Case, more: dict[str, Any], filing: dict[str, Any] | None) -> list[Fact]:
    asked = at_words(moment(filing["asked_at"])) if filing else ""
    answered = at_words(moment(filing["answered_at"])) if filing else ""
    after = at_words(moment(filing["next_at"])) if filing else ""
    if case.system.news == FilingSystem.News.FILE:
        told = {"time": answered}
        news = _("theo tệp lúc %(time)s") % told if answered else _("chưa có trong tệp nào")
    elif case.sync == Sync.ENDED:
        last = max((line["received_at"] for line in more["reports"]), default=None)
        news = _("tin cuối lúc %(time)s") % {"time": at_words(moment(last))} if last else ""
    else:
        news = _("hỏi lúc %(time)s") % {"time": asked} if asked else _("chưa hỏi lần nào")
        if asked and answered and answered != asked:
            news += "; " + _("trả lời lúc %(time)s") % {"time": answered}
        if after:
            news += "; " + _("hỏi tiếp %(time)s") % {"time": after}
    owed = sum(line["amount"] or 0 for line in more["fees"])
    paid = more["payments"][0] if more["payments"] else None
    if paid:
        money = _("trả lúc %(time)s") % {"time": at_words(moment(paid["at"]))}
    elif owed:
        money = f"{owed:,} đ".replace(",", ".")
    elif any(line["amount"] is None for line in more["fees"]):
        money = _("theo thông báo của cơ quan")
    else:
        money = next((line["free"] for line in more["fees"] if line["free"]), "")
    taken = _("nhận lúc %(time)s") % {"time": at_words(case.taken_at)} if case.taken_at else ""
    return [
        Fact(_("Tại quầy"), case.get_work_display(), taken),
        Fact(_("Ở cơ quan"), case.get_dossier_display(), _since(case.moved_at)),
        Fact(_("Tiền"), case.get_money_display(), money),
        Fact(_("Trả kết quả"), case.get_delivery_display(), _since(_observed_at(case, more))),
        Fact(_("Tin từ cổng"), case.get_sync_display(), news),
    ]


def _people(case: Case, unmasked: str) -> list[Field]:
    """Filer and subject; numbers and addresses masked unless `unmasked` names the field."""
    found: list[Field] = []

    def add(key: str, name: str, value: str, mask: str) -> None:
        if value:
            hidden = key in UNMASKABLE and key != unmasked
            found.append(Field(key, name, mask if hidden else value, hidden))

    filer, subject, address = case.filer, case.subject, getattr(case, "delivery_address", None)
    if filer is not None:
        found.append(Field("", _("Người nộp"), filer.name, False))
        add("filer.id_number", _("Số định danh"), filer.id_number, stars(filer.id_number))
        add("filer.phone", _("Điện thoại"), filer.phone, stars(filer.phone))
        place = f", {filer.commune}" if filer.commune else ""
        add("filer.address", _("Địa chỉ"), filer.address, f"***{place}")
    if subject is not None and (filer is None or subject.pk != filer.pk):
        found.append(Field("", _("Chủ hồ sơ"), subject.name, False))
        add(
            "subject.id_number",
            _("Số định danh của chủ hồ sơ"),
            subject.id_number,
            stars(subject.id_number),
        )
    if address is not None and address.by_post:
        ward = str(address.commune) if address.commune else ""
        old = f" ({address.old_unit})" if address.old_unit and unmasked == "delivery.line" else ""
        full = ", ".join(filter(None, (address.line, ward))) + old
        add("delivery.line", _("Trả kết quả đến"), full, f"***, {ward}" if ward else "***")
    return found


def stars(number: str) -> str:
    """The last three signs of a number, the rest hidden at a fixed length."""
    return f"*** *** {number[-3:]}" if number else ""
