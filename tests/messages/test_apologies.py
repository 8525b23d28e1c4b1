"""F10: a result that is late is apologised for, once for each promised day, and never wrongly."""

from datetime import datetime
from typing import Any

import pytest

from cases.messages.apologies import apologise
from cases.models import Case, Message, MessageSwitch
from tests.support.cases import Counter
from tests.support.helpers import HANOI, Clock

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 23, 17, 0, tzinfo=HANOI)


def late(counter: Counter, **changes: Any) -> Case:
    facts: dict[str, Any] = {
        "work": "filed", "queue": "agency", "dossier": "4", "sync": "ok", "due_at": MONDAY,
        "taken_at": MONDAY,
    }  # fmt: skip
    return counter.case(**facts | changes)


def test_the_working_morning_after_the_promised_day_the_person_is_told_once(
    counter: Counter, clock: Clock
) -> None:
    clock.at("2026-11-23 17:20")
    case = late(counter)
    assert apologise() == 0  # that day is not over
    clock.at("2026-11-24 09:20")
    assert apologise() == 0  # the day of culture is a holiday
    clock.at("2026-11-25 09:20")
    assert (apologise(), apologise()) == (1, 0)
    (message,) = Message.objects.filter(case=case)
    assert message.event == "late"
    assert "xin lỗi" in message.body
    clock.at("2026-11-26 09:20")
    assert apologise() == 0


def test_a_second_promise_that_is_missed_too_is_apologised_for_too(
    counter: Counter, clock: Clock
) -> None:
    case = late(counter)
    clock.at("2026-11-25 09:20")
    assert apologise() == 1
    Case.objects.filter(pk=case.pk).update(due_at=datetime(2026, 11, 26, 17, 0, tzinfo=HANOI))
    clock.at("2026-11-27 09:20")
    assert apologise() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"dossier": "5"},  # the citizen is waited for
        {"dossier": "9", "decided_at": MONDAY},
        {"sync": "failing"},  # a result may lie there ready
        {"contact_by": "none"},
        {"work": "attention", "queue": "attention"},
        {"due_at": datetime(2026, 11, 25, 8, 0, tzinfo=HANOI)},
        {"due_at": datetime(2026, 11, 10, 8, 0, tzinfo=HANOI)},
        {"due_at": None},
    ],
)
def test_nobody_is_told_of_a_delay_that_is_none_or_not_known(
    changes: dict[str, Any], counter: Counter, clock: Clock
) -> None:
    late(counter, **changes)
    clock.at("2026-11-25 09:20")
    assert apologise() == 0


def test_not_on_a_sunday_and_not_where_the_procedure_tells_none(
    counter: Counter, clock: Clock
) -> None:
    late(counter)
    clock.at("2026-11-29 09:20")
    assert apologise() == 0
    MessageSwitch.objects.create(procedure=counter.version.procedure, event="late")
    clock.at("2026-11-25 09:20")
    assert apologise() == 0
    assert not Message.objects.exists()
