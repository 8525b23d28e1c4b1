"""Every case stands in the list where its work is, once, in the order of its due moment (F12)."""

import gzip
import re
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.models import Case
from cases.worklists import lists, selectors
from cases.worklists.cursors import Cursor, fetch
from cases.worklists.rows import RowMaker
from tests.support.worklists import lay

FACTS = (
    {"work": "draft"},
    {"work": "held", "waiting_for": "Chờ giấy"},
    {"work": "attention", "attention": "mismatch"},
    {},
    {"dossier": "2"},
    {"dossier": "4"},
    {"dossier": "5"},
    {"dossier": "9", "delivery": "available"},
    {"dossier": "9", "delivery": "labelled"},
    {"dossier": "9", "delivery": "in_transit"},
    {"dossier": "9", "delivery": "failed"},
    {"work": "closed", "dossier": "10", "delivery": "delivered"},
)


def pks(answer):
    return [row.pk for row in answer.context["rows"]]


def test_every_live_case_is_in_exactly_one_queue_list(clerk, make):
    cases = [make(**facts) for facts in FACTS]
    found = []
    for one in lists.BY_QUEUE:
        found += pks(clerk.get(f"/quay/{one.slug}/"))
    assert sorted(found) == sorted(case.pk for case in cases)


def test_every_queue_has_a_list_and_every_list_answers_when_empty(clerk):
    assert {one.queues[0] for one in lists.BY_QUEUE} == set(Case.Queue.values)
    for slug in lists.LISTS:
        page = clerk.get(f"/quay/{slug}/")
        assert page.status_code == 200
        assert 'class="empty"' in page.content.decode()


def test_the_number_on_a_tab_is_the_number_of_its_rows(clerk, make, counter):
    now = timezone.now()
    for facts in FACTS * 2:
        make(due_at=now + timedelta(hours=1), **facts)
    make(dossier="4", due_at=now - timedelta(days=2))
    make(work="draft", owner=None)
    numbers = selectors.counts(counter.staff)
    for slug, one in lists.LISTS.items():
        rows = pks(clerk.get(f"/quay/{slug}/"))
        assert len(rows) == numbers.of(one), slug


def test_home_shows_the_urgent_first_and_counts_everything(clerk, make):
    now = timezone.now()
    late = make(dossier="4", due_at=now - timedelta(days=1), taken_at=now - timedelta(days=4))
    result = make(dossier="9", delivery="available")
    held = make(work="held")
    quiet = make(dossier="4", due_at=now + timedelta(days=30))
    page = clerk.get("/quay/")
    groups = {group.key: [row.pk for row in group.rows] for group in page.context["groups"]}
    assert groups == {"now": [late.pk, result.pk], "guest": [held.pk], "others": [quiet.pk]}
    assert "còn 2 việc phải làm ngay" in page.content.decode()


def test_a_group_with_more_than_stands_on_home_leads_to_its_list(clerk, make):
    for _number in range(15):
        make(work="attention", attention="mismatch")
    make(dossier="5")
    now, guest = clerk.get("/quay/").context["groups"][:2]
    assert (now.cut, len(now.rows) < 15, guest.cut) == (True, True, False)
    html = clerk.get("/quay/").content.decode()
    assert re.search(r'<a class="n hot" href="/quay/lam-ngay/">15<', html)
    assert 'class="n" href="/quay/cho-khach/"' not in html


def test_a_code_to_record_after_joint_filing_is_work_for_now(client, db):
    from tests.support.cases import make_counter
    from tests.support.worklists import sign_in

    counter = make_counter(way="copilot")
    case = lay(counter)
    page = sign_in(client, counter.staff).get("/quay/")
    assert [row.pk for row in page.context["groups"][0].rows] == [case.pk]
    assert page.context["waiting"] == 0


def test_what_waits_to_be_sent_is_said_at_the_top(clerk, make):
    make()
    assert "1 hồ sơ đã nhận đang chờ gửi sang cổng" in clerk.get("/quay/").content.decode()


def test_my_draft_is_mine_and_a_result_is_everybodys(clerk, make, counter):
    from agencies.models import Staff

    other = Staff.objects.create_user(
        "mai", "x-long-password-x", display_name="Mai", agency=counter.agency
    )
    theirs = make(work="draft", owner=other)
    result = make(dossier="9", delivery="available", owner=other)
    page = clerk.get("/quay/")
    assert theirs.pk not in [row.pk for group in page.context["groups"] for row in group.rows]
    assert result.pk in [row.pk for row in page.context["groups"][0].rows]
    assert theirs.pk in pks(clerk.get("/quay/buu-cuc/"))


