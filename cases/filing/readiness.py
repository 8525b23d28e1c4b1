"""What still stands between a draft and its filing; the steps show these as 'Còn N việc' (F03,
F05)."""

import datetime
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from django.utils import timezone
from django.utils.translation import gettext as _

from cases.filing import payload
from cases.intake import phones
from cases.models import Case, CaseDocument, Mandate, Scan
from cases.states import Money
from opsa.core import files, practice
from opsa.core.fields import digits
from opsa.core.kept import Kept
from procedures.models import DeclarationField, RequiredDocument, ResultKind
from procedures.words import localised

#: Only what is there is kept: a file that comes back is seen at once.
_there: Kept[str, bool] = Kept(60.0, keep=bool)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing left to do: the step it belongs to, the field to jump to, and the words."""

    step: str
    field: str
    text: str


def problems(case: Case) -> list[Problem]:
    """Everything that blocks filing, in the order of the steps; empty means ready.

    Reads the case with its people, documents, scans, mandates and address (a fixed number of
    queries; prefetched relations are used as they are).
    """
    return [
        *_practice(case),
        *_applicant(case),
        *_documents(case),
        *_gone(case),
        *_limits(case),
        *_declaration(case),
        *_money_and_address(case),
        *_mandate(case),
    ]


def _practice(case: Case) -> list[Problem]:
    if case.system_id != practice.SYSTEM or practice.portal():
        return []
    return [Problem("xem-lai", "", _("Điểm tập sự này chưa có cổng tập sự: tập đến bước xem lại"))]


def _applicant(case: Case) -> list[Problem]:
    step = "nguoi-nop"
    filer = case.filer
    if filer is None or not filer.name:
        return [Problem(step, "filer", _("Quét thẻ hoặc gõ người nộp"))]
    found = []
    if not filer.id_number:
        found.append(Problem(step, "id_number", _("Thiếu số định danh")))
    if not filer.birth_date:
        found.append(Problem(step, "birth_date", _("Thiếu ngày sinh")))
    if filer.commune_id is None:
        found.append(Problem(step, "commune", _("Chọn xã, phường theo tên mới")))
    if not filer.phone and case.contact_by != "none":
        found.append(Problem(step, "phone", _("Thiếu số điện thoại")))
    elif fault := phones.read(filer.phone).fault:
        found.append(Problem(step, "phone", _("Điện thoại: %s") % fault))
    if case.relation != "self" and (case.subject is None or not case.subject.name):
        found.append(Problem(step, "subject", _("Thiếu tên chủ hồ sơ")))
    return found


def _documents(case: Case) -> list[Problem]:
    found = []
    for line in case.documents.all():
        if line.needed and line.mark != CaseDocument.Mark.NOT_NEEDED:
            name = localised(line.document, "name")
            for step, words in _missing_of(line, case.incomplete_until):
                found.append(Problem(step, f"d{line.pk}", words % name))
    return found


def _missing_of(line: CaseDocument, until: datetime.date | None) -> Iterator[tuple[str, str]]:
    """What a needed paper lacks: the step and the words, with a place for its name."""
    scans = [scan for scan in line.scans.all() if scan.state != Scan.State.REMOVED]
    states = {scan.state for scan in scans}
    if Scan.State.QUARANTINED in states:
        yield "ban-quet", _("Đang kiểm tra tệp: %s")
    if line.mark == CaseDocument.Mark.LATER:
        if until is None or until < timezone.localdate():
            yield "nguoi-nop", _("Quá hẹn nộp sau: %s")
        return
    if Scan.State.REFUSED in states:
        yield "ban-quet", _("Tệp không dùng được: %s")
    elif line.pdf_problem:
        yield "ban-quet", _("Chưa ghép được: %s")
    elif line.pdf_due and Scan.State.CLEAN in states:
        yield "ban-quet", _("Đang ghép trang: %s")
    if scans or line.mark != CaseDocument.Mark.OPEN:
        return
    match line.document.kind:
        case RequiredDocument.Kind.TYPED:
            return
        case RequiredDocument.Kind.UPLOAD:
            yield "ban-quet", _("Chưa quét: %s")
        case _other:
            yield "nguoi-nop", _("Chưa đánh dấu: %s")


def _gone(case: Case) -> list[Problem]:
    return [
        Problem(
            "ban-quet",
            f"d{line.pk}",
            _("Tệp đã mất, quét lại: %s") % localised(line.document, "name"),
        )
        for line in case.documents.all()
        if gone(line)
    ]


def gone(line: CaseDocument) -> bool:
    """Whether something of this paper is not in the storage any more (F02). What was there is
    looked for again after a minute."""
    places = payload.places_of(line)
    return not all(_there.get(place, partial(files.exists, place)) for place in places)


def _limits(case: Case) -> list[Problem]:
    """What the filing system would turn away for its size or number, said before it is filed."""
    system, found = case.system, []
    lines = {line.document.key: line for line in case.documents.all()}
    # Pages that are being bound are not yet the files that will be sent.
    sent = [file for file in payload.sent_files(case) if lines[file.document].pdf_due is None]
    if len(sent) > system.max_files:
        words = _("%(system)s nhận nhiều nhất %(most)s tệp, hồ sơ có %(now)s. Ghép hoặc bỏ bớt.")
        said = {"system": system.name, "most": system.max_files, "now": len(sent)}
        found.append(Problem("ban-quet", "scans", words % said))
    for file in sent:
        if file.size > system.max_file_bytes:
            line = lines[file.document]
            words = _("%(system)s nhận tệp nhiều nhất %(most)s MB, giấy này %(now)s MB: %(name)s")
            said = {
                "system": system.name,
                "most": _megabytes(system.max_file_bytes),
                "now": _megabytes(file.size),
                "name": localised(line.document, "name"),
            }
            found.append(Problem("ban-quet", f"d{line.pk}", words % said))
    return found


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f}".removesuffix(".0").replace(".", ",")


def _declaration(case: Case) -> list[Problem]:
    values = json.loads(case.declaration or "{}")
    found = []
    for field in case.version.fields.all():
        value = str(values.get(field.key, "")).strip()
        name = localised(field, "label")
        if field.required and not value:
            found.append(Problem("to-khai", f"f-{field.key}", _("Tờ khai thiếu: %s") % name))
        elif value and field.kind == DeclarationField.Kind.ID and len(digits(value)) != 12:
            found.append(Problem("to-khai", f"f-{field.key}", _("Chưa đủ 12 số: %s") % name))
    return found


def _money_and_address(case: Case) -> list[Problem]:
    found = []
    if case.money == Money.DUE:
        found.append(Problem("phi", "payment", _("Chưa ghi tiền khách đã trả")))
    forms = {result.form for result in case.version.results.all()}
    if ResultKind.Form.PAPER in forms or ResultKind.Form.EITHER in forms:
        address = getattr(case, "delivery_address", None)
        if address is None:
            found.append(Problem("phi", "address", _("Chọn nơi nhận kết quả")))
        elif address.by_post and not (address.line and address.commune_id and address.recipient):
            found.append(Problem("phi", "address", _("Địa chỉ nhận kết quả còn thiếu")))
    return found


def _mandate(case: Case) -> list[Problem]:
    today = timezone.localdate()
    for mandate in case.mandates.all():
        if (
            mandate.state == Mandate.State.GIVEN
            and mandate.mode == case.mode
            and mandate.valid_until >= today
        ):
            return []
    return [Problem("dong-y", "mandate", _("Chưa có đồng ý của khách"))]
