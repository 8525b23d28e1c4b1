"""A filing system's acknowledgement: kept as it came, read by a worker, compared with what was
frozen (F02).

Distrusted like every upload: sealed in quarantine, asked about viruses, opened in the child that
opens scans. What it says never makes more of a filing than is certain: one that differs puts the
case before a person, one without words is for the eye, and neither is called equal.
"""

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.access import actor_of
from agencies.models import Staff
from cases import services as case_services
from cases.acknowledgements import answers
from cases.acknowledgements.comparing import Comparison, Difference, about_files, compare
from cases.acknowledgements.reading import Told, read
from cases.filing import dossier_codes
from cases.filing.deciding import together
from cases.intake import quarantine
from cases.intake.scans import Arrived
from cases.messages import services as messages
from cases.models import Acknowledgement, Case, Filing
from cases.states import Work
from opsa.core import file_check, files, journal
from opsa.core.actors import SYSTEM
from opsa.core.waking import wake

FOLDER: Final = "acknowledgements"
#: Papers of one filing that are kept; a portal issues one or two.
MOST: Final = 10
State = Acknowledgement.State


class NotTakenError(ValueError):
    """The file is not taken in; the message is for the clerk."""


def acknowledgement_add(*, staff: Staff, case_id: int, upload: Arrived) -> Acknowledgement:
    """Take in a file that lies sealed in quarantine, and have it read. The same file again gives
    the first one.

    Raises NotTakenError (the sealed file is removed) when nothing was filed together, the file is
    empty or too large, or there are too many already.
    """
    try:
        return _add(staff, case_id, upload)
    except NotTakenError:
        files.remove(upload.stored)
        raise


def _add(staff: Staff, case_id: int, upload: Arrived) -> Acknowledgement:
    if not upload.size:
        raise NotTakenError(file_check.refusal("empty").message)
    if upload.size > file_check.MAX_ISSUED:
        raise NotTakenError(file_check.refusal("issued_too_large").message)
    with transaction.atomic():
        case = case_services.lock(case_id)
        filing = together(case)
        if filing is None:
            raise NotTakenError(_("Hồ sơ này không nộp cùng khách, không cần giấy tiếp nhận."))
        kept = filing.acknowledgements.exclude(state=State.REFUSED)
        if same := kept.filter(sha256=upload.sha256).first():
            transaction.on_commit(lambda: files.remove(upload.stored))
            return same
        if kept.count() >= MOST:
            raise NotTakenError(_("Mỗi lần nộp giữ nhiều nhất 10 giấy tiếp nhận."))
        made = Acknowledgement.objects.create(
            filing=filing,
            file=upload.stored,
            size=upload.size,
            sha256=upload.sha256,
            uploaded_by=staff,
        )
        journal.record(
            actor_of(staff),
            "acknowledgement.uploaded",
            chain=f"case:{case.pk}",
            subject=f"acknowledgement:{made.pk}",
            bytes=upload.size,
            content=upload.sha256,
        )
        transaction.on_commit(lambda: _nudge(made.pk))
    return made


def _nudge(pk: int) -> None:
    from cases.acknowledgements.tasks import check

    wake(check, pk)  # else the file waits in quarantine, and the sweep finds it


def acknowledgement_check(pk: int) -> Acknowledgement | None:
    """Read one that waits in quarantine and settle it, or leave it waiting when the checker or the
    virus scanner can't work. Idempotent; the slow work holds no lock."""
    found = Acknowledgement.objects.filter(pk=pk).first()
    if found is None or found.state != State.QUARANTINED:
        return found
    try:
        seen = quarantine.looked_through(found.file, file_check.read_issued)
    except file_check.RefusedFileError as refused:
        return _refuse(found, refused)
    return found if seen is None else _accept(found, seen[0])


def _accept(found: Acknowledgement, issued: file_check.Issued) -> Acknowledgement:
    # Of a text that was cut, a list of files may be cut too: it is not taken for the whole.
    told = Told() if issued.cut else read(issued.text)
    with transaction.atomic():
        case, held = _locked(found)
        if held.state != State.QUARANTINED:
            return held
        held.kind, held.told = issued.kind, told.as_json()
        held.state, held.checked_at = State.BY_EYE, timezone.now()
        held.supplement = answers.meant(held.filing, told)
        held.save()
        if held.supplement is None:
            judge(case, held.filing, new=True)
        else:
            answers.judge(case, held.supplement, held, told)
    held.refresh_from_db()
    return held


def _locked(found: Acknowledgement) -> tuple[Case, Acknowledgement]:
    case_id = Filing.objects.values_list("case_id", flat=True).get(pk=found.filing_id)
    case = case_services.lock(case_id)
    rows = Acknowledgement.objects.select_for_update(of=("self",))
    return case, rows.select_related("filing").get(pk=found.pk)


def _refuse(found: Acknowledgement, refused: file_check.RefusedFileError) -> Acknowledgement:
    with transaction.atomic():
        case, held = _locked(found)
        if held.state != State.QUARANTINED:
            return held
        quarantine.refuse(held, refused, case_id=case.pk, noun="acknowledgement")
    return held