def test_another_offices_cases_do_not_exist(clerk, elsewhere):
    case = lay(elsewhere, dossier="4", name="Trịnh Ngọc Diễm")
    assert pks(clerk.get("/quay/buu-cuc/")) == []
    assert clerk.get(f"/quay/ho-so/{case.pk}/xem/").status_code == 404
    for text in (case.reference, case.filer.phone, case.filer.id_number, "diem"):
        assert clerk.post("/quay/tim/", {"q": text}).context["found"].rows == [], text
    for path in ("hien-so", "hoi-ngay", "dong", "bo-sung", "da-xu-ly"):
        from opsa.core.once import new_key

        answer = clerk.post(
            f"/quay/ho-so/{case.pk}/{path}/",
            {"form_key": new_key(), "reason": "x", "field": "filer.phone"},
        )
        assert answer.status_code == 404, path


@pytest.mark.parametrize("rows", [1, 30])
def test_home_and_lists_cost_the_same_for_one_row_and_thirty(clerk, make, query_budget, rows):
    for number in range(rows):
        make(**FACTS[number % 11], due_at=timezone.now() + timedelta(days=number))
    clerk.get("/quay/")
    # office role in and out are not counted as queries of the page:
    # session, person, counts, lines, hot procedures
    with query_budget(5 + 2):
        page = clerk.get("/quay/")
    assert page.status_code == 200
    # session, person, dated lines, undated lines, counts
    with query_budget(5 + 2):
        page = clerk.get("/quay/buu-cuc/")
    assert len(gzip.compress(page.content, 6)) <= 8_000


def test_a_poll_without_news_is_empty_and_cheap(clerk, make, query_budget):
    make(dossier="4")
    page = clerk.get("/quay/")
    with query_budget(4 + 2):
        answer = clerk.get(page.context["poll"], headers={"HX-Request": "true"})
    assert (answer.status_code, answer.content) == (204, b"")
    make(dossier="9", delivery="available")
    assert clerk.get(page.context["poll"], headers={"HX-Request": "true"}).status_code == 200


def test_a_swapped_part_is_the_page_itself(clerk, make):
    make(dossier="4")
    whole = clerk.get("/quay/viec/").content.decode()
    part = clerk.get("/quay/viec/", headers={"HX-Request": "true"}).content.decode()
    assert part.strip() in whole
    rows = clerk.post("/quay/buu-cuc/", {"q": "zzzz"}, headers={"HX-Request": "true"})
    assert "<html" not in rows.content.decode()
    assert 'id="rows"' in rows.content.decode()


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    minutes=st.lists(st.none() | st.integers(0, 5), min_size=0, max_size=18),
    size=st.integers(1, 7),
)
def test_paging_shows_every_case_once_and_in_order(counter, minutes, size):
    Case.objects.all().delete()
    now = timezone.now().replace(microsecond=0)
    made = []
    for minute in minutes:
        due = None if minute is None else now + timedelta(minutes=minute)
        case = Case(
            reference=f"2{len(made):010d}", token=f"{len(made):022d}", agency=counter.agency,
            opened_by=counter.staff, version=counter.version, system=counter.version.system,
            due_at=due, queue="draft",
        )  # fmt: skip
        case.save()
        made.append((due is None, due or now, case.pk))
    seen, cursor = [], None
    for _page in range(len(made) + 2):
        found, more = fetch(Case.objects.filter(agency=counter.agency), "due", cursor, size=size)
        rows = RowMaker().rows(found)
        assert len(rows) <= size
        seen += [row.pk for row in rows]
        if not more:
            break
        cursor = Cursor.read(Cursor(*rows[-1].key).sign("x"), "x")
    assert seen == [pk for _none, _due, pk in sorted(made)]


def test_the_next_page_follows_and_a_bent_cursor_leads_nowhere(clerk, make):
    for number in range(31):
        make(dossier="4", due_at=timezone.now() + timedelta(days=40, minutes=number))
    first = clerk.get("/quay/co-quan/")
    assert len(pks(first)) == 30
    second = clerk.get("/quay/co-quan/" + first.context["next_url"])
    assert len(pks(second)) == 1
    assert not set(pks(first)) & set(pks(second))
    assert clerk.get("/quay/co-quan/" + first.context["next_url"] + "x").status_code == 404
    assert clerk.get("/quay/buu-cuc/" + first.context["next_url"]).status_code == 404


