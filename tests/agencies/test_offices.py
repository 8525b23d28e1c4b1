"""The public list of offices and a clerk's own ledger."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agencies import places
from agencies.ledger import harmless
from agencies.models import Agency
from agencies.selectors import office_open_now, public_offices
from opsa.core.actors import SYSTEM, Actor, ActorKind
from opsa.core.journal import record
from opsa.core.models import CalendarDay
from tests.agencies.conftest import sign_in
from tests.support.country import country_load

PAGE = "/diem-phuc-vu/"


@pytest.fixture
def all_offices(db):
    country_load()


def test_everybody_sees_all_32_offices_with_address_hours_and_phone(client, all_offices):
    page = client.get(PAGE).content.decode()
    assert page.count("<h2>") >= 32
    assert "75 Đinh Tiên Hoàng, Phường Hoàn Kiếm" in page
    assert "cũ: Tràng Tiền, Hoàn Kiếm" in page
    assert "Thứ Hai đến Thứ Sáu 7:30-12:00, 13:00-17:30; Thứ Bảy 7:30-12:00" in page
    assert 'href="tel:+842438256686"' in page
    assert "bản tạm" in page, "the list says that it is a working list"
    assert "chưa được từng điểm xác nhận" in page, "the hours say that they are assumed"


@pytest.mark.parametrize("address", [PAGE, PAGE + "?q=trang+tien", PAGE + "?lang=en"])
def test_the_page_stays_small_and_needs_no_script(client, all_offices, address, query_budget):
    places.search_communes("khoi dong")
    with query_budget(8):  # wall (2), offices, hours, calendar, search (3)
        answer = client.get(address)
    assert len(answer.content) <= 25_000
    assert b"<script" not in answer.content
    assert b"style=" not in answer.content


def test_an_office_is_found_by_its_old_ward_without_accents(client, all_offices):
    page = client.get(PAGE, {"q": "phuong trang tien"}).content.decode()
    assert "Bưu điện Trung tâm Hoàn Kiếm" in page
    assert "Bưu điện Sóc Sơn" not in page


def test_a_ward_without_an_office_shows_the_nearest_of_its_old_district(client, all_offices):
    page = client.get(PAGE, {"q": "vinh tuy"}).content.decode()
    assert "chưa có điểm" in page
    assert "Bưu điện Hai Bà Trưng" in page
    assert "Bưu điện Sóc Sơn" not in page


def test_hostile_text_in_the_search_stays_text(client, all_offices):
    page = client.get(PAGE, {"q": "<script>alert(1)</script>"}).content.decode()
    assert "<script" not in page
    assert "Chưa thấy điểm nào" in page


def test_the_page_is_whole_in_english(client, all_offices):
    page = client.get(PAGE + "?lang=en").content.decode()
    assert '<html lang="en"' in page
    assert "Hoan Kiem Central Post Office" in page
    assert "Monday" in page


def test_closed_and_practice_offices_are_not_shown(client, all_offices):
    Agency.objects.filter(code="HN-25").update(closed_on="2026-01-01")
    Agency.objects.filter(code="HN-26").update(is_practice=True)
    assert public_offices().count() == 30


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23 07:29", False),
        ("2026-11-23 07:30", True),
        ("2026-11-23 12:00", False),
        ("2026-11-23 13:00", True),
        ("2026-11-23 17:30", False),
        ("2026-11-28 11:59", True),
        ("2026-11-28 14:00", False),
        ("2026-11-29 09:00", False),
        ("2026-09-02 09:00", False),
    ],
)
def test_open_now_follows_hours_saturdays_and_holidays(office, clock, moment, is_open):
    assert office_open_now(office, clock.at(moment)) is is_open


def test_a_day_off_that_was_just_declared_closes_the_office(office, clock):
    at = clock.at("2026-11-25 09:00")
    assert office_open_now(office, at)
    CalendarDay.objects.create(date="2026-11-25", kind="off", name="Nghỉ bất thường")
    assert not office_open_now(office, at)


# --- the ledger ---------------------------------------------------------------------------------

LEDGER = "/quay/so-cua-toi/"


def test_the_ledger_shows_ones_own_acts_and_never_the_machines(client, lan, boss):
    sign_in(client)
    me = Actor(ActorKind.CLERK, lan.pk)
    record(me, "case.filed", chain="case:1", subject="7K3F9")
    record(SYSTEM, "case.sent", chain="case:1", subject="MAY-TU-LAM")
    record(Actor(ActorKind.SUPERVISOR, boss.pk), "case.seen", chain="case:1", subject="NGUOI-KHAC")
    page = client.get(LEDGER).content.decode()
    assert "7K3F9" in page
    assert "MAY-TU-LAM" not in page
    assert "NGUOI-KHAC" not in page


def test_the_ledger_pages_by_key_at_the_same_cost_and_loses_no_row(client, lan, query_budget):
    sign_in(client)
    client.get(LEDGER)
    me = Actor(ActorKind.CLERK, lan.pk)
    for n in range(70):
        record(me, "case.seen", chain="case:1", subject=f"HS{n:03}")
    seen, address = [], LEDGER
    while address:
        with query_budget(5):  # session, person, wall (2), rows
            page = client.get(address).content.decode()
        seen += [f"HS{n:03}" for n in range(70) if f"HS{n:03}" in page]
        link = page.partition('rel="next" href="')[2].partition('"')[0]
        address = LEDGER + link[link.index("?") :] if link else ""
    assert sorted(seen) == [f"HS{n:03}" for n in range(70)]
    assert client.get(LEDGER, {"sau": "bia-dat"}).status_code == 404


def test_another_persons_place_in_the_ledger_is_refused(client, lan, boss):
    from agencies.selectors import ledger_page

    for _ in range(31):
        record(Actor(ActorKind.SUPERVISOR, boss.pk), "case.seen", chain="case:1")
    mark = ledger_page(boss).after
    sign_in(client)
    assert client.get(LEDGER, {"sau": mark}).status_code == 404


def test_the_export_cannot_trick_a_spreadsheet(client, lan):
    sign_in(client)
    record(
        Actor(ActorKind.CLERK, lan.pk),
        "case.seen",
        chain="case:1",
        subject='=HYPERLINK("http://x")',
        reason="@SUM(1)",
    )
    answer = client.get("/quay/so-cua-toi.csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[1][2:4] == ['\'=HYPERLINK("http://x")', "'@SUM(1)"]
    assert answer["Content-Disposition"].startswith("attachment")


@given(st.text(max_size=30))
def test_no_cell_starts_a_formula(cell):
    safe = harmless(cell)
    assert not safe.lstrip(" \u00a0\u200b\ufeff").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert safe.endswith(cell)
