"""Every state, move, headline and queue of a case, walked through without leaving one out."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from cases import states
from cases.headline import Facts, Headline, Turn, attention_words, headline
from cases.management.commands import states_doc
from cases.models import Case
from cases.services import place
from cases.worklists import lists
from opsa.core.actors import CARRIER, CITIZEN, PORTAL, SYSTEM, Actor, ActorKind
from opsa.core.states import IllegalMove, Machine, ReasonNeeded

ACTORS = {
    ActorKind.CLERK: Actor(ActorKind.CLERK, 1),
    ActorKind.SUPERVISOR: Actor(ActorKind.SUPERVISOR, 2),
    ActorKind.SYSTEM: SYSTEM,
    ActorKind.PORTAL: PORTAL,
    ActorKind.CARRIER: CARRIER,
    ActorKind.CITIZEN: CITIZEN,
}
MACHINES = pytest.mark.parametrize(
    "machine", [states.WORK, states.MONEY, states.SYNC], ids=["work", "money", "sync"]
)
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LATENESS = {
    "no date": {},
    "late, not asked since": {"due_at": NOW - timedelta(days=2), "asked_at": NOW - timedelta(3)},
    "late, asked since": {"due_at": NOW - timedelta(days=2), "asked_at": NOW - timedelta(hours=1)},
}


def outcome(machine: Machine, source: str, target: str, actor: Actor, reason: str) -> str:
    try:
        machine.check(source, target, actor, reason)
    except ReasonNeeded:
        return "reason needed"
    except IllegalMove:
        return "refused"
    return "moved"


@MACHINES
def test_only_the_moves_of_the_table_are_possible_and_only_for_those_it_names(machine):
    table = {(move.source, move.target): move for move in machine.moves}
    values = machine.choices.values
    for source, target, kind in itertools.product(values, values, ActorKind):
        move = table.get((source, target))
        allowed = move is not None and kind in move.who
        cell = f"{machine.field}: {source} → {target} by {kind}"
        given_reason = outcome(machine, source, target, ACTORS[kind], "vì khách xin")
        blank = outcome(machine, source, target, ACTORS[kind], "  ")
        assert given_reason == ("moved" if allowed else "refused"), cell
        needs = allowed and move.reason_needed
        assert blank == ("reason needed" if needs else given_reason), cell
        assert (target in machine.targets(source, ACTORS[kind])) is allowed, cell


def test_citizens_and_carriers_never_move_work_or_sync_themselves():
    for machine in (states.WORK, states.SYNC):
        for source in machine.choices.values:
            assert machine.targets(source, CITIZEN) == []
            assert machine.targets(source, CARRIER) == []


def test_the_portal_can_only_ask_for_a_person_never_close_or_open_a_case():
    for source in states.Work.values:
        assert states.WORK.targets(source, PORTAL) in ([], [states.Work.ATTENTION])


@MACHINES
def test_every_state_can_be_reached_from_the_first(machine):
    reached = {machine.choices.values[0]}
    while more := {m.target for m in machine.moves if m.source in reached} - reached:
        reached |= more
    assert reached == set(machine.choices.values)


def test_no_state_of_work_is_a_trap_for_people():
    for value in states.Work.values:
        assert states.WORK.targets(value, ACTORS[ActorKind.CLERK]), value


def test_the_document_of_the_states_is_drawn_from_the_tables():
    kept = states_doc.DOCUMENT.read_text(encoding="utf-8")
    assert kept == states_doc.document(), "run `manage.py states_doc`"


# --- one headline -----------------------------------------------------------------------------


def combinations():
    """All five facts, attention codes (with none and one nobody knows), ways of filing and
    giving."""
    codes = ["", "a_code_of_tomorrow", *attention_words()]
    yield from itertools.product(
        states.Work.values,
        states.Dossier.values,
        states.Money.values,
        states.Delivery.values,
        states.Sync.values,
        codes,
        ("gateway", "copilot"),
        (False, True),
        (False, True),
    )


def fault_of(found: Headline) -> str:
    """What is missing from a headline, or nothing."""
    for name in ("key", "label", "icon", "sentence", "to_do"):
        if not getattr(found, name).strip():
            return f"no {name}"
    if found.turn not in Turn:
        return "nobody's turn is said"
    if found.tone not in {"", "wait", "work", "done", "bad", "pay"}:
        return f"unknown tone {found.tone}"
    if found.icon not in {"clock", "turn", "pause", "warn", "tick", "coin", "dash", "van"}:
        return f"unknown icon {found.icon}"
    return ""


def test_every_combination_of_facts_has_exactly_one_complete_headline():
    seen: set[Headline] = set()
    # Texts without catalogue: the same sentences, looked up a hundred times faster.
    with translation.override(None):
        for work, dossier, money, delivery, sync, code, way, person, post in combinations():
            seen.add(
                headline(
                    Facts(
                        work, dossier, money, delivery, sync, code,
                        way=way, in_person=person, by_post=post, now=NOW,
                    )
                )
            )  # fmt: skip
    assert [(found, fault_of(found)) for found in seen if fault_of(found)] == []
    assert len(seen) > 30


@pytest.mark.parametrize("when", LATENESS)
def test_a_late_case_has_one_complete_headline_too(when):
    with translation.override(None):
        for work, dossier, money, delivery, sync in itertools.product(
            states.Work.values, states.Dossier.values, states.Money.values,
            states.Delivery.values, states.Sync.values,
        ):  # fmt: skip
            one = Facts(work, dossier, money, delivery, sync, now=NOW, **LATENESS[when])
            assert fault_of(headline(one)) == "", one


facts = st.builds(
    Facts,
    work=st.sampled_from(states.Work.values),
    dossier=st.sampled_from(states.Dossier.values),
    money=st.sampled_from(states.Money.values),
    delivery=st.sampled_from(states.Delivery.values),
    sync=st.sampled_from(states.Sync.values),
    attention=st.sampled_from(["", "unheard_of", "refused", "stopped", "mismatch"]),
    waiting_for=st.sampled_from(["", "Mang bản chụp hộ chiếu"]),
    way=st.sampled_from(["gateway", "copilot"]),
    due_at=st.sampled_from([None, NOW - timedelta(days=2), NOW + timedelta(days=2)]),
    asked_at=st.sampled_from([None, NOW - timedelta(days=3), NOW - timedelta(hours=1)]),
    now=st.just(NOW),
    in_person=st.booleans(),
    by_post=st.booleans(),
)


@given(facts)
def test_the_same_facts_always_give_the_same_headline_in_either_language(one):
    for language in ("vi", "en"):
        with translation.override(language):
            first = headline(one)
            assert headline(one) == first
            assert fault_of(first) == ""
    with translation.override("vi"):
        assert headline(one).key == first.key
        assert headline(one).turn == first.turn


@given(facts)
def test_a_citizen_is_told_of_lateness_only_when_the_other_side_was_asked_after_the_date(one):
    with translation.override("vi"):
        said = headline(one).sentence == "Cơ quan trả chậm hơn hẹn"
    assert not said or (one.asked_at is not None and one.asked_at > one.due_at)


@pytest.mark.parametrize("code", sorted(attention_words()))
def test_each_reason_for_attention_has_its_own_words_for_the_clerk(code):
    one = Facts("attention", "2", "paid", "waiting", "ok", code)
    with translation.override("vi"):
        found, other = headline(one), headline(Facts("attention", "2", "paid", "waiting", "ok"))
    assert found.label != other.label
    assert found.next_action
    assert found.turn is Turn.POST


# --- one queue --------------------------------------------------------------------------------


def test_every_case_stands_in_exactly_one_queue_and_only_closed_ones_are_done():
    for work, dossier, money, delivery, sync in itertools.product(
        states.Work.values, states.Dossier.values, states.Money.values,
        states.Delivery.values, states.Sync.values,
    ):  # fmt: skip
        case = Case(work=work, dossier=dossier, money=money, delivery=delivery, sync=sync)
        queue = place(case)
        assert queue in Case.Queue
        assert (queue == Case.Queue.DONE) is (work == states.Work.CLOSED)
        assert (queue == Case.Queue.ATTENTION) is (work == states.Work.ATTENTION)


def test_every_queue_is_in_one_group_of_the_home_page_and_has_one_list_of_its_own():
    groups = [*lists.NOW, *lists.GUEST, *lists.OTHERS]
    assert sorted(groups) == sorted(set(Case.Queue.values) - {Case.Queue.DONE})
    own = [one.queues[0] for one in lists.BY_QUEUE]
    assert sorted(own) == sorted(Case.Queue.values)
    for one in lists.BY_QUEUE:
        assert len(one.queues) == 1


@given(st.data())
def test_whatever_happened_before_only_the_facts_of_now_decide_the_queue(data):
    """A walk through allowed moves and reports of any kind ends where a fresh case would stand."""
    case = Case()
    for _ in range(data.draw(st.integers(0, 12))):
        actor = ACTORS[data.draw(st.sampled_from(list(ActorKind)))]
        if targets := states.WORK.targets(case.work, actor):
            case.work = data.draw(st.sampled_from(targets))
        case.dossier = data.draw(st.sampled_from(states.Dossier.values))
        case.delivery = data.draw(st.sampled_from(states.Delivery.values))
        case.queue = place(case)
    fresh = Case(work=case.work, dossier=case.dossier, delivery=case.delivery)
    assert place(case) == place(fresh)
    assert place(case) == place(case)
