"""The page of a filed case: whose turn, what next, what happened, and the acts that belong here."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agencies.access import actor_of, passive, require_role, staff_of
from agencies.models import OFFICE_ROLES, Role, Staff
from cases.access import case_for
from cases.acknowledgements.comparing import in_words
from cases.filing.deciding import NotNow, attention_end, case_end, goes_on
from cases.filing.systems import channel_of
from cases.messages.services import public_link
from cases.models import Case, CaseDocument, Filing, Mandate, Paper, Scan
from cases.screen import screens
from cases.states import Dossier, Work
from cases.worklists import case_page, services
from cases.worklists.actions import Action, actions_for
from cases.worklists.clock import at_words
from opsa.core import journal, outbox
from opsa.core.barcodes import qr_data_uri
from opsa.core.codes import group_reference
from opsa.core.once import once
from opsa.core.pages import go, render_page
from opsa.core.text import clean

#: Who reads cases. Editors of the catalogue have no business with them.
may_look = require_role(Role.CLERK, Role.LEAD, Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN)
at_work = require_role(Role.CLERK, Role.LEAD, Role.SUPERVISOR)


def unmask_reasons() -> dict[str, str]:
    """The closed list of reasons, so that no personal text enters the journal."""
    return {
        "call": _("Gọi cho khách"),
        "compare": _("So với giấy tờ khách mang đến"),
        "address": _("Ghi địa chỉ giao kết quả"),
        "authority": _("Trả lời cơ quan giải quyết"),
    }


def _address(name: str, *args: Any) -> str:
    """The address of a view that another room may bring."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def _filing_actions(
    case: Case, more: dict[str, list[dict[str, Any]]], staff: Staff
) -> list[Action]:
    """What the filing room offers the office for the last filing: send now, ask what is held, mend
    it."""
    if staff.role not in OFFICE_ROLES:
        return []
    state = more["filings"][0]["state"] if more["filings"] else ""

    def button(label: str, name: str, icon: str, *, main: bool = False) -> Action:
        return Action(label, reverse(name, args=[case.pk]), icon, post=True, main=main)

    if state == Filing.State.QUEUED:
        return [button(_("Gửi ngay"), "quay:resend", "turn")]
    if state == Filing.State.PERSON:
        if more["filings"][0]["refusal"] == "changed_on_disk":
            return [button(_("Sửa và nộp lại"), "quay:file_again", "undo", main=True)]
        return [button(_("Hỏi cổng đang giữ gì"), "quay:settle", "info", main=True)]
    if state == Filing.State.REFUSED and case.work == Work.ATTENTION:
        return [button(_("Sửa và nộp lại"), "quay:file_again", "undo", main=True)]
    return []


#: The acts with a line to type, and what was typed into it.
NOTHING_TYPED: Final = {"close": "", "resolved": "", "supplement": ""}


