"""The command line, the person in waiting, a new case, and changing the person of an open one."""

import re
from collections.abc import Sequence

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.access import actor_of, require_role, staff_of
from agencies.models import Role, Staff
from cases.access import READERS, cases_for
from cases.blanks import services as blanks
from cases.intake import applicants, cards, drafts, elsewhere, steps, waiting
from cases.intake import command as commands
from cases.intake.desk import open_desk
from cases.models import Case
from cases.states import Work
from opsa.core import practice
from opsa.core.limits import hit
from opsa.core.once import once
from opsa.core.pages import go, render_page
from opsa.core.text import clean
from procedures import selectors
from procedures.models import ProcedureVersion
from procedures.search import Hit, search

COUNTER = (Role.CLERK, Role.LEAD)


@require_POST
@require_role(*READERS)
def command(request: HttpRequest) -> HttpResponse:
    """What was scanned or typed. POST only: a card is personal data and never stands in an address.

    Writes nothing but the person in waiting, so it carries no form key.
    """
    staff = staff_of(request)
    text = request.POST.get("q", "")
    problem = ""
    try:
        return _card(request, staff, cards.read(text))
    except cards.CardUnreadableError as unreadable:
        problem = unreadable.message
    except cards.NotACardError:
        pass
    if problem:
        return _results(request, staff, "", [], [], problem, status=422)
    shown = clean(text)
    if not shown:
        return go(request, reverse("quay:home"))
    if len(shown) > commands.LONGEST:
        return _results(
            request, staff, "", [], [], _("Chữ quá dài để tìm. Gõ vài chữ thôi."), status=422
        )
    if found := commands.codes_of(staff, shown):
        return (
            go(request, found[0].url)
            if len(found) == 1
            else _results(request, staff, shown, [], found)
        )
    if away := elsewhere.by_code(staff, shown):
        found_away = {"away": away, "by": "code"}
        return render_page(request, "intake/elsewhere.html", found_away)
    if found := commands.by_number(staff, shown):
        return (
            go(request, found[0].url)
            if len(found) == 1
            else _results(request, staff, shown, [], found)
        )
    if told := _not_here(staff, shown):
        return _results(request, staff, shown, [], [], told)
    hits = search(shown, agency=staff.agency)
    people = commands.by_name(staff, shown)
    if len(people) == 1 and not hits:
        return go(request, people[0].url)
    if not hits and not people:
        problem = _("Không thấy “%(text)s”. Thử tên thủ tục, mã hồ sơ hoặc số điện thoại.") % {
            "text": _quoted(shown)
        }
    return _results(request, staff, shown, hits, people, problem)


def _not_here(staff: Staff, text: str) -> str:
    """Why a code that is a good one opens nothing here; else nothing."""
    if commands.only_practice(staff, text):
        return str(practice.A_PRACTICE_CODE)
    return blanks.of_another_office(staff, text)


def _quoted(text: str) -> str:
    """What was typed, shortened; long digits are hidden, for they may be somebody's number."""
    return re.sub(r"\d{6,}", "…", text[:40])


