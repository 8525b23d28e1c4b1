"""The steps in a real browser: looked at in both widths and themes, checked by axe, done by
keyboard."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from cases.intake import practice, steps
from tests.support.birth import CARD
from tests.support.browser import PRESSED, WIDE, page_says

WIDER = """() => [...document.querySelectorAll("main *")]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
  .map((e) => `${e.tagName}#${e.id}.${e.className}`).slice(0, 12)"""
NARROW = {"width": 390, "height": 844}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_everybody_can_read_the_steps(seen, shoot, assert_axe, counter, mockup, size, dark):
    pages = {slug: reverse("quay:step", args=[mockup.pk, slug]) for slug in steps.SLUGS}
    pages["sua"] = pages["nguoi-nop"] + "?sua=1"
    pages["khach"] = reverse("quay:customer", args=[mockup.pk])
    pages["giay"] = reverse("quay:mark", args=[mockup.pk, mockup.documents.all()[2].pk])
    for label, url in pages.items():
        page = seen(counter.staff, url, size=size, dark=dark)
        shoot(page, label, full_page=False)
        shoot(page, f"{label}-full")
        assert_axe(page)
        width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, f"{label} scrolls sideways by {width} px: {page.evaluate(WIDER)}"


KEYS = """
window.presses = Number(sessionStorage.presses || 0);
addEventListener("keydown",
(e) => { window.presses += 1; sessionStorage.presses = window.presses; }, true);
"""


def test_a_simple_case_takes_at_most_forty_keys_beside_the_declaration(
    seen, shoot, counter, tmp_path
):
    """Card scanned (no key of the clerk's), procedure by name, phone, ward, one file, consent on
    the screen, file."""
    from cases.intake import scans
    from cases.models import Case, Scan

    version, staff = counter.version, counter.staff
    picture = tmp_path / "giay.png"
    picture.write_bytes(practice.paper_picture())
    page = seen(staff, "/quay/")
    page.context.add_init_script(KEYS)
    page.goto(page.url)
    scanned = 0

    def scan(text):
        nonlocal scanned
        before = page.evaluate("window.presses")
        page.keyboard.insert_text(text[:-1])
        page.keyboard.type(text[-1])
        page.keyboard.press("Enter")
        page.wait_for_url("**/khach/")
        scanned += page.evaluate("window.presses") - before

    page.keyboard.press("F2")
    scan(CARD)
    shoot(page, "start", full_page=False)
    page.keyboard.press("F2")
    page.keyboard.type("ks", delay=60)
    page.keyboard.press("Enter")
    page.wait_for_url("**/quet/")
    shoot(page, "results", full_page=False)
    page.keyboard.press("Enter")
    page.wait_for_url("**/nguoi-nop/")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type("0912345678", delay=60)
    page.keyboard.press("Enter")
    page.keyboard.press(
        "ArrowUp"
    )  # for themselves: the version asks about a child only in its form
    page.wait_for_timeout(800)
    for box in page.locator(".docs input[type=checkbox]:not(:disabled):not(:checked)").all():
        box.focus()
        page.keyboard.press("Space")
        page.wait_for_timeout(400)
    shoot(page, "applicant", full_page=False)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/to-khai/")
    counted = page.evaluate("window.presses")
    page.locator("#f-noi-sinh").fill("Bệnh viện")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/ban-quet/")
    page.locator("input[type=file]").first.set_input_files(picture)
    page.wait_for_selector("#scans .files li")
    scans.scan_check(Scan.objects.get().pk)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/phi/")
    page.locator("#method").select_option("cash")
    page.locator("form.pay button").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".st.done >> text=Đã trả")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/dong-y/")
    page.keyboard.press("Enter")
    page.wait_for_url("**/khach-xem/")
    page.locator("button[value=yes]").click()
    page.wait_for_url("**/xem-lai/")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/nop/")
    shoot(page, "file", full_page=False)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/xem/")
    shoot(page, "filed", full_page=False)
    total = page.evaluate("window.presses") - scanned
    assert Case.objects.get().work == "filed"
    assert version.pk == Case.objects.get().version_id
    assert total <= 40, f"{total} keys ({counted - scanned} up to the declaration)"


def test_a_warning_is_said_once_and_goes_when_it_is_put_right(seen, counter, mockup):
    page = seen(counter.staff, reverse("quay:step", args=[mockup.pk, "nguoi-nop"]))
    box = page.locator(".f", has=page.locator("#phone"))
    expect(box.locator(".msg")).to_have_text("Thiếu 1 số.")
    with page.expect_response("**/luu/"):
        page.locator("#relation").select_option("grandparent")
    expect(box.locator(".msg.err")).to_have_text("Thiếu 1 số.")
    expect(box.locator(".msg")).to_have_count(1)
    page.reload()
    with page.expect_response("**/luu/"):
        page.locator("#phone").fill("0912 345 678")
        page.keyboard.press("Tab")
    expect(box.locator(".msg")).to_have_count(0)
    ask = page.locator(".f", has=page.locator("#commune")).locator(".msg")
    expect(ask).to_have_count(1)


def test_paper_shows_what_a_step_says_and_nothing_to_press(seen, shoot, mockup):
    for step, says in (
        ("nguoi-nop", "#step"),
        ("ban-quet", "img.look"),
        ("phi", "#step"),
        ("xem-lai", "main .card"),
    ):
        page = seen(mockup.owner, reverse("quay:step", args=[mockup.pk, step]))
        page.emulate_media(media="print")
        shoot(page, f"{step}-print")
        assert page.evaluate(PRESSED) == [], step
        assert page.locator(says).first.is_visible(), step
        page.emulate_media(media="screen")


@pytest.mark.parametrize("part", ["summary", "checklist"])
def test_a_save_answered_while_a_part_is_just_coming_is_shown_too(seen, counter, mockup, part):
    """A clerk mends a number in the moment the page shows what was wrong with it."""
    page = seen(counter.staff, reverse("quay:step", args=[mockup.pk, steps.APPLICANT]))
    page.evaluate(
        """(part) => {
            const saved = () => document.body.dispatchEvent(new Event("saved"));
            window.shown = 0;
            document.body.addEventListener("htmx:afterSwap", (e) => {
                if (e.target.id !== part) return;
                window.shown += 1;
                if (window.shown === 1) setTimeout(saved, 5);
            });
            saved();
        }""",
        part,
    )
    page_says(page, "window.shown === 2")