def test_a_page_of_open_work_is_read_by_its_index(counter, django_assert_max_num_queries, db):
    from django.db import connection

    one = lists.LISTS["co-quan"]
    cases = Case.objects.filter(agency=counter.agency).filter(one.condition(timezone.now()))
    query = cases.filter(due_at__isnull=False).order_by("due_at", "pk").values_list("pk")[:31]
    with connection.cursor() as cursor:
        # On an empty table every plan costs the same; without an index in the list's order even
        # these settings would leave a sort.
        for way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        sql, params = query.query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", params)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert re.search(r"Index (Only )?Scan using case_open_", plan), plan
    assert "Sort" not in plan


class TestSearch:
    @pytest.fixture
    def case(self, make):
        return make(
            name="Nguyễn Thị Hường", phone="+84912345678", id_number="001190012345", dossier="4",
            code="H26.13-261120-0047",
        )  # fmt: skip

    @pytest.mark.parametrize(
        "text",
        [
            "huong", "nguyen huong", "HƯỜNG", "thi huo", "0912345678", "+84 912 345 678",
            "001190012345", "001 190 012 345", "H26.13-261120-0047",
        ],
    )  # fmt: skip
    def test_a_case_is_found_by_what_people_know(self, clerk, case, make, text):
        make(name="Đặng Văn Lượng", dossier="4")
        found = clerk.post("/quay/tim/", {"q": text}).context["found"]
        assert [row.pk for row in found.rows] == [case.pk]

    def test_a_case_is_found_by_its_code_however_it_is_typed(self, clerk, case):
        for text in (
            case.reference,
            case.reference.lower(),
            f"{case.reference[:5]} {case.reference[5:]}",
        ):
            found = clerk.post("/quay/tim/", {"q": text}).context["found"]
            assert [row.pk for row in found.rows] == [case.pk]

    def test_dd_is_found_as_d(self, clerk, make):
        case = make(name="Đỗ Thị Kim Thoa", dossier="4")
        found = clerk.post("/quay/tim/", {"q": "do kim"}).context["found"]
        assert [row.pk for row in found.rows] == [case.pk]

    def test_a_list_is_searched_inside_itself(self, clerk, case, make):
        held = make(name="Nguyễn Thị Hường", work="held")
        page = clerk.post("/quay/dang-giu/", {"q": "huong"})
        assert pks(page) == [held.pk]

    @pytest.mark.parametrize(
        "text", ["%", "_", "' OR 1=1 --", "<b>", "\x00\u202e", "a" * 5000, "1", "-"]
    )
    def test_odd_text_finds_nothing_and_breaks_nothing(self, clerk, case, text):
        page = clerk.post("/quay/tim/", {"q": text})
        assert page.status_code == 200
        assert (
            "<b>" not in page.content.decode().split("find-all", 1)[1].split('role="status"')[0]
            or text != "<b>"
        )

    def test_numbers_stay_out_of_addresses(self, clerk, case):
        page = clerk.get("/quay/tim/?q=0912345678")
        assert page.context["found"] is None
        assert 'method="post"' in page.content.decode()

    def test_it_asks_little(self, clerk, case, query_budget):
        clerk.get("/quay/")
        for text in ("huong", "0912345678", case.reference):
            with query_budget(5 + 2):
                clerk.post("/quay/tim/", {"q": text})

    def test_thirty_at_most_and_says_there_is_more(self, clerk, make):
        for _number in range(31):
            make(name="Nguyễn Văn Nam", dossier="4")
        page = clerk.post("/quay/tim/", {"q": "nam"})
        assert len(page.context["found"].rows) == 30
        assert "còn nữa" in page.content.decode()


def test_city_people_are_led_to_the_board(supervisor):
    assert supervisor.get("/quay/")["Location"] == "/dieu-hanh/"
    assert supervisor.post("/quay/tim/", {"q": "huong"}).status_code == 200


def test_a_swapped_part_is_small(clerk, make):
    for number in range(30):
        make(**FACTS[number % 11], due_at=timezone.now() + timedelta(days=number))
    part = clerk.get("/quay/viec/", headers={"HX-Request": "true"})
    assert len(gzip.compress(part.content, 6)) <= 4_000
    assert len(gzip.compress(clerk.get("/quay/").content, 6)) <= 8_000
