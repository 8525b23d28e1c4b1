"""The page of a filed case: whose turn, what happened, and acts that leave a trace."""

import re
import uuid
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from agencies.models import Role, Staff
from cases import access
from cases.access import case_for
from cases.models import Paper, StatusReport, Supplement
from cases.worklists import actions, timeline
from opsa.core.journal import JournalEntry, record
from opsa.core.once import new_key
from tests.support.worklists import PASSWORD, sign_in


@pytest.fixture
def case(make):
    return make(
        name="Nguyễn Thị Hường", phone="+84912345678", id_number="001190012345", dossier="4",
        due_at=timezone.now() + timedelta(days=3), moved_at=timezone.now(), code="H26-1",
    )  # fmt: skip


def url(case, act="xem"):
    return f"/quay/ho-so/{case.pk}/{act}/"


def post(client, case, act, **data):
    return client.post(url(case, act), {"form_key": new_key(), **data})


def test_it_says_whose_turn_it_is_and_when_the_portal_was_asked(clerk, case):
    html = clerk.get(url(case)).content.decode()
    for words in (
        "Đang giải quyết",
        "Đến lượt cơ quan giải quyết",
        "hỏi lúc",
        "H26-1",
        "Cổng nhận",
    ):
        assert words in html


def test_personal_numbers_are_masked(clerk, case):
    html = clerk.get(url(case)).content.decode()
    for secret in ("001190012345", "+84912345678", "912345678", "phố Vọng"):
        assert secret not in html
    assert "*** *** 345" in html


@pytest.mark.parametrize("state", ["queued", "person", "refused", "accepted"])
def test_nobody_is_offered_an_act_that_is_not_theirs(make, supervisor, state):
    case = make(
        dossier="5" if state == "accepted" else "", code="H26-1" if state == "accepted" else None,
        work="filed" if state in ("queued", "accepted") else "attention",
        attention="" if state in ("queued", "accepted") else "unknown_sending",
    )  # fmt: skip
    case.filings.update(state=state)
    page = supervisor.get(url(case)).content.decode()
    acts = set(re.findall(r'action="(/quay/ho-so/[^"]+)"', page))
    assert acts
    for act in acts:
        assert supervisor.post(act).status_code != 403, act


def reads(case):
    return JournalEntry.objects.filter(chain=f"case:{case.pk}", action="case.read").count()


