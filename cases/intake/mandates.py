"""Consent to be helped, or authority to file for somebody: asked, given, declined, taken back
(F05).

The law wants consent per purpose, explicit, provable, with nothing ticked beforehand (Law
91/2025/QH15). A mandate names the text the person saw and keeps the very words; a signed sheet or a
signature drawn on the screen is kept sealed, with its hash.
"""

import hmac
import secrets
from datetime import timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.access import actor_of
from agencies.models import Staff
from cases import services as case_services
from cases.filing.deciding import filing_stop
from cases.intake import consent_texts, phones
from cases.intake.consent_texts import ensure_texts, text_for, words
from cases.intake.desk import version_parts
from cases.messages import services as messages
from cases.models import Case, Mandate
from cases.states import Work
from opsa.core import files, journal, limits
from opsa.core.actors import CITIZEN, SYSTEM, Actor
from opsa.core.fields import blind, digits
from opsa.core.text import clean, fold
from procedures import mandates as rules

__all__ = ["ensure_texts", "text_for", "words"]

CODE_MINUTES: Final = 10
CODE_TRIES: Final = 5
CODES_PER_TEN_MINUTES: Final = 3
VALID_DAYS: Final = 180
PROOFS: Final = "proofs"


class MandateRefusedError(ValueError):
    """The step can't be taken; the message is for the clerk."""


def mandate_begin(*, staff: Staff, case_id: int, method: str) -> Mandate:
    """Ask for consent: a sheet to sign is printed, a code goes out by SMS, or the screen waits for
    the person's own press. Nothing is given yet, and nothing can be filed.

    An open request of this case is replaced; one in force is not asked again. Raises
    MandateRefusedError.
    """
    from cases.intake import mandate_sheet

    actor = actor_of(staff)
    if method not in Mandate.Method.values:
        raise MandateRefusedError(_("Chọn cách khách đồng ý."))
    with transaction.atomic():
        case = _locked(case_id)
        _allowed(case)
        now = timezone.now()
        Mandate.objects.filter(case=case, state=Mandate.State.ASKED).update(
            state=Mandate.State.REVOKED, ended_at=now, code_hash=""
        )
        in_force = Mandate.objects.filter(case=case, state=Mandate.State.GIVEN).first()
        if in_force is not None:
            if in_force.mode == case.mode and in_force.valid_until >= timezone.localdate():
                return in_force
            _end(in_force, Mandate.State.REVOKED, actor, "mandate.replaced")
        text = consent_texts.stored(case.mode, case.language)
        shown = words(text, case)
        mandate = Mandate.objects.create(
            case=case,
            mode=case.mode,
            method=method,
            text=text,
            shown=shown,
            shown_sha256=consent_texts.sha256(shown),
            valid_until=timezone.localdate() + timedelta(days=VALID_DAYS),
            counter_id=staff.counter_id,
            taken_by=staff,
        )
        journal.record(
            actor,
            "mandate.asked",
            chain=f"case:{case.pk}",
            subject=f"mandate:{mandate.pk}",
            method=method,
            mode=case.mode,
            text=text.sha256,
            shown=mandate.shown_sha256,
        )
        if method == Mandate.Method.PAPER:
            mandate_sheet.ask(case, mandate, staff=staff)
        elif method == Mandate.Method.SMS:
            _send_code(case, mandate)
    return mandate


def _allowed(case: Case) -> None:
    rule = rules.rule(
        version_parts(case.version_id), case.relation, mode=case.mode, answers=case.answers
    )
    if not rule.allowed:
        raise MandateRefusedError(rule.explanation)


def _send_code(case: Case, mandate: Mandate) -> None:
    phone = phones.read(case.filer.phone if case.filer else "")
    if not phone.e164:
        raise MandateRefusedError(_("Chưa có số điện thoại đúng để gửi mã."))
    try:
        limits.hit("mandate.sms", f"{case.pk}", limit=CODES_PER_TEN_MINUTES, seconds=600)
    except limits.LimitReached as reached:
        minutes = max(1, round(reached.retry_after / 60))
        raise MandateRefusedError(
            ngettext(
                "Đã gửi mã nhiều lần. Chờ %(n)s phút, hoặc cho khách ký giấy.",
                "Đã gửi mã nhiều lần. Chờ %(n)s phút, hoặc cho khách ký giấy.",
                minutes,
            )
            % {"n": minutes}
        ) from None
    code = f"{secrets.randbelow(1_000_000):06d}"
    mandate.code_hash = _hash(mandate, code)
    mandate.code_expires_at = timezone.now() + timedelta(minutes=CODE_MINUTES)
    mandate.save(update_fields=["code_hash", "code_expires_at"])
    messages.send_code(case, to=phone.e164, code=code, key=f"mandate:{mandate.pk}")


