"""The list as people use it: explained, filtered, taken along; late is only said of the late."""

import csv
import io
from datetime import datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from cases import services as case_services
from cases.filing.ports import DossierStatus, StatusAnswer
from cases.models import Case, Difference, Filing, ImportedDossier, PollState
from cases.reconcile import building, selectors
from cases.states import Delivery
from cases.tracking import asking
from opsa.core import journal
from opsa.core.actors import SYSTEM
from opsa.core.models import JournalEntry
from opsa.core.once import new_key
from procedures.models import FilingSystem
from tests.support.cases import make_counter
from tests.support.reconciliation import URL, Kind, a_file, heard, lead_of, there
from tests.support.worklists import sign_in

# --- explaining -----------------------------------------------------------------------------------


def test_an_explanation_is_journalled_and_holds_until_something_changes(now, counter, supervisor):
    case = there(counter, delivery="available")
    building.morning()
    line = Difference.objects.get()
    url = f"{URL}{line.pk}/giai-thich/?loai=seen"
    assert supervisor.post(url, {"form_key": new_key()}).status_code == 422
    answer = supervisor.post(url, {"form_key": new_key(), "reason": "late_entry"})
    assert answer["Location"] == f"{URL}?loai=seen"
    entry = JournalEntry.objects.get(action="difference.explained")
    assert (entry.chain, entry.actor_kind, entry.facts) == (
        f"case:{case.pk}", "supervisor", {"kind": "seen", "why": "late_entry"},
    )  # fmt: skip
    building.morning(now + timedelta(days=1))
    second = Difference.objects.get(
        kind=Kind.SEEN, made__day=timezone.localdate(now + timedelta(days=1))
    )
    assert (second.reason, second.explained_by.username) == ("late_entry", "boss")
    Case.objects.update(delivery="handed_over", queue="on_road")
    building.morning(now + timedelta(days=2))
    third = Difference.objects.get(
        kind=Kind.SEEN, made__day=timezone.localdate(now + timedelta(days=2))
    )
    assert third.reason == ""


def test_of_two_who_explain_one_line_the_second_is_told(now, counter, supervisor):
    there(counter, delivery="available")
    building.morning()
    url = f"{URL}{Difference.objects.get().pk}/giai-thich/"
    supervisor.post(url, {"form_key": new_key(), "reason": "phoned"})
    supervisor.post(url, {"form_key": new_key(), "reason": "extended"})
    assert "vừa được người khác giải thích" in supervisor.get(URL).content.decode()
    assert Difference.objects.get().reason == "phoned"


def test_asking_from_the_list_is_journalled_and_shows_newer_word(now, counter, supervisor):
    case = there(counter)
    heard(case, now - timedelta(days=3))
    building.morning()
    line = Difference.objects.get()
    answer = supervisor.post(
        f"{URL}{line.pk}/hoi/?diem={counter.agency.pk}", {"form_key": new_key()}
    )
    assert answer["Location"] == f"{URL}?diem={counter.agency.pk}"
    assert JournalEntry.objects.filter(action="case.asked_now", chain=f"case:{case.pk}").exists()
    assert not supervisor.get(URL).context["rows"][0].changed
    heard(case, now + timedelta(minutes=1))
    page = supervisor.get(URL)
    assert page.context["rows"][0].changed
    assert "đã có tin mới" in page.content.decode()


def test_a_system_that_tells_by_file_offers_no_question(now, counter, supervisor):
    FilingSystem.objects.update(news=FilingSystem.News.FILE)
    heard(there(counter), now - timedelta(days=9))
    building.morning()
    html = supervisor.get(URL).content.decode()
    assert "Xuất và nhập tệp mới" in html
    assert "/hoi/" not in html
    line = Difference.objects.get()
    supervisor.post(f"{URL}{line.pk}/hoi/", {"form_key": new_key()})
    assert "không hỏi được" in supervisor.get(URL).content.decode()


# --- the page -------------------------------------------------------------------------------------


