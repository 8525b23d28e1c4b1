"""The parcel's page, the counter's hand-over, and the address of the results."""

import json
from typing import Any, Final

from django.contrib import messages as flash
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agencies.access import actor_of, require_role, staff_of, staff_required
from agencies.models import Role
from cases.access import case_for
from cases.headline import Facts, headline
from cases.intake import phones
from cases.models import Case
from cases.states import Work
from cases.worklists import heard
from cases.worklists.case_page import stars
from delivery import parcels, proofs, selectors
from delivery.codes import ENDED, WITH_CARRIER
from delivery.forms import AddressForm, HandOverForm
from delivery.models import Parcel, ProofOfDelivery
from delivery.refusals import Refused
from delivery.tasks import ask_now as ask_now_task
from opsa.core.codes import group_reference
from opsa.core.once import once
from opsa.core.pages import go, render_page
from opsa.core.text import mask_name
from opsa.core.waking import wake

COUNTER = (Role.CLERK, Role.LEAD)
SELECT = ("filer", "subject", "version__procedure", "delivery_address__commune")
State = Parcel.State
_TONES: Final[dict[str, tuple[str, str]]] = {
    State.DELIVERED: ("done", "tick"),
    State.LABELLED: ("done", "tick"),
    State.FAILED: ("bad", "warn"),
    State.RETURNED: ("bad", "warn"),
    State.RETURNING: ("bad", "warn"),
    State.LOST: ("bad", "warn"),
    State.HELD: ("wait", "pause"),
}


def _tone(parcel: Parcel) -> tuple[str, str]:
    """Colour and shape of a parcel's state."""
    if parcel.cancelled_at is not None:
        return "", "dash"
    return _TONES.get(parcel.state, ("work", "van"))


def _proof(parcel: Parcel) -> ProofOfDelivery | None:
    return getattr(parcel, "proof", None)


def _code_out(proof: ProofOfDelivery | None) -> dict[str, Any]:
    """Whether a code is on the citizen's phone, and how long it is good."""
    sent = bool(proof and proof.code_hash and proof.confirmed_at is None)
    return {"sent": sent, "until": proof.code_expires_at if proof else None}


def _may_give(parcel: Parcel) -> bool:
    proof = _proof(parcel)
    if proof is not None and proof.confirmed_at is not None:
        return False
    return parcel.state in WITH_CARRIER or parcel.state == State.DELIVERED


def _parcel_page(
    request: HttpRequest, parcel: Parcel, form: HandOverForm | None = None, *, status: int = 200
) -> HttpResponse:
    staff = staff_of(request)
    case = case_for(staff, parcel.case_id, select=SELECT)
    to = json.loads(parcel.address)
    tone, icon = _tone(parcel)
    proof = _proof(parcel)
    acts = staff.role in COUNTER
    latest = parcels.current_parcel(case)
    speaks = latest is not None and latest.pk == parcel.pk
    context: dict[str, Any] = {
        "parcel": parcel,
        "case": case,
        "code": group_reference(case.reference),
        "to": to if acts else _masked(to),
        "phone": phones.read(to.get("phone", "")).shown if acts else stars(to.get("phone", "")),
        "tone": tone,
        "icon": icon,
        "events": list(parcel.events.order_by("-at", "-number", "-pk")),
        "line": parcel.manifest_lines.select_related("manifest").order_by("-pk").first(),
        "paper": selectors.paper_of(f"label:{parcel.number}"),
        "proof": proof,
        **_code_out(proof),
        "acts": acts,
        "form": form or HandOverForm(initial=_first(case)),
        "may_give": acts and _may_give(parcel),
        "sensitive": case.version.procedure.sensitive,
        "may_cancel": acts and parcel.state == State.LABELLED and parcel.cancelled_at is None,
        "may_ask": acts and parcel.next_poll_at is not None,
        "may_hold": acts and speaks and parcel.state in (State.FAILED, State.RETURNED)
        and case.delivery != "held" and case.work != Work.CLOSED,
        "offer_counter": parcel.attempts >= parcels.OFFER_COUNTER_AFTER
        and parcel.state not in ENDED,
        "may_again": acts
        and speaks
        and parcel.state == State.RETURNED
        and case.work != Work.CLOSED,
    }  # fmt: skip
    return render_page(request, "delivery/parcel.html", context, status=status)


def _masked(to: dict[str, str]) -> dict[str, str]:
    """The frozen address for those who don't deliver: the place, not the house. The case's page
    shows a field in full for a reason, which the journal keeps."""
    return to | {"line": "***" if to.get("line") else "", "old_unit": ""}


def _first(case: Case) -> dict[str, str]:
    return {"method": "code", "relation": "self", "receiver": case.filer.name if case.filer else ""}


@require_GET
@staff_required
def parcel(request: HttpRequest, number: str) -> HttpResponse:
    """One parcel: where it is, whose it is, what can be done."""
    return _parcel_page(request, selectors.parcel_for(staff_of(request), number))


@require_POST
@require_role(*COUNTER)
@once
def give(request: HttpRequest, number: str) -> HttpResponse:
    """The parcel is in the citizen's hands, with one proof."""
    staff = staff_of(request)
    found = selectors.parcel_for(staff, number)
    form = HandOverForm(request.POST)
    if form.is_valid():
        try:
            proofs.hand_over(found.case_id, found.pk, form.said(), actor=actor_of(staff))
        except Refused as refused:
            form.add_error(_field(refused), refused.text)
        else:
            flash.success(request, _("Đã ghi giao kết quả."))
            return go(request, reverse("delivery:parcel", args=[found.number]))
    return _parcel_page(request, selectors.parcel_for(staff, number), form, status=422)