def _hash(mandate: Mandate, code: str) -> str:
    return blind("mandate.code", f"{mandate.pk}:{code}").hex()


def mandate_code(*, staff: Staff, case_id: int, code: str) -> Mandate:
    """The six digits the person read out. Wrong ones count; five end the code, ten minutes do too.

    A wrong code is written down even though MandateRefusedError is raised for it.
    """
    actor = actor_of(staff)
    refusal = ""
    with transaction.atomic():
        case = _locked(case_id)
        mandate = Mandate.objects.filter(
            case=case, state=Mandate.State.ASKED, method=Mandate.Method.SMS
        ).first()
        if mandate is None or not mandate.code_hash:
            raise MandateRefusedError(_("Chưa gửi mã nào. Gửi mã trước."))
        if mandate.code_expires_at is None or timezone.now() > mandate.code_expires_at:
            raise MandateRefusedError(_("Mã đã hết hạn sau 10 phút. Gửi mã mới."))
        if mandate.code_tries >= CODE_TRIES:
            raise MandateRefusedError(_("Sai quá 5 lần. Gửi mã mới."))
        if hmac.compare_digest(mandate.code_hash, _hash(mandate, digits(code))):
            _give(mandate, actor)
        else:
            mandate.code_tries += 1
            mandate.save(update_fields=["code_tries"])
            left = CODE_TRIES - mandate.code_tries
            refusal = (
                ngettext("Mã chưa đúng. Còn %(n)s lần.", "Mã chưa đúng. Còn %(n)s lần.", left)
                % {"n": left}
                if left
                else _("Sai quá 5 lần. Gửi mã mới.")
            )
    if refusal:
        raise MandateRefusedError(refusal)
    return mandate


def mandate_signed(*, staff: Staff, case_id: int, picture: bytes, code_read: bool) -> Mandate:
    """The signed sheet came back: its checked picture is sealed with the mandate, which is given.

    `code_read` says whether the sheet's own bar code was found in the picture.
    """
    with transaction.atomic():
        mandate = _asked(_locked(case_id), Mandate.Method.PAPER)
        if mandate is None:
            raise MandateRefusedError(_("Chưa in giấy đồng ý. In giấy trước."))
        _keep_proof(mandate, picture)
        _give(mandate, actor_of(staff), code_read=code_read)
    return mandate


def mandate_on_screen(
    *,
    case_id: int,
    agrees: bool,
    staff: Staff | None = None,
    signed: str = Mandate.Signed.ALOUD,
    name: str = "",
    drawing: bytes = b"",
) -> Mandate:
    """The person pressed on the second screen, or on the clerk's turned to them (`staff`). The
    journal names the citizen, with the clerk who asked as witness.

    A typed name has to be the person's own. Raises MandateRefusedError.
    """
    with transaction.atomic():
        case = _locked(case_id)
        mandate = _asked(case, Mandate.Method.SCREEN)
        if mandate is None:
            raise MandateRefusedError(_("Chưa hỏi khách trên màn hình."))
        witness = staff.pk if staff else mandate.taken_by_id
        if not agrees:
            _end(mandate, Mandate.State.DECLINED, CITIZEN, "mandate.declined", witness=witness)
            return mandate
        if signed not in Mandate.Signed.values:
            raise MandateRefusedError(_("Chọn một cách đồng ý."))
        if signed == Mandate.Signed.DRAWN:
            if not drawing:
                raise MandateRefusedError(_("Chưa thấy chữ ký. Ký vào khung, hoặc gõ tên."))
            _keep_proof(mandate, drawing)
        if signed == Mandate.Signed.TYPED:
            own = case.filer.name if case.filer else ""
            if not own or fold(clean(name)).split() != fold(own).split():
                raise MandateRefusedError(_("Tên chưa khớp với người nộp. Gõ đủ họ và tên."))
            mandate.signed_name = clean(name)
        mandate.signed = signed
        mandate.save(update_fields=["signed", "signed_name"])
        _give(mandate, CITIZEN, witness=witness)
    return mandate


