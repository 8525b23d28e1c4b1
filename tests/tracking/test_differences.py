"""What stands in the morning's list: what is reported held against what is seen, once a day."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cases import services as case_services
from cases.models import (
    Difference,
    Filing,
    ImportedDossier,
    PollState,
    Reconciliation,
    StatusReport,
)
from cases.reconcile import building
from cases.states import Delivery
from opsa.celery import app
from opsa.core.actors import SYSTEM
from opsa.core.models import JournalEntry
from procedures.models import FilingSystem
from tests.support.reconciliation import (
    Kind,
    a_file,
    absent,
    filed_at,
    heard,
    kinds,
    reported,
    there,
)
from tests.support.worklists import lay


def test_nothing_stands_in_the_list_when_both_say_the_same(now, counter):
    there(counter)
    there(counter, dossier="9", delivery="available", decided_at=now)
    there(counter, dossier="9", decided_at=now - timedelta(days=1))
    lay(counter)
    lay(counter, work="draft")
    assert building.morning() == 0
    assert Reconciliation.objects.get().day == timezone.localdate()


@pytest.mark.parametrize("delivery", ["available", "handed_over", "delivered"])
def test_a_result_that_was_seen_though_the_portal_says_not_finished(now, counter, delivery):
    case = there(counter, due_at=now - timedelta(days=2))
    said = now - timedelta(days=3)
    StatusReport.objects.create(
        filing=Filing.objects.get(), external_id="1", raw_code="4", dossier="4", occurred_at=said
    )
    case_services.delivery_set(case.pk, Delivery(delivery), actor=SYSTEM)
    building.morning()
    line = Difference.objects.get()
    assert (line.kind, line.reported, line.late, line.said_at) == (Kind.SEEN, "4", True, said)
    assert line.asked_at == PollState.objects.get().answered_at
    seen_at = JournalEntry.objects.get(action="case.delivery").at
    assert (line.observed, line.observed_at) == (delivery, seen_at)


def test_finished_for_more_than_three_working_days_and_nobody_saw_a_result(now, counter):
    # Of Wednesday three working days back is Friday: the weekend between does not count.
    friday = now - timedelta(days=5)
    long_ago = there(counter, dossier="9", decided_at=friday - timedelta(days=1))
    there(counter, dossier="9", decided_at=friday + timedelta(hours=3))
    there(counter, dossier="9", decided_at=friday - timedelta(days=1), delivery="not_needed")
    building.morning()
    assert kinds() == {long_ago.pk: Kind.UNSEEN}


def test_a_code_unknown_for_more_than_a_day_names_the_code(now, counter):
    long_ago, today, explained = there(counter), there(counter), there(counter)
    before = now - timedelta(hours=25)
    reported(long_ago, "97", "", before, before)
    reported(today, "98", "", before, now - timedelta(hours=23))
    reported(explained, "97", "", before, before)
    reported(explained, "4", "4", now, now)
    building.morning()
    assert list(Difference.objects.values_list("case", "kind", "reported")) == [
        (long_ago.pk, Kind.UNKNOWN, "97")
    ]


def test_a_last_answer_of_before_yesterday_is_too_old_and_of_a_file_of_last_week(now, counter):
    old, fresh = there(counter), there(counter)
    heard(old, now - timedelta(days=2))
    heard(fresh, now - timedelta(hours=13))
    never = there(counter, accepted_at=now - timedelta(days=3))
    heard(never, None)
    building.morning()
    assert kinds() == {old.pk: Kind.STALE, never.pk: Kind.STALE}
    Reconciliation.objects.all().delete()
    FilingSystem.objects.update(news=FilingSystem.News.FILE)
    heard(old, now - timedelta(days=9))
    building.morning()
    assert kinds() == {old.pk: Kind.STALE}


def test_another_date_than_the_laws_but_not_in_a_pause(now, counter):
    day = timezone.localdate(now)
    told_other = there(counter, due_at=now + timedelta(days=1))
    paused = there(counter, dossier="5", due_at=now + timedelta(days=1))
    same = there(counter, due_at=now + timedelta(days=2))
    there(counter)
    PollState.objects.filter(case__in=(told_other, paused, same)).update(
        told_due=day + timedelta(days=2)
    )
    building.morning()
    line = Difference.objects.get()
    assert (line.kind, line.case_id) == (Kind.DUE, told_other.pk)
    assert (line.told_due, line.due_on) == (day + timedelta(days=2), day + timedelta(days=1))


def test_ours_but_not_in_a_complete_file_of_the_period(now, counter):
    FilingSystem.objects.update(news=FilingSystem.News.FILE)
    missing = filed_at(counter, now - timedelta(days=3))
    named = filed_at(counter, now - timedelta(days=3))
    filed_at(counter, now - timedelta(days=12))  # before the period
    filed_at(counter, now - timedelta(hours=20))  # on its last day: maybe not received yet
    newer = filed_at(counter, now - timedelta(days=3))
    heard(newer, now - timedelta(minutes=5))
    part = a_file(counter, now, whole=False)
    building.morning()
    assert absent() == set()
    part.delete()
    Reconciliation.objects.all().delete()
    a_file(counter, now, named)
    building.morning()
    assert absent() == {missing.pk}


def test_a_newer_file_that_has_it_takes_it_off_todays_list(now, counter):
    FilingSystem.objects.update(news=FilingSystem.News.FILE)
    case = filed_at(counter, now - timedelta(days=3))
    a_file(counter, now - timedelta(hours=2))
    building.morning()
    assert absent() == {case.pk}
    building.list_import(a_file(counter, now, case))
    assert absent() == set()


def test_what_was_filed_elsewhere_is_counted_once_and_names_nobody(now, counter):
    for day in range(2):
        one = a_file(counter, now, whole=False)
        ImportedDossier.objects.create(
            imported=one, code="H26.9-261120-0009", procedure="1.000894",
            received_on=timezone.localdate(now),
        )  # fmt: skip
        building.morning(now + timedelta(days=day))
    line = Difference.objects.get()
    assert (line.kind, line.code, line.procedure) == (
        Kind.ELSEWHERE, "H26.9-261120-0009", "1.000894",
    )  # fmt: skip
    assert (line.case, line.agency) == (None, None)
    assert not ImportedDossier.objects.exists()  # a file that is not complete is compared no more


def test_a_code_recorded_since_the_file_was_read_is_ours(now, counter):
    case = there(counter)
    one = a_file(counter, now, whole=False)
    ImportedDossier.objects.create(imported=one, code=case.filings.get().dossier_code)
    building.morning()
    assert not Difference.objects.exists()


def test_a_day_has_one_list_however_often_the_clock_strikes(now, counter):
    heard(there(counter), now - timedelta(days=3))
    assert building.morning() == 1
    heard(there(counter), now - timedelta(days=3))
    assert building.morning() == 0
    assert building.morning(now + timedelta(days=1)) == 2
    assert Reconciliation.objects.count() == 2


def test_lists_are_looked_back_at_for_ninety_days(now, counter):
    building.morning(now - timedelta(days=91))
    building.morning(now - timedelta(days=89))
    building.morning(now)
    assert Reconciliation.objects.count() == 2


def test_the_building_asks_the_same_for_one_case_and_thirty(now, counter, query_budget):
    def build(cases: int, day: int) -> None:
        for _number in range(cases):
            heard(there(counter), now - timedelta(days=3))
            there(counter, delivery="available")
        # today's list: look, make; five kinds, and the lines of the two that have any; complete
        # files, new files; the list before, what was explained in it; old lists; files to compare
        # with, those of them to forget; the count. A kind of over 500 lines writes once more.
        with query_budget(17):
            building.morning(now + timedelta(days=day))

    build(1, 0)
    build(30, 1)


def test_the_clock_has_the_list_made_before_the_digest_by_a_worker_that_keeps_nobody_waiting():
    app.loader.import_default_modules()
    clock = app.conf.beat_schedule
    assert {one["task"] for one in clock.values()} <= set(app.tasks)
    assert min(clock["reconcile"]["schedule"].hour) < min(clock["morning-digest"]["schedule"].hour)
    for task in ("cases.reconcile.tasks.morning", "cases.imports.tasks.work"):
        assert app.amqp.router.route({}, task)["queue"].name == "bulk"
