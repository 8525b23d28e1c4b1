"""Which papers this situation needs, and why (F03). Pure: no queries on a prefetched version."""

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from . import conditions, mandates
from .models import ProcedureVersion, Question, RequiredDocument
from .words import localised

# The key every text gives its power of attorney; its words come from the mandate rules.
POWER_OF_ATTORNEY: Final = "uy-quyen"


@dataclass(frozen=True, slots=True)
class Line:
    """One paper of the checklist. `why` is plain words in the reader's language, never empty."""

    document: RequiredDocument
    needed: bool
    why: str


def lines(
    version: ProcedureVersion,
    answers: dict[str, str],
    *,
    mode: str = "assist",
    relation: str = "self",
) -> list[Line]:
    """Every paper of the version in its order, with whether it is needed here.

    `answers` may be partial: what is not answered counts as the question's first choice.
    """
    facts = conditions.Facts(complete(version, answers), mode, relation)
    return [_line(document, facts, version) for document in version.documents.all()]


def complete(version: ProcedureVersion, answers: dict[str, str]) -> dict[str, str]:
    """The answers with the usual choice for every question not (or not validly) answered."""
    full: dict[str, str] = {}
    for question in version.questions.all():
        values = [choice["value"] for choice in question.choices]
        given = answers.get(question.key)
        full[question.key] = given if given is not None and given in values else values[0]
    return full


def relevant_questions(version: ProcedureVersion, answers: dict[str, str]) -> list[Question]:
    """The questions whose answer changes at least one paper, given the other answers.

    A question that no longer changes anything (say, the licence class once the card is lost)
    is left out, so that the clerk is asked only what matters.
    """
    full = complete(version, answers)
    documents = list(version.documents.all())
    return [q for q in version.questions.all() if _changes_something(q, full, documents)]


def _changes_something(
    question: Question, answers: dict[str, str], documents: list[RequiredDocument]
) -> bool:
    readers = [d for d in documents if question.key in conditions.questions_read(d.condition)]
    # Every way of filing counts: the mode is chosen at a later step.
    for mode in conditions.MODES:
        for relation in conditions.RELATIONS:
            outcomes = {
                tuple(
                    conditions.holds(
                        d.condition,
                        conditions.Facts(answers | {question.key: choice["value"]}, mode, relation),
                    )
                    for d in readers
                )
                for choice in question.choices
            }
            if len(outcomes) > 1:
                return True
    return False


def _line(document: RequiredDocument, facts: conditions.Facts, version: ProcedureVersion) -> Line:
    needed = conditions.holds(document.condition, facts)
    when = localised(document, "condition_text")
    if not needed:
        why = _("Chỉ cần khi %(when)s") % {"when": when} if when else _("Không cần")
    elif document.key == POWER_OF_ATTORNEY:
        why = mandates.rule(version, facts.relation).explanation
    elif document.condition is not None and when:
        why = _("Cần vì: %(when)s") % {"when": when}
    else:
        why = {
            RequiredDocument.Kind.TYPED: _("Khai trên biểu mẫu, không phải mang giấy"),
            RequiredDocument.Kind.UPLOAD: _("Luôn cần"),
            RequiredDocument.Kind.IF_LOOKUP_FAILS: _("Chỉ nộp khi không tra được trên hệ thống"),
            RequiredDocument.Kind.SHOW: _("Chỉ xuất trình, không thu"),
        }[RequiredDocument.Kind(document.kind)]
    return Line(document, needed, why)
