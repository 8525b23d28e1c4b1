"""Statuses by file: what is read and what is not, numbers first, then applied through one door."""

import io
from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from agencies.models import Role, Staff
from cases.imports import reading, services, tasks
from cases.imports.reading import Line, Problem, Unfit
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
from opsa.core.once import new_key
from procedures.models import FilingSystem
from tests.support.cases import Counter
from tests.support.filings import START, history, told
from tests.support.worklists import PASSWORD, lay, sign_in

CODE = "H26.31-261123-0001"
HEAD = "MaHoSo,MaTTHC,TrangThaiHoSo,NgayTiepNhan,NgayHenTra,NgayTra,DonViXuLy,GhiChu"
EXPORTED = START + timedelta(days=2)


def read(text: str | bytes, at: datetime = EXPORTED) -> list[Line | Problem]:
    return list(reading.read(text.encode() if isinstance(text, str) else text, at))


def line_of(row: str, head: str = HEAD) -> Line | Problem:
    (found,) = read(f"{head}\n{row}\n")
    return found


# --- reading ----------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_file_is_read_in_each_usual_encoding_and_with_each_usual_sign(encoding, sign):
    text = sign.join(["Mã hồ sơ", "TRẠNG THÁI", "Ngày tiếp nhận", "Họ và tên"])
    text += "\r\n" + sign.join([CODE, "Đang xử lý", "16/11/2026 09:05", "NGUYỄN THỊ HƯỜNG"])
    (line,) = read(text.encode(encoding))
    assert isinstance(line, Line)
    assert (line.code, line.status) == (CODE, "4")
    assert line.received is not None
    assert f"{line.received.at:%H:%M}" == "09:05"


def test_names_numbers_and_phones_never_leave_the_reader():
    line = line_of(
        f"{CODE},1.000894,5,16/11/2026,,,UBND,Gọi 0912345678 hoặc 001190012345,"
        "NGUYỄN THỊ HƯỜNG,001190012345,0912345678",
        f"{HEAD},ChuHoSo,SoDinhDanh,SoDienThoai",
    )
    assert isinstance(line, Line)
    assert line.note == "Gọi *** hoặc ***"
    assert not any(word in repr(line) for word in ("HƯỜNG", "001190012345", "0912345678"))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("16/11/2026", date(2026, 11, 16)), ("6-1-2026", date(2026, 1, 6)),
        ("2026-11-16 08:00:00", date(2026, 11, 16)), ("20261116080000", date(2026, 11, 16)),
        ("08:00 16/11/2026", date(2026, 11, 16)), ("20261116", date(2026, 11, 16)),
    ],
)  # fmt: skip
def test_days_are_read_as_they_are_written_here(text, day):
    line = line_of(f"{CODE},,2,{text},,,,")
    assert isinstance(line, Line)
    assert line.received is not None
    assert line.received.day == day


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("=HYPERLINK(1),,2,,,,,", "formula"), (f"{CODE},,+2,,,,,", "formula"),
        (f"{CODE},,@SUM(A1),,,,,", "formula"), (",,2,,,,,", "code"), ("ab c!,,2,,,,,", "code"),
        (f"{CODE},,,,,,,", "status"), (f"{CODE},,{'x' * 41},,,,,", "status"),
        (f"{CODE},,2,31/02/2026,,,,", "date"), (f"{CODE},,2,11/16/2026,,,,", "date"),
        (f"{CODE},,2,hôm qua,,,,", "date"), (f"{CODE},,2,30/11/2026,,,,", "later"),
        (f"{CODE},,2,,,,,,thừa", "cells"),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_read_says_its_number_and_why(row, why):
    found = line_of(row)
    assert found == Problem(2, why)
    assert reading.reasons()[why]


def test_a_code_twice_counts_once_and_a_wrapped_code_is_a_code():
    first, again = read(f'{HEAD}\n"=""{CODE}""",,2,,,,,\n{CODE},,9,,,,,\n')
    assert isinstance(first, Line)
    assert first.code == CODE
    assert again == Problem(3, "again")


def test_a_heading_above_the_titles_and_empty_lines_are_passed_over():
    found = read(f"sep=;\nSỞ TƯ PHÁP\n\n{HEAD.replace(',', ';')}\n\n{CODE};;2;;;;;\n")
    assert [one.number for one in found] == [6]


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\0\0\0", b"\xef\xbb\xbf", b"PK\x03\x04xlsx", b"mot cot\nhai\n", b"\xff\xfe\x00",
        f"{HEAD}\n{CODE}\0,,2,,,,,".encode(), HEAD.encode("utf-8") + b"\n\xff\xfe\xfa",
        f'{HEAD}\n"{CODE},,2,,,,,\n'.encode(), f'{HEAD}\n"{"x" * 200_000}\n'.encode(),
        b"," * 1_000_000, (HEAD + "," * 1_000_000).encode(), HEAD.encode() + b"\n" + b"," * 999_999,
        b"MaHoSo,NgayTra\n1,2", ("Mã hồ sơ;Trạng thái\n" * 2).encode("cp1258", "replace"),
        HEAD.encode() + b"\n" + b"H26-261116-0001,,2,,,,,\n" * 20_001,
    ],
    ids=range(16),
)  # fmt: skip
def test_a_hostile_file_is_refused_in_words_and_breaks_nothing(data):
    with pytest.raises(Unfit) as refused:
        read(data)
    assert len(str(refused.value)) > 5


