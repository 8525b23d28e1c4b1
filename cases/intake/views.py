"""The steps of a case at the counter: show, save by itself, save and go on, hold, mark a paper,
take money."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.access import actor_of, passive, require_role, staff_of
from agencies.models import Role
from cases.access import case_for
from cases.intake import command as commands
from cases.intake import (
    documents,
    drafts,
    expiry,
    fees,
    known_views,
    lines,
    pages,
    refusals,
    saving,
    scan_step,
    steps,
    waiting,
)
from cases.intake.clashes import ClashError
from cases.intake.desk import Desk, open_desk
from cases.intake.forms import HAND, PaymentForm
from cases.models import CaseDocument, Citizen, Scan, Supplement
from cases.states import Work
from opsa.core import undo
from opsa.core.once import once
from opsa.core.pages import go, render_page, wants_part
from opsa.core.text import clean
from procedures.words import localised

COUNTER = (Role.CLERK, Role.LEAD)


@require_GET
@require_role(*COUNTER)
def case(request: HttpRequest, pk: int) -> HttpResponse:
    """The door to a case from anywhere: a draft opens at its step, a filed one on its own page."""
    found = case_for(staff_of(request), pk)
    if found.work in (Work.DRAFT, Work.HELD):
        step_slug = found.step if found.step in steps.SLUGS else steps.APPLICANT
        return redirect("quay:step", pk, step_slug)
    if _asked_for(pk):
        return redirect("quay:asked", pk)
    return redirect("quay:filed", pk)


@require_GET
@require_role(*COUNTER)
def forgotten(request: HttpRequest) -> HttpResponse:
    """The person's own drafts that lie untouched for two days, and when each will be deleted."""
    rows = [
        (commands.link(case), case.changed_at, case.changed_at + expiry.term())
        for case in expiry.forgotten(staff_of(request))[:100]
    ]
    return render_page(request, "intake/forgotten.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(*COUNTER)
@once
def step(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """One step. GET shows it, POST saves it and goes on; wrong fields come back with 422."""
    staff = staff_of(request)
    if request.method == "POST" and step in saving.FORMS:
        try:
            saved = saving.step_save(
                staff=staff, case_id=pk, step=step, data=request.POST, go_on=True
            )
        except ClashError as clash:
            return _clashed(request, open_desk(staff, pk), step, clash)
        except saving.NotEditableError:
            return _filed(request, pk)
        if saved.form.errors or any(saved.errors.values()):
            more = {"problem": _("Còn ô cần sửa.")}
            return _page(request, saved.desk, step, form=saved.form, status=422, **more)
        to = step if "stay" in request.POST else steps.after(step)
        return go(request, reverse("quay:step", args=[pk, to]))
    desk = open_desk(staff, pk)
    if not desk.editable:
        return _filed(request, pk)
    if request.method == "POST":
        drafts.step_leave(case_id=pk, step=steps.after(step), actor=actor_of(staff))
        return go(request, reverse("quay:step", args=[pk, steps.after(step)]))
    form = None
    begin = desk.case.field if desk.case.step == step else ""
    if step in saving.FORMS:
        form = saving.FORMS[step](desk, hand="sua" in request.GET or begin in HAND)
    return _page(
        request,
        desk,
        step,
        form=form,
        begin=begin,
        big=request.GET.get("chu") == "to",
        removed=_removed(request, desk),
    )


def _removed(request: HttpRequest, desk: Desk) -> uuid.UUID | None:
    """The file that was just taken out and can be put back, as the address after the act says."""
    try:
        gone = uuid.UUID(request.GET.get("go", ""))
    except ValueError:
        return None
    rows = (scan for line in desk.documents for scan in line.scans.all())
    return next((s.pk for s in rows if s.pk == gone and s.state == Scan.State.REMOVED), None)


@require_POST
@require_role(*COUNTER)
def save(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Autosave. 200 with the new version and messages for fields; 409 with both values on a clash.

    Carries no form key: writing the same values again changes nothing.
    """
    if step not in saving.FORMS:
        raise Http404
    staff = staff_of(request)
    try:
        saved = saving.step_save(staff=staff, case_id=pk, step=step, data=request.POST)
    except ClashError as clash:
        return _clashed(request, open_desk(staff, pk), step, clash)
    except saving.NotEditableError:
        return JsonResponse({"errors": {}}, status=409)
    return JsonResponse(
        {
            "version": saved.token,
            "saved_at": f"{timezone.localtime():%H:%M:%S}",
            "errors": saved.errors,
            "values": saved.values,
        }
    )


@require_GET
@passive
@require_role(*COUNTER)
def part(request: HttpRequest, pk: int, step: str, part: str) -> HttpResponse:
    """One piece of a step's page, for htmx; the whole page otherwise."""
    if part not in pages.PARTS[step]:
        raise Http404
    desk = open_desk(staff_of(request), pk)
    if not desk.editable:
        return _filed(request, pk)
    template = pages.PIECES[part] if wants_part(request) else pages.TEMPLATES[step]
    found = pages.context(desk, step, oob=part == "summary")
    response = render_page(request, template, found)
    return scan_step.with_news(request, response, found) if part == "scans" else response


def _page(
    request: HttpRequest, desk: Desk, step: str, *, status: int = 200, **more: Any
) -> HttpResponse:
    form = more.pop("form", None)
    found = pages.context(desk, step, form, **more)
    if step == steps.APPLICANT:
        found["others"] = others(desk)
        typed = desk.filer is not None and desk.filer.source == Citizen.Source.TYPED
        found["look_alikes"] = known_views.alike_links(desk.case) if typed else []
    return render_page(request, pages.TEMPLATES[step], found, status=status)


def others(desk: Desk) -> list[commands.Link]:
    """Other live cases of this person here, shown before anything is done twice (F06)."""
    number = desk.filer.id_number if desk.filer else ""
    same = drafts.open_cases_of_person(desk.staff, number).filter(
        version__procedure=desk.version.procedure
    )
    return [commands.link(case) for case in same.exclude(pk=desk.case.pk)[:3]] if number else []


def _clashed(request: HttpRequest, desk: Desk, step: str, clash: ClashError) -> HttpResponse:
    mine = [
        (name, clean(str(value), lines=True))
        for name, value in request.POST.items()
        if name not in ("csrfmiddlewaretoken", "form_key", "version", "stay")
        and name not in {field.name for field in clash.differences}
    ]
    clash_words = {"fields": clash.differences, "token": clash.token, "mine": mine}
    template = pages.PIECES["clash"] if wants_part(request) else pages.TEMPLATES[step]
    found = pages.context(desk, step, clash=clash_words)
    response = render_page(request, template, found, status=409)
    # What was typed stays on the page: only the question comes in above it.
    response["HX-Retarget"], response["HX-Reselect"] = "#clash", ".clash"
    response["HX-Reswap"] = "innerHTML"
    return response


def _asked_for(pk: int) -> bool:
    """Whether the authority waits for papers of this case: then these are what opens (F20)."""
    return Supplement.objects.filter(case=pk, state=Supplement.State.ASKED).exists()


def _filed(request: HttpRequest, pk: int) -> HttpResponse:
    if _asked_for(pk):
        return go(request, reverse("quay:asked", args=[pk]))
    messages.info(request, _("Hồ sơ này đã rời quầy, không sửa được ở đây."))
    return go(request, reverse("quay:filed", args=[pk]))


@require_POST
@require_role(*COUNTER)
@once
def hold(request: HttpRequest, pk: int) -> HttpResponse:
    """F8: put the draft aside for this person and serve the next one."""
    staff = staff_of(request)
    found = case_for(staff, pk)
    step_slug = request.POST.get("step", "")
    drafts.draft_hold(
        case_id=found.pk,
        actor=actor_of(staff),
        step=step_slug if step_slug in steps.SLUGS else "",
        field=request.POST.get("field", ""),
    )
    waiting.drop(request.session)  # the next person's case must not begin with this one's card
    undo.offer(
        request,
        _("Đã giữ hồ sơ. Mọi thứ vẫn còn trong “Đang giữ cho khách”."),
        reverse("quay:resume", args=[pk]),
    )
    return go(request, reverse("quay:home"))


@require_POST
@require_role(*COUNTER)
@once
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a held draft up again, at its step. The page of a held draft asks this by itself."""
    staff = staff_of(request)
    found = case_for(staff, pk)
    case = drafts.draft_resume(case_id=found.pk, actor=actor_of(staff))
    waiting.drop(request.session)
    if wants_part(request):
        step_slug = request.POST.get("step", "")
        context = {"case": case, "step": step_slug if step_slug in steps.SLUGS else "", "oob": True}
        return render_page(request, "intake/_holding.html", context)
    return go(request, reverse("quay:case", args=[pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(*COUNTER)
@once
def mark(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    """Mark one paper in another way than by its tick, with a reason where one is due."""
    staff = staff_of(request)
    desk = open_desk(staff, pk)
    if not desk.editable:
        return _filed(request, pk)
    row = next((one for one in desk.documents if one.pk == line), None)
    if row is None:
        raise Http404
    problem, chosen, reason = "", row.mark, row.reason
    if request.method == "POST":
        # The undo bar names the mark in its address.
        chosen = request.POST.get("mark") or request.GET.get("mark", "")
        reason = request.POST.get("reason", "")
        try:
            documents.document_mark(
                staff=staff,
                case_id=pk,
                document_id=line,
                mark=chosen,
                reason=reason,
                until=request.POST.get("until", ""),
            )
        except documents.MarkRefusedError as refused:
            problem = str(refused)
        else:
            _offer_unmark(request, pk, row)
            return go(request, reverse("quay:step", args=[pk, steps.APPLICANT]) + f"#d{line}")
    choices = [(one.value, one.label) for one in documents.choices_for(row)]
    found = {
        **pages.context(desk, steps.APPLICANT),
        "row": row,
        "row_title": localised(row.document, "name"),
        "until": request.POST.get("until", ""),
        "reasons": lines.refused(
            refusals.top(desk.version.procedure_id, desk.case.authority), row.document.key
        ),
        "choices": choices,
        "chosen": chosen,
        "reason": reason,
        "problem": problem,
    }
    return render_page(request, "intake/mark.html", found, status=422 if problem else 200)


def _offer_unmark(request: HttpRequest, pk: int, before: CaseDocument) -> None:
    """A plain mark can be put back; one with a reason would have to be given its reason again."""
    if before.reason or before.mark in (CaseDocument.Mark.SCANNED, CaseDocument.Mark.TYPED):
        messages.success(request, _("Đã đánh dấu giấy tờ."))
        return
    url = reverse("quay:mark", args=[pk, before.pk]) + f"?mark={before.mark}"
    undo.offer(request, _("Đã đánh dấu giấy tờ."), url)


@require_POST
@require_role(*COUNTER)
@once
def payment(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that the price was paid."""
    staff = staff_of(request)
    found = case_for(staff, pk)
    form = PaymentForm(request.POST)
    problem = ""
    if form.is_valid():
        try:
            fees.payment_record(
                staff=staff,
                case_id=found.pk,
                method=form.cleaned_data["method"],
                reference=form.cleaned_data["reference"],
                amount=form.cleaned_data["amount"],
            )
        except fees.PaymentRefusedError as refused:
            problem = str(refused)
        else:
            messages.success(request, _("Đã ghi tiền."))
            return go(request, reverse("quay:step", args=[pk, steps.FEES]))
    desk = open_desk(staff, pk)
    return _page(request, desk, steps.FEES, status=422, problem=problem or _("Chọn cách trả tiền."))
