"""The scanner rules (ux 4.2): every scan arrives whole, and nothing typed by hand is touched."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.conftest import CARD, until
from tests.frontend.site import Notes
from tests.support.browser import page_says, scan, strike

pytestmark = pytest.mark.browser
Go = Callable[[str], Page]


def arrived(site: Notes, page: Page, text: str = CARD, where: str = "command") -> None:
    until(lambda: site.scans, page=page)
    page.wait_for_url("**/quay/")
    assert site.scans == [(where, text)]


def test_a_scan_in_the_command_line_is_posted_and_never_in_an_address(go: Go, site: Notes) -> None:
    page = go("/bench/")
    page.focus("#cmd")
    scan(page, CARD)
    arrived(site, page)
    page.wait_for_url("**/quay/")
    assert not any("0011900" in path for path in site.paths)
    assert "0011900" not in page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}])"
    )


def test_a_scan_into_a_filled_field_leaves_the_field_as_it_was(go: Go, site: Notes) -> None:
    page = go("/bench/")
    page.fill("#t1", "số 5 ngõ 12")
    page.evaluate("document.querySelector('#t1').setSelectionRange(2, 4)")
    page.evaluate("cmd.form.addEventListener('submit', e => window.kept = t1.value)")
    page.evaluate("addEventListener('pagehide', () => sessionStorage.kept = window.kept)")
    scan(page, CARD)
    arrived(site, page)
    page.wait_for_url("**/quay/")
    assert page.evaluate("sessionStorage.kept") == "số 5 ngõ 12"


def test_a_scan_into_a_text_area_leaves_no_line_behind(go: Go, site: Notes) -> None:
    page = go("/bench/")
    page.fill("#t2", "dòng một")
    page.evaluate("addEventListener('pagehide', () => sessionStorage.kept = t2.value)")
    scan(page, CARD)
    arrived(site, page)
    page.wait_for_url("**/quay/")
    assert page.evaluate("sessionStorage.kept") == "dòng một"


def test_a_scan_with_the_focus_on_a_button_loses_no_letter_and_presses_nothing(
    go: Go, site: Notes
) -> None:
    page = go("/bench/")
    page.evaluate("void (plain.onclick = () => { sessionStorage.pressed = 1 })")
    page.focus("#plain")
    scan(page, CARD)
    arrived(site, page)
    assert page.evaluate("sessionStorage.pressed") is None


def test_a_scan_with_the_focus_nowhere_arrives_whole(go: Go, site: Notes) -> None:
    page = go("/bench/")
    page.evaluate("document.activeElement.blur()")
    scan(page, CARD)
    arrived(site, page)


def test_a_scan_with_the_focus_on_a_list_box_gives_its_choice_back(go: Go, site: Notes) -> None:
    page = go("/bench/")
    page.select_option("#t3", "2")
    page.focus("#t3")
    page.evaluate("addEventListener('pagehide', () => sessionStorage.kept = t3.value)")
    scan(page, CARD)
    arrived(site, page)
    page.wait_for_url("**/quay/")
    assert page.evaluate("sessionStorage.kept") == "2"


def test_accented_letters_that_come_without_a_keydown_are_read(go: Go, site: Notes) -> None:
    page = go("/bench/")
    card = (
        "001190012345|012345678|Nguyễn Thị Hường|02091990|Nữ|Số 12 ngõ 5, Cầu Giấy, Hà Nội|01072021"
    )
    page.focus("#t1")
    scan(page, card)
    arrived(site, page, card)


def test_typing_by_hand_is_left_alone(go: Go, site: Notes) -> None:
    page = go("/bench/")
    page.focus("#a1")
    page.keyboard.type("Nguyen Van", delay=90)
    page.keyboard.press("Enter")
    assert page.input_value("#a1") == "Nguyen Van"
    assert site.scans == []
    expect(page.locator("#a2")).to_be_focused()


def test_a_field_that_tab_has_selected_does_not_look_like_a_scan(go: Go, site: Notes) -> None:
    page = go("/bench/")
    page.fill("#a1", "Nguyễn Thị Hường")
    page.fill("#a2", "0912345678")
    page.focus("#a1")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    assert site.scans == []
    assert page.input_value("#a2") == "0912345678"


def test_a_scanner_that_ends_in_tab_works_too(go: Go, site: Notes) -> None:
    page = go("/bench/")
    page.focus("#t1")
    scan(page, CARD.replace("|", "~"), end="Tab")
    arrived(site, page, CARD.replace("|", "~"))


def test_a_scan_while_a_case_is_open_goes_to_the_case_and_another_card_asks(
    go: Go, site: Notes
) -> None:
    page = go("/ho-so/")
    page.focus("#id_phone")
    scan(page, CARD.replace("0011", "0099", 1))
    until(lambda: site.scans, page=page)
    assert site.scans[0][0] == "case"
    expect(page.locator("#scan-answer")).to_contain_text("Đổi người nộp?")
    assert page.input_value("#id_phone") == "0912 345 67"
    assert page.input_value("[data-scan-target] [name=q]") == ""
    expect(page.locator(".idc .who")).to_contain_text("NGUYỄN THỊ HƯỜNG")


def test_a_double_ending_sends_one_scan_and_submits_no_form(go: Go, site: Notes) -> None:
    page = go("/ho-so/")
    page.focus("#id_phone")
    scan(page, CARD, then=("Enter",))
    page.wait_for_timeout(300)
    assert len(site.scans) == 1
    assert [kind for kind, _ in site.posts] == []


def test_a_quick_hand_goes_on_right_after_the_scan(go: Go, site: Notes) -> None:
    page = go("/ho-so/")
    page.focus("#id_phone")
    scan(page, CARD, then=("Control+Enter",))
    until(lambda: site.posts, page=page)
    assert [kind for kind, _ in site.posts] == ["plain"]
    assert [text for _, text in site.scans] == [CARD]


def test_a_quick_hand_walks_back_right_after_the_scan(go: Go, site: Notes) -> None:
    page = go("/ho-so/")
    page.focus("#id_phone")
    scan(page, CARD, then=("Shift+Tab",))
    expect(page.locator("#id_ward")).to_be_focused()
    until(lambda: site.scans, page=page)


def test_two_quick_hands_tick_every_paper_they_press(go: Go) -> None:
    page = go("/ho-so/")
    ticks = page.locator(".docs input:not(:disabled)")
    before = [tick.is_checked() for tick in ticks.all()]
    page.locator("#d1").focus()
    strike(page, "Space", "ArrowDown", "Space", "ArrowDown", "Space", pace=0.09)
    assert [tick.is_checked() for tick in ticks.all()] == [
        was is (place > 2) for place, was in enumerate(before)
    ]


def test_a_key_held_down_is_not_a_scan(go: Go, site: Notes) -> None:
    page = go("/bench/")
    page.focus("#t1")
    page.evaluate("void (t1.form.onsubmit = () => false)")
    for _ in range(12):
        page.keyboard.down("a")
    page.keyboard.up("a")
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    assert site.scans == []
    assert page.input_value("#t1") == "a" * 12


def test_a_scan_on_a_locked_screen_goes_nowhere(go: Go, site: Notes) -> None:
    page = go("/bench/")
    page.keyboard.press("F9")
    expect(page.locator("#lock-pin")).to_be_focused()
    scan(page, CARD)
    page.wait_for_timeout(200)
    assert site.scans == []
    assert page.input_value("#lock-pin") == ""


#: Where the focus may be when somebody scans: the box is caught, and is as it was afterwards.
PLACES = ["#t1", "#t2", "#t3", "#plain", "#a1", "#a2", "#p1", "#push", "#cmd", ".menu summary"]


@pytest.mark.parametrize("place", PLACES)
def test_a_scan_into_any_box_of_the_page_goes_to_the_command_line(
    go: Go, site: Notes, place: str
) -> None:
    page = go("/bench/")
    page.focus(place)
    scan(page, CARD)
    arrived(site, page)
    assert site.saves == []
    assert [kind for kind, _ in site.posts if kind != "poll"] == []


def test_a_scan_with_the_focus_on_a_tick_box_changes_no_tick(go: Go, site: Notes) -> None:
    page = go("/ho-so/")
    page.focus("#d4")
    before = page.evaluate("[...document.querySelectorAll('.docs input')].map(i => i.checked)")
    scan(page, CARD)
    until(lambda: site.scans, page=page)
    after = page.evaluate("[...document.querySelectorAll('.docs input')].map(i => i.checked)")
    assert after == before
    assert site.scans[0][1] == CARD


@pytest.mark.parametrize(("pace", "taken"), [(0.001, True), (0.03, True), (0.05, False)])
def test_under_forty_milliseconds_a_letter_is_a_scanner(
    go: Go, site: Notes, pace: float, taken: bool
) -> None:
    page = go("/bench/")
    page.evaluate("void (t1.form.onsubmit = () => false)")
    page.focus("#t1")
    scan(page, CARD, pace=pace)
    if taken:
        arrived(site, page)
    else:
        page.wait_for_timeout(300)
        assert site.scans == []
        assert page.input_value("#t1") == CARD


def test_seven_letters_are_no_scan_and_eight_are(go: Go, site: Notes) -> None:
    page = go("/bench/")
    page.evaluate("void (t1.form.onsubmit = () => false)")
    page.focus("#t1")
    scan(page, "1234567")
    page.wait_for_timeout(200)
    assert site.scans == []
    page.fill("#t1", "")
    scan(page, "12345678")
    arrived(site, page, "12345678")


@pytest.mark.parametrize("end", ["Tab", "Enter"])
def test_pasted_text_is_never_a_scan(go: Go, site: Notes, end: str) -> None:
    page = go("/bench/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("([text]) => navigator.clipboard.writeText(text)", [CARD])
    page.evaluate("void (t1.form.onsubmit = () => false)")
    page.focus("#t1")
    for _ in range(3):
        page.keyboard.press("Control+v")
    page.keyboard.type("12345")
    page.keyboard.press(end)
    page.wait_for_timeout(200)
    assert site.scans == []
    assert page.input_value("#t1") == CARD * 3 + "12345"


def test_a_page_that_hangs_in_the_middle_loses_no_letter(go: Go, site: Notes) -> None:
    page = go("/bench/")
    page.focus("#t1")
    page.evaluate(
        """void t1.addEventListener('input', () => {
            if (t1.value.length !== 20) return;
            const end = performance.now() + 400;
            while (performance.now() < end);
        })"""
    )
    scan(page, CARD)
    arrived(site, page)


def test_after_each_finished_act_the_command_line_has_the_focus(go: Go, site: Notes) -> None:
    page = go("/ho-so/")
    page.keyboard.press("F8")
    page.wait_for_url("**/quay/")
    expect(page.locator("#cmd")).to_be_focused()
    page.evaluate("window.before = true")
    scan(page, CARD)
    arrived(site, page)
    page_says(page, "!window.before && document.readyState === 'complete'")
    expect(page.locator("#cmd")).to_be_focused()
