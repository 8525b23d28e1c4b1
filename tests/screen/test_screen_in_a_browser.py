"""The citizen's screen as a citizen has it: a tablet, a phone, light and dark, by hand and by
keyboard."""

from io import BytesIO

import pytest
import zxingcpp
from django.test import Client
from PIL import Image

from cases.intake import mandates
from cases.models import Case, CounterScreen, Mandate
from cases.screen.views import COOKIE
from opsa.core.bank_qr import bank_qr
from opsa.core.once import new_key
from tests.screen.conftest import account_of, press

TABLET, PHONE, DESK = (
    {"width": 1024, "height": 768},
    {"width": 390, "height": 844},
    {"width": 1366, "height": 768},
)
BEYOND = "() => document.documentElement.scrollWidth - innerWidth"


@pytest.fixture
def screen(transactional_db, page, live_server, tablet, place):
    """The paired tablet as a real browser."""
    page.context.add_cookies(
        [{"name": COOKIE, "value": tablet.cookies[COOKIE].value, "url": live_server.url}]
    )
    page.goto(f"{live_server.url}/man-hinh-khach/{place.pk}/")
    return page


def test_every_view_can_be_read_on_every_screen(
    screen, clerk, ready, staff, shoot, assert_axe, counter
):
    staff.agency.short_name = "Bưu cục Cầu Giấy"
    staff.agency.save()

    def look(name, heading):
        screen.reload()
        screen.wait_for_selector(f"h1:has-text('{heading}')")
        for size in (TABLET, PHONE, DESK):
            screen.set_viewport_size(size)
            for scheme in ("light", "dark"):
                screen.emulate_media(color_scheme=scheme)
                assert screen.evaluate(BEYOND) <= 0, (name, size)
                assert_axe(screen)
                shoot(screen, f"{name}-{size['width']}-{scheme}", full_page=True)

    look("welcome", "Kính chào")
    press(clerk, ready, "check")
    look("check", "Mời quý khách kiểm tra")
    Case.objects.filter(pk=ready.pk).update(money="due")
    press(clerk, ready, "pay")
    look("pay", "Quý khách phải trả")
    account_of(ready.agency)
    look("pay-by-code", "Mời quý khách quét mã")
    scanned = zxingcpp.read_barcodes(Image.open(BytesIO(screen.screenshot())))
    assert [code.text for code in scanned] == [
        bank_qr(bank="999999", account="0001", amount=30_000, purpose=ready.reference)
    ]
    mandates.mandate_revoke(staff=staff, case_id=ready.pk)
    url = f"/quay/ho-so/{ready.pk}/dong-y/hoi/"
    clerk.post(url, {"form_key": new_key(), "method": "screen"})
    look("consent", "Quý khách có đồng ý")


FILLED = """[...document.querySelectorAll(".sign button")]
  .filter((e) => e.getClientRects().length)
  .filter((e) => getComputedStyle(e).backgroundColor !== "rgba(0, 0, 0, 0)")
  .map((e) => e.value)"""


def test_one_way_to_agree_comes_first_and_the_no_stands_apart(
    screen, new_context, live_server, tablet, place, clerk, ready, staff, shoot
):
    mandates.mandate_revoke(staff=staff, case_id=ready.pk)
    url = f"/quay/ho-so/{ready.pk}/dong-y/hoi/"
    clerk.post(url, {"form_key": new_key(), "method": "screen"})
    screen.wait_for_selector("#pad")
    context = new_context(java_script_enabled=False)
    context.add_cookies(
        [{"name": COOKIE, "value": tablet.cookies[COOKIE].value, "url": live_server.url}]
    )
    plain = context.new_page()
    plain.goto(f"{live_server.url}/man-hinh-khach/{place.pk}/")
    for page, first in ((screen, "drawn"), (plain, "typed")):
        for size in (DESK, TABLET, PHONE):
            page.set_viewport_size(size)
            shoot(page, f"{first}-{size['width']}")
            assert page.evaluate(FILLED) == [first]
            refuse = page.locator("button[value=no]")
            assert page.locator("section button[value=no]").count() == 0
            under = refuse.bounding_box()["y"]
            for way in page.locator(".ways section:not([hidden]) .yes").all():
                box = way.bounding_box()
                apart = under >= box["y"] + box["height"] + 20
                assert apart or way.get_attribute("value") == "drawn", (first, size)
            if size == DESK:
                assert page.evaluate("document.documentElement.scrollHeight") <= 768
    screen.set_viewport_size(DESK)
    screen.locator("#sign-name").fill("Ai đó khác")
    screen.locator("button[value=typed]").click()
    screen.wait_for_selector(".wrong")
    screen.wait_for_selector("#pad")
    shoot(screen, "wrong-1366")
    assert screen.evaluate("document.documentElement.scrollHeight") <= 768


def test_a_press_of_the_clerk_arrives_by_itself_and_a_drawing_is_taken(
    screen, clerk, ready, staff, shoot
):
    mandates.mandate_revoke(staff=staff, case_id=ready.pk)
    url = f"/quay/ho-so/{ready.pk}/dong-y/hoi/"
    clerk.post(url, {"form_key": new_key(), "method": "screen"})
    screen.wait_for_selector("#pad", timeout=5000)
    box = screen.locator("#pad").bounding_box()
    screen.mouse.move(box["x"] + 20, box["y"] + 40)
    screen.mouse.down()
    for step in range(12):
        screen.mouse.move(box["x"] + 20 + step * 14, box["y"] + 30 + (step % 3) * 12)
    screen.mouse.up()
    shoot(screen, "drawn")
    screen.locator("button[value=drawn]").click()
    screen.wait_for_selector("h1:has-text('Cảm ơn')")
    mandate = Mandate.objects.get(case=ready, state="given")
    assert (mandate.signed, bool(mandate.proof)) == ("drawn", True)
    assert CounterScreen.objects.get().answer == "agreed"


def test_without_a_script_the_screen_still_asks_and_answers(
    transactional_db, new_context, live_server, tablet, place, clerk, ready
):
    context = new_context(java_script_enabled=False)
    context.add_cookies(
        [{"name": COOKIE, "value": tablet.cookies[COOKIE].value, "url": live_server.url}]
    )
    page = context.new_page()
    page.goto(f"{live_server.url}/man-hinh-khach/{place.pk}/")
    press(clerk, ready, "check")
    page.wait_for_selector("button[value=wrong]", timeout=10_000)
    page.click("button[value=wrong]")
    page.wait_for_selector("h1:has-text('Đã báo nhân viên')")
    assert isinstance(clerk, Client)
    assert CounterScreen.objects.get().answer == "wrong"
