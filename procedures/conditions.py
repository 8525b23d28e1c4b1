"""The small language in which the catalogue says when a paper is needed (F03).

A condition is JSON, so that supervisors can change it as data and a published text keeps it:

    null                                   always
    {"answer": {"key": "value"}}           the question's answer; a list means any of them,
                                           several keys mean all of them
    {"mode": "assist" | "on_behalf"}       who files (F05)
    {"relation_in": ["parent", …]}         the filer's relation to the case's subject
    {"relation_not_in": ["self", …]}
    {"all": [c, …]}  {"any": [c, …]}  {"not": c}

Evaluation is pure and total on validated conditions; an unanswered question counts as its first
choice (the usual case), which the caller fills in with `defaults`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

type Condition = Mapping[str, object] | None

MODES = ("assist", "on_behalf")
RELATIONS = (
    "self",
    "parent",
    "child",
    "spouse",
    "grandparent",
    "sibling",
    "guardian",
    "relative",
    "agent",
    "postal",
)
MAX_DEPTH = 6


class BadConditionError(ValueError):
    """The condition is not in the language; the message says where."""


class QuestionLike(Protocol):
    """What this module reads of a question."""

    key: str
    choices: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the counter knows when it asks which papers are needed."""

    answers: Mapping[str, str]
    mode: str = "assist"
    relation: str = "self"


def defaults(questions: Iterable[QuestionLike]) -> dict[str, str]:
    """The usual case: the first choice of every question."""
    return {q.key: q.choices[0]["value"] for q in questions}


def holds(condition: Condition, facts: Facts) -> bool:
    """Whether the condition is met. Raises BadConditionError outside the language."""
    if condition is None:
        return True
    if len(condition) != 1:
        raise BadConditionError(f"one operator at a time: {sorted(condition)}")
    ((operator, value),) = condition.items()
    match operator:
        case "answer" if isinstance(value, Mapping):
            return all(
                facts.answers.get(str(key)) in _values(wanted) for key, wanted in value.items()
            )
        case "mode":
            return facts.mode == value
        case "relation_in":
            return facts.relation in _values(value)
        case "relation_not_in":
            return facts.relation not in _values(value)
        case "all":
            return all(holds(part, facts) for part in _parts(value))
        case "any":
            return any(holds(part, facts) for part in _parts(value))
        case "not":
            return not holds(_part(value), facts)
        case _:
            raise BadConditionError(f"unknown operator: {operator}")


def validate(condition: object, questions: Iterable[QuestionLike]) -> None:
    """Refuse a condition that could never be evaluated or that names an unknown answer.

    Raises BadConditionError with the first thing wrong.
    """
    known = {q.key: {choice["value"] for choice in q.choices} for q in questions}
    _validate(condition, known, depth=0)


def _validate(condition: object, known: Mapping[str, set[str]], *, depth: int) -> None:
    if condition is None and depth == 0:
        return
    if depth > MAX_DEPTH:
        raise BadConditionError(f"more than {MAX_DEPTH} levels")
    if not isinstance(condition, Mapping) or len(condition) != 1:
        raise BadConditionError(f"expected an object with one operator: {condition!r}")
    ((operator, value),) = condition.items()
    match operator:
        case "answer":
            _validate_answer(value, known)
        case "mode":
            if value not in MODES:
                raise BadConditionError(f"unknown mode: {value!r}")
        case "relation_in" | "relation_not_in":
            if unknown := set(_values(value)) - set(RELATIONS):
                raise BadConditionError(f"unknown relation: {sorted(unknown)}")
        case "all" | "any":
            for part in _parts(value):
                _validate(part, known, depth=depth + 1)
        case "not":
            _validate(_part(value), known, depth=depth + 1)
        case _:
            raise BadConditionError(f"unknown operator: {operator!r}")


def _validate_answer(value: object, known: Mapping[str, set[str]]) -> None:
    if not isinstance(value, Mapping) or not value:
        raise BadConditionError("answer needs {question: value}")
    for key, wanted in value.items():
        if key not in known:
            raise BadConditionError(f"unknown question: {key}")
        if unknown := set(_values(wanted)) - known[key]:
            raise BadConditionError(f"unknown answer to {key}: {sorted(unknown)}")


def questions_read(condition: Condition) -> Iterator[str]:
    """The keys of the questions a condition looks at."""
    if condition is None:
        return
    for operator, value in condition.items():
        if operator == "answer" and isinstance(value, Mapping):
            yield from (str(key) for key in value)
        elif operator in ("all", "any"):
            for part in _parts(value):
                yield from questions_read(part)
        elif operator == "not":
            yield from questions_read(_part(value))


def _values(value: object) -> Sequence[str]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list | tuple) and value and all(isinstance(v, str) for v in value):
        return cast("Sequence[str]", value)
    raise BadConditionError(f"expected a text or a list of texts: {value!r}")


def _parts(value: object) -> Sequence[Condition]:
    if isinstance(value, list | tuple) and value:
        return [_part(part) for part in value]
    raise BadConditionError(f"expected a list of conditions: {value!r}")


def _part(value: object) -> Condition:
    if isinstance(value, Mapping):
        return value
    raise BadConditionError(f"expected a condition: {value!r}")