def _results(
    request: HttpRequest,
    staff: Staff,
    text: str,
    hits: Sequence[Hit],
    found: list[commands.Link],
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    return render_page(
        request,
        "intake/results.html",
        {
            "text": _quoted(text),
            "hits": hits,
            "links": found,
            "problem": problem,
            "card": waiting.peek(request.session, staff),
            "may_open": staff.agency_id is not None,
        },
        status=status,
    )


def open_case(request: HttpRequest, staff: Staff) -> Case | None:
    """The draft that the command line was used on: the page's own address says so (same-origin
    referrer)."""
    path = re.sub(r"^https?://[^/]+", "", request.headers.get("Referer", "")).partition("?")[0]
    try:
        match = resolve(path)
    except Resolver404:
        return None
    if match.namespace != "quay" or match.url_name not in ("step", "change_person", "mark"):
        return None
    return (
        cases_for(staff)
        .filter(pk=match.kwargs["pk"], work__in=(Work.DRAFT, Work.HELD))
        .select_related("filer", "version")
        .first()
    )


def same_work(
    staff: Staff, card: cards.Card, version: ProcedureVersion, *, but: int = 0
) -> tuple[list[commands.Link], list[elsewhere.Away]]:
    """The person's open cases of the same procedure: here, and at other offices (F06)."""
    here = drafts.open_cases_of_person(staff, card.id_number).filter(
        version__procedure=version.procedure_id
    )
    links = [commands.link(case) for case in here.exclude(pk=but)[: commands.MOST]]
    return links, elsewhere.of_person(staff, card.id_number, version)


def _card(request: HttpRequest, staff: Staff, card: cards.Card) -> HttpResponse:
    waiting.keep(request.session, staff, card)
    case = open_case(request, staff)
    if case is None:
        return go(request, reverse("quay:start"))
    if case.filer is not None and case.filer.id_number not in ("", card.id_number):
        return go(request, reverse("quay:change_person", args=[case.pk]))
    if case.filer is None and any(same_work(staff, card, case.version, but=case.pk)):
        return go(request, reverse("quay:another", args=[case.pk]))
    _fill(request, staff, case.pk, card)
    return go(request, reverse("quay:step", args=[case.pk, steps.APPLICANT]))


def _fill(
    request: HttpRequest,
    staff: Staff,
    pk: int,
    card: cards.Card,
    *,
    part: str = "filer",
    replace: bool = False,
) -> bool:
    """Fill the draft from the card. False when it has left the counter meanwhile: the card waits
    on, and nothing that was filed changes."""
    with transaction.atomic():
        desk = open_desk(staff, pk, lock=True)
        if not desk.editable:
            messages.warning(request, _("Hồ sơ vừa rời quầy. Thẻ vừa quét chưa ghi vào đâu."))
            return False
        drafts.take_up(desk.case, actor=actor_of(staff))
        applicants.applicant_read(
            case=desk.case, card=card, actor=actor_of(staff), part=part, replace=replace
        )
    waiting.drop(request.session)
    messages.success(request, _("Đã đọc thẻ."))
    return True


@require_GET
@require_role(*COUNTER)
def start(request: HttpRequest) -> HttpResponse:
    """The page of a person whose card was just read: their open cases first, then what they may
    want."""
    staff = staff_of(request)
    card = waiting.peek(request.session, staff)
    if card is None:
        return go(request, reverse("quay:home"))
    held = [
        commands.link(case)
        for case in drafts.open_cases_of_person(staff, card.id_number)[: commands.MOST]
    ]
    return render_page(
        request,
        "intake/start.html",
        {
            "card": card,
            "links": held,
            "away": elsewhere.of_person(staff, card.id_number),
            "hot": selectors.frequent(staff.agency),
        },
    )


@require_POST
@require_role(*COUNTER)
@once
def start_clear(request: HttpRequest) -> HttpResponse:
    """Forget the card that was read."""
    waiting.drop(request.session)
    return go(request, reverse("quay:home"))


@require_POST
@require_role(*COUNTER)
@once
def new(request: HttpRequest) -> HttpResponse:
    """A new draft. With `use_card` for the person in waiting, whose open case of the same kind
    comes first."""
    staff = staff_of(request)
    slug = request.POST.get("procedure", "")
    try:
        version = selectors.current_for(slug)
    except ProcedureVersion.DoesNotExist:
        messages.error(request, _("Thủ tục này hiện không nhận."))
        return go(request, reverse("quay:home"))
    card = waiting.peek(request.session, staff) if "use_card" in request.POST else None
    reason = clean(request.POST.get("reason", ""))[:120]
    if card is not None and not ("another" in request.POST and reason):
        links, away = same_work(staff, card, version)
        if links or away:
            return _again(request, card, version, links, away, reverse("quay:new"))
    case = drafts.draft_open(staff=staff, version=version, card=card, reason=reason)
    if card is not None:
        waiting.drop(request.session)
    return go(request, reverse("quay:step", args=[case.pk, steps.APPLICANT]))


def _again(
    request: HttpRequest,
    card: cards.Card,
    version: ProcedureVersion,
    links: list[commands.Link],
    away: list[elsewhere.Away],
    action: str,
    status: int = 422,
) -> HttpResponse:
    found = {
        "card": card,
        "links": links,
        "away": away,
        "version": version,
        "action": action,
        "problem": "another" in request.POST,
    }
    return render_page(request, "intake/again.html", found, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(*COUNTER)
@once
def another(request: HttpRequest, pk: int) -> HttpResponse:
    """A card was read into a blank draft, and its person has one already: which of them (F06)?"""
    staff = staff_of(request)
    desk = open_desk(staff, pk)
    card = waiting.peek(request.session, staff)
    back = reverse("quay:step", args=[pk, steps.APPLICANT])
    if card is None or not desk.editable or desk.filer is not None:
        return go(request, back)
    links, away = same_work(staff, card, desk.version, but=pk)
    reason = clean(request.POST.get("reason", ""))[:120]
    if (links or away) and not reason:
        status = 422 if request.method == "POST" else 200
        return _again(request, card, desk.version, links, away, request.path, status)
    if request.method == "POST" and _fill(request, staff, pk, card):
        drafts.another_because(case_id=pk, reason=reason, actor=actor_of(staff))
    return go(request, back)


@require_POST
@require_role(*COUNTER)
@once
def fetch(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a draft over from another office: its person is here, with their card or their slip."""
    staff = staff_of(request)
    hit("draft-fetch", str(staff.pk), limit=30, seconds=3600)
    card = waiting.peek(request.session, staff)
    case = elsewhere.draft_fetch(
        staff=staff,
        case_id=pk,
        id_number=card.id_number if card else "",
        reference=request.POST.get("reference", "")[:11],
    )
    if card is not None:
        waiting.drop(request.session)
    messages.success(request, _("Đã nhận hồ sơ về điểm này. Mọi ô và tệp còn nguyên."))
    return go(request, reverse("quay:case", args=[case.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(*COUNTER)
@once
def change_person(request: HttpRequest, pk: int) -> HttpResponse:
    """Another person's card was read while a case was open: ask, never overwrite (ux 4.2 rule
    9)."""
    staff = staff_of(request)
    desk = open_desk(staff, pk)
    card = waiting.peek(request.session, staff)
    back = reverse("quay:step", args=[pk, steps.APPLICANT])
    if card is None or not desk.editable:
        return go(request, back)
    if request.method == "POST":
        match request.POST.get("answer"):
            case "replace":
                _fill(request, staff, pk, card, replace=True)
            case "subject":
                _fill(request, staff, pk, card, part="subject", replace=True)
            case "start":
                return go(request, reverse("quay:start"))
            case _:
                waiting.drop(request.session)
        return go(request, back)
    return render_page(
        request,
        "intake/change_person.html",
        {"desk": desk, "case": desk.case, "card": card, "back": back},
    )
