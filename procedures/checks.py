"""What is wrong with a text before it may be published or taken from a file."""

from django.utils.translation import gettext as _

from opsa.core.working_time import TimeUnit

from . import conditions
from .models import FeePart, ProcedureVersion, ResultKind


def problems(version: ProcedureVersion) -> list[str]:
    """Everything wrong, in words, worst first; an empty list means it can be filed under."""
    found = [*_structure(version), *_questions(version), *_fees(version)]
    if not version.legal_basis:
        found.append(_("Thiếu căn cứ pháp lý: ghi số văn bản và ngày."))
    return found


def _structure(version: ProcedureVersion) -> list[str]:
    found = []
    if not version.documents.exists():
        found.append(_("Chưa có giấy tờ nào."))
    if not version.results.exists():
        found.append(_("Chưa có kết quả nào."))
    if version.time_unit not in TimeUnit.values:
        found.append(_("Đơn vị thời hạn không đúng: %s") % version.time_unit)
    elif version.time_value == 0 and version.time_unit != TimeUnit.SAME_DAY:
        found.append(_("Thời hạn bằng 0 chỉ đúng với việc trả trong ngày."))
    return found


def _questions(version: ProcedureVersion) -> list[str]:
    questions = list(version.questions.all())
    found = [
        _("Câu hỏi «%s» cần ít nhất hai lựa chọn khác nhau.") % question.key
        for question in questions
        if not _choices_fit(question.choices)
    ]
    if found:
        return found
    read: set[str] = set()
    for document in version.documents.all():
        try:
            conditions.validate(document.condition, questions)
        except conditions.BadConditionError as error:
            found.append(_("Giấy «%(name)s»: %(error)s") % {"name": document.name, "error": error})
            continue
        read.update(conditions.questions_read(document.condition))
        if document.condition is not None and not document.condition_text:
            found.append(_("Giấy «%s»: thiếu lời cho điều kiện.") % document.name)
    found += [
        _("Câu hỏi «%s» không thay đổi giấy tờ nào.") % question.key
        for question in questions
        if question.key not in read
    ]
    return found


def _choices_fit(choices: object) -> bool:
    if not isinstance(choices, list) or len(choices) < 2:
        return False
    whole = all(
        isinstance(choice, dict) and all(choice.get(k) for k in ("value", "text", "text_en"))
        for choice in choices
    )
    return whole and len({choice["value"] for choice in choices}) == len(choices)


def _fees(version: ProcedureVersion) -> list[str]:
    fees = list(version.fees.all())
    found = [
        _("Khoản «%s» bằng 0 phải ghi lý do.") % fee.get_kind_display()
        for fee in fees
        if fee.amount == 0 and not (fee.free_reason and fee.free_reason_en)
    ]
    if not any(fee.kind == FeePart.Kind.STATE_FEE for fee in fees):
        found.append(_("Thiếu khoản lệ phí."))
    mailed = any(result.form != ResultKind.Form.ELECTRONIC for result in version.results.all())
    posted = any(fee.kind == FeePart.Kind.POSTAGE for fee in fees)
    if posted != mailed:
        found.append(_("Có khoản phát tận nhà khi và chỉ khi có kết quả giấy."))
    return found
