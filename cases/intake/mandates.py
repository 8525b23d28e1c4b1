"""Consent to be helped, or authority to file for somebody: asked, given, declined, taken back
(F05).

The law wants consent per purpose, explicit, provable, with nothing ticked beforehand (Law
91/2025/QH15).
A text is kept with its hash for ever; a mandate names the text the person saw.
"""

import hashlib
import hmac
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Final

import yaml
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.access import actor_of
from agencies.models import Staff
from cases import services as case_services
from cases.filing.deciding import filing_stop
from cases.intake import phones
from cases.intake.desk import version_parts
from cases.messages import services as messages
from cases.models import Case, Mandate, MandateText
from cases.states import Work
from opsa.core import journal, limits
from opsa.core.actors import CITIZEN, Actor
from opsa.core.fields import blind, digits
from procedures import mandates as rules

CODE_MINUTES: Final = 10
CODE_TRIES: Final = 5
CODES_PER_TEN_MINUTES: Final = 3
VALID_DAYS: Final = 180
_TEXTS: Final = Path(__file__).with_name("mandate_texts.yaml")


class MandateRefusedError(ValueError):
    """The step can't be taken; the message is for the clerk."""


def _ours() -> list[MandateText]:
    """The texts of this release, not stored."""
    found = []
    for entry in yaml.safe_load(_TEXTS.read_text()):
        body = entry["body"].strip()
        sha = hashlib.sha256(body.encode()).hexdigest()
        found.append(
            MandateText(
                mode=entry["mode"],
                language=entry["language"],
                number=entry["number"],
                body=body,
                sha256=sha,
            )
        )
    return found


def ensure_texts() -> int:
    """Load our texts, one row for each mode, language and number; returns how many were new.

    A stored text is never changed: a text that differs under the same number raises ValueError.
    """
    made = 0
    for text in _ours():
        row, new = MandateText.objects.get_or_create(
            mode=text.mode,
            language=text.language,
            number=text.number,
            defaults={"body": text.body, "sha256": text.sha256},
        )
        if row.sha256 != text.sha256:
            raise ValueError(f"the text {row} was changed; give the new one a new number")
        made += new
    return made


def text_for(mode: str, language: str) -> MandateText:
    """The newest text of a mode in the citizen's language, Vietnamese when there is none. Reads
    only:
    before the texts are loaded it gives an unsaved one."""
    stored = list(MandateText.objects.filter(mode=mode, language__in=(language, "vi")))
    found = stored or [t for t in _ours() if t.mode == mode and t.language in (language, "vi")]
    return max(found, key=lambda text: (text.language == language, text.number))


def words(text: MandateText, case: Case) -> str:
    """The text as this person sees it, with the procedure's and the office's name in it."""
    version = version_parts(case.version_id)
    name = version.name_en if text.language == "en" else version.name
    office = case.agency.name_en if text.language == "en" else case.agency.name
    return text.body.replace("{procedure}", name).replace("{office}", office)


def mandate_begin(
    *,
    staff: Staff,
    case_id: int,
    method: str,
    keep_scans: bool = False,
    tell_helper: bool = False,
    signed_seen: bool = False,
) -> Mandate:
    """Ask for consent. Paper is given at once (the clerk says the signed paper was seen); a code
    goes out by
    SMS; the screen waits for the person's own press.

    An open request of this case is replaced; one in force is not asked again. Raises
    MandateRefusedError.
    """
    actor = actor_of(staff)
    if method not in Mandate.Method.values:
        raise MandateRefusedError(_("Chọn cách khách đồng ý."))
    with transaction.atomic():
        case = _locked(case_id)
        _allowed(case)
        if not MandateText.objects.filter(mode=case.mode, language=case.language).exists():
            ensure_texts()
        if method == Mandate.Method.PAPER and not signed_seen:
            raise MandateRefusedError(_("Khách ký giấy trước, rồi đánh dấu đã ký."))
        now = timezone.now()
        Mandate.objects.filter(case=case, state=Mandate.State.ASKED).update(
            state=Mandate.State.REVOKED, ended_at=now, code_hash=""
        )
        in_force = Mandate.objects.filter(case=case, state=Mandate.State.GIVEN).first()
        if in_force is not None:
            if in_force.mode == case.mode and in_force.valid_until >= timezone.localdate():
                return in_force
            in_force.state, in_force.ended_at = Mandate.State.REVOKED, now
            in_force.save(update_fields=["state", "ended_at"])
        mandate = Mandate.objects.create(
            case=case,
            mode=case.mode,
            method=method,
            text=text_for(case.mode, case.language),
            keep_scans=keep_scans,
            tell_helper=tell_helper,
            valid_until=timezone.localdate() + timedelta(days=VALID_DAYS),
            taken_by=staff,
        )
        journal.record(
            actor,
            "mandate.asked",
            chain=f"case:{case.pk}",
            subject=f"mandate:{mandate.pk}",
            method=method,
            mode=case.mode,
            text=mandate.text.sha256,
        )
        if method == Mandate.Method.PAPER:
            _give(mandate, actor)
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


