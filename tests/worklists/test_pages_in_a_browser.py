"""The counter's lists, the case page and the board in a real browser, checked by axe."""

import pytest

from tests.support.browser import NARROW, PRESSED, WIDE
from tests.support.cases import make_counter
from tests.support.practice import morning
from tests.support.worklists import lay, make_supervisor


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_everybody_can_read_the_clerks_pages(seen, shoot, assert_axe, counter, size, dark):
    kept = morning(counter)
    name = f"{'wide' if size is WIDE else 'narrow'}-{'dark' if dark else 'light'}"
    for label, url in {
        "home": "/quay/",
        "list": "/quay/buu-cuc/",
        "search": "/quay/tim/",
        "case": f"/quay/ho-so/{kept['work'].pk}/xem/",
        "supplement": f"/quay/ho-so/{kept['supplement'].pk}/xem/",
    }.items():
        page = seen(counter.staff, url, size=size, dark=dark)
        shoot(page, f"{label}-{name}", full_page=False)
        shoot(page, f"{label}-{name}-full")
        assert_axe(page)
        width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, f"{label} scrolls sideways by {width} px"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_everybody_can_read_the_board(seen, shoot, assert_axe, counter, size, dark):
    morning(counter)
    other = make_counter()
    for number in range(7):
        lay(other, dossier="4", channel=("assisted", "self_service")[number % 2])
    lay(make_counter(), dossier="4")
    boss = make_supervisor()
    name = f"{'wide' if size is WIDE else 'narrow'}-{'dark' if dark else 'light'}"
    for label, url in {"board": "/dieu-hanh/", "behind": "/dieu-hanh/qua-han/"}.items():
        page = seen(boss, url, size=size, dark=dark)
        shoot(page, f"{label}-{name}")
        assert_axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_board_is_twelve_requests_at_most(seen, counter):
    boss = make_supervisor()
    morning(counter)
    page = seen(boss, "/tro-giup/")
    requests, complaints = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page = seen(boss, "/dieu-hanh/")
    page.wait_for_load_state("networkidle")
    assert len([url for url in requests if "so-lieu" not in url]) <= 12, requests
    # The browser of the tests runs no service worker, and says so on every page.
    assert [text for text in complaints if "Service Worker" not in text] == []


def test_arrow_keys_walk_the_rows_and_enter_opens_one(seen, counter):
    kept = morning(counter)
    page = seen(counter.staff, "/quay/")
    links = page.locator("a.code")
    links.nth(0).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.id") == links.nth(2).get_attribute("id")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ho-so/**")
    assert str(kept["result"].pk) in page.url or "/xem/" in page.url


def test_new_work_appears_by_itself_and_the_chosen_row_stays_chosen(seen, counter):
    kept = morning(counter)
    page = seen(counter.staff, "/quay/")
    row = f"c{kept['result'].pk}"
    page.locator(f"#{row}").focus()
    late = lay(counter, name="Trịnh Ngọc Diễm", dossier="9", delivery="available")
    page.evaluate("htmx.trigger(document.body, 'poll')")
    page.locator(f"#c{late.pk}").wait_for()
    assert page.evaluate("document.activeElement.id") == row
    assert "5 việc" in page.locator("h1").inner_text()


def test_a_masked_field_opens_for_a_reason_and_closes_by_itself(seen, shoot, counter):
    case = morning(counter)["work"]
    page = seen(counter.staff, f"/quay/ho-so/{case.pk}/xem/")
    assert case.filer.phone not in page.content()
    page.locator("#um-field").select_option("filer.phone")
    page.get_by_role("button", name="Xem trong 60 giây").click()
    page.locator("#people .shown").wait_for()
    assert case.filer.phone in page.locator("#people").inner_text()
    shoot(page, "unmasked")
    assert page.locator("#people").get_attribute("hx-trigger") == "load delay:60s"
    assert case.filer.phone not in page.evaluate(
        "JSON.stringify(sessionStorage) + JSON.stringify(localStorage)"
    )


def test_the_list_prints_without_the_chrome(seen, shoot, counter):
    morning(counter)
    page = seen(counter.staff, "/quay/buu-cuc/")
    page.emulate_media(media="print")
    shoot(page, "list-print")
    assert not page.locator("header.top").is_visible()
    assert page.locator("table.tbl").is_visible()


def test_paper_shows_what_the_page_says_and_nothing_to_press(seen, shoot, counter):
    kept = morning(counter)
    for label, url, says in (
        ("home", "/quay/", "#work table"),
        ("list", "/quay/buu-cuc/", "#rows table"),
        ("case", f"/quay/ho-so/{kept['work'].pk}/xem/", "#timeline"),
        ("results", "/quay/ket-qua/cho-tra/", "h1"),
    ):
        page = seen(counter.staff, url)
        page.emulate_media(media="print")
        shoot(page, f"{label}-print")
        assert page.evaluate(PRESSED) == [], label
        assert page.locator(says).first.is_visible(), label
        page.emulate_media(media="screen")
