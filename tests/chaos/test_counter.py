"""Whatever happens at the counter, the draft is whole afterwards and there is one of it.

Twelve marked points of one filing, and at each something breaks for real: the tab dies, the session
is gone, the screen was locked for half an hour, the line is cut, the server fails, another tab or
clerk or office is at the same case, the scanner fires twice, Back is pressed, the server is killed,
the disk is full.
"""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.urls import reverse
from playwright.sync_api import Error, Page, expect

from agencies import sessions
from agencies.models import Role, Staff
from cases.intake import practice, scans
from cases.models import Case, Citizen, DeliveryAddress, Filing, Mandate, Payment, Scan
from opsa.core import journal
from tests.chaos.conftest import CARD, PASSWORD, PHONE, Web, until
from tests.support.browser import Hands, page_says, scan, settle
from tests.support.cases import Counter, make_counter

pytestmark = pytest.mark.browser
expect.set_options(timeout=15_000)


def step(case: Case, slug: str) -> str:
    return reverse("quay:step", args=[case.pk, slug])


def fill(page: Page, selector: str, text: str) -> None:
    """Type over a field at a hand's pace; quicker is a scanner."""
    page.locator(selector).click()
    page.keyboard.press("Control+A")
    page.keyboard.type(text, delay=45)


def saved(page: Page) -> None:
    """The honest line says so, and nothing typed is newer."""
    expect(page.locator("[data-save-status]")).to_have_attribute("data-s", "ok")


def sign_in_again(page: Page) -> None:
    """In place, over the page that holds what was typed."""
    dialog = page.locator("#signin")
    expect(dialog).to_be_visible()
    page.locator("#signin-word").fill(PASSWORD)
    dialog.locator("button.go").click()
    expect(dialog).to_be_hidden()


def whole(case: Case, **facts: Any) -> Case:
    """Everything that was taken in is there, once."""
    case.refresh_from_db()
    filer = case.filer
    assert filer is not None
    assert (filer.name, filer.id_number) == ("NGUYỄN THỊ HƯỜNG", "001190012345")
    for name, value in facts.items():
        found = getattr(filer, name) if hasattr(filer, name) else getattr(case, name)
        assert found == value, name
    people = Citizen.objects.filter(id_index=filer.id_index)
    assert Case.objects.filter(filer__in=people, version=case.version).count() == 1
    live = Scan.objects.filter(case=case).exclude(state__in=("removed", "refused"))
    assert live.values("document", "upload_sha256").distinct().count() == live.count()
    assert Payment.objects.filter(case=case).count() <= 1
    assert Filing.objects.filter(case=case).count() <= 1
    assert Mandate.objects.filter(case=case, state="given").count() <= 1
    assert journal.verify(f"case:{case.pk}") == []
    return case


def declared(case: Case) -> dict[str, str]:
    return dict(json.loads(Case.objects.get(pk=case.pk).declaration or "{}"))


def another_clerk(counter: Counter) -> Staff:
    return Staff.objects.create_user(
        "binh", PASSWORD, display_name="Lê Thu Bình", role=Role.CLERK, agency=counter.agency
    )


# --- 1 to 4: the person and their phone ----------------------------------------------------------


def test_01_a_card_scanned_twice_and_a_button_pressed_twice_make_one_draft(sit, counter):
    page = sit(counter.staff, "/quay/")
    scan(page, CARD)
    page.keyboard.insert_text(CARD[:-1])
    page.keyboard.type(CARD[-1])
    page.keyboard.press("Enter")
    page.wait_for_url("**/khach/")
    settle(page)
    scan(page, CARD)
    page.wait_for_url("**/khach/")
    settle(page)
    page.locator("form[action$='/ho-so/moi/'] button").first.dblclick()
    page.wait_for_url("**/nguoi-nop/")
    whole(Case.objects.get())