def _field(refused: Refused) -> str | None:
    """The field a refusal belongs to, so that focus goes there."""
    return {
        "wrong": None,
        "no_code": "code",
        "expired": "code",
        "id_digits": "id_digits",
        "receiver": "receiver",
        "sensitive": "relation",
        "method": "method",
    }.get(refused.code)


@require_POST
@require_role(*COUNTER)
@once
def send_code(request: HttpRequest, number: str) -> HttpResponse:
    """Text a fresh code for this parcel."""
    staff = staff_of(request)
    found = selectors.parcel_for(staff, number)
    _say_code(request, found.case_id, found.pk)
    return go(request, reverse("delivery:parcel", args=[found.number]))


def _say_code(request: HttpRequest, case_id: int, parcel_id: int | None) -> None:
    try:
        proofs.code_send(case_id, parcel_id, actor=actor_of(staff_of(request)))
    except Refused as refused:
        flash.error(request, refused.text)
    else:
        flash.success(request, _("Đã gửi mã đến điện thoại khách. Mã dùng được 15 phút."))


@require_POST
@require_role(*COUNTER)
@once
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    """Take a label back before hand-over."""
    staff = staff_of(request)
    found = selectors.parcel_for(staff, number)
    try:
        parcels.parcel_cancel(found.pk, actor=actor_of(staff))
    except Refused as refused:
        flash.error(request, refused.text)
        return go(request, reverse("delivery:parcel", args=[found.number]))
    flash.success(request, _("Đã hủy nhãn %(number)s. Bỏ tờ nhãn này.") % {"number": found.number})
    return go(request, reverse("quay:filed", args=[found.case_id]))


@require_POST
@require_role(*COUNTER)
@once
def hold(request: HttpRequest, number: str) -> HttpResponse:
    """Keep the results at the counter for their person."""
    staff = staff_of(request)
    found = selectors.parcel_for(staff, number)
    try:
        parcels.hold_at_counter(found.case_id, actor=actor_of(staff))
    except Refused as refused:
        flash.error(request, refused.text)
    else:
        flash.success(request, _("Đã giữ tại quầy. Gọi khách đến nhận."))
    return go(request, reverse("quay:filed", args=[found.case_id]))


@require_POST
@require_role(*COUNTER)
@once
def ask_now(request: HttpRequest, number: str) -> HttpResponse:
    """Ask the carrier now; the worker does it, the page never waits for the outside."""
    found = selectors.parcel_for(staff_of(request), number)
    if wake(ask_now_task, found.pk):
        flash.success(request, _("Đã hỏi hãng. Tin về sẽ hiện ở đây."))
    else:
        flash.warning(request, _("Chưa hỏi được lúc này. Hệ thống vẫn tự hỏi đều."))
    return go(request, reverse("delivery:parcel", args=[found.number]))


# --- the counter -------------------------------------------------------------------------------


def _counter_page(
    request: HttpRequest, case: Case, form: HandOverForm | None = None, *, status: int = 200
) -> HttpResponse:
    current = parcels.current_parcel(case)
    proof = (
        ProofOfDelivery.objects.filter(case=case, parcel=None)
        .order_by(F("confirmed_at").desc(nulls_first=True))
        .first()
    )
    context: dict[str, Any] = {
        "case": case,
        "code": group_reference(case.reference),
        "said": headline(Facts.of(case, now=timezone.now())),
        "heard": heard.words_of(case),
        "results": list(case.results.order_by("pk")),
        "form": form or HandOverForm(initial=_first(case)),
        "may_give": case.work in (Work.FILED, Work.ATTENTION)
        and case.delivery in proofs.AT_COUNTER,
        "proof": proof,
        **_code_out(proof),
        "label": current if current and current.state == State.LABELLED else None,
        "held": current if current and current.state == State.HELD else None,
        "sensitive": case.version.procedure.sensitive,
        "masked": mask_name(case.filer.name) if case.filer else "",
        "phone_end": case.filer.phone[-3:] if case.filer and case.filer.phone else "",
    }
    return render_page(request, "delivery/counter.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(*COUNTER)
@once
def counter(request: HttpRequest, pk: int) -> HttpResponse:
    """The citizen came to collect: who takes it, and how we know."""
    staff = staff_of(request)
    case = case_for(staff, pk, select=SELECT)
    if request.method != "POST":
        return _counter_page(request, case)
    form = HandOverForm(request.POST)
    if form.is_valid():
        try:
            proofs.hand_over(case.pk, None, form.said(), actor=actor_of(staff))
        except Refused as refused:
            form.add_error(_field(refused), refused.text)
        else:
            flash.success(request, _("Đã trả kết quả tại quầy."))
            return go(request, reverse("quay:filed", args=[case.pk]))
    return _counter_page(request, case_for(staff, pk, select=SELECT), form, status=422)


@require_POST
@require_role(*COUNTER)
@once
def counter_code(request: HttpRequest, pk: int) -> HttpResponse:
    """Text a fresh code to the citizen at the counter."""
    case = case_for(staff_of(request), pk)
    _say_code(request, case.pk, None)
    return go(request, reverse("delivery:counter", args=[case.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(*COUNTER)
@once
def address(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct where the results go: by the postman with another address, or to the counter."""
    staff = staff_of(request)
    case = case_for(staff, pk, select=SELECT)
    form = AddressForm(request.POST if request.method == "POST" else None, case=case)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                parcels.address_correct(case.pk, form.values(), actor=actor_of(staff))
            except Refused as refused:
                form.add_error(None, refused.text)
            else:
                flash.success(request, _("Đã ghi địa chỉ trả kết quả."))
                return go(request, reverse("quay:filed", args=[case.pk]))
        status = 422
    return render_page(
        request,
        "delivery/address.html",
        {"case": case, "code": group_reference(case.reference), "form": form},
        status=status,
    )
