"""What the citizen pays: quoted on the draft, recorded once, frozen at filing (F11, invariant
10)."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.access import actor_of
from agencies.models import Staff
from cases import services as case_services
from cases.intake.desk import version_parts
from cases.models import Case, CaseFee, DeliveryAddress, Payment
from cases.states import Money, Work
from opsa.core import journal
from opsa.core.actors import Actor
from opsa.core.text import clean
from procedures import fees as price


class PaymentRefusedError(ValueError):
    """The payment can't be recorded; the message is for the clerk."""


def quote_for(case: Case) -> price.Quote:
    """The price under the version in force, with or without the way home."""
    address = DeliveryAddress.objects.filter(case=case).first()
    by_post = address.by_post if address else True
    return price.quote(
        version_parts(case.version_id), copies=case.copies, delivery="post" if by_post else "none"
    )


def fees_refresh(case: Case, *, actor: Actor) -> None:
    """Set the money fact from today's quote. What is paid stays paid. Inside the caller's
    transaction."""
    if case.money in (Money.PAID, Money.REFUNDED):
        return
    total = quote_for(case).total
    target = Money.UNKNOWN if total is None else Money.DUE if total else Money.NOTHING_DUE
    if case.money != target:
        case.money = case_services.money_set(case.pk, target, actor=actor).money


def payment_record(
    *, staff: Staff, case_id: int, method: str, reference: str = "", amount: int | None = None
) -> Payment:
    """Record that the whole price was paid: integers of đồng, once a case, frozen with its parts.

    `amount` is what the clerk was shown; a price that changed meanwhile is refused. Raises
    PaymentRefusedError with the earlier receipt when the case was paid before (F11).
    """
    actor = actor_of(staff)
    reference = clean(reference)[:40]
    if method not in Payment.Method.values:
        raise PaymentRefusedError(_("Chọn cách trả tiền."))
    if method != Payment.Method.CASH and not reference:
        raise PaymentRefusedError(_("Ghi mã giao dịch trên biên lai."))
    with transaction.atomic():
        case = case_services.lock(case_id)
        paid = Payment.objects.filter(case=case).first()
        if paid is not None:
            raise PaymentRefusedError(_already(paid))
        if case.work == Work.CLOSED:
            raise PaymentRefusedError(_("Hồ sơ đã đóng, không thu tiền nữa."))
        quote = quote_for(case)
        if not quote.total:
            raise PaymentRefusedError(_("Hồ sơ này không phải trả tiền."))
        if amount is not None and amount != quote.total:
            raise PaymentRefusedError(_("Số tiền vừa thay đổi. Xem lại rồi thu."))
        fees_freeze(case, quote)
        try:
            with transaction.atomic():
                payment = Payment.objects.create(
                    case=case,
                    agency_id=case.agency_id,
                    amount=quote.total,
                    method=method,
                    reference=reference,
                    taken_by=staff,
                )
        except IntegrityError:
            raise PaymentRefusedError(_already(Payment.objects.get(case=case))) from None
        if case.money != Money.DUE:
            case_services.money_set(case.pk, Money.DUE, actor=actor)
        case_services.money_set(case.pk, Money.PAID, actor=actor)
        journal.record(
            actor,
            "payment.recorded",
            chain=f"case:{case.pk}",
            subject=f"payment:{payment.pk}",
            amount=payment.amount,
            method=method,
        )
    return payment


def fees_freeze(case: Case, quote: price.Quote) -> None:
    """Keep the parts as they are today. Inside the caller's transaction; a second call changes
    nothing."""
    if CaseFee.objects.filter(case=case).exists():
        return
    CaseFee.objects.bulk_create(
        CaseFee(
            case=case,
            kind=part.kind,
            label=part.label,
            amount=part.amount,
            free_reason=part.free_reason,
            basis=part.basis,
        )
        for part in quote.parts
    )


def _already(paid: Payment) -> str:
    return _("Đã thu lúc %(at)s, không thu lần nữa.") % {
        "at": f"{timezone.localtime(paid.taken_at):%H:%M %d/%m/%Y}"
    }