def test_looking_is_journalled_once_in_ten_minutes(clerk, case, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        clerk.get(url(case))
    clerk.get(url(case))
    assert reads(case) == 1


def test_looking_is_journalled_once_whichever_process_serves_it(clerk, case, counter):
    cache.clear()
    clerk.get(url(case))
    cache.clear()  # the next look is served by a process that remembers nothing
    clerk.get(url(case))
    assert reads(case) == 1


def test_one_request_that_looks_twice_is_one_reading(case, counter):
    cache.clear()
    with transaction.atomic():
        case_for(counter.staff, case.pk)
        case_for(counter.staff, case.pk, lock=True)
    assert reads(case) == 1


def test_what_is_remembered_of_a_reading_ends_when_its_entry_is_too_old(
    case, counter, monkeypatch, django_capture_on_commit_callbacks
):
    """A second process that finds the first one's entry does not prolong it."""
    kept = {}
    monkeypatch.setattr(access.cache, "set", lambda _key, _value, left: kept.setdefault("s", left))
    case_for(counter.staff, case.pk)
    later = timezone.now() + timedelta(minutes=9)
    monkeypatch.setattr(timezone, "now", lambda: later)
    with django_capture_on_commit_callbacks(execute=True):
        case_for(counter.staff, case.pk)
    assert reads(case) == 1
    assert 30 < kept["s"] <= 60


@pytest.mark.django_db(transaction=True)
def test_a_reading_that_was_rolled_back_stands_for_no_later_one(clerk, case):
    """A form that comes to nothing takes its entry along; what is looked at next has its own."""
    cache.clear()
    nothing = f"/quay/ho-so/{case.pk}/ban-quet/{uuid.uuid4()}/lam/"
    answer = clerk.post(nothing, {"form_key": new_key(), "act": "no-such-act"})
    assert (answer.status_code, reads(case)) == (404, 0)
    assert clerk.get(url(case)).status_code == 200
    assert reads(case) == 1


def test_one_field_opens_for_a_reason_and_the_journal_keeps_who_and_why(clerk, case, counter):
    answer = post(clerk, case, "hien-so", field="filer.phone", reason="call")
    html = answer.content.decode()
    assert "+84912345678" in html
    assert "001190012345" not in html
    assert answer["Refresh"].startswith("60;")
    assert "no-store" in answer["Cache-Control"]
    line = JournalEntry.objects.get(chain=f"case:{case.pk}", action="case.unmask")
    assert (line.staff_id, line.reason, line.facts) == (
        counter.staff.pk, "call", {"field": "filer.phone"},
    )  # fmt: skip
    assert "912345678" not in clerk.get(url(case)).content.decode()


@pytest.mark.parametrize(
    ("field", "reason"), [("filer.phone", ""), ("filer.phone", "curious"), ("declaration", "call")]
)
def test_without_a_reason_nothing_opens(clerk, case, field, reason):
    answer = post(clerk, case, "hien-so", field=field, reason=reason)
    assert answer.status_code == 422
    assert "912345678" not in answer.content.decode()
    assert not JournalEntry.objects.filter(action="case.unmask", chain=f"case:{case.pk}").exists()


def test_the_timeline_names_people_and_machines_apart(clerk, case, counter):
    record(counter.actor, "case.filed", chain=f"case:{case.pk}")
    StatusReport.objects.create(
        filing=case.filings.get(), external_id="1", raw_code="4", dossier="4",
        occurred_at=timezone.now(), unit="UBND phường Yên Hòa",
    )  # fmt: skip
    StatusReport.objects.create(
        filing=case.filings.get(), external_id="2", raw_code="X9", unknown=True,
        occurred_at=timezone.now(),
    )  # fmt: skip
    html = clerk.get(url(case, "dien-bien"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in html
    for words in ("Nhân viên thử", "UBND phường Yên Hòa", "Tin lạ từ cổng, mã X9"):
        assert words in html
    assert html.strip() in clerk.get(url(case, "dien-bien")).content.decode()


def test_the_timeline_tells_that_a_faulty_page_was_used_and_not_each_act_on_a_page(
    clerk, case, counter
):
    before = clerk.get(url(case, "dien-bien")).content.decode().count("Nhân viên thử")
    for action in ("scan.moved", "scan.turned", "paper.bound", "paper.counted", "paper.seen"):
        assert action in timeline.SILENT
        record(counter.actor, action, chain=f"case:{case.pk}")
    record(counter.actor, "scan.kept", chain=f"case:{case.pk}")
    html = clerk.get(url(case, "dien-bien")).content.decode()
    assert "Dùng trang quét dù có lỗi" in html
    assert html.count("Nhân viên thử") == before + 1


def test_other_rooms_add_lines_and_buttons(clerk, case, monkeypatch):
    monkeypatch.setattr(timeline, "_sources", [])
    monkeypatch.setattr(actions, "_sources", [])
    timeline.register(lambda pk: [timeline.Entry(timezone.now(), f"Bưu gửi của {pk}", "bưu tá")])
    actions.register(lambda case, staff: [actions.Action("In nhãn", "/x/", "print", post=True)])
    html = clerk.get(url(case)).content.decode()
    assert f"Bưu gửi của {case.pk}" in html
    assert "In nhãn" in html


def test_a_case_is_closed_with_a_reason_only(clerk, case):
    assert post(clerk, case, "dong", reason=" ").status_code == 422
    assert post(clerk, case, "dong", reason="Khách đã nhận tại phường").status_code == 303
    case.refresh_from_db()
    assert (case.work, case.queue) == ("closed", "done")
    line = JournalEntry.objects.get(chain=f"case:{case.pk}", action="case.closed")
    assert line.reason == "Khách đã nhận tại phường"
    assert post(clerk, case, "dong", reason="lần nữa").status_code == 409


def test_a_reason_that_was_typed_stays_when_the_case_cannot_be_closed_yet(clerk, make):
    case = make(dossier="5", code="H26-5")
    filing = case.filings.get()
    report = StatusReport.objects.create(
        filing=filing, external_id="1", raw_code="5", dossier="5", occurred_at=timezone.now()
    )
    Supplement.objects.create(
        case=case, filing=filing, report=report, number=1, asked_at=timezone.now(),
        state=Supplement.State.QUEUED, taken_at=timezone.now(),
    )  # fmt: skip
    answer = post(clerk, case, "dong", reason="Khách <b> đổi ý")
    assert answer.status_code == 422
    assert 'name="reason" value="Khách &lt;b&gt; đổi ý"' in answer.content.decode()


def test_a_double_click_closes_once(clerk, case):
    key = new_key()
    for _click in range(2):
        answer = clerk.post(url(case, "dong"), {"form_key": key, "reason": "xong"})
        assert answer.status_code == 303
    assert JournalEntry.objects.filter(chain=f"case:{case.pk}", action="case.closed").count() == 1


def test_what_is_missing_is_noted_and_the_citizen_reads_it(clerk, make):
    case = make(dossier="5", code="H26-2")
    assert post(clerk, case, "bo-sung", missing="").status_code == 422
    post(clerk, case, "bo-sung", missing="Mang bản chụp hộ chiếu ra bưu cục")
    assert "Mang bản chụp hộ chiếu" in clerk.get("/quay/").content.decode()
    assert "Mang bản chụp hộ chiếu" in clerk.get(f"/t/{case.token}/").content.decode()
    post(clerk, case, "bo-sung", done="1")
    assert "Cơ quan đang xem giấy bổ sung" in clerk.get(f"/t/{case.token}/").content.decode()
    for line in JournalEntry.objects.filter(chain=f"case:{case.pk}"):
        assert "hộ chiếu" not in str(line.facts) + line.reason


def test_papers_are_not_said_to_be_brought_when_nobody_waits_for_them(clerk, make):
    """A page from yesterday still has the button."""
    decided = make(dossier="9", code="H26-3", decided_at=timezone.now())
    for data in ({"done": "1"}, {"missing": "Mang hộ chiếu"}):
        assert post(clerk, decided, "bo-sung", **data).status_code == 422
    decided.refresh_from_db()
    assert (decided.waiting_for, decided.answered) == ("", False)


def test_what_is_sent_from_here_is_not_just_said_to_be_brought(clerk, make):
    """The case would leave its queue while the authority still waits for the papers."""
    case = make(dossier="5", code="H26-4", queue="supplement")
    filing = case.filings.get()
    report = StatusReport.objects.create(
        filing=filing, external_id="1", raw_code="5", dossier="5", occurred_at=timezone.now()
    )
    Supplement.objects.create(
        case=case, filing=filing, report=report, number=1, asked_at=timezone.now()
    )
    assert 'name="done"' not in clerk.get(url(case)).content.decode()
    answer = post(clerk, case, "bo-sung", done="1")
    assert answer.status_code == 422
    assert "Nhận giấy bổ sung" in answer.content.decode()
    case.refresh_from_db()
    assert not case.answered
    post(clerk, case, "bo-sung", missing="Mang bản chụp hộ chiếu")
    case.refresh_from_db()
    assert case.waiting_for == "Mang bản chụp hộ chiếu"


def test_attention_is_resolved_with_words(clerk, make):
    case = make(work="attention", attention="mismatch")
    assert post(clerk, case, "da-xu-ly", reason="").status_code == 422
    assert post(clerk, case, "da-xu-ly", reason="Đã nộp thêm tệp").status_code == 303
    case.refresh_from_db()
    assert case.work == "filed"


def test_asking_now_is_journalled_and_needs_a_code(clerk, case, make):
    assert post(clerk, case, "hoi-ngay").status_code == 303
    assert JournalEntry.objects.filter(chain=f"case:{case.pk}", action="case.asked_now").exists()
    waiting = make()
    post(clerk, waiting, "hoi-ngay")
    assert not JournalEntry.objects.filter(chain=f"case:{waiting.pk}", action="case.asked_now")


def test_papers_can_be_printed_again(clerk, case, counter):
    paper = Paper.objects.create(
        case=case, agency=case.agency, kind="slip", key="slip:1", state="ready", data="{}",
        template="x", asked_by=counter.staff,
    )  # fmt: skip
    assert f"/quay/in/{paper.pk}/in/" in clerk.get(url(case)).content.decode()


def test_a_draft_is_led_to_its_steps(clerk, make):
    draft = make(work="draft")
    assert clerk.get(url(draft))["Location"] == f"/quay/ho-so/{draft.pk}/"


def test_the_page_asks_a_fixed_number_of_questions(clerk, case, query_budget, counter):
    clerk.get(url(case))
    for number in range(20):
        record(counter.actor, "case.held", chain=f"case:{case.pk}", n=number)
    # office role in and out; session, person, the case with its people, all that hangs on it,
    # and one for each registered room
    with query_budget(4 + 2 + len(timeline._sources) + len(actions._sources)):
        clerk.get(url(case))


def test_editors_of_the_catalogue_read_no_cases(client, case):
    staff = Staff.objects.create_user("editor", PASSWORD, display_name="Sửa", role=Role.EDITOR)
    editor = sign_in(client, staff)
    for path in (url(case), url(case, "dien-bien"), url(case, "nguoi"), "/quay/tim/"):
        assert editor.get(path).status_code == 403


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN])
def test_who_only_looks_cannot_act(client, case, role):
    staff = Staff.objects.create_user("looker", PASSWORD, display_name="Xem", role=role)
    looker = sign_in(client, staff)
    for act in ("dong", "hoi-ngay", "bo-sung", "hien-so", "da-xu-ly"):
        assert post(looker, case, act, reason="x").status_code == 403
    assert 'action="' + url(case, "dong") not in looker.get(url(case)).content.decode()


def test_the_slip_appears_by_itself_when_it_is_drawn(clerk, case, counter):
    paper = Paper.objects.create(
        case=case, agency=case.agency, kind="slip", key="slip:2", state="queued", data="{}",
        template="x", asked_by=counter.staff,
    )  # fmt: skip
    html = clerk.get(url(case)).content.decode()
    assert f'hx-get="/quay/in/{paper.pk}/"' in html


def test_the_code_is_on_screen_for_a_jammed_printer(clerk, case):
    html = clerk.get(url(case)).content.decode()
    assert "data:image/svg+xml" in html
    assert f"{case.reference[:5]}-" in html


def test_joint_filing_goes_on_from_the_case_page(client, db):
    from tests.support.cases import make_counter
    from tests.support.worklists import lay

    counter = make_counter(way="copilot")
    case = lay(counter)
    html = sign_in(client, counter.staff).get(url(case)).content.decode()
    assert f'href="/quay/ho-so/{case.pk}/cung-nop/"' in html


def test_a_refused_case_can_be_mended_and_filed_again(clerk, make):
    case = make(work="attention", attention="refused")
    case.filings.update(state="refused", refusal="Thiếu trang 2")
    html = clerk.get(url(case)).content.decode()
    assert "Sửa và nộp lại" in html
    assert "Thiếu trang 2" in html
