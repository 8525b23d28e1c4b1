"""What a citizen sees of a case: one sentence, whose turn, the date, four steps. Never a number or
an address, and the name only as initials (F09)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Subquery, Sum
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.headline import Facts, Headline, Turn, headline
from cases.models import Case, CaseFee, ExtraUse, Filing, Mandate, Payment
from cases.public.consent import revocable
from cases.states import Delivery, Dossier, Money, Work
from cases.weather import sky
from opsa.core.codes import group_reference, is_practice
from opsa.core.templatetags.core import vn_date
from opsa.core.text import mask_name

#: A link ends this long after the case did (F09).
KEPT: Final = timedelta(days=90)
ENDED: Final = (Delivery.DELIVERED, Delivery.COLLECTED)


@dataclass(frozen=True, slots=True)
class Step:
    """One of the four steps: `state` is ok, on or next."""

    name: str
    state: str
    at: str = ""
    where: str = ""
    since: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """The page's content. `hidden` means the thing itself waits for the four digits."""

    token: str
    reference: str
    said: Headline
    tone: str
    calm: bool
    when: datetime | None
    waiting: bool
    steps: list[Step]
    what: str
    name: str
    owed: int | None
    paid: int | None
    paid_at: datetime | None
    free: str
    asked_at: datetime | None
    hidden: bool
    may_revoke: bool
    practised: bool


def case_of(token: str) -> Case | None:
    """The case of a link that is still good, with what the page needs; one query. None otherwise.

    Unknown, not yet filed and expired links are one and the same to the caller.
    """
    filing = Filing.objects.filter(case=OuterRef("pk")).order_by("-number")
    fees = CaseFee.objects.filter(case=OuterRef("pk")).order_by().values("case")
    payment = Payment.objects.filter(case=OuterRef("pk"))
    case = (
        Case.objects.filter(token=token, taken_at__isnull=False)
        .exclude(work__in=(Work.DRAFT, Work.HELD))
        .select_related("agency", "version__procedure", "filer", "delivery_address")
        .defer("declaration", "answers")
        .annotate(
            way=Subquery(filing.values("way")[:1]),
            asked_at=Subquery(filing.values("poll__answered_at")[:1]),
            owed=Subquery(fees.annotate(n=Sum("amount")).values("n")),
            free=Subquery(
                CaseFee.objects.filter(case=OuterRef("pk"))
                .exclude(free_reason="")
                .order_by("id")
                .values("free_reason")[:1]
            ),
            paid=Subquery(payment.values("amount")[:1]),
            paid_at=Subquery(payment.values("taken_at")[:1]),
            extra=Exists(
                ExtraUse.objects.in_force(timezone.localdate()).filter(case=OuterRef("pk"))
            ),
            consent=Subquery(
                Mandate.objects.filter(case=OuterRef("pk"), state=Mandate.State.GIVEN).values("pk")[
                    :1
                ]
            ),
        )
        .first()
    )
    if case is None or (case.closed_at and timezone.now() - case.closed_at > KEPT):
        return None
    return case


def status(case: Case, *, known: bool) -> Status:
    """The page of a case from `case_of`. `known` says that the four digits were given."""
    english = (get_language() or "vi").startswith("en")
    address = getattr(case, "delivery_address", None)
    facts = Facts.of(
        case,
        now=timezone.now(),
        asked_at=getattr(case, "asked_at", None),
        way=getattr(case, "way", None) or "gateway",
        by_post=address is None or address.by_post,
        trouble=case.accepted_at is None and sky.in_trouble(case.system_id),
    )
    said = headline(facts)
    hidden = case.version.procedure.sensitive and not known
    version = case.version
    what = (
        _("Hồ sơ của quý khách")
        if hidden
        else version.name_en
        if english
        else version.procedure.short_name
    )
    decided = case.decided_at is not None or said.key in (
        "done",
        "done_electronic",
        "withdrawn",
        "closed",
    )
    return Status(
        token=case.token,
        reference=group_reference(case.reference),
        said=said,
        tone="act" if said.turn == Turn.CITIZEN and said.tone != "done" else
        "ready" if said.tone == "done" else "bad" if said.tone == "bad" else "",
        calm=said.turn != Turn.CITIZEN,
        when=None if decided else case.due_at,
        waiting=not decided and case.accepted_at is None,
        steps=_steps(case, facts, english),
        what=what,
        name=mask_name(case.filer.name) if case.filer else "",
        owed=getattr(case, "owed", None),
        paid=getattr(case, "paid", None),
        paid_at=getattr(case, "paid_at", None),
        free=(getattr(case, "free", None) or "") if case.money == Money.NOTHING_DUE else "",
        asked_at=getattr(case, "asked_at", None) or case.accepted_at,
        hidden=hidden,
        may_revoke=revocable(case) or bool(getattr(case, "extra", False)),
        practised=is_practice(case.reference),
    )  # fmt: skip


def moment(at: datetime | None) -> str:
    """`10:45, Thứ Sáu 20/11`, in English `10:45, Friday 20 November`; nothing for None."""
    if at is None:
        return ""
    day = vn_date(at)
    short = day.rsplit("/", 1)[0].replace(", ", " ") if "/" in day else day.rsplit(" ", 1)[0]
    return f"{timezone.localtime(at):%H:%M}, {short.replace(', ', ' ')}"


def _steps(case: Case, facts: Facts, english: bool) -> list[Step]:
    """Post office, authority, result, hand-over: each done, going on, or still to come."""
    authority = case.authority or case.version.authority
    if english and authority == case.version.authority:
        authority = case.version.authority_en
    accepted = case.accepted_at is not None
    decided = case.decided_at is not None or case.dossier in (Dossier.DECIDED, Dossier.RETURNED)
    over = case.delivery in ENDED or (
        case.work == Work.CLOSED and case.delivery == Delivery.NOT_NEEDED
    )
    moving = case.delivery in (
        Delivery.HANDED_OVER,
        Delivery.IN_TRANSIT,
        Delivery.OUT_FOR_DELIVERY,
        Delivery.FAILED_ATTEMPT,
    )
    if case.delivery == Delivery.NOT_NEEDED:
        last = _("Xem kết quả điện tử")
    elif facts.by_post:
        last = _("Bưu tá mang đến nhà")
    else:
        last = _("Nhận tại bưu cục")
    at_work = _("Cơ quan đang giải quyết") if accepted else _("Chờ Cổng dịch vụ công nhận")
    return [
        Step(
            _("Bưu điện đã nhận hồ sơ"),
            "ok",
            moment(case.taken_at),
            case.agency.name_en if english else case.agency.name,
        ),
        Step(
            _("Cơ quan đã giải quyết xong") if decided else at_work,
            "ok" if decided else "on",
            moment(case.decided_at if decided else case.accepted_at),
            "" if not accepted else authority,
            since=accepted and not decided,
        ),
        Step(
            _("Có kết quả"),
            "ok" if over or moving else "on" if decided else "next",
            moment(case.decided_at),
        ),
        Step(
            last,
            "ok" if over else "on" if moving else "next",
            moment(case.closed_at) if over else "",
        ),
    ]
