"""Statuses by file: numbers first, then applied through one door."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from agencies.models import Staff
from cases.imports import services, tasks
from cases.models import (
    Case,
    Filing,
    ImportedDossier,
    Message,
    PollState,
    StatusImport,
    StatusMapping,
    StatusReport,
)
from cases.states import Dossier, Sync
from cases.tracking import asking
from cases.tracking.services import apply_reports
from opsa.core import files
from opsa.core.models import JournalEntry
from tests.support.filings import START, history, told
from tests.support.status_files import CODE, EXPORTED, HEAD
from tests.support.worklists import lay, sign_in


def bring(filing: Filing, boss: Staff, *rows: str, at: datetime = EXPORTED, whole=False):
    text = "\n".join([HEAD, *rows])
    made, _new = services.import_read(
        text.encode(), system=filing.system, exported_at=at, whole=whole, staff=boss
    )
    return made


def apply(made: StatusImport, boss: Staff) -> StatusImport:
    assert services.import_apply(made.pk, staff=boss)
    tasks.work(made.pk)
    made.refresh_from_db()
    return made


def case_of(filing: Filing) -> Case:
    return Case.objects.get(pk=filing.case_id)


def test_a_file_is_first_numbers_and_changes_nothing(by_file, boss):
    made = bring(
        by_file, boss, f"{CODE},1.1,97,16/11/2026,,,,", "H26.31-261116-9,1.1,9,14/11/2026,,,,",
        "=1+1,,2,,,,,",
    )  # fmt: skip
    assert (made.rows, made.ours, made.elsewhere, made.unreadable) == (3, 1, 1, 1)
    assert made.unknown == {"97": 1}
    made.refresh_from_db()
    assert made.problems == [[4, "formula"]]
    assert (made.first_day, made.last_day) == (date(2026, 11, 14), date(2026, 11, 16))
    assert not StatusReport.objects.exists()
    assert files.load(made.file).startswith(b"MaHoSo")


def test_applied_it_moves_the_case_says_its_source_and_forgets_the_file(
    by_file, boss, django_capture_on_commit_callbacks, workers_stand_still
):
    name = bring(by_file, boss, f"{CODE},,Đang xử lý,,20/11/2026,,UBND phường,").file
    with django_capture_on_commit_callbacks(execute=True):
        made = apply(StatusImport.objects.get(), boss)
    case, report = case_of(by_file), StatusReport.objects.get()
    assert (made.state, made.done, made.changed, made.file) == ("applied", 1, 1, "")
    assert not files.exists(name)
    assert case.dossier == Dossier.IN_WORK
    assert (report.source, report.occurred_at) == ("file", EXPORTED)
    poll = PollState.objects.get()
    assert (poll.answered_at, poll.told_due) == (EXPORTED, date(2026, 11, 20))
    assert case.sync == Sync.OK


def test_the_same_file_and_the_next_days_file_change_nothing(by_file, boss):
    row = f"{CODE},,5,,,,UBND,Bản chụp hộ chiếu"
    apply(bring(by_file, boss, row), boss)
    told_before = Message.objects.filter(event="supplement").count()
    same, new = services.import_read(
        "\n".join([HEAD, row]).encode(), system=by_file.system, exported_at=EXPORTED, whole=False,
        staff=boss,
    )  # fmt: skip
    assert (same.pk, new) == (StatusImport.objects.get().pk, False)
    later = EXPORTED + timedelta(days=1)
    second = apply(bring(by_file, boss, row, "", at=later), boss)
    assert second.changed == 0
    assert StatusReport.objects.count() == 1
    assert Message.objects.filter(event="supplement").count() == told_before == 1
    assert PollState.objects.get().answered_at == later


def test_old_news_in_a_file_never_wins(by_file, boss):
    apply_reports(by_file.pk, told(*history("2", "4", "9")))
    apply(bring(by_file, boss, f"{CODE},,4,,,,,", at=START + timedelta(hours=2, minutes=30)), boss)
    assert case_of(by_file).dossier == Dossier.DECIDED
    older = f"{CODE},,2,{timezone.localtime(START):%d/%m/%Y},,,,"
    apply(bring(by_file, boss, older, at=START + timedelta(hours=2)), boss)
    assert case_of(by_file).dossier == Dossier.DECIDED
    assert PollState.objects.get().answered_at != EXPORTED


def test_a_result_closes_its_day_and_beats_what_was_said_in_the_morning(by_file, boss):
    apply_reports(by_file.pk, told(*history("2", "4")))
    day = timezone.localdate(START)
    apply(bring(by_file, boss, f"{CODE},,9,,,{day:%d/%m/%Y},,"), boss)
    case = case_of(by_file)
    assert case.dossier == Dossier.DECIDED
    assert timezone.localdate(case.decided_at) == day


def test_a_receipt_without_a_time_is_when_the_portal_took_it_that_day(by_file, boss):
    apply(bring(by_file, boss, f"{CODE},,2,{timezone.localtime(START):%d/%m/%Y},,,,"), boss)
    assert StatusReport.objects.get().occurred_at == START


def test_an_unknown_code_calls_a_person_and_is_never_guessed(by_file, boss):
    apply(bring(by_file, boss, f"{CODE},,Chờ ký số,,,,,"), boss)
    case = case_of(by_file)
    assert (case.dossier, case.work, case.attention) == (Dossier.NEW, "attention", "unknown_code")
    assert StatusReport.objects.get().unknown


def test_a_mapping_explains_a_word_of_a_file(by_file, boss):
    StatusMapping.objects.create(
        system=by_file.system, raw_code="Chờ ký số", dossier=Dossier.IN_WORK
    )
    made = apply(bring(by_file, boss, f"{CODE},,Chờ ký số,,,,,"), boss)
    assert made.unknown == {}
    assert case_of(by_file).dossier == Dossier.IN_WORK


def test_who_when_which_hash_and_how_many_stand_in_the_journal_and_no_person(by_file, boss):
    made = apply(bring(by_file, boss, f"{CODE},,4,,,,,", "H26.1-261116-0009,,4,,,,,"), boss)
    told_of = JournalEntry.objects.filter(chain=f"import:{made.pk}").order_by("seq")
    assert [(e.action, e.actor_kind, e.staff_id) for e in told_of] == [
        ("import.read", "supervisor", boss.pk),
        ("import.started", "supervisor", boss.pk),
        ("import.applied", "system", None),
    ]
    facts = told_of[2].facts
    assert (facts["sha256"], facts["rows"], facts["ours"], facts["changed"]) == (
        made.sha256, 2, 1, 1,
    )  # fmt: skip
    moved = JournalEntry.objects.get(chain=f"case:{by_file.case_id}", action="dossier.moved")
    assert moved.actor_kind == "portal"
    assert set(ImportedDossier.objects.values_list("code", "filing")) == {
        (CODE, by_file.pk), ("H26.1-261116-0009", None),
    }  # fmt: skip


def test_a_killed_worker_loses_no_batch_and_counts_none_twice(by_file, boss, counter, monkeypatch):
    monkeypatch.setattr(services, "BATCH", 2)
    codes = [CODE]
    for number in range(4):
        codes.append(f"H26.31-261123-1{number:03d}")
        lay(counter, dossier="2", code=codes[-1])
    made = bring(by_file, boss, *(f"{code},,4,,,,," for code in codes))
    services.import_apply(made.pk, staff=boss)
    assert services.work_batch(made.pk, services.lines_of(made.pk))
    lines = services.lines_of(made.pk)
    with monkeypatch.context() as broken:
        broken.setattr(services.ImportedDossier.objects, "bulk_create", lambda *_a, **_k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            services.work_batch(made.pk, lines)
    assert StatusReport.objects.filter(source="file").count() == 2
    tasks.work(made.pk)
    made.refresh_from_db()
    assert (made.state, made.done, made.changed) == ("applied", 5, 5)


def test_one_line_that_cannot_be_applied_stops_no_other(by_file, boss, counter, monkeypatch):
    other = "H26.31-261123-0002"
    lay(counter, dossier="2", code=other)
    real = services.apply_reports

    def odd(filing_id, *args, **more):
        if filing_id == by_file.pk:
            raise ValueError("unfit")
        return real(filing_id, *args, **more)

    monkeypatch.setattr(services, "apply_reports", odd)
    made = apply(bring(by_file, boss, f"{CODE},,4,,,,,", f"{other},,4,,,,,"), boss)
    assert (made.state, made.changed, made.failed) == ("applied", 1, 1)


def test_a_file_that_nobody_applies_is_gone_after_a_day(
    by_file, boss, django_capture_on_commit_callbacks
):
    made = bring(by_file, boss, f"{CODE},,4,,,,,")
    name = made.file
    with django_capture_on_commit_callbacks(execute=True):
        services.sweep(timezone.now() + timedelta(hours=23))
    assert files.exists(name)
    with django_capture_on_commit_callbacks(execute=True):
        services.sweep(timezone.now() + timedelta(hours=25))
    made.refresh_from_db()
    assert (made.state, made.file, files.exists(name)) == ("dropped", "", False)
    entry = JournalEntry.objects.filter(chain=f"import:{made.pk}").order_by("-seq")[0]
    assert (entry.action, entry.actor_kind) == ("import.dropped", "system")


def test_a_file_that_cannot_be_opened_any_more_ends_its_import(by_file, boss):
    made = bring(by_file, boss, f"{CODE},,4,,,,,")
    services.import_apply(made.pk, staff=boss)
    files.remove(made.file)
    tasks.work(made.pk)
    made.refresh_from_db()
    assert made.state == "dropped"
    assert case_of(by_file).dossier == Dossier.NEW


def test_a_refused_filing_in_a_file_does_not_touch_the_case_that_filed_again(by_file, boss):
    Filing.objects.filter(pk=by_file.pk).update(state=Filing.State.REFUSED)
    made = apply(bring(by_file, boss, f"{CODE},,9,,,,,"), boss)
    assert (made.state, made.ours, made.changed) == ("applied", 1, 0)
    assert case_of(by_file).dossier == Dossier.NEW


def test_the_cases_page_says_which_file_the_news_is_of(by_file, boss, client, counter):
    clerk = sign_in(client, counter.staff)

    def news() -> str:
        page = clerk.get(f"/quay/ho-so/{by_file.case_id}/xem/").context["page"]
        return str({fact.name: fact.note for fact in page.facts}["Tin từ cổng"])

    assert news() == "chưa có trong tệp nào"
    apply(bring(by_file, boss, f"{CODE},,4,,,,,"), boss)
    assert news() == f"theo tệp lúc {timezone.localtime(EXPORTED):%H:%M %d/%m}"


def test_a_system_that_tells_by_file_is_never_asked(by_file):
    PollState.objects.update(next_at=timezone.now() - timedelta(hours=1))
    assert asking.lanes_wanted() == {}
    assert asking.ask_about(by_file.pk) is False