def test_02_back_from_a_new_draft_and_the_same_choice_again_make_one_draft(sit, counter):
    page = sit(counter.staff, "/quay/")
    for _time in range(2):
        scan(page, CARD)
        page.wait_for_url("**/khach/")
        settle(page)
        page.locator("form[action$='/ho-so/moi/'] button").first.click()
        page_says(
            page,
            "!location.pathname.endsWith('/khach/') || Boolean(document.querySelector('#reason'))",
        )
        if _time == 0:
            page.wait_for_url("**/nguoi-nop/")
            page.go_back()
            page.goto(page.url.split("/quay/")[0] + "/quay/")
    expect(page.locator("h1")).to_contain_text("đang có hồ sơ cùng thủ tục")
    page.locator("a.hit").first.click()
    page.wait_for_url("**/nguoi-nop/")
    whole(Case.objects.get())


def test_03_a_killed_tab_loses_nothing_that_was_typed_two_seconds_ago(sit, counter, lay):
    case = lay("draft")
    page = sit(counter.staff, step(case, "nguoi-nop"))
    page.locator("#relation").select_option("parent")
    fill(page, "#phone", "0912345678")
    fill(page, "#subject_name", "Nguyễn Gia Hân")
    time.sleep(2.0)
    with pytest.raises(Error):
        page.goto("chrome://crash", timeout=1500)
    again = sit(counter.staff, f"/quay/ho-so/{case.pk}/")
    expect(again.locator("#phone")).to_have_value("0912 345 678")
    expect(again.locator("#subject_name")).to_have_value("NGUYỄN GIA HÂN")
    whole(case, phone=PHONE)


def test_04_an_ended_session_asks_for_the_password_in_place_and_goes_on(sit, counter, lay):
    case = lay("draft")
    page = sit(counter.staff, step(case, "nguoi-nop"))
    fill(page, "#phone", "09123")
    Session.objects.all().delete()
    page.keyboard.type("45678", delay=45)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#signin")).to_be_visible()
    expect(page.locator("#phone")).to_have_value("0912345678")
    assert Case.objects.get().filer.phone == ""
    sign_in_again(page)
    until(lambda: Citizen.objects.get(pk=case.filer_id).phone == PHONE, "the phone")
    if not page.url.endswith("/to-khai/"):
        page.keyboard.press("Control+Enter")
        Hands(page).at("**/to-khai/")
    whole(case, phone=PHONE, step="to-khai")


# --- 5 and 6: the declaration --------------------------------------------------------------------


def test_05_a_second_clerk_in_the_same_step_is_joined_or_asked_about(sit, counter, lay):
    case = lay("applicant")
    mine = sit(counter.staff, step(case, "to-khai"))
    theirs = sit(another_clerk(counter), step(case, "to-khai"))
    fill(theirs, "#f-ghi-chu", "của Bình")
    fill(mine, "#f-noi-sinh", "Bệnh viện A")
    saved(theirs)
    saved(mine)
    until(lambda: declared(case).get("noi-sinh") == "Bệnh viện A", "mine")
    assert declared(case)["ghi-chu"] == "của Bình"
    theirs.reload()
    fill(theirs, "#f-noi-sinh", "Trạm y tế B")
    theirs.keyboard.press("Tab")
    until(lambda: declared(case)["noi-sinh"] == "Trạm y tế B", "theirs")
    fill(mine, "#f-noi-sinh", "Bệnh viện C")
    mine.keyboard.press("Tab")
    clash = mine.locator("#clash")
    expect(clash).to_contain_text("Trạm y tế B")
    expect(clash).to_contain_text("Lê Thu Bình")
    expect(mine.locator("#f-noi-sinh")).to_have_value("Bệnh viện C")
    assert declared(case)["noi-sinh"] == "Trạm y tế B"
    clash.locator("button.go").click()
    until(lambda: declared(case)["noi-sinh"] == "Bệnh viện C", "what was picked")
    assert declared(case)["ghi-chu"] == "của Bình"
    whole(case, phone=PHONE)


