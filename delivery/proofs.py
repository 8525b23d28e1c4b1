"""Proof of delivery: who took the results and how we know (F13).

A one-time code to the citizen's own phone comes first; a signature on paper or a look at an ID card
are the ways beside it. Of an ID number nothing is kept, only that its last digits were compared.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases import services as case_services
from cases.messages import services as messages
from cases.models import Case, Mandate
from cases.states import Delivery, Work
from delivery import parcels, services
from delivery.codes import WITH_CARRIER
from delivery.models import Parcel, ProofOfDelivery, Result
from delivery.refusals import Refused
from opsa.core import journal, limits
from opsa.core.actors import SYSTEM, Actor
from opsa.core.fields import blind, digits
from opsa.core.text import clean

TRIES = 5
COUNTER_MINUTES = 15
#: A postman may come again on the next working days with the same parcel.
OUT_DAYS = 3
CODES_PER_HOUR = 3
Method, Relation = ProofOfDelivery.Method, ProofOfDelivery.Relation
#: From these the citizen may take the results at our counter, without a postman.
AT_COUNTER = frozenset(
    {Delivery.AVAILABLE, Delivery.HELD_AT_COUNTER, Delivery.RETURNED, Delivery.LABELLED}
)


@dataclass(frozen=True, slots=True)
class HandOver:
    """What was said at the hand-over. `code` and `id_digits` are compared and forgotten."""

    method: str
    receiver: str
    relation: str
    code: str = ""
    id_digits: str = ""


def proof_of(case: Case, parcel: Parcel | None) -> ProofOfDelivery:
    """The running proof of a parcel, or of the case at the counter; unsaved when there is none
    yet. A paper that came after an earlier hand-over at the counter gets a proof of its own."""
    found = (
        ProofOfDelivery.objects.select_for_update(of=("self",))
        .filter(case=case, parcel=parcel)
        .order_by(F("confirmed_at").desc(nulls_first=True))
        .first()
    )
    if found and found.confirmed_at and parcel is None and case.delivery in AT_COUNTER:
        found = None
    return found or ProofOfDelivery(case=case, parcel=parcel, method=Method.CODE)


def _hash(proof: ProofOfDelivery, code: str) -> str:
    return blind("delivery.code", f"{proof.pk}:{code}").hex()


def _new_code(proof: ProofOfDelivery, until: datetime) -> str:
    code = f"{secrets.randbelow(1_000_000):06d}"
    if proof.method != Method.CARRIER:
        proof.method = Method.CODE
    proof.code_hash = _hash(proof, code)
    proof.code_expires_at = until
    proof.tries = 0
    proof.sends += 1
    proof.save()
    return code


def code_for_out(case: Case, parcel: Parcel) -> None:
    """Text the citizen the code the postman will ask for. Inside the caller's transaction, case
    locked. Each fresh code has its own text: the one before is worth nothing from then on."""
    if case.contact_by == "none" or case.filer is None or not case.filer.phone:
        return
    proof = proof_of(case, parcel)
    if proof.confirmed_at is not None:
        return
    code = _new_code(proof, timezone.now() + timedelta(days=OUT_DAYS))
    messages.tell(case, "out", once=f"{parcel.number}:{proof.sends}", what=code)


def code_send(case_id: int, parcel_id: int | None, *, actor: Actor) -> ProofOfDelivery:
    """Text a fresh code to the phone on the case; the one before is worth nothing from now on.

    Raises Refused without a phone, when nothing is to be handed over, or after three codes in an
    hour.
    """
    with transaction.atomic():
        case = case_services.lock(case_id)
        parcel = Parcel.objects.select_for_update().get(pk=parcel_id) if parcel_id else None
        _may_hand_over(case, parcel)
        if case.filer is None or not case.filer.phone:
            raise Refused(_("Hồ sơ không có số điện thoại. Dùng cách xác nhận khác."), "no_phone")
        proof = proof_of(case, parcel)
        if proof.confirmed_at is not None:
            raise Refused(_("Kết quả đã giao rồi."), "done")
        try:
            limits.hit("delivery.code", f"{case.pk}", limit=CODES_PER_HOUR, seconds=3600)
        except limits.LimitReached as reached:
            minutes = max(1, round(reached.retry_after / 60))
            raise Refused(
                ngettext(
                    "Đã gửi mã nhiều lần. Chờ %(n)s phút, hoặc dùng cách xác nhận khác.",
                    "Đã gửi mã nhiều lần. Chờ %(n)s phút, hoặc dùng cách xác nhận khác.",
                    minutes,
                )
                % {"n": minutes},
                "too_many_codes",
            ) from None
        code = _new_code(proof, timezone.now() + timedelta(minutes=COUNTER_MINUTES))
        messages.send_code(
            case, to=case.filer.phone, code=code, key=f"delivery:{proof.pk}:{proof.sends}"
        )
        journal.record(
            actor,
            "delivery.code_sent",
            chain=f"case:{case.pk}",
            subject=f"case:{case.pk}",
            number=parcel.number if parcel else "",
        )
    return proof


def _may_hand_over(case: Case, parcel: Parcel | None) -> None:
    if parcel is not None:
        unconfirmed = parcel.state == Parcel.State.DELIVERED
        if parcel.state in WITH_CARRIER or unconfirmed:
            return
        raise Refused(_("Bưu gửi này không ở tay bưu tá nên chưa giao được."), "not_with_carrier")
    if case.work not in (Work.FILED, Work.ATTENTION) or case.delivery not in AT_COUNTER:
        raise Refused(_("Kết quả không ở quầy này, hoặc đã giao rồi."), "not_here")
    current = parcels.current_parcel(case)
    if case.delivery == Delivery.HELD_AT_COUNTER and current and current.state == Parcel.State.HELD:
        raise Refused(
            _("Kết quả còn trong bưu gửi %(number)s. Giao theo bưu gửi đó.")
            % {"number": current.number},
            "in_parcel",
        )


def receiver_problem(case: Case, said: HandOver) -> str:
    """Why this person may not have the results, or ''. Sensitive ones go to the named person, or to
    somebody whose authority is on file, and never on a signature alone (F13)."""
    if not case.version.procedure.sensitive:
        return ""
    if said.method == Method.SIGNATURE:
        return _("Việc này cần mã một lần hoặc xem giấy tờ, không chỉ chữ ký.")
    if said.relation == Relation.SELF:
        return ""
    if said.relation == Relation.AUTHORISED and _authority_on_file(case):
        return ""
    return _("Việc này chỉ giao cho chính người có tên, hoặc người có ủy quyền trong hồ sơ.")


def _authority_on_file(case: Case) -> bool:
    return Mandate.objects.filter(
        case=case,
        mode=Case.Mode.ON_BEHALF,
        state=Mandate.State.GIVEN,
        valid_until__gte=timezone.localdate(),
    ).exists()


def _id_matches(case: Case, last: str) -> bool:
    people = [person for person in (case.filer, case.subject) if person and person.id_number]
    found = False
    for person in people:
        found |= hmac.compare_digest(person.id_number[-4:], last)
    return found


def hand_over(
    case_id: int, parcel_id: int | None, said: HandOver, *, actor: Actor
) -> ProofOfDelivery:
    """The results are in somebody's hands, with one proof; the case closes by what follows from it.

    A wrong code or ID number is counted even though Refused is raised. A second click changes
    nothing.
    """
    refused: Refused | None = None
    with transaction.atomic():
        case = case_services.lock(case_id)
        parcel = Parcel.objects.select_for_update().get(pk=parcel_id) if parcel_id else None
        proof = proof_of(case, parcel)
        if proof.confirmed_at is not None:
            return proof
        _may_hand_over(case, parcel)
        if said.method not in (Method.CODE, Method.SIGNATURE, Method.ID_SHOWN):
            raise Refused(_("Chọn cách xác nhận."), "method")
        receiver = clean(said.receiver).strip()[:100]
        if not receiver or said.relation not in Relation.values:
            raise Refused(_("Ghi họ tên người nhận và quan hệ với người có tên."), "receiver")
        if problem := receiver_problem(case, said):
            raise Refused(problem, "sensitive")
        refused = _check(case, proof, said)
        if refused is None:
            _confirm(case, parcel, proof, said, receiver, actor)
    if refused is not None:
        raise refused
    return proof


def _check(case: Case, proof: ProofOfDelivery, said: HandOver) -> Refused | None:
    """Compare the code or the ID digits; a wrong one is written down."""
    if said.method == Method.SIGNATURE:
        return None
    if proof.tries >= TRIES:
        return Refused(_("Sai quá 5 lần. Gửi mã mới hoặc gọi trưởng điểm."), "tries")
    if said.method == Method.ID_SHOWN:
        last = digits(said.id_digits)
        if len(last) != 4:
            return Refused(_("Gõ 4 số cuối trên giấy tờ của người nhận."), "id_digits")
        if said.relation != Relation.SELF or _id_matches(case, last):
            return None
        text = _("4 số này khác với giấy tờ trong hồ sơ.")
    else:
        if not proof.code_hash:
            return Refused(_("Chưa gửi mã nào. Gửi mã trước."), "no_code")
        if proof.code_expires_at is None or timezone.now() > proof.code_expires_at:
            return Refused(_("Mã đã hết hạn. Gửi mã mới."), "expired")
        if hmac.compare_digest(proof.code_hash, _hash(proof, digits(said.code))):
            return None
        text = _("Mã chưa đúng.")
    proof.tries += 1
    proof.save()
    left = TRIES - proof.tries
    if not left:
        return Refused(_("Sai quá 5 lần. Gửi mã mới hoặc gọi trưởng điểm."), "tries")
    more = ngettext("Còn %(n)s lần.", "Còn %(n)s lần.", left) % {"n": left}
    return Refused(f"{text} {more}", "wrong")


def _confirm(
    case: Case,
    parcel: Parcel | None,
    proof: ProofOfDelivery,
    said: HandOver,
    receiver: str,
    actor: Actor,
) -> None:
    now = timezone.now()
    proof.method, proof.receiver, proof.relation = said.method, receiver, said.relation
    proof.id_compared = said.method == Method.ID_SHOWN and said.relation == Relation.SELF
    proof.code_hash = ""
    proof.confirmed_at, proof.confirmed_by_id = now, actor.staff_id
    proof.save()
    if parcel is not None:
        parcel.state = Parcel.State.DELIVERED
        parcel.delivered_at = parcel.delivered_at or now
        parcel.next_poll_at, parcel.trouble = None, ""
        parcel.save(update_fields=["state", "delivered_at", "next_poll_at", "trouble"])
    elif case.delivery == Delivery.LABELLED:
        label = parcels.current_parcel(case)
        if label is not None:
            parcels.parcel_cancel(label.pk, actor=actor)
    given = case.results.filter(state__in=(Result.State.AT_OFFICE, Result.State.PARCELLED))
    if parcel is not None:
        given = given.filter(parcel=parcel)
    given.update(state=Result.State.DELIVERED)
    journal.record(
        actor,
        "delivery.proved",
        chain=f"case:{case.pk}",
        subject=f"parcel:{parcel.pk}" if parcel else f"case:{case.pk}",
        method=said.method,
        relation=said.relation,
        id_compared=proof.id_compared,
        number=parcel.number if parcel else "",
    )
    messages.tell(case, "delivered", once=parcel.number if parcel else str(proof.pk))
    ended = Delivery.DELIVERED if parcel is not None else Delivery.COLLECTED
    target = services.left_over(case, ended)
    case_services.delivery_set(case.pk, target, actor=actor, at=now)


def reported_by_carrier(case: Case, parcel: Parcel, at: datetime) -> None:
    """The carrier says delivered and none of us has a proof: noted as just that. Case and parcel
    locked."""
    proof = proof_of(case, parcel)
    if proof.confirmed_at is None:
        proof.method, proof.reported_at = Method.CARRIER, at
        proof.save()
        journal.record(
            SYSTEM,
            "delivery.unproved",
            chain=f"case:{case.pk}",
            subject=f"parcel:{parcel.pk}",
            number=parcel.number,
        )