@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda t: f"{HEAD}\n{t}".encode()))
def test_whatever_bytes_come_they_are_lines_or_a_sentence(data):
    try:
        found = read(data)
    except Unfit:
        return
    assert all(isinstance(one, Line | Problem) for one in found)


# --- bringing and applying --------------------------------------------------------------------


@pytest.fixture
def boss(db: None) -> Staff:
    return Staff.objects.create_user(
        "boss", PASSWORD, display_name="Điều hành (tập sự)", role=Role.SUPERVISOR
    )


@pytest.fixture
def by_file(filing: Filing) -> Filing:
    """A filing at a system that can't be asked."""
    FilingSystem.objects.filter(pk=filing.system_id).update(news=FilingSystem.News.FILE)
    filing.refresh_from_db()
    return filing


@pytest.fixture
def workers_stand_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is nudged: the test is the worker."""
    monkeypatch.setattr(services, "nudge", lambda _pk: None)


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


def test_a_file_that_nobody_applies_is_gone_after_a_day(by_file, boss, clock):
    clock.at("2026-11-23 09:00")
    made = bring(by_file, boss, f"{CODE},,4,,,,,")
    name = made.file
    services.sweep(timezone.now() + timedelta(hours=23))
    assert files.exists(name)
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


# --- the page ---------------------------------------------------------------------------------


def form(system: FilingSystem, content: bytes, **more: str) -> dict[str, object]:
    file = io.BytesIO(content)
    file.name = "Nguyen Van A 0912345678.csv"
    at = timezone.localtime() - timedelta(minutes=5)
    return {
        "system": system.pk, "exported_at": f"{at:%Y-%m-%dT%H:%M}", "file": file,
        "form_key": new_key(), **more,
    }  # fmt: skip


def test_a_supervisor_brings_a_file_looks_and_applies_it(by_file, boss, workers_stand_still):
    client = sign_in(Client(), boss)
    page = client.get("/dieu-hanh/nhap-trang-thai/")
    assert "5 MB" in page.content.decode()
    content = f"{HEAD}\n{CODE},,4,,,,,\n=1,,2,,,,,\n".encode()
    answer = client.post("/dieu-hanh/nhap-trang-thai/", form(by_file.system, content))
    made = StatusImport.objects.get()
    assert answer.status_code == 303
    html = client.get(answer["Location"]).content.decode()
    assert "Dòng 3: ô là công thức" in html
    assert "Áp dụng cho 1 hồ sơ" in html
    client.post(f"{answer['Location']}ap-dung/", {"form_key": new_key()})
    html = client.get(answer["Location"], headers={"HX-Request": "true"}).content.decode()
    assert "Đang áp dụng: 0 trên 2 dòng" in html
    assert "<html" not in html
    tasks.work(made.pk)
    assert "Đã áp dụng xong" in client.get(answer["Location"]).content.decode()
    again = client.post("/dieu-hanh/nhap-trang-thai/", form(by_file.system, content))
    assert again["Location"] == answer["Location"]
    assert StatusImport.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\0\1\2", "không phải bảng CSV"), (b"mot cot", "MaHoSo, TrangThaiHoSo"),
        (b"PK\x03\x04", "Excel"), (b"", "Tệp trống"),
        (f'{HEAD}\n"{CODE}'.encode(), "ngoặc kép"),
        (b"x" * (5 * 1024 * 1024 + 1), "Tệp lớn hơn 5 MB"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_on_the_page_and_kept_nowhere(by_file, boss, content, words):
    client = sign_in(Client(), boss)
    answer = client.post("/dieu-hanh/nhap-trang-thai/", form(by_file.system, content))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not StatusImport.objects.exists()


def test_a_body_beyond_the_limit_is_not_even_read(boss):
    client = sign_in(Client(), boss)
    answer = client.generic(
        "POST", "/dieu-hanh/nhap-trang-thai/", b"x", CONTENT_LENGTH=str(50 * 1024 * 1024)
    )
    assert answer.status_code == 413


def test_a_file_that_another_site_sends_is_refused(by_file, boss):
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    sign_in(client, boss)
    content = f"{HEAD}\n{CODE},,4,,,,,".encode()
    answer = client.post("/dieu-hanh/nhap-trang-thai/", form(by_file.system, content))
    assert answer.status_code == 403
    assert not StatusImport.objects.exists()


def test_a_file_from_tomorrow_is_refused(by_file, boss):
    client = sign_in(Client(), boss)
    tomorrow = timezone.localtime() + timedelta(days=1)
    sent = form(by_file.system, b"x", exported_at=f"{tomorrow:%Y-%m-%dT%H:%M}")
    answer = client.post("/dieu-hanh/nhap-trang-thai/", sent)
    assert answer.status_code == 422
    assert "không thể ở sau lúc này" in answer.content.decode()


@pytest.mark.parametrize("role", [Role.LEAD, Role.CLERK, Role.AUDITOR, Role.ADMIN])
def test_only_supervisors_bring_files(counter: Counter, role):
    office = counter.agency if role in (Role.LEAD, Role.CLERK) else None
    staff = Staff.objects.create_user("x", PASSWORD, display_name="X", role=role, agency=office)
    assert sign_in(Client(), staff).get("/dieu-hanh/nhap-trang-thai/").status_code == 403