def _asked(case: Case, method: Mandate.Method) -> Mandate | None:
    return Mandate.objects.filter(case=case, state=Mandate.State.ASKED, method=method).first()


def _keep_proof(mandate: Mandate, content: bytes) -> None:
    sealer = files.Sealer(PROOFS)
    sealer.write(content)
    mandate.proof, mandate.proof_sha256 = sealer.finish(), sealer.sha256
    mandate.save(update_fields=["proof", "proof_sha256"])


def mandate_decline(*, staff: Staff, case_id: int) -> None:
    """The person said no: nothing is kept waiting, and the draft closes (F05)."""
    actor = actor_of(staff)
    with transaction.atomic():
        case = _locked(case_id)
        for mandate in Mandate.objects.filter(case=case, state=Mandate.State.ASKED):
            _end(mandate, Mandate.State.DECLINED, actor, "mandate.declined")
        case_services.close(case.pk, actor=actor, reason="consent_declined")


def mandate_revoke(*, staff: Staff, case_id: int) -> None:
    """The person takes it back at the counter. Raises MandateRefusedError when there is none."""
    with transaction.atomic():
        if not taken_back(case_services.lock(case_id), actor=actor_of(staff)):
            raise MandateRefusedError(_("Không có đồng ý nào đang có hiệu lực."))


def taken_back(case: Case, *, actor: Actor) -> bool:
    """End the consent in force and stop what has not left: a draft can't be filed any more, a filed
    case goes before a person. False when none was in force. Call with the case locked."""
    mandate = Mandate.objects.filter(case=case, state=Mandate.State.GIVEN).first()
    if mandate is None:
        return False
    stopped = case.work in (Work.FILED, Work.ATTENTION) and filing_stop(case, "consent_revoked")
    _end(mandate, Mandate.State.REVOKED, actor, "mandate.revoked", stopped=stopped)
    if case.work in (Work.FILED, Work.ATTENTION):
        # The act may be the citizen's; moving the case before a person is the system's then.
        mover = SYSTEM if actor == CITIZEN else actor
        case_services.need_attention(case.pk, "revoked", actor=mover, reason="mandate_revoked")
    return True


def mode_set(case: Case, mode: str, *, actor: Actor) -> None:
    """Assist or on behalf. Inside the caller's transaction, which holds the case; the checklist
    follows."""
    from cases.intake import documents

    if mode in Case.Mode.values and mode != case.mode:
        before, case.mode = case.mode, Case.Mode(mode)
        case.save(update_fields=["mode", "changed_at"])
        documents.lines_refresh(case)
        journal.record(
            actor,
            "case.mode",
            chain=f"case:{case.pk}",
            subject=f"case:{case.pk}",
            before=before,
            after=mode,
        )


def _locked(case_id: int) -> Case:
    case = case_services.lock(case_id)
    if case.work not in (Work.DRAFT, Work.HELD):
        raise MandateRefusedError(_("Hồ sơ không còn là nháp."))
    return case


def _give(mandate: Mandate, actor: Actor, **facts: Any) -> None:
    mandate.state = Mandate.State.GIVEN
    mandate.given_at = timezone.now()
    mandate.starts_on = timezone.localdate()
    mandate.code_hash = ""
    try:
        with transaction.atomic():
            mandate.save(update_fields=["state", "given_at", "starts_on", "code_hash"])
    except IntegrityError:
        raise MandateRefusedError(_("Khách đã đồng ý rồi.")) from None
    journal.record(
        actor,
        "mandate.given",
        chain=f"case:{mandate.case_id}",
        subject=f"mandate:{mandate.pk}",
        method=mandate.method,
        signed=mandate.signed,
        proof=mandate.proof_sha256,
        **facts,
    )


def _end(
    mandate: Mandate,
    state: Mandate.State,
    actor: Actor,
    action: str,
    **facts: Any,
) -> None:
    mandate.state = state
    mandate.ended_at = timezone.now()
    mandate.code_hash = ""
    mandate.save(update_fields=["state", "ended_at", "code_hash"])
    journal.record(
        actor,
        action,
        chain=f"case:{mandate.case_id}",
        subject=f"mandate:{mandate.pk}",
        **facts,
    )
