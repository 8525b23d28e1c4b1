"""The step of scans in a real browser: files in pieces, a line that drops, pages put in order."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from cases.intake import practice, scan_binding, scans
from cases.models import CaseDocument, Scan, Upload
from tests.support.browser import NARROW, WIDE, Hands, let_in, page_says, settle
from tests.support.papers import encoded, on_table, phone_jpeg, photographed, sheet


@pytest.fixture
def line(transactional_db, draft) -> CaseDocument:
    return draft.documents.get(document__key="giay-chung-sinh")


@pytest.fixture
def step(page, live_server, staff, draft, line):
    """`step()` opens the step of scans as the clerk."""
    let_in(page.context, staff, live_server.url)
    url = live_server.url + reverse("quay:step", args=[draft.pk, "ban-quet"])

    def show(*, size=WIDE, dark=False):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.goto(url)
        return page

    return show


def photo(seed=1, side=3000, **how):
    return phone_jpeg(photographed(on_table(sheet(seed=seed)), side=side, **how), 6, seed % 5)


def bring(page, line, *photos):
    page.set_input_files(
        f"#up{line.pk}",
        [{"name": n, "mimeType": "image/jpeg", "buffer": content} for n, content in photos],
    )


def worked(line):
    """What the worker does with everything that waits."""
    for scan in Scan.objects.filter(state="quarantined"):
        scans.scan_check(scan.pk)
    scan_binding.document_bind(line.pk)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_everybody_can_read_the_pages(step, shoot, assert_axe, draft, staff, line, size, dark):
    page = step(size=size, dark=dark)
    assert_axe(page)
    shoot(page, "empty", full_page=False)
    practice.scan_of(staff, line, photo(1))
    practice.scan_of(staff, line, photo(2, blur=7))
    practice.scan_of(staff, line, photo(3, light=0.3))
    practice.scan_of(staff, line, b"%PDF-1.7 broken")
    line.refresh_from_db()
    line.pages = 4
    line.save()
    page = step(size=size, dark=dark)
    page.locator("img.look").first.evaluate("(i) => i.decode()")
    shoot(page, "pages", full_page=False)
    shoot(page, "pages-full")
    assert_axe(page)
    page.locator("details.again summary").first.click()
    assert_axe(page)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_photos_go_up_small_in_pieces_and_in_order(step, line, draft):
    page = step()
    first, second = photo(1), photo(2)
    bring(page, line, ("mot.jpg", first), ("hai.jpg", second))
    expect(page.locator("#scans .files li.sheet")).to_have_count(2, timeout=20_000)
    found = list(Scan.objects.order_by("position"))
    assert [scan.original_name for scan in found] == ["mot.jpg", "hai.jpg"]
    assert all(scan.upload_size < len(first) / 2 for scan in found)
    assert not Upload.objects.exists()
    worked(line)
    expect(page.locator("img.look")).to_have_count(2, timeout=10_000)
    line.refresh_from_db()
    assert line.pdf_pages == 2


def test_a_dropped_line_costs_one_piece_and_not_the_file(step, line):
    page = step()
    big = encoded(photographed(sheet(), side=3400, noise=30), "PNG")[: 3 * 1024 * 1024]
    sent = []

    def weather(route):
        sent.append(route.request.headers["upload-offset"])
        if len(sent) == 3:
            route.abort()
        else:
            route.continue_()

    page.route("**/phan/", weather)
    # A file that the browser can't draw goes up as it is.
    page.set_input_files(
        f"#up{line.pk}", [{"name": "a.heic", "mimeType": "image/heic", "buffer": big}]
    )
    expect(page.locator("#scans .files li.sheet")).to_have_count(1, timeout=20_000)
    assert len(sent) == 13  # twelve pieces, one of them twice
    assert sent.count(sent[2]) == 2


def test_going_on_in_the_middle_of_a_file_waits_for_it(step, line):
    page = step()
    held = []
    page.route("**/phan/", lambda route: held.append(route) if not held else route.continue_())
    bring(page, line, ("mot.jpg", photo(1)))
    page_says(page, "Boolean(document.querySelector('[data-upload-list] progress'))")
    page.wait_for_timeout(1500)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#errbar")).to_contain_text("tự sang bước sau")
    assert not Scan.objects.exists()
    held[0].continue_()
    page.wait_for_url("**/phi/")
    assert Scan.objects.get().original_name == "mot.jpg"


def test_a_file_goes_on_where_it_stopped_after_the_page_was_left(step, line):
    page = step()
    big = encoded(photographed(sheet(), side=3400, noise=30), "PNG")[: 2 * 1024 * 1024]
    file = [{"name": "a.heic", "mimeType": "image/heic", "buffer": big}]
    sent = []

    def weather(route):
        sent.append(int(route.request.headers["upload-offset"]))
        if len(sent) > 4 and not page.evaluate("window.again"):
            route.abort()
        else:
            route.continue_()

    page.route("**/phan/", weather)
    page.set_input_files(f"#up{line.pk}", file)
    expect(page.locator("[data-upload-list]").first).to_contain_text("tự tải tiếp")
    assert Upload.objects.get().received == 4 * 256 * 1024
    page.once("dialog", lambda dialog: dialog.accept())
    page = step()
    page.evaluate("window.again = true")
    sent.clear()
    page.set_input_files(f"#up{line.pk}", file)
    expect(page.locator("#scans .files li.sheet")).to_have_count(1, timeout=20_000)
    assert len(sent) == 4


def test_pages_are_ordered_turned_kept_and_taken_out_without_leaving_the_page(
    step, line, staff, shoot
):
    for seed in (1, 2, 3):
        practice.scan_of(staff, line, photo(seed, side=1600, blur=9 if seed == 3 else 0.6))
    page = step()
    first, second, third = Scan.objects.order_by("position")
    page.click(f"#l{first.pk}")
    expect(page.locator("li.sheet").first).to_have_id(f"s{second.pk}")
    page.click(f"#t{first.pk}")
    expect(page.locator(f"#s{first.pk} img")).to_have_class(re.compile("turn-90"))
    page.click(f"#k{third.pk}")
    expect(page.locator(f"#s{third.pk}")).to_contain_text("Vẫn dùng.")
    page.click(f"#r{second.pk}")
    expect(page.locator("li.sheet")).to_have_count(2)
    page.click("#undo button")
    expect(page.locator("li.sheet")).to_have_count(3)
    assert list(Scan.objects.order_by("position").values_list("pk", flat=True)) == [
        second.pk, first.pk, third.pk
    ]  # fmt: skip


def test_a_bad_page_is_taken_again_in_its_place(step, line, staff):
    for seed in (1, 2):
        practice.scan_of(staff, line, photo(seed, side=1600, blur=9 if seed == 1 else 0.6))
    bad, good = Scan.objects.order_by("position")
    page = step()
    page.locator(f"#s{bad.pk} summary").click()
    page.set_input_files(
        f"#up{line.pk}{bad.pk}",
        [{"name": "lai.jpg", "mimeType": "image/jpeg", "buffer": photo(5, side=1600)}],
    )
    expect(page.locator("li.sheet").first).to_contain_text("lai.jpg")
    worked(line)
    bad.refresh_from_db()
    assert bad.state == "removed"
    assert [s.original_name for s in Scan.objects.exclude(state="removed").order_by("position")][
        1
    ] == good.original_name


def test_without_a_script_files_go_up_as_a_plain_form(browser, live_server, staff, draft, line):
    context = browser.new_context(java_script_enabled=False)
    let_in(context, staff, live_server.url)
    page = context.new_page()
    page.goto(live_server.url + reverse("quay:step", args=[draft.pk, "ban-quet"]))
    bring(page, line, ("mot.jpg", photo(1, side=1600)), ("hai.jpg", photo(2, side=1600)))
    # Without a script only the browser's own field names what was chosen.
    field = page.locator(f"#up{line.pk}")
    assert field.evaluate("f => getComputedStyle(f).opacity") == "1"
    page.locator(f"#up-{line.pk} button").click()
    assert page.locator("li.sheet").count() == 2
    worked(line)
    page.reload()
    page.locator("li.sheet button[value=later]").first.click()
    assert [s.original_name for s in Scan.objects.order_by("position")] == ["hai.jpg", "mot.jpg"]
    context.close()


def test_what_is_left_agrees_with_the_paper_at_every_moment(step, line):
    page = step()
    left, state = page.locator("#todo"), page.locator(f"#d{line.pk} > header .st")
    expect(left).to_contain_text("Chưa quét")
    bring(page, line, ("mot.jpg", photo(1, side=1600)))
    expect(state).to_have_text("Đang kiểm tra", timeout=20_000)
    expect(left).to_contain_text("Đang kiểm tra tệp")
    expect(left).not_to_contain_text("Chưa quét")
    scans.scan_check(Scan.objects.get().pk)
    expect(state).to_have_text("Đã quét 1 trang", timeout=10_000)
    expect(left).to_contain_text("Đủ cho bước này")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_file_is_chosen_by_a_button_in_our_own_words(step, line, shoot, assert_axe, size):
    page = step(size=size)
    settle(page)
    field = page.get_by_label("Thêm trang: ảnh hoặc tệp").first
    field.evaluate("f => f.blur()")
    page.keyboard.press("Shift+Tab")
    Hands(page).to(f"#up{line.pk}")
    look = "f => (({outlineWidth, outlineStyle}) => outlineWidth + outlineStyle)"
    look += "(getComputedStyle(f.parentElement))"
    assert field.evaluate(look) == "3pxsolid"
    assert field.evaluate("f => getComputedStyle(f).opacity") == "0"
    with page.expect_file_chooser():
        field.evaluate("f => f.matches(':focus')")  # behind the order to tell of a chooser
        page.keyboard.press("Space")
    shoot(page, "file-button", full_page=False)
    assert_axe(page)
    box, button = field.bounding_box(), field.locator("..").bounding_box()
    assert box
    assert button
    assert abs(box["width"] - button["width"]) <= 4  # the whole button takes presses and drops


def test_a_file_that_is_not_sent_at_once_is_named_beside_its_button(page, step, line):
    # A browser that cannot send pieces keeps the plain form.
    page.add_init_script("Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })")
    page = step()
    bring(page, line, ("mot.jpg", photo(1, side=1600)))
    expect(page.locator(f"#up-{line.pk} [data-picked]").first).to_have_text("mot.jpg")
    page.locator(f"#up-{line.pk} button").click()
    expect(page.locator("li.sheet")).to_have_count(1)


def test_a_file_that_is_refused_says_so_in_whole_words_and_offers_no_second_try(step, line):
    """A name stood letter under letter on a phone, and "again" sent the same empty file again."""
    page = step(size=NARROW)
    empty = {"name": "to-khai-2026.jpg", "mimeType": "image/jpeg", "buffer": b""}
    page.set_input_files(f"#up{line.pk}", empty)
    row = page.locator("[data-upload-list] li")
    expect(row).to_contain_text("Tệp trống")
    assert row.get_by_role("button").all_inner_texts() == ["Bỏ"]
    name = row.locator("> span").first.bounding_box()
    assert name["width"] > 100, "one line, not a letter a line"
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_refused_file_is_called_by_its_name_and_has_no_place_in_the_order(step, line, shoot):
    page = step()
    page.set_input_files(
        f"#up{line.pk}", {"name": "x.exe", "mimeType": "image/jpeg", "buffer": b"MZ" + b"\0" * 4000}
    )
    expect(page.locator("#scans li.sheet")).to_have_count(1)
    bring(page, line, ("trang.jpg", photo()))
    expect(page.locator("#scans li.sheet")).to_have_count(2)
    worked(line)
    page.reload()
    bad = page.locator("li.sheet", has_text="x.exe")
    expect(bad.get_by_role("button", name="Gỡ x.exe")).to_be_visible()
    expect(bad.get_by_role("button", name="Xuống sau")).to_have_count(0)
    assert "trang 0" not in page.locator("#scans").inner_text()
    shoot(page, "refused")