def mandate_on_screen(*, staff: Staff, case_id: int, agrees: bool) -> Mandate:
    """The person pressed on the turned screen. The journal names the citizen, with the clerk as
    witness."""
    with transaction.atomic():
        case = _locked(case_id)
        mandate = Mandate.objects.filter(
            case=case, state=Mandate.State.ASKED, method=Mandate.Method.SCREEN
        ).first()
        if mandate is None:
            raise MandateRefusedError(_("Chưa hỏi khách trên màn hình."))
        if agrees:
            _give(mandate, CITIZEN, witness=staff.pk)
        else:
            _end(mandate, Mandate.State.DECLINED, CITIZEN, "mandate.declined", witness=staff.pk)
    return mandate


def mandate_decline(*, staff: Staff, case_id: int) -> None:
    """The person said no: nothing is kept waiting, and the draft closes (F05)."""
    actor = actor_of(staff)
    with transaction.atomic():
        case = _locked(case_id)
        for mandate in Mandate.objects.filter(case=case, state=Mandate.State.ASKED):
            _end(mandate, Mandate.State.DECLINED, actor, "mandate.declined")
        case_services.close(case.pk, actor=actor, reason="consent_declined")


def mandate_revoke(*, staff: Staff, case_id: int) -> None:
    """The person takes it back. A draft can't be filed any more; a filed case goes before a
    person, and what has not left yet stays here."""
    actor = actor_of(staff)
    with transaction.atomic():
        case = case_services.lock(case_id)
        mandate = Mandate.objects.filter(case=case, state=Mandate.State.GIVEN).first()
        if mandate is None:
            raise MandateRefusedError(_("Không có đồng ý nào đang có hiệu lực."))
        _end(mandate, Mandate.State.REVOKED, actor, "mandate.revoked")
        if case.work in (Work.FILED, Work.ATTENTION):
            filing_stop(case, "consent_revoked")
            case_services.need_attention(case.pk, "revoked", actor=actor, reason="mandate_revoked")


def mode_set(case: Case, mode: str) -> None:
    """Assist or on behalf. Inside the caller's transaction; the checklist follows."""
    from cases.intake import documents

    if mode in Case.Mode.values and mode != case.mode:
        case.mode = mode
        case.save(update_fields=["mode", "changed_at"])
        documents.lines_refresh(case)


def _locked(case_id: int) -> Case:
    case = case_services.lock(case_id)
    if case.work not in (Work.DRAFT, Work.HELD):
        raise MandateRefusedError(_("Hồ sơ không còn là nháp."))
    return case


def _give(mandate: Mandate, actor: Actor, witness: int | None = None) -> None:
    mandate.state = Mandate.State.GIVEN
    mandate.given_at = timezone.now()
    mandate.code_hash = ""
    try:
        with transaction.atomic():
            mandate.save(update_fields=["state", "given_at", "code_hash"])
    except IntegrityError:
        raise MandateRefusedError(_("Khách đã đồng ý rồi.")) from None
    journal.record(
        actor,
        "mandate.given",
        chain=f"case:{mandate.case_id}",
        subject=f"mandate:{mandate.pk}",
        method=mandate.method,
        witness=witness,
    )


def _end(
    mandate: Mandate, state: Mandate.State, actor: Actor, action: str, witness: int | None = None
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
        witness=witness,
    )
