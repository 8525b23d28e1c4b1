"""The banner on an open page, and the pages of weather and watch as people see them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from agencies import sessions
from agencies.models import Role, Staff
from cases.filing import services
from cases.models import Outage
from cases.watch import alarms, digests
from cases.watch.measures import Measure, Reading
from cases.weather import holds, judging, sky
from opsa.core.actors import SYSTEM
from opsa.core.outbox import Outbox
from tests.support.cases import make_counter
from tests.support.worklists import PASSWORD, lay

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def enter(page: Page, live_server: Any) -> Any:
    """Opens a page as this person."""
    from django.test import Client

    def open_as(staff: Staff, path: str) -> None:
        client = Client()
        client.force_login(staff)
        session = client.session
        session[sessions.SECOND_FACTOR] = sessions._now()
        session.save()
        page.context.add_cookies(
            [{"name": "opsa_session", "value": session.session_key, "url": live_server.url}]
        )
        page.goto(live_server.url + path)

    return open_as


def test_a_page_that_is_open_already_hears_of_an_outage_and_of_its_end(
    page: Page, enter: Any, shoot: Any, assert_axe: Any
) -> None:
    counter = make_counter()
    lay(counter)
    enter(counter.staff, "/quay/")
    expect(page.locator("#weather .bar")).to_have_count(0)
    outage = Outage.objects.create(
        system_id=counter.version.system_id, kind="down", began_at=timezone.now()
    )
    sky.forget()
    expect(page.locator("#weather .bar")).to_contain_text("trục trặc từ", timeout=45_000)
    assert_axe(page)
    shoot(page, "weather-banner")
    page.set_viewport_size({"width": 390, "height": 844})
    shoot(page, "weather-banner-narrow")
    outage.ended_at = timezone.now()
    outage.save()
    sky.forget()
    expect(page.locator("#weather .bar")).to_have_count(0, timeout=45_000)


def test_the_pages_of_weather_and_watch_are_shown(
    page: Page, enter: Any, shoot: Any, assert_axe: Any
) -> None:
    counter = make_counter()
    now = timezone.now()
    for number in range(3):
        filing = services.case_file(counter.case().pk, staff=counter.staff, actor=counter.actor)
        Outbox.objects.filter(key=f"filing:{filing.pk}").update(
            last_error=("ConnectError", "", "429")[number], created_at=now - timedelta(hours=1)
        )
    with transaction.atomic():
        services.to_person(filing.pk, "not_reached_within_horizon")
    Outbox.objects.filter(key=f"filing:{filing.pk}").update(state="person")
    lay(counter, work="attention", attention="refused")
    Outage.objects.create(
        system_id=counter.version.system_id, kind="down", began_at=now - timedelta(hours=5),
        ended_at=now - timedelta(hours=4, minutes=20),
    )  # fmt: skip
    judging.judge(now)
    system = counter.version.system_id
    holds.plan(system, now + timedelta(hours=3), now + timedelta(hours=4), "nâng cấp", actor=SYSTEM)
    alarms.load_rules()
    alarms.evaluate(now, [Reading(Measure.UNSENT, system, 60)])
    for agency in (counter.agency,):
        digests.Digest.objects.create(
            agency=agency, day=timezone.localdate(), lines=digests.open_lines(agency, now)
        )
    boss = Staff.objects.create_user("boss", PASSWORD, display_name="Điều hành", role=Role.ADMIN)
    sky.forget()
    alarms._kept.forget()
    names = {
        "history": "/dieu-hanh/cong/",
        "unsent-board": "/dieu-hanh/chua-gui/",
        "health": "/dieu-hanh/suc-khoe/",
        "digest": "/dieu-hanh/dau-ngay/",
        "board": "/dieu-hanh/",
    }
    for size, mark in (((1366, 768), ""), ((390, 844), "-narrow")):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        for name, path in names.items():
            enter(boss, path)
            assert_axe(page)
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{path} scrolls sideways at {size[0]}"
            shoot(page, f"watch-{name}{mark}")
    enter(counter.staff, "/quay/cho-gui/chi-tiet/")
    shoot(page, "watch-unsent")
    enter(counter.staff, f"/quay/ho-so/{filing.case_id}/xem/")
    shoot(page, "watch-case")
