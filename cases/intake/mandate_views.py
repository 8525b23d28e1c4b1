"""Consent at the counter: asked on paper, by SMS or on the turned screen; given, declined, taken
back."""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.access import actor_of, require_role, staff_of
from agencies.models import Role
from cases import services as case_services
from cases.access import READERS, case_for
from cases.intake import consent_texts, extra_uses, mandate_sheet, mandates, pages, steps
from cases.intake.desk import open_desk
from cases.intake.extra_uses import extra_rows
from cases.intake.uploads import QuarantineHandler, SealedUpload, body_too_large
from cases.models import CounterScreen, Mandate
from cases.screen import content, screens, signing
from cases.states import Work
from opsa.core import file_check, files, journal
from opsa.core.codes import group_reference
from opsa.core.keys import Unreadable
from opsa.core.once import once
from opsa.core.pages import go, render_page

COUNTER = (Role.CLERK, Role.LEAD)
_KINDS = ((b"%PDF", ("application/pdf", "pdf")), (b"<svg", ("image/svg+xml", "svg")))


def _back(request: HttpRequest, pk: int) -> HttpResponse:
    return go(request, reverse("quay:step", args=[pk, steps.MANDATE]))


def _wrong(
    request: HttpRequest, pk: int, problem: str, status: int = 422, anchor: str = ""
) -> HttpResponse:
    desk = open_desk(staff_of(request), pk)
    found = pages.context(desk, steps.MANDATE, problem=problem, wrong=anchor)
    return render_page(request, pages.TEMPLATES[steps.MANDATE], found, status=status)


@require_POST
@require_role(*COUNTER)
@once
def mode(request: HttpRequest, pk: int) -> HttpResponse:
    """Assist or on behalf; the checklist follows."""
    staff = staff_of(request)
    case_for(staff, pk)
    with transaction.atomic():
        case = case_services.lock(pk)
        if case.work in (Work.DRAFT, Work.HELD):
            mandates.mode_set(case, request.POST.get("mode", ""), actor=actor_of(staff))
    return _back(request, pk)


@require_POST
@require_role(*COUNTER)
@once
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for consent in the chosen way."""
    staff = staff_of(request)
    case_for(staff, pk)
    method = request.POST.get("method", "")
    try:
        mandate = mandates.mandate_begin(staff=staff, case_id=pk, method=method)
    except mandates.MandateRefusedError as refused:
        return _wrong(request, pk, str(refused))
    if mandate.method == Mandate.Method.SCREEN and mandate.state == Mandate.State.ASKED:
        if screens.show(staff=staff, case_id=pk, view=CounterScreen.View.CONSENT):
            return _back(request, pk)
        return go(request, reverse("quay:customer", args=[pk]))
    if mandate.state == Mandate.State.GIVEN:
        return go(request, reverse("quay:step", args=[pk, steps.REVIEW]))
    return _back(request, pk)


@require_POST
@require_role(*COUNTER)
@once
def code(request: HttpRequest, pk: int) -> HttpResponse:
    """The six digits from the person's phone."""
    staff = staff_of(request)
    case_for(staff, pk)
    try:
        mandates.mandate_code(staff=staff, case_id=pk, code=request.POST.get("code", ""))
    except mandates.MandateRefusedError as refused:
        return _wrong(request, pk, str(refused))
    return go(request, reverse("quay:step", args=[pk, steps.REVIEW]))


@require_POST
@require_role(*COUNTER)
@once
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    """The person said no: the draft closes."""
    staff = staff_of(request)
    case_for(staff, pk)
    try:
        mandates.mandate_decline(staff=staff, case_id=pk)
    except mandates.MandateRefusedError as refused:
        return _wrong(request, pk, str(refused))
    messages.info(request, _("Khách không đồng ý. Hồ sơ nháp đã đóng, không gửi gì đi."))
    return go(request, reverse("quay:home"))