def newest(filing: Filing) -> Acknowledgement | None:
    """The acknowledgement that counts: the last one of the filing itself that was read."""
    of_filing = filing.acknowledgements.filter(supplement=None)
    read_ones = of_filing.exclude(state__in=(State.QUARANTINED, State.REFUSED))
    return read_ones.order_by("-id").first()


def judge(case: Case, filing: Filing, *, new: bool = False) -> None:
    """Compare the newest acknowledgement with the filing as it stands now, and let the filing
    follow. Call it with the case locked, whenever either changed; it settles nothing twice.

    A filing without a code gets the one on the paper when nothing speaks against it being this
    dossier's: procedure equal, no file that is not ours.
    """
    paper = newest(filing)
    if paper is None:
        return
    told = Told.of(paper.told)
    found = _compared(filing, told, filing.dossier_code)
    if filing.state == Filing.State.RECORDING and told.code and _is_this_one(found):
        try:
            dossier_codes.dossier_code_record(case.pk, told.code, actor=SYSTEM, receipt=None)
        except dossier_codes.DossierCodeRefused as refused:
            why = {"what": refused.what, "told": told.code}
            found = Comparison(found.compared, [*found.difference, why])
        else:
            return  # it comes here again with the code noted
    state = State.DIFFERS if found.difference else State.EQUAL if found.whole else State.BY_EYE
    news = new or (paper.state, paper.compared) != (state, found.compared)
    paper.state, paper.compared, paper.difference = state, found.compared, found.difference
    paper.save(update_fields=["state", "compared", "difference"])
    if news:
        journal.record(
            SYSTEM,
            f"acknowledgement.{state}",
            chain=f"case:{filing.case_id}",
            subject=f"acknowledgement:{paper.pk}",
            differences=len(found.difference),
        )
    if state != State.BY_EYE:
        follow(filing)


def told_code(filing: Filing) -> str:
    """The dossier code on the newest acknowledgement, or empty."""
    paper = newest(filing)
    return Told.of(paper.told).code if paper else ""


def differs_to_the_eye(filing: Filing) -> bool:
    """Whether a person says of the newest acknowledgement that it differs."""
    paper = newest(filing)
    return paper is not None and paper.eye == Acknowledgement.Eye.DIFFERS


def forget_eye(filing: Filing) -> None:
    """What was said of papers under a code that turned out wrong says nothing any more."""
    filing.acknowledgements.exclude(eye="").update(eye="", eye_by=None, eye_at=None)


def difference_under(filing: Filing, code: str) -> list[Difference]:
    """What the newest acknowledgement would say against the filing under this code."""
    paper = newest(filing)
    return _compared(filing, Told.of(paper.told), code).difference if paper else []


def _compared(filing: Filing, told: Told, code: str) -> Comparison:
    procedure = filing.case.version.procedure.code
    return compare(filing.files, told, code=code, procedure=procedure)


def _is_this_one(found: Comparison) -> bool:
    return not any(one["what"] in ("procedure", "extra") for one in found.difference)


def settling(filing: Filing) -> Acknowledgement | None:
    """The newest acknowledgement of which the machine or a person says how it is."""
    said = Q(state__in=(State.EQUAL, State.DIFFERS)) | ~Q(eye="")
    return filing.acknowledgements.filter(said, supplement=None).order_by("-id").first()


def follow(filing: Filing) -> None:
    """Accepted means equal: a paper that says otherwise takes that back, one that is equal, or a
    paper less, gives it again. What follows from a word is the machine's act, whoever said it.
    Call it with the case locked."""
    if filing.state not in (Filing.State.ACCEPTED, Filing.State.MISMATCH):
        return
    paper = settling(filing)
    filing.held, filing.difference = None, []
    if paper is not None and paper.eye:
        filing.difference = [{"what": "eye"}] if paper.eye == Acknowledgement.Eye.DIFFERS else []
    elif paper is not None:
        listed = Told.of(paper.told).files
        filing.held = [{"name": f.name, "size": f.size, "sha256": f.sha256} for f in listed]
        filing.difference = paper.difference
    filing.state = Filing.State.MISMATCH if filing.difference else Filing.State.ACCEPTED
    filing.save(update_fields=["held", "difference", "state"])
    case = case_services.lock(filing.case_id)
    if filing.difference:
        code = "mismatch" if about_files(filing.difference) else "acknowledgement"
        case_services.need_attention(case.pk, code, actor=SYSTEM, reason="acknowledgement_differs")
        return
    if case.work == Work.ATTENTION and case.attention in answers.ABOUT_FILES:
        case = case_services.resolve_attention(
            case.pk, actor=SYSTEM, reason="acknowledgement_equal"
        )
    messages.tell(case, "accepted")


def sweep(*, older_than_seconds: int = 45) -> int:
    """Read what a lost nudge left in quarantine, and delete sealed files that belong to no row. How
    many were looked at."""
    moment = timezone.now() - timedelta(seconds=older_than_seconds)
    waiting = Acknowledgement.objects.filter(state=State.QUARANTINED, uploaded_at__lt=moment)
    pks = list(waiting.order_by("uploaded_at").values_list("pk", flat=True)[:50])
    for pk in pks:
        acknowledgement_check(pk)
    for name in files.older_than(FOLDER, timezone.now() - timedelta(hours=24)):
        if not Acknowledgement.objects.filter(file=name).exists():
            files.remove(name)
    return len(pks)