def test_each_line_says_both_with_their_times_a_sentence_and_an_act(now, counter, supervisor):
    case = there(counter, due_at=now - timedelta(days=1))
    heard(case, now - timedelta(hours=12))
    case_services.delivery_set(case.pk, Delivery.AVAILABLE, actor=SYSTEM)
    building.morning()
    html = supervisor.get(URL).content.decode()
    for words in (
        "Đang xử lý, quá hạn", "trả lời lúc 18:10 01/12", "Có kết quả tại điểm",
        "Cổng nói chưa xong, nhưng ta đã thấy kết quả", "Hỏi cổng ngay", f"/quay/ho-so/{case.pk}/",
    ):  # fmt: skip
        assert words in html, words
    assert case.filer.name not in html
    assert case.filer.phone not in html
    assert "style=" not in html


def test_filters_pages_and_the_table_show_exactly_the_same(now, counter, supervisor):
    elsewhere = make_counter()
    for number in range(35):
        place = counter if number < 33 else elsewhere
        heard(there(place), now - timedelta(days=3))
    there(counter, delivery="available")
    building.morning()
    first = supervisor.get(f"{URL}?loai=stale&diem={counter.agency.pk}")
    assert (len(first.context["rows"]), first.context["left"]) == (30, 34)
    assert {kind["title"]: kind["n"] for kind in first.context["kinds"]} == {
        "Tất cả": 34, "Tin của cổng đã cũ": 33, "Cổng chưa xong, kết quả đã về": 1,
    }  # fmt: skip
    second = supervisor.get(first.context["next_url"])
    assert len(second.context["rows"]) == 3
    assert second.context["next_url"] == ""
    shown = {row.reference for page in (first, second) for row in page.context["rows"]}
    answer = supervisor.get(first.context["csv_url"])
    text = b"".join(answer).decode()
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert {row["Mã tiếp nhận"] for row in rows} == shown
    assert {row["Điểm"] for row in rows} == {counter.agency.short_name}
    assert supervisor.get(f"{URL}?loai=stale&diem={counter.agency.pk}&sau=x").status_code == 404


def test_no_cell_of_the_table_is_a_formula(now, counter, supervisor):
    case = there(counter, delivery="available")
    Filing.objects.filter(case=case).update(dossier_code='=HYPERLINK("x")')
    building.morning()
    text = b"".join(supervisor.get(f"{URL}bang.csv")).decode()
    assert "'=HYPERLINK" in text
    assert ",=HYPERLINK" not in text
    assert ',"=HYPERLINK' not in text


def test_a_table_that_is_cut_says_so(now, counter, supervisor, monkeypatch):
    for _number in range(3):
        heard(there(counter), now - timedelta(days=3))
    building.morning()
    monkeypatch.setattr(selectors, "EXPORTED", 2)
    lines = b"".join(supervisor.get(f"{URL}bang.csv")).decode().strip().splitlines()
    assert len(lines) == 4
    assert "Còn nữa" in lines[-1]


def test_the_day_that_a_portal_promises_is_kept_with_each_answer(now, counter, simulator_says):
    case = there(counter)
    day = timezone.localdate(now) + timedelta(days=9)
    simulator_says(case, day)
    assert PollState.objects.get(case=case).told_due == day


@pytest.fixture
def simulator_says(monkeypatch: pytest.MonkeyPatch) -> Any:
    """An answer without news, but with the day."""

    def say(case: Case, day: Any) -> None:
        filing = case.filings.get()
        at = timezone.make_aware(datetime.combine(day, time(17)))
        told = DossierStatus(filing.dossier_code, (), due_at=at)
        port = SimpleNamespace(status_of=lambda _codes: StatusAnswer(True, (told,)))
        monkeypatch.setattr(asking, "port_of", lambda _system: port)
        assert asking.ask_about(filing.pk)

    return say


@pytest.mark.parametrize("asked", ["ngay=2026-01-01", "ngay=x", "loai=x", "diem=0", "diem=²"])
def test_what_does_not_exist_is_not_found(now, counter, supervisor, asked):
    building.morning()
    assert supervisor.get(f"{URL}?{asked}").status_code == 404


