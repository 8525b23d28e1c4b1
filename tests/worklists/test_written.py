"""A query that is written once answers as one that is written anew: for each person and moment."""

from datetime import timedelta

import pytest
from django.db.models import BigIntegerField
from django.utils import timezone

from agencies.models import Role, Staff
from cases.access import Unscoped, cases_for
from cases.models import Case, Citizen
from cases.worklists import lists, selectors
from cases.worklists.cursors import Cursor, fetch
from opsa.core.written import Given, Written
from tests.support.worklists import PASSWORD, lay

KINDS = (
    {"work": "draft"},
    {"work": "held"},
    {"work": "attention", "attention": "mismatch"},
    {},
    {"dossier": "4"},
    {"dossier": "9", "delivery": "available"},
    {"work": "closed", "dossier": "10", "delivery": "delivered"},
)


@pytest.fixture
def people(counter, elsewhere) -> list[Staff]:
    """Two clerks of one office, one of another, and one who sees the whole city."""
    mate = Staff.objects.create_user(
        "mai", PASSWORD, display_name="Mai", agency=counter.agency, role=Role.CLERK
    )
    city = Staff.objects.create_user("tp", PASSWORD, display_name="TP", role=Role.SUPERVISOR)
    return [counter.staff, mate, elsewhere.staff, city]


def test_every_list_answers_each_person_at_each_moment_as_if_written_for_them(
    people, counter, elsewhere
):
    now = timezone.now()
    for number in range(70):
        place = elsewhere if number % 5 == 0 else counter
        due = None if number % 7 == 3 else now + timedelta(hours=number - 9)
        lay(place, due_at=due, owner=people[number % 2], **KINDS[number % len(KINDS)])
    for moment in (now, now + timedelta(days=2)):
        for staff in people:
            for one in lists.LISTS.values():
                cursor: Cursor | None = None
                for _page in range(4):
                    cases = cases_for(staff).filter(one.condition(moment))
                    expected, more = fetch(cases, one.order, cursor)
                    rows, older = selectors.list_page(staff, one, cursor, moment)
                    assert [row.pk for row in rows] == [columns[0] for columns in expected]
                    assert (older is not None) == more
                    cursor = older
                    if cursor is None:
                        break


def test_numbers_and_groups_follow_the_moment_and_the_person(people, counter, elsewhere):
    clerk, mate, other, city = people
    now = timezone.now()
    lay(counter, dossier="4", due_at=now + timedelta(hours=1))
    lay(counter, work="held", owner=mate)
    lay(elsewhere, work="attention", attention="mismatch")

    def seen(staff: Staff, at):
        numbers = selectors.counts(staff, at)
        groups, held = selectors.home_groups(staff, numbers, at)
        return numbers.now, [len(group.rows) for group in groups], len(held)

    assert seen(clerk, now) == (0, [0, 0, 1], 0)
    assert seen(mate, now) == (0, [0, 1, 0], 1)
    assert seen(clerk, now + timedelta(hours=2)) == (1, [1, 0, 0], 0)
    assert seen(other, now) == (1, [1, 0, 0], 0)
    assert seen(city, now)[0] == 1


def test_nobody_gets_a_query_that_was_written_for_others(people, counter):
    clerk = people[0]
    selectors.counts(clerk)
    clerk.is_active = False
    with pytest.raises(Unscoped):
        selectors.counts(clerk)


def test_the_sql_is_written_once(counter, monkeypatch):
    selectors.counts(counter.staff)

    def again(*_given):
        raise AssertionError("written anew")

    monkeypatch.setattr(Written, "__init__", again)
    assert selectors.counts(counter.staff).today == 0


def test_what_is_not_given_is_missed_and_what_is_encrypted_is_read(counter):
    case = lay(counter, name="VŨ ĐỨC TRỌNG", id_number="001190000007")
    given = Given("person", BigIntegerField())
    written = Written(Citizen.objects.filter(pk=given).values_list("name", "id_number"))
    assert written.ask(person=case.filer_id) == [("VŨ ĐỨC TRỌNG", "001190000007")]
    assert written.ask(person=0) == []
    with pytest.raises(KeyError):
        written.ask()
    assert Case.objects.count() == 1
