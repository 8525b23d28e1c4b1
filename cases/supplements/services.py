"""Answering a request for more papers: the same dossier, only the papers it asks for (F20).

The answer is frozen and owed to the outside like a filing. The term stands still until the
authority says that it goes on (`cases.tracking`).
"""

import uuid
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from agencies.access import actor_of
from agencies.models import Staff
from cases import services as case_services
from cases.filing import payload
from cases.filing.deciding import consent_stands
from cases.filing.exporting import Listed
from cases.filing.ports import Receipt, SentFile
from cases.filing.systems import channel_of
from cases.intake import refusals
from cases.intake.documents import SENT
from cases.models import Case, CaseDocument, Filing, Supplement
from cases.states import Dossier
from cases.supplements.asking import asked_before
from opsa.core import journal, outbox
from opsa.core.actors import PORTAL, SYSTEM
from opsa.core.text import clean
from opsa.core.waking import wake
from procedures.models import FilingSystem

State = Supplement.State


class NotReadyError(ValueError):
    """The answer cannot go out yet; the message is for the clerk."""


def open_request(case_id: int) -> Supplement | None:
    """The request that waits for the citizen, if there is one."""
    found = Supplement.objects.select_related("filing__system", "report", "case__system")
    return found.filter(case=case_id, state=State.ASKED).first()


def papers_confirm(*, staff: Staff, case_id: int, papers: list[str], words: str) -> Supplement:
    """Say which papers the request means, in words for the citizen's page. What was learnt from its
    words is corrected by it. Raises NotReadyError when no paper is named."""
    with transaction.atomic():
        case = case_services.lock(case_id)
        request = _open(case)
        lines = CaseDocument.objects.filter(case=case).select_related("document")
        known = [line.document.key for line in lines if line.document.kind in SENT]
        chosen = [key for key in known if key in papers]
        if not chosen:
            raise NotReadyError(_("Chọn ít nhất một giấy phải bổ sung."))
        names = [line.document.name for line in lines if line.document.key in chosen]
        request.papers = chosen
        with translation.override("vi"):
            usual = _("Mang ra bưu điện: %s") % ", ".join(names)
        request.words = clean(words)[:200] or usual
        request.confirmed = True
        request.again = asked_before(case, chosen)
        request.save(update_fields=["papers", "words", "confirmed", "again"])
        refusals.correct(request.report, chosen)
        case.waiting_for = request.words[:200]
        case_services.save(case, "waiting_for")
        journal.record(
            actor_of(staff),
            "supplement.confirmed",
            chain=f"case:{case_id}",
            subject=f"supplement:{request.pk}",
            papers=len(chosen),
            again=request.again,
        )
    return request


def problems(request: Supplement) -> list[str]:
    """What still stands between the request and its answer, in words."""
    if not request.confirmed:
        return [_("Chọn giấy phải bổ sung trước.")]
    before = sent_before(request)
    found = []
    if not consent_stands(request.case_id):
        found.append(_("Khách đã rút đồng ý, không gửi bổ sung nữa."))
    for line in _lines(request):
        name = line.document.name
        if line.pdf_due is not None:
            found.append(_("Máy đang ghép trang: %s") % name)
        elif line.pdf_problem or not line.pdf:
            found.append(_("Chưa quét: %s") % name)
        elif line.pdf_sha256 in before:
            found.append(_("Vẫn là bản đã gửi, quét bản mới: %s") % name)
    return found


def sent_before(request: Supplement) -> set[str]:
    """The hashes of all files of this case that left earlier."""
    lists = [filing.files for filing in Filing.objects.filter(case=request.case_id)]
    lists += [
        other.files for other in Supplement.objects.filter(case=request.case_id) if other.files
    ]
    return {str(file["sha256"]) for one in lists for file in one}


def supplement_send(*, staff: Staff, case_id: int) -> Supplement:
    """Freeze the answer and owe it to the filing system; a second press gives the first answer.

    Where the citizen files in their own session (co-pilot), the clerk's word is the proof. Raises
    NotReadyError with what is left.
    """
    with transaction.atomic():
        case = case_services.lock(case_id)
        last = case.supplements.order_by("-number").first()
        if last is not None and last.state in (State.QUEUED, State.ACCEPTED):
            return last
        request = _open(case)
        if left := problems(request):
            raise NotReadyError(" ".join(left))
        now = timezone.now()
        sent = _files(request)
        message: dict[str, Any] = {
            "MaThamChieu": str(request.key),
            "MaHoSo": request.filing.dossier_code,
            "ThanhPhanHoSo": [
                {
                    "MaThanhPhanHoSo": file.document,
                    "TenGiayTo": file.document_name,
                    "SoTrang": file.pages,
                    "SoLuong": 1,
                    "LoaiBan": 2,
                }
                for file in sent
            ],
        }
        request.payload, request.payload_sha256 = payload.freeze(message)
        request.files = payload.files_as_json(sent)
        request.sent_by, request.taken_at, request.refusal = staff, now, ""
        gateway = request.filing.way == FilingSystem.Way.GATEWAY
        request.state = State.QUEUED if gateway else State.ACCEPTED
        request.accepted_at = None if gateway else now
        request.save()
        case.waiting_for, case.answered = "", True
        case_services.save(case, "waiting_for", "answered")
        journal.record(
            actor_of(staff),
            "supplement.sent",
            chain=f"case:{case_id}",
            subject=f"supplement:{request.pk}",
            files=len(sent),
            payload=request.payload_sha256,
            way=request.filing.way,
        )
        if gateway:
            channel = channel_of(request.filing.system_id)
            outbox.put(
                kind="supplement",
                channel=channel,
                key=f"supplement:{request.key}",
                subject=request.pk,
                payload_sha256=request.payload_sha256,
            )
            transaction.on_commit(lambda: _nudge(channel))
        else:
            transaction.on_commit(lambda: _ask_soon(request.filing_id))
    return request