def test_06_a_failing_server_leaves_the_page_with_its_words_and_try_again_goes_on(
    sit, counter, lay
):
    case = lay("applicant")
    page = sit(counter.staff, step(case, "to-khai"))
    fill(page, "#f-noi-sinh", "Bệnh viện Phụ sản")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_formkey RENAME TO core_formkey_away")
    try:
        page.keyboard.press("Control+Enter")
        bar = page.locator("#errbar")
        expect(bar).to_be_visible()
        expect(page.locator("#f-noi-sinh")).to_have_value("Bệnh viện Phụ sản")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE core_formkey_away RENAME TO core_formkey")
    bar.locator("[data-retry]").click()
    page.wait_for_url("**/ban-quet/")
    assert declared(case)["noi-sinh"] == "Bệnh viện Phụ sản"
    whole(case, phone=PHONE)


# --- 7 and 8: the papers -------------------------------------------------------------------------


def test_07_a_full_disk_refuses_the_file_in_words_and_takes_it_when_there_is_room(
    sit, counter, lay, web, tmp_path
):
    case = lay("applicant")
    picture = tmp_path / "giay.png"
    picture.write_bytes(practice.paper_picture())
    page = sit(counter.staff, step(case, "ban-quet"))
    web.largest_file(0)
    page.locator("input[type=file]").first.set_input_files(picture)
    expect(page.locator("[data-upload-list]").first).to_contain_text("hết chỗ")
    assert not Scan.objects.exists()
    web.largest_file(-1)
    page.locator("[data-upload-list] button").first.click()
    found = until(lambda: Scan.objects.filter(case=case).first(), "the scan")
    scans.scan_check(found.pk)
    assert Scan.objects.get().state == "clean"
    whole(case, phone=PHONE)


def test_08_a_killed_server_comes_back_with_the_file_and_the_step(sit, counter, lay, web, tmp_path):
    case = lay("applicant")
    picture = tmp_path / "giay.png"
    picture.write_bytes(practice.paper_picture())
    page = sit(counter.staff, step(case, "ban-quet"))
    page.locator("input[type=file]").first.set_input_files(picture)
    found = until(lambda: Scan.objects.filter(case=case).first(), "the scan")
    # While its file goes up, the page would go on by itself afterwards.
    expect(page.locator("li.sheet")).to_have_count(1)
    web.kill()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#errbar")).to_be_visible()
    web.start()
    scans.scan_check(found.pk)
    # The bar goes by itself once the page's own question is answered again: then the key goes on.
    again = "document.querySelector('#errbar:not([hidden]) [data-retry]')?.click()"
    page.evaluate(again)
    if not page.url.endswith("/phi/"):
        page.keyboard.press("Control+Enter")
    page.wait_for_url("**/phi/")
    assert Scan.objects.get().state == "clean"
    whole(case, phone=PHONE, step="phi")


# --- 9 and 10: the address and the money ---------------------------------------------------------


def test_09_a_cut_line_says_unsaved_holds_the_next_step_and_saves_when_it_is_back(
    sit, counter, lay
):
    case = lay("declaration")
    page = sit(counter.staff, step(case, "phi"))
    page.context.set_offline(True)
    fill(page, "#line", "Số 7 ngõ 9 phố Vọng")
    line = page.locator("[data-save-status]")
    expect(line).to_contain_text("Chưa lưu, đang thử lại")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#errbar")).to_be_visible()
    assert page.url.endswith("/phi/")
    expect(page.locator("#line")).to_have_value("Số 7 ngõ 9 phố Vọng")
    page.context.set_offline(False)
    until(lambda: DeliveryAddress.objects.get(case=case).line == "Số 7 ngõ 9 phố Vọng", "the line")
    expect(line).to_contain_text("Đã lưu")
    whole(case, phone=PHONE)


