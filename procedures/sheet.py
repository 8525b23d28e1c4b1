"""One procedure in words for a page: the same facts for the counter and the citizen."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from . import checklist, fees, mandates
from .models import ProcedureVersion, Question, RequiredDocument
from .words import dong, localised, time_limit


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer of a question's list."""

    value: str
    text: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its answers in the reader's language."""

    key: str
    text: str
    choices: list[Choice]


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A paper, how many of it, and the words beside it."""

    name: str
    kind: str
    count: str
    why: str
    form_code: str


@dataclass(frozen=True, slots=True)
class FeeLine:
    """A part of the price at the counter and online, in words."""

    label: str
    in_person: str
    online: str
    reason: str
    note: str


@dataclass(frozen=True, slots=True)
class Who:
    """Who may file and what it takes."""

    who: str
    allowed: bool
    words: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """All the words of one procedure's page."""

    version: ProcedureVersion
    name: str
    field: str
    authority: str
    system: str
    time: str
    time_note: str
    note: str
    presence: str
    questions: list[Asked]
    bring: list[PaperLine]
    typed: list[PaperLine]
    only_if: list[PaperLine]
    fees: list[FeeLine]
    total: str
    results: list[tuple[str, str]]
    who: list[Who]
    delivered: bool


def sheet(version: ProcedureVersion, given: Mapping[str, str] | None = None) -> Sheet:
    """The words for a version with its parts loaded; `given` are answers to its questions."""
    answers = checklist.complete(version, dict(given or {}))
    lines = checklist.lines(version, answers)
    needed = [line for line in lines if line.needed]
    typed = RequiredDocument.Kind.TYPED
    quote = fees.quote(version)
    return Sheet(
        version=version,
        name=localised(version, "name"),
        field=localised(version.procedure, "field"),
        authority=localised(version, "authority"),
        system=localised(version.system, "name"),
        time=time_limit(version),
        # The cut-off hour is already part of the time limit's words.
        time_note="" if version.cutoff else localised(version, "time_note"),
        note=localised(version, "note"),
        presence=_presence(version),
        questions=[_asked(question, answers) for question in version.questions.all()],
        bring=[_paper(line) for line in needed if line.document.kind != typed],
        typed=[_paper(line) for line in needed if line.document.kind == typed],
        only_if=[_paper(line) for line in lines if not line.needed],
        fees=[_fee(part) for part in quote.parts],
        total=_("chưa rõ") if quote.total is None else dong(quote.total),
        results=[(localised(r, "name"), str(r.get_form_display())) for r in version.results.all()],
        who=_who(version),
        delivered=any(part.kind == "postage" for part in quote.parts),
    )


def _asked(question: Question, answers: Mapping[str, str]) -> Asked:
    words = "text_en" if (get_language() or "vi").startswith("en") else "text"
    return Asked(
        key=question.key,
        text=localised(question, "text"),
        choices=[
            Choice(choice["value"], choice[words], choice["value"] == answers[question.key])
            for choice in question.choices
        ],
    )


def _paper(line: checklist.Line) -> PaperLine:
    document = line.document
    counted = []
    if document.kind in (RequiredDocument.Kind.UPLOAD, RequiredDocument.Kind.IF_LOOKUP_FAILS):
        if document.originals:
            counted.append(_("%(n)s bản chính") % {"n": document.originals})
        if document.copies:
            counted.append(_("%(n)s bản sao") % {"n": document.copies})
    return PaperLine(
        name=localised(document, "name"),
        kind=document.kind,
        count=", ".join(counted),
        why=line.why,
        form_code=document.form_code,
    )


def _fee(part: fees.Part) -> FeeLine:
    return FeeLine(
        label=part.label,
        in_person="" if part.counter_amount is None else dong(part.counter_amount),
        online=_("hỏi nơi giải quyết") if part.amount is None else dong(part.amount),
        reason=part.free_reason,
        note=part.note,
    )


def _presence(version: ProcedureVersion) -> str:
    kind = ProcedureVersion.Presence
    return {
        kind.NONE: _("Không phải đến cơ quan."),
        kind.SIGN_AT_RESULT: _("Chỉ phải đến khi cần ký vào sổ."),
        kind.BOTH_AT_RESULT: _("Cả hai người phải đến ký khi nhận kết quả."),
        kind.E_AUTHENTICATION: _("Người giao và người nộp đều xác thực điện tử."),
    }[kind(version.presence)]


def _who(version: ProcedureVersion) -> list[Who]:
    asked = (
        (_("Tự nộp"), "self", "assist"),
        (_("Cha, mẹ"), "parent", "assist"),
        (_("Vợ, chồng, con"), "spouse", "assist"),
        (_("Người giám hộ"), "guardian", "assist"),
        (_("Người khác"), "agent", "assist"),
        (_("Bưu điện nộp thay"), "self", "on_behalf"),
    )
    return [_may(version, who, relation, mode) for who, relation, mode in asked]


def _may(version: ProcedureVersion, who: str, relation: str, mode: str) -> Who:
    rule = mandates.rule(version, relation, mode=mode)
    authority = [
        line
        for line in checklist.lines(version, {}, mode=mode, relation=relation)
        if line.document.key == checklist.POWER_OF_ATTORNEY
    ]
    # Parents who register their child's birth are not agents: the paper's own condition says so.
    family_rule = version.authorisation == ProcedureVersion.Authorisation.RELATIVES_PLAIN
    waived = family_rule and rule.needs == "plain" and authority and not authority[0].needed
    return Who(who, rule.allowed, _("Không cần giấy ủy quyền.") if waived else rule.explanation)