def _context(request: HttpRequest, page: case_page.FiledCase, problem: str = "") -> dict[str, Any]:
    case, more = page.case, page.more
    scans: dict[int, list[dict[str, Any]]] = {}
    for scan in more["scans"]:
        scan["label"] = Scan.State(scan["state"]).label
        scan["url"] = _address("quay:scan_view", scan["id"])
        scans.setdefault(scan["document"], []).append(scan)
    documents = [
        {
            "name": line["name"],
            "mark": CaseDocument.Mark(line["mark"]).label,
            "scans": (mine := scans.get(line["id"], [])),
            "pages": sum(scan["pages"] for scan in mine if scan["state"] == Scan.State.CLEAN),
            "pdf": _address("quay:scan_pdf", case.pk, line["id"]) if line["pdf"] else "",
        }
        for line in more["documents"]
        if line["needed"]
    ]
    papers = [
        {
            "pk": line["id"],
            "label": Paper.Kind(line["kind"]).label,
            "state": line["state"],
            "at": at_words(case_page.moment(line["asked_at"])),
            "prints": line["prints"],
        }
        for line in more["papers"]
    ]
    filings = [
        {
            **line,
            "label": Filing.State(line["state"]).label,
            "count": len(line["files"] or []),
            "differences": [in_words(one) for one in line["difference"] or []],
        }
        for line in more["filings"]
    ]
    together = next(
        (one for one in filings[:1] if one["way"] == "copilot" and one["state"] != "refused"), None
    )
    mandate = more["mandates"][0] if more["mandates"] else None
    staff = staff_of(request)
    offered = list(actions_for(case, staff))
    return {
        "page": page,
        "case": case,
        "said": page.said,
        "code": group_reference(case.reference),
        "documents": documents,
        "papers": papers,
        "filings": filings,
        "why": next((one["text"] for one in more["reports"] if one["dossier"] == case.dossier), "")
        if case.dossier in (Dossier.NOT_ACCEPTED, Dossier.STOPPED)
        else "",
        "code_there": filings[0]["code"] if filings else "",
        "mandate": Mandate.State(mandate["state"]).label if mandate else "",
        "people": page.people,
        "unmasked": "",
        "reasons": unmask_reasons(),
        "entries": page.entries,
        "actions": sorted(
            [*_filing_actions(case, more, staff), *offered], key=lambda one: not one.main
        ),
        "first_sent": case_page.first_sent(case, more),
        "outage_minutes": case_page.outage_minutes(case, more, timezone.now()),
        "qr": qr_data_uri(public_link(case)) if case.work != Work.CLOSED else "",
        "has_screen": staff.role in (Role.CLERK, Role.LEAD) and screens.is_seen(staff.counter_id),
        "may_close": case.work in (Work.FILED, Work.ATTENTION),
        "may_resolve": case.work == Work.ATTENTION
        and bool(filings)
        and goes_on(filings[0]["state"], case.dossier),
        "may_ask": bool(filings and filings[0]["code"]),
        "may_note": case.work == Work.FILED and case.dossier in services.NOTED,
        # What was asked for is sent from here: nobody just says that it was brought.
        "may_say_given": all(one.url != reverse("quay:asked", args=[case.pk]) for one in offered),
        "acts": staff.role in (Role.CLERK, Role.LEAD, Role.SUPERVISOR),
        "hears": staff.role in (Role.CLERK, Role.LEAD),
        "copilot": reverse("quay:copilot", args=[case.pk]) if together else "",
        "recording": page.said.key == "recording",
        "paper_missing": bool(together and together["code"] and not together["paper"])
        and case.work in (Work.FILED, Work.ATTENTION),
        "problem": problem,
        "typed": NOTHING_TYPED,
    }


@require_GET
@may_look
def filed(request: HttpRequest, pk: int) -> HttpResponse:
    """A filed case. Drafts live in the intake steps, so they are sent there."""
    page = case_page.load(staff_of(request), pk)
    if page.case.work in (Work.DRAFT, Work.HELD):
        return redirect("quay:case", pk=pk)
    return render_page(request, "worklists/case.html", _context(request, page))


@require_GET
@passive
@may_look
def timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """The timeline alone, asked again by the page; the whole page for a plain request."""
    page = case_page.load(staff_of(request), pk)
    return render_page(request, "worklists/case.html", _context(request, page), part="timeline")


@require_GET
@passive
@may_look
def people(request: HttpRequest, pk: int) -> HttpResponse:
    """The people of the case, masked again; asked by the page a minute after a field was shown."""
    page = case_page.load(staff_of(request), pk)
    return render_page(request, "worklists/case.html", _context(request, page), part="people")


