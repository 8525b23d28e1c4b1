"""F25: clerks of a practice office lead their outside world from a page of their own."""

import re
from datetime import datetime, timedelta

import httpx
import pytest
from django.test import Client
from django.urls import reverse

from cases.filing import services as filing
from cases.models import AlarmRule
from cases.watch import measures
from cases.weather import judging
from opsa.core import outbox, practice
from opsa.core.models import JournalEntry
from tests.practice.conftest import make_practice_counter
from tests.support.browser import NARROW, WIDE, let_in, page_says
from tests.support.cases import Counter, make_counter
from tests.support.processes import Simulator
from tests.support.worklists import make_supervisor, sign_in

PAGE = "/quay/tap-su/"


@pytest.fixture
def trainee(practice: Counter) -> Client:
    return sign_in(Client(), practice.staff)


def post(client: Client, name: str, **fields: str):
    return client.post(reverse(f"quay:{name}"), fields)


def text_of(client: Client) -> str:
    return re.sub(r"\s+", " ", client.get(PAGE).content.decode())


def test_a_scenario_is_started_said_and_journaled(
    trainee: Client, practice: Counter, simulator: Simulator
) -> None:
    assert "Không có kịch bản nào đang chạy" in text_of(trainee)
    assert post(trainee, "practice_play", **{"kich-ban": "outage"}).status_code == 303
    assert simulator.get("/api/dial")["portal"]["mode"] == "down"
    assert "Đang chạy: <b>Cổng ngừng 10 phút</b>" in text_of(trainee)
    entry = JournalEntry.objects.get(action="practice.played")
    assert entry.subject == "outage"
    assert entry.chain == f"office:{practice.agency.pk}"


def test_pressed_twice_the_clock_moves_once(trainee: Client, simulator: Simulator) -> None:
    before = datetime.fromisoformat(simulator.get("/api/clock")["now"])
    shown = re.search(r'name="tu" value="([^"]+)"', text_of(trainee))
    assert shown
    for _twice in range(2):
        assert post(trainee, "practice_advance", gio="24", tu=shown[1]).status_code == 303
    moved = datetime.fromisoformat(simulator.get("/api/clock")["now"]) - before
    assert timedelta(hours=23.9) < moved < timedelta(hours=24.5)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("practice_play", {"kich-ban": "no such"}),
        ("practice_play", {"kich-ban": ""}),
        ("practice_advance", {"gio": "-1", "tu": "2026-11-23T08:00:00+07:00"}),
        ("practice_advance", {"gio": "24", "tu": "2026-11-23T08:00:00"}),
        ("practice_advance", {"gio": "24", "tu": "9999-12-31T23:00:00+00:00"}),
        ("practice_advance", {"gio": "24"}),
    ],
)
def test_what_stands_on_no_button_is_not_done(trainee, simulator, name, fields) -> None:
    assert post(trainee, name, **fields).status_code == 404


def test_a_text_shows_its_words_and_the_end_of_the_number_alone(
    trainee: Client, simulator: Simulator
) -> None:
    text = {"MaTin": "t1", "SoDienThoai": "+84912345678", "NoiDung": "Ma 482913"}
    httpx.post(f"{simulator.sms}/sms/gui", json=text).raise_for_status()
    shown = text_of(trainee)
    assert "Ma 482913" in shown
    assert "678" in shown
    assert "12345678" not in shown


@pytest.mark.parametrize("away", ["http://127.0.0.1:9", ""])
def test_a_simulator_that_is_away_is_said_and_nothing_counts_as_done(
    trainee: Client, settings, away: str
) -> None:
    settings.PRACTICE_CONTROL_URL = away
    assert "Cổng tập sự không trả lời" in text_of(trainee)
    assert post(trainee, "practice_play", **{"kich-ban": "calm"}).status_code == 303
    assert "đã đổi chưa" in text_of(trainee)
    assert not JournalEntry.objects.filter(action="practice.played").exists()


def test_a_real_office_has_no_such_page(db, simulator: Simulator) -> None:
    clerk = sign_in(Client(), make_counter().staff)
    assert clerk.get(PAGE).status_code == 303
    assert post(clerk, "practice_play", **{"kich-ban": "outage"}).status_code == 303
    assert simulator.get("/api/dial")["portal"]["mode"] == "ok"
    assert PAGE not in clerk.get("/quay/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_an_outage_that_is_played_is_told_in_practice_offices_alone(simulator: Simulator) -> None:
    practised, real = make_practice_counter(), make_counter()
    trainee, clerk = (sign_in(Client(), one.staff) for one in (practised, real))
    boss = sign_in(Client(), make_supervisor())
    simulator.put("/api/dial", {"portal": {"error": {"rate": 1.0}}})
    for _ in range(6):
        case = practised.case()
        filing.case_file(case.pk, staff=practised.staff, actor=practised.actor)
    while outbox.work_one(practice.CHANNELS[0]):
        pass
    judging.judge()
    assert "Cổng tập sự trục trặc từ" in trainee.get("/quay/").content.decode()
    assert "trục trặc" not in clerk.get("/quay/").content.decode()
    assert "Cổng tập sự" not in boss.get("/dieu-hanh/cong/").content.decode()
    assert not [one for one in measures.readings() if one.measure == AlarmRule.Measure.OUTAGE]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_clerk_in_training_finds_it_in_the_menu_and_reads_it_on_any_screen(
    live_server, page, simulator: Simulator, shoot, assert_axe
) -> None:
    counter = make_practice_counter()
    let_in(page.context, counter.staff, live_server.url)
    page.set_viewport_size(WIDE)
    page.goto(f"{live_server.url}/quay/")
    page.locator("details.menu summary").click()
    page.get_by_role("link", name="Thế giới tập sự").click()
    page.wait_for_url(f"**{PAGE}")
    page.get_by_role("button", name="Cổng ngừng 10 phút").click()
    page_says(page, "document.body.textContent.includes('Đã đổi thế giới tập sự')")
    for size, scheme in ((WIDE, "light"), (NARROW, "dark")):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        page_says(page, "document.documentElement.scrollWidth <= innerWidth")
        shoot(page, f"practice-world-{size['width']}")
        assert_axe(page)