def test_before_the_first_morning_and_on_a_good_day_the_page_says_so(now, counter, supervisor):
    assert "Chưa có bảng đối chiếu nào" in supervisor.get(URL).content.decode()
    assert supervisor.get(f"{URL}bang.csv").status_code == 404
    building.morning()
    assert "Không có gì khác nhau" in supervisor.get(URL).content.decode()


def test_a_lead_sees_and_explains_the_own_offices_lines_only(now, counter, supervisor):
    elsewhere = make_counter()
    mine, theirs = there(counter, delivery="available"), there(elsewhere, delivery="available")
    one = a_file(counter, now, whole=False)
    ImportedDossier.objects.create(imported=one, code="H26.9-261120-0009")
    building.morning()
    lead = lead_of(counter)
    page = lead.get(URL)
    assert [row.case_id for row in page.context["rows"]] == [mine.pk]
    assert (page.context["left"], page.context["elsewhere"]) == (1, 0)
    other = Difference.objects.get(case=theirs)
    for act in ("giai-thich", "hoi"):
        sent = {"form_key": new_key(), "reason": "phoned"}
        assert lead.post(f"{URL}{other.pk}/{act}/", sent).status_code == 404
    assert lead.get(f"{URL}?diem={elsewhere.agency.pk}").status_code == 404
    assert b"H26.9" not in b"".join(lead.get(f"{URL}bang.csv"))
    own = Difference.objects.get(case=mine)
    sent = {"form_key": new_key(), "reason": "phoned"}
    assert lead.post(f"{URL}{own.pk}/giai-thich/", sent).status_code == 303


@pytest.mark.parametrize("rows", [1, 30])
def test_the_list_costs_the_same_for_one_line_and_thirty(
    now, counter, supervisor, query_budget, rows
):
    for _number in range(rows):
        heard(there(counter), now - timedelta(days=3))
    building.morning()
    supervisor.get(URL)
    # role in and out; session, person; the last lists, offices, counts by kind, the lines
    with query_budget(8):
        page = supervisor.get(URL)
    assert len(page.context["rows"]) == rows


# --- the board ------------------------------------------------------------------------------------


def test_the_board_says_how_many_late_ones_may_only_be_unsynced(now, counter, supervisor):
    late = now - timedelta(days=1)
    there(counter, due_at=late)
    there(counter, due_at=late, delivery="available")
    heard(there(counter, due_at=late), now - timedelta(days=3))
    there(counter, delivery="available")  # unsynced, but not late
    page = supervisor.get("/dieu-hanh/")
    tile = next(one for one in page.context["tiles"] if one["url"].endswith("/qua-han/"))
    assert (tile["n"], tile["unsynced"]) == (3, 2)
    assert "trong đó 2 có thể chỉ vì tin chưa về" in page.content.decode()


def test_the_board_names_the_differences_left_and_leads_there(now, counter, supervisor):
    assert "Đối chiếu với cổng</a>" in supervisor.get("/dieu-hanh/").content.decode()
    there(counter, delivery="available")
    there(counter, delivery="handed_over")
    building.morning()
    selectors.forget()
    html = supervisor.get("/dieu-hanh/").content.decode()
    assert f'<a href="{URL}">Đối chiếu với cổng (2)</a>' in html


# --- the case's own page --------------------------------------------------------------------------


def test_the_cases_page_says_reported_and_observed_with_their_own_times(
    clock, counter, client, django_capture_on_commit_callbacks
):
    clock.at("2026-11-25 10:00")
    case = there(counter, dossier="9", decided_at=timezone.now() - timedelta(days=2))
    journal.record(
        SYSTEM, "case.delivery", chain=f"case:{case.pk}", before="waiting", after="available"
    )
    Case.objects.filter(pk=case.pk).update(delivery="available", moved_at=case.decided_at)
    seen = timezone.localtime(JournalEntry.objects.get(action="case.delivery").at)
    page = sign_in(client, counter.staff).get(f"/quay/ho-so/{case.pk}/xem/")
    notes = {fact.name: fact.note for fact in page.context["page"].facts}
    assert "10:00 23/11" in notes["Ở cơ quan"]
    assert f"{seen:%H:%M}" in notes["Trả kết quả"]
    assert notes["Trả kết quả"] != notes["Ở cơ quan"]