@require_POST
@at_work
def unmask(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one field in full for a minute, for a reason from the list; the journal has both (F18).

    Not a once-form: its answer is personal and must not be kept anywhere.
    """
    staff = staff_of(request)
    case = case_for(staff, pk)
    field, reason = request.POST.get("field", ""), request.POST.get("reason", "")
    if field not in case_page.UNMASKABLE or reason not in unmask_reasons():
        page = case_page.load(staff, pk)
        context = _context(request, page, _("Chọn ô cần xem và lý do."))
        return render_page(request, "worklists/case.html", context, part="people", status=422)
    journal.record(
        actor_of(staff), "case.unmask", chain=f"case:{case.pk}", subject=f"case:{case.pk}",
        reason=reason, field=field,
    )  # fmt: skip
    page = case_page.load(staff, pk, unmasked=field)
    context = _context(request, page) | {"unmasked": field}
    response = render_page(request, "worklists/case.html", context, part="people")
    response["Cache-Control"] = "no-store"
    response["Refresh"] = f"{case_page.UNMASK_SECONDS};url={reverse('quay:filed', args=[pk])}"
    return response


@require_POST
@at_work
@once
def ask_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the filing system now instead of at the next turn."""
    staff = staff_of(request)
    case = case_for(staff, pk)
    asked = services.ask_now(case.pk, actor=actor_of(staff))
    if asked and outbox.held_for(channel_of(case.system_id)):
        messages.info(request, _("Cổng đang bảo trì. Bảo trì xong sẽ hỏi về hồ sơ này trước."))
    elif asked:
        messages.success(request, _("Đã hỏi cổng. Tin về sẽ hiện ở Diễn biến."))
    else:
        messages.warning(request, _("Chưa hỏi được: chưa có mã hồ sơ, hoặc cổng này chỉ xuất tệp."))
    return go(request, reverse("quay:filed", args=[pk]))


def _refused(
    request: HttpRequest, pk: int, problem: str, act: str = "", typed: str = ""
) -> HttpResponse:
    """The page again with what is wrong, and with the words typed for this act still there."""
    page = case_page.load(staff_of(request), pk)
    context = _context(request, page, problem)
    context["typed"] = {**NOTHING_TYPED, act: typed}
    return render_page(request, "worklists/case.html", context, status=422)


@require_POST
@at_work
@once
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close the case with a reason in words."""
    staff = staff_of(request)
    case = case_for(staff, pk)
    reason = clean(request.POST.get("reason", ""))[:200]
    if not reason:
        return _refused(request, pk, _("Ghi lý do đóng hồ sơ."))
    try:
        case_end(case.pk, actor=actor_of(staff), reason=reason)
    except NotNow as problem:
        return _refused(request, pk, str(problem), "close", reason)
    messages.success(
        request, _("Đã đóng hồ sơ %(code)s.") % {"code": group_reference(case.reference)}
    )
    return go(request, reverse("quay:filed", args=[pk]))


@require_POST
@at_work
@once
def resolved(request: HttpRequest, pk: int) -> HttpResponse:
    """The person has dealt with what needed them; the case goes back to its ordinary queue."""
    staff = staff_of(request)
    case = case_for(staff, pk)
    reason = clean(request.POST.get("reason", ""))[:200]
    if not reason:
        return _refused(request, pk, _("Ghi đã xử lý thế nào."))
    try:
        attention_end(case.pk, actor=actor_of(staff), reason=reason)
    except NotNow as problem:
        return _refused(request, pk, str(problem), "resolved", reason)
    messages.success(request, _("Đã ghi. Hồ sơ về hàng việc thường."))
    return go(request, reverse("quay:filed", args=[pk]))


@require_POST
@at_work
@once
def supplement(request: HttpRequest, pk: int) -> HttpResponse:
    """Note what is missing, or that it was brought."""
    staff = staff_of(request)
    case = case_for(staff, pk)
    done, missing = bool(request.POST.get("done")), request.POST.get("missing", "")
    try:
        if done:
            services.supplement_given(case.pk, actor=actor_of(staff))
        else:
            services.supplement_note(case.pk, missing, actor=actor_of(staff))
    except ValueError as problem:
        return _refused(request, pk, str(problem), "supplement", missing)
    messages.success(
        request,
        _("Đã ghi khách nộp bổ sung.")
        if done
        else _("Đã ghi giấy còn thiếu. Khách thấy dòng này trên trang của mình."),
    )
    return go(request, reverse("quay:filed", args=[pk]))
