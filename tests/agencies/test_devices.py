"""The device page: green, or the exact fix, for every way a scanner spoils the test code (F04)."""

import io
import time

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from agencies.devices import LETTERS, TEST_BAR, TEST_CODE, verdict
from agencies.models import Counter
from opsa.core.models import JournalEntry
from opsa.core.once import new_key
from tests.agencies.conftest import sign_in


def as_(page: str) -> str:
    return TEST_CODE.encode().decode(page, errors="ignore")


SHAPES = {
    "as it should be": (TEST_CODE, "ok", ""),
    "with a line end": (TEST_CODE + "\r\n", "ok", ""),
    "decomposed accents": (__import__("unicodedata").normalize("NFD", TEST_CODE), "ok", ""),
    "the bar code": (TEST_BAR, "ok", ""),
    "tilde for the bar": (TEST_CODE.replace("|", "~"), "warn", "USA"),
    "twice": (TEST_CODE * 2, "warn", "same code delay"),
    "AIM identifier": ("]Q1" + TEST_CODE, "warn", "AIM ID"),
    "suffix": (TEST_CODE + "!!", "warn", "suffix"),
    "Caps Lock": (TEST_CODE.swapcase(), "bad", "Caps Lock"),
    "UTF-8 as Latin-1": (as_("latin-1"), "bad", "UTF-8"),
    "UTF-8 as Windows-1252": (as_("cp1252"), "bad", "UTF-8"),
    "UTF-8 as Windows-1258": (as_("cp1258"), "bad", "UTF-8"),
    "Telex at work": (TEST_CODE.replace("tieengs-ddoong", "tiếng-đông"), "bad", "Unikey"),
    "VNI at work": (TEST_CODE.replace("tie61ng-d9o6ng", "tiếng-đông"), "bad", "Unikey"),
    "French keyboard": (TEST_CODE.replace("0123456789", "à&é\"'(-è_ç"), "bad", "English (US)"),
    "accents lost": (TEST_CODE.encode("ascii", "ignore").decode(), "bad", "USB-COM"),
    "question marks": (TEST_CODE.encode("ascii", "replace").decode(), "bad", "USB-COM"),
    "cut": (TEST_CODE[:90], "bad", "Giữ yên"),
    "letters dropped": (TEST_CODE.replace("ặ", "").replace("Ữ", ""), "bad", "5 ms"),
    "nothing": ("", "bad", "quét lại"),
    "a citizen's card": ("001190012345||Nguyễn Thị Hường|02091990|Nữ|Hà Nội|1", "bad", "thẻ"),
    "something else": ("8934563138165", "bad", "tờ thử"),
    "endless": ("x" * 100_000, "bad", "tờ thử"),
}


@pytest.mark.parametrize(("text", "tone", "fix"), SHAPES.values(), ids=SHAPES)
def test_every_fault_of_a_scanner_has_its_fix(text, tone, fix):
    found = verdict(text)
    assert found.tone == tone
    assert fix in found.fix
    assert bool(found.fix) == (tone != "ok")
    assert "Hường" not in found.found + found.fix


def test_the_code_holds_every_vietnamese_letter_in_both_cases():
    # 12 vowels with 6 tones each, and đ
    assert len(set(LETTERS)) == 73
    assert set("ạặậẹệịọộợụựỳỵỷỹăâđêôơư") <= set(LETTERS)
    assert LETTERS in TEST_CODE
    assert LETTERS.upper() in TEST_CODE


@pytest.fixture
def at_counter(client, lan):
    lan.counter = Counter.objects.get(number=1)
    lan.save(update_fields=["counter"])
    sign_in(client)
    return client


def test_the_printed_sheet_is_read_by_a_scanner_to_the_letter(at_counter):
    answer = at_counter.get("/quay/thiet-bi/phieu-thu.pdf")
    assert answer["Content-Type"] == "application/pdf"
    document = pypdfium2.PdfDocument(io.BytesIO(answer.content))
    assert len(document) == 1
    image: Image.Image = document[0].render(scale=300 / 72).to_pil()
    found = {code.text for code in zxingcpp.read_barcodes(image)}
    assert found == {TEST_CODE, TEST_BAR}


def test_the_page_says_what_came_and_never_shows_it_again(at_counter):
    page = at_counter.post("/quay/thiet-bi/quet/", {"q": "001190012345|x|Hường"}).content.decode()
    assert "Đây không phải mã trên tờ thử." in page
    assert "001190012345" not in page
    part = at_counter.post(
        "/quay/thiet-bi/quet/", {"q": TEST_CODE}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "Đọc đúng" in part
    assert "<html" not in part


def test_the_line_is_timed_with_bytes_that_nothing_shrinks(at_counter):
    for kb, size in ((0, 0), (100, 102_400), (9999, 0), ("x", 0), (999, 128 * 1024)):
        answer = at_counter.get(f"/quay/thiet-bi/do/?kb={kb}")
        assert len(answer.content) == size
        assert "no-store" in answer["Cache-Control"]


def test_a_counters_scanner_goes_on_the_port_only_when_somebody_says_so(at_counter, lan):
    assert b"serial.js" not in at_counter.get("/quay/thiet-bi/").content
    for serial in ("1", "0"):
        answer = at_counter.post(
            "/quay/thiet-bi/dau-doc/", {"serial": serial, "form_key": new_key()}
        )
        assert answer.status_code == 303
        page = at_counter.get("/quay/thiet-bi/").content
        assert (b"serial.js" in page) == (serial == "1")
    entries = JournalEntry.objects.filter(action="counter.scanner").order_by("pk")
    assert [entry.facts["serial"] for entry in entries] == [True, False]


def test_a_clerk_tries_everything_in_the_browser(
    page, live_server, lan, shoot, assert_axe, browser
):
    lan.counter = Counter.objects.get(number=1)
    lan.save(update_fields=["counter"])
    page.goto(f"{live_server.url}/dang-nhap/")
    page.fill("[name=username]", "lan")
    page.fill("[name=password]", "tem-thu-hoa-sen-18")
    page.keyboard.press("Enter")
    page.wait_for_url("**/quay/")
    page.goto(f"{live_server.url}/quay/thiet-bi/")
    assert page.evaluate("document.activeElement.id") == "try"
    page.keyboard.insert_text(TEST_CODE[:-6])
    page.keyboard.type(TEST_CODE[-6:])
    page.keyboard.press("Enter")
    page.locator("#verdict .note.ok").wait_for()
    page.locator("[data-measure-go]").click()
    page.locator("#line.note").filter(has_text="Mbit/s").wait_for()
    assert_axe(page)
    shoot(page, "devices")
    page.set_viewport_size({"width": 390, "height": 844})
    shoot(page, "devices-phone")
    page.get_by_role("button", name="Bật cho quầy này").click()
    page.get_by_text("Đang bật cho quầy này.").wait_for()
    without = page.evaluate("'serial' in navigator")
    shown = page.locator("[data-serial-choose]" if without else "[data-serial-none]")
    shown.wait_for()
    time.sleep(0.1)
    shoot(page, "devices-port")
