"""Each situation needs exactly the papers the sources name (F03)."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from procedures import checklist, conditions, mandates
from procedures.models import ProcedureVersion, RequiredDocument
from procedures.selectors import PARTS, current_versions

TABLE: dict[str, list[dict[str, Any]]] = yaml.safe_load(
    Path(__file__).with_name("situations.yaml").read_text(encoding="utf-8")
)


@pytest.mark.django_db
def test_all_thirty_have_at_least_three_situations_with_exactly_these_papers(
    catalogue: None,
) -> None:
    versions = list(current_versions().prefetch_related(*PARTS))
    assert set(TABLE) == {v.procedure.code for v in versions}
    for version in versions:
        situations = TABLE[version.procedure.code]
        assert len(situations) >= 3
        reached = set()
        for case in situations:
            answers = case.get("answers", {})
            known = {q.key: [c["value"] for c in q.choices] for q in version.questions.all()}
            assert all(value in known[key] for key, value in answers.items()), version
            lines = checklist.lines(
                version,
                answers,
                mode=case.get("mode", "assist"),
                relation=case.get("relation", "self"),
            )
            needed = sorted(line.document.key for line in lines if line.needed)
            assert needed == sorted(case["needs"]), (version, case)
            assert all(line.why for line in lines)
            reached |= set(needed)
        assert reached == {d.key for d in version.documents.all()}, version


@pytest.mark.django_db
def test_the_checklist_asks_nothing_of_the_database(catalogue: None, query_budget) -> None:
    version = current_versions().prefetch_related(*PARTS).get(procedure__code="1.001456")
    with query_budget(0):  # everything is prefetched
        checklist.lines(version, {"nguoi-xin": "duoi-14"})
        checklist.relevant_questions(version, {})


@pytest.mark.django_db
def test_only_questions_that_change_something_are_asked(catalogue: None) -> None:
    version = current_versions().prefetch_related(*PARTS).get(procedure__code="1.001456")
    asked = [q.key for q in checklist.relevant_questions(version, {"nguoi-xin": "du-14"})]
    assert asked == ["da-co", "nguoi-xin"]
    asked = [q.key for q in checklist.relevant_questions(version, {"nguoi-xin": "duoi-14"})]
    assert asked == ["da-co", "nguoi-xin", "so-dinh-danh"]


def rule(code: str, relation: str, **more: Any) -> mandates.MandateRule:
    return mandates.rule(ProcedureVersion(authorisation=code), relation, **more)


def test_who_may_file_follows_the_law_of_each_procedure() -> None:
    kind = ProcedureVersion.Authorisation
    assert rule(kind.RELATIVES_PLAIN, "sibling").needs == "plain"
    assert rule(kind.RELATIVES_PLAIN, "agent").needs == "certified"
    assert rule(kind.RELATIVES_PLAIN, "self", mode="on_behalf").needs == "certified"
    assert not rule(kind.NOT_ALLOWED, "self", mode="on_behalf").allowed
    assert not rule(kind.NOT_ALLOWED, "spouse").allowed
    assert rule(kind.POSTAL_SLIP, "self", mode="on_behalf").needs == "postal_slip"
    assert rule(kind.POSTAL_SLIP, "agent").needs == "plain"
    assert rule(kind.CERTIFIED_FAMILY_FREE, "child").needs == "none"
    assert rule(kind.CERTIFIED_FAMILY_FREE, "agent").needs == "certified"
    two = {"loai-phieu": "so-2"}
    assert not rule(kind.CERTIFIED_FAMILY_FREE, "spouse", answers=two).allowed
    assert rule(kind.CERTIFIED_FAMILY_FREE, "parent", answers=two).needs == "proof"
    assert not rule(kind.LEGAL_REPRESENTATIVE, "agent").allowed
    assert rule(kind.CIVIL_LAW, "agent").needs == "plain"


def test_every_rule_answers_every_relation_and_one_may_always_file_for_oneself() -> None:
    for kind in ProcedureVersion.Authorisation:
        assert rule(kind, "self").allowed
        for relation in (*conditions.RELATIONS, "lạ"):
            for mode in conditions.MODES:
                assert rule(kind, relation, mode=mode).explanation


class Q:
    """A question as the language reads it."""

    def __init__(self, key: str, *values: str) -> None:
        self.key, self.choices = key, [{"value": value} for value in values]


QUESTIONS = [Q("a", "x", "y"), Q("b", "1", "2", "3")]
LEAVES = st.one_of(
    st.sampled_from([{"answer": {"a": "x"}}, {"answer": {"b": ["1", "3"]}}]),
    st.sampled_from(conditions.MODES).map(lambda mode: {"mode": mode}),
    st.lists(st.sampled_from(conditions.RELATIONS), min_size=1).map(lambda r: {"relation_in": r}),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=6,
)
FACTS = st.builds(
    conditions.Facts,
    st.fixed_dictionaries({"a": st.sampled_from("xy"), "b": st.sampled_from("123")}),
    st.sampled_from(conditions.MODES),
    st.sampled_from(conditions.RELATIONS),
)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=8,
)


@given(CONDITIONS, FACTS)
def test_a_valid_condition_always_has_an_answer_and_not_turns_it(condition, facts) -> None:
    held = conditions.holds(condition, facts)
    assert conditions.holds({"not": condition}, facts) is not held
    assert conditions.holds({"all": [condition, condition]}, facts) is held
    assert conditions.holds({"any": [condition, {"not": condition}]}, facts)


@given(CONDITIONS, FACTS, st.sampled_from("xy"))
def test_a_question_not_read_by_a_condition_cannot_change_it(condition, facts, other) -> None:
    if "a" not in set(conditions.questions_read(condition)):
        changed = conditions.Facts({**facts.answers, "a": other}, facts.mode, facts.relation)
        assert conditions.holds(condition, facts) is conditions.holds(condition, changed)


@given(JUNK, FACTS)
def test_junk_is_refused_or_can_be_evaluated(condition, facts) -> None:
    try:
        conditions.validate(condition, QUESTIONS)
    except conditions.BadConditionError:
        return
    conditions.holds(condition, facts)


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"answer": {}},
        {"answer": {"c": "x"}},
        {"answer": {"a": "z"}},
        {"answer": {"a": []}},
        {"mode": "other"},
        {"relation_in": ["boss"]},
        {"all": []},
        {"not": None},
        {"mode": "assist", "all": []},
        {"__class__": "x"},
        ["all"],
        "always",
    ],
)
def test_what_is_outside_the_language_is_refused(condition: object) -> None:
    with pytest.raises(conditions.BadConditionError):
        conditions.validate(condition, QUESTIONS)


def test_kinds_are_the_three_of_the_law_and_what_is_only_shown() -> None:
    assert set(RequiredDocument.Kind.values) == {"typed", "upload", "lookup", "show"}