def accepted(supplement_id: int, receipt: Receipt) -> None:
    """The portal holds the answer, if it holds every file of it (invariant 2). Applying it again
    changes nothing."""
    case, request = _sent(supplement_id)
    if request is None:
        return
    there = {file.sha256 for file in receipt.held}
    missing = [file for file in request.files if file["sha256"] not in there]
    request.state = State.PERSON if missing else State.ACCEPTED
    request.accepted_at = timezone.now()
    request.save(update_fields=["state", "accepted_at"])
    journal.record(
        PORTAL,
        "supplement.mismatch" if missing else "supplement.accepted",
        chain=f"case:{case.pk}",
        subject=f"supplement:{request.pk}",
        missing=len(missing),
    )
    if missing:
        case_services.need_attention(case.pk, "mismatch", actor=SYSTEM, reason="held_files_differ")
    transaction.on_commit(lambda: _ask_soon(request.filing_id))


def refused(supplement_id: int, detail: str) -> None:
    """The portal did not take the answer; the clerk mends it and sends a new one, if the authority
    still waits."""
    case, request = _sent(supplement_id)
    if request is None:
        return
    # Asked for something else meanwhile, or for nothing any more: there is nothing to answer.
    waits = case.dossier == Dossier.SUPPLEMENT
    waits = waits and not case.supplements.filter(state=State.ASKED).exists()
    request.state = State.ASKED if waits else State.OVER
    request.refusal, request.key = detail[:300], uuid.uuid4()
    request.files, request.payload, request.payload_sha256 = [], "", ""
    request.save()
    if waits:
        # Both the clerk and the citizen read it.
        with translation.override("vi"):
            case.waiting_for = _("Cổng chưa nhận giấy bổ sung. Bưu điện sẽ gửi lại")
        case.answered = False
        case_services.save(case, "waiting_for", "answered")
    journal.record(
        PORTAL,
        "supplement.refused",
        chain=f"case:{case.pk}",
        subject=f"supplement:{request.pk}",
    )


def to_person(supplement_id: int, why: str) -> None:
    """Machine cannot settle whether the answer arrived, or may not send it."""
    case, request = _sent(supplement_id)
    if request is None:
        return
    request.state, request.refusal = State.PERSON, why[:300]
    request.save(update_fields=["state", "refusal"])
    code = {"consent_revoked": "revoked", "changed_on_disk": "scan_changed"}.get(
        why, "unknown_sending"
    )
    case_services.need_attention(case.pk, code, actor=SYSTEM, reason=why)


def files_of(request: Supplement) -> tuple[SentFile, ...]:
    """The frozen file list back in its type."""
    return tuple(SentFile(**file) for file in request.files)


def _open(case: Case) -> Supplement:
    request = open_request(case.pk)
    if request is None:
        raise NotReadyError(_("Cơ quan không còn chờ bổ sung."))
    return request


def _sent(supplement_id: int) -> tuple[Case, Supplement | None]:
    found = Supplement.objects.values_list("case_id", flat=True).get(pk=supplement_id)
    case = case_services.lock(found)
    request = (
        Supplement.objects.select_for_update()
        .filter(pk=supplement_id, state__in=(State.QUEUED, State.PERSON))
        .first()
    )
    return case, request


def _lines(request: Supplement) -> list[CaseDocument]:
    found = CaseDocument.objects.filter(case=request.case_id, document__key__in=request.papers)
    return list(found.select_related("document").order_by("document__position"))


def _files(request: Supplement) -> list[SentFile]:
    longest = request.filing.system.name_length
    return payload.named(_lines(request), longest, before=f"bo sung {request.number} ")


def to_hand_out(request: Supplement) -> Listed | None:
    """The papers of the answer for the citizen's own session with the portal, as they would be
    frozen now; None while something is missing, and where the answer is sent by ourselves."""
    if request.filing.way != FilingSystem.Way.COPILOT or problems(request):
        return None
    return Listed(
        request.case_id, f"supplement:{request.pk}", _files(request), timezone.now(),
        partial(_changed, request.case_id),
    )  # fmt: skip


def _changed(case_id: int) -> None:
    reason = "changed_on_disk"
    case_services.need_attention(case_id, "scan_changed", actor=SYSTEM, reason=reason)


def _nudge(channel: str) -> None:
    from cases.filing.tasks import nudge

    nudge(channel)


def _ask_soon(filing_id: int) -> None:
    from cases.tracking.tasks import ask_now

    wake(ask_now, filing_id)  # else the poller asks at its next turn