def test_10_two_tabs_that_take_the_money_take_it_once(sit, counter, lay):
    case = lay("fees")
    first = sit(counter.staff, step(case, "phi"))
    second = first.context.new_page()
    second.goto(first.url)
    for page in (first, second):
        page.locator("#method").select_option("cash")
    for page in (first, second):
        page.locator("form.pay button").click()
    for page in (first, second):
        expect(page.locator("main")).to_contain_text("Đã trả")
    # Whichever of the two presses came to the server second is told so.
    told = [page for page in (first, second) if page.get_by_text("Đã thu lúc").count()]
    assert len(told) == 1
    assert Payment.objects.filter(case=case).count() == 1
    whole(case, phone=PHONE, money="paid")


# --- 11 and 12: consent and filing ---------------------------------------------------------------


def test_11_the_person_goes_on_at_another_office_and_the_first_one_takes_nothing_back(
    sit, counter, lay
):
    case = lay("asked")
    here = sit(counter.staff, step(case, "dong-y"))
    stale = sit(another_clerk(counter), step(case, "to-khai"))
    here.keyboard.press("F8")
    until(lambda: Case.objects.get().work == "held", "held")
    far = make_counter(counter.version.system.way).staff
    there = sit(far, "/quay/")
    scan(there, CARD)
    there.wait_for_url("**/khach/")
    there.locator("form[action$='/nhan-ve/'] button").click()
    there.wait_for_url("**/dong-y/")
    fill(stale, "#f-noi-sinh", "Sửa muộn")
    stale.keyboard.press("Tab")
    expect(stale.locator("[data-save-status]")).to_contain_text("Chưa lưu")
    assert declared(case)["noi-sinh"] != "Sửa muộn"
    moved = whole(case, phone=PHONE, work="draft", agency_id=far.agency_id)
    assert Scan.objects.filter(case=moved, agency=far.agency_id, state="clean").exists()


def test_12_half_an_hour_under_the_lock_and_then_one_filing(sit, counter, lay):
    case = lay("given")
    page = sit(counter.staff, step(case, "nop"))
    store = SessionStore(
        Session.objects.get(
            session_key=Staff.objects.get(pk=counter.staff.pk).session_key
        ).session_key
    )
    long_ago = int(time.time()) - sessions.ABANDONED_SECONDS - 60
    store[sessions.SEEN] = store[sessions.LOCKED] = long_ago
    store.save()
    page.keyboard.press("Control+Enter")
    sign_in_again(page)
    if "/xem/" not in page.url:
        page.wait_for_timeout(1500)
    if page.url.endswith("/nop/"):
        page.keyboard.press("Control+Enter")
    page.wait_for_url("**/xem/")
    assert Filing.objects.filter(case=case).count() == 1
    whole(case, phone=PHONE, work="filed")


# --- and the last press again, with everything that can happen to it -----------------------------


def kill_tab(page: Page, web: Web) -> None:
    with pytest.raises(Error):
        page.goto("chrome://crash", timeout=1500)


def cut_line(page: Page, web: Web) -> None:
    page.context.set_offline(True)


def restart(page: Page, web: Web) -> None:
    web.kill()
    web.start()


def press_back(page: Page, web: Web) -> None:
    page.wait_for_url("**/xem/")
    page.go_back()


def second_tab(page: Page, web: Web) -> None:
    page.wait_for_url("**/xem/")


@pytest.mark.parametrize("happens", [kill_tab, cut_line, restart, press_back, second_tab])
def test_what_was_pressed_to_file_is_filed_once_whatever_happens_next(
    sit, counter, lay, web, happens: Callable[[Page, Web], None]
):
    case = lay("given")
    page = sit(counter.staff, step(case, "nop"))
    other = page.context.new_page()
    other.goto(page.url)
    page.keyboard.press("Control+Enter")
    happens(page, web)
    other.context.set_offline(False)
    if Case.objects.get().work != "filed" or happens is second_tab:
        settle(other)
        other.bring_to_front()
        other.locator("#next").click()
    until(lambda: Case.objects.get().work == "filed", "filed")
    time.sleep(0.3)
    assert Filing.objects.filter(case=case).count() == 1
    whole(case, phone=PHONE, work="filed")