@require_POST
@require_role(*COUNTER)
@once
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """The person takes their consent back."""
    staff = staff_of(request)
    case_for(staff, pk)
    try:
        mandates.mandate_revoke(staff=staff, case_id=pk)
    except mandates.MandateRefusedError as refused:
        return _wrong(request, pk, str(refused))
    messages.info(request, _("Đã ghi: khách rút lại đồng ý."))
    return go(request, reverse("quay:case", args=[pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(*COUNTER)
@once
def customer(request: HttpRequest, pk: int) -> HttpResponse:
    """What the citizen reads on the turned screen, in their language and in large type, with yes
    and no."""
    staff = staff_of(request)
    problem = ""
    if request.method == "POST":
        case_for(staff, pk)
        try:
            mandate = mandates.mandate_on_screen(
                staff=staff, case_id=pk, **signing.given(request.POST)
            )
        except (mandates.MandateRefusedError, signing.BadDrawingError) as refused:
            problem = str(refused)
        else:
            if mandate.state == Mandate.State.GIVEN:
                return go(request, reverse("quay:step", args=[pk, steps.REVIEW]))
            messages.warning(request, _("Khách bấm Không đồng ý. Hỏi lại khách."))
            return _back(request, pk)
    desk = open_desk(staff, pk)
    with translation.override(desk.case.language):
        asked = desk.mandate if desk.mandate and desk.mandate.waits_on_screen else None
        found = {
            "case": desk.case,
            "check": content.check(desk.case),
            "consent": content.consent(desk.case, asked) if asked else None,
            "problem": problem,
        }
        return render_page(request, "screen/turned.html", found, status=422 if problem else 200)


@csrf_exempt
@require_POST
@require_role(*COUNTER)
def signed(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The picture of the signed sheet. The token is checked inside, once the body may be read."""
    if body_too_large(request):
        response = _wrong(request, pk, file_check.refusal("too_large").message, status=413)
        response["Connection"] = "close"
        return response
    request.upload_handlers = [QuarantineHandler(request)]
    return _signed(request, pk)


@csrf_protect
def _signed(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The picture is checked before the form takes its effect: virus scanner and checker take their
    time, and nothing is held in the database meanwhile."""
    case = case_for(staff_of(request), pk)
    given = request.FILES.get("file")
    if not isinstance(given, SealedUpload) or given.arrived is None:
        return _wrong(request, pk, _("Chọn ảnh hoặc bản quét của giấy đã ký, đến 10 MB."))
    asked = case.mandates.filter(state=Mandate.State.ASKED, method=Mandate.Method.PAPER).first()
    seen = None
    try:
        if asked is not None:
            code = mandate_sheet.code_of(asked, case)
            seen = mandate_sheet.read(files.load(given.arrived.stored), code)
    except mandate_sheet.SheetRefusedError as refused:
        return _wrong(request, pk, str(refused))
    finally:
        given.discard()
    return _sheet_signed(request, pk, seen)


@once
def _sheet_signed(request: HttpRequest, pk: int, seen: tuple[bytes, bool] | None) -> HttpResponse:
    """`seen` is the checked picture and whether its bar code was read; None when no sheet is asked
    for, so that a form sent twice still gets its first answer."""
    try:
        if seen is None:
            raise mandates.MandateRefusedError(_("Chưa in giấy đồng ý. In giấy trước."))
        picture, code_read = seen
        mandates.mandate_signed(
            staff=staff_of(request), case_id=pk, picture=picture, code_read=code_read
        )
    except mandates.MandateRefusedError as refused:
        return _wrong(request, pk, str(refused))
    if not code_read:
        messages.warning(request, _("Không đọc được mã vạch trong ảnh. Xem lại ảnh có đúng giấy."))
    return go(request, reverse("quay:step", args=[pk, steps.REVIEW]))


@require_POST
@require_role(*COUNTER)
@once
def extras(request: HttpRequest, pk: int) -> HttpResponse:
    """What the person agrees to beyond the filing: exactly the ticked ones."""
    staff = staff_of(request)
    case = case_for(staff, pk)
    editable = case.work in (Work.DRAFT, Work.HELD)
    try:
        extra_uses.choose(
            staff=staff,
            case_id=pk,
            kinds=request.POST.getlist("use"),
            phone=request.POST.get("phone", ""),
        )
    except extra_uses.ExtraUseRefusedError as refused:
        if editable:
            return _wrong(request, pk, str(refused), anchor="extra")
        return _record(request, pk, problem=str(refused), status=422)
    messages.success(request, _("Đã ghi việc khách cho thêm."))
    return _back(request, pk) if editable else go(request, reverse("quay:mandate", args=[pk]))


@require_GET
@require_role(*READERS)
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """Every consent of a case, with the very words the person saw, for as long as the case is
    kept."""
    return _record(request, pk)


def _record(request: HttpRequest, pk: int, problem: str = "", status: int = 200) -> HttpResponse:
    staff = staff_of(request)
    case = case_for(staff, pk, select=("version__procedure", "agency"))
    found = case.mandates.select_related("text", "taken_by", "counter").order_by("-pk")
    rows = [
        {
            "mandate": mandate,
            "words": mandate.shown or consent_texts.words(mandate.text, case),
            "intact": mandate.shown == ""
            or consent_texts.sha256(mandate.shown) == mandate.shown_sha256,
        }
        for mandate in found
    ]
    context = {
        "case": case,
        "reference": group_reference(case.reference),
        "rows": rows,
        "extra": extra_rows(case),
        "may_act": staff.role in COUNTER,
        "problem": problem,
    }
    return render_page(request, "intake/mandate_record.html", context, status=status)


@require_GET
@require_role(*READERS)
def proof(request: HttpRequest, pk: int, mandate: int) -> HttpResponse:
    """The signed sheet or the drawn signature, as an attachment; reading it is journalled."""
    staff = staff_of(request)
    case = case_for(staff, pk)
    found = case.mandates.filter(pk=mandate).exclude(proof="").first()
    if found is None:
        raise Http404
    try:
        held = files.load(found.proof)
    except (FileNotFoundError, Unreadable):
        raise Http404 from None
    kind, ending = next(
        (known for start, known in _KINDS if held.startswith(start)), ("image/jpeg", "jpg")
    )
    journal.record(
        actor_of(staff), "mandate.proof_seen", chain=f"case:{pk}", subject=f"mandate:{mandate}"
    )
    return HttpResponse(
        held,
        content_type=kind,
        headers={
            "Content-Disposition": f'attachment; filename="dong-y-{mandate}.{ending}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )
