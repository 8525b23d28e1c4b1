"""One's own keys: changed, refused when two acts share one, switched off, kept on the person."""

import pytest

from agencies.keys import ACTS, SPARE, Keyboard
from agencies.models import Staff
from opsa.core.models import JournalEntry
from opsa.core.once import new_key
from tests.agencies.conftest import PASSWORD, sign_in

URL = "/quay/phim-tat/"


@pytest.fixture
def at_counter(client, lan):
    sign_in(client)
    return client


def send(client, **fields: str):
    return client.post(URL, {**fields, "form_key": new_key()})


def test_a_changed_key_is_kept_on_the_person_and_on_every_page(at_counter, lan):
    assert send(at_counter, key_f8="Alt+G").status_code == 303
    assert Staff.objects.get(pk=lan.pk).keys == {"F8": "Alt+G"}
    page = at_counter.get(URL).content.decode()
    assert "&quot;F8&quot;: &quot;Alt+G&quot;" in page
    entry = JournalEntry.objects.get(action="keys.changed")
    assert (entry.staff_id, entry.facts["changed"]) == (lan.pk, 1)


def test_two_acts_on_one_key_are_refused_and_nothing_changes(at_counter, lan):
    answer = send(at_counter, key_f8="F9")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert page.count('aria-invalid="true"') == 2
    assert "F9 đang dùng cho: Khóa màn hình" in page
    assert Staff.objects.get(pk=lan.pk).keys == {}


def test_keys_may_change_places(at_counter, lan):
    assert send(at_counter, key_f8="F9", key_f9="F8").status_code == 303
    assert Staff.objects.get(pk=lan.pk).keys == {"F8": "F9", "F9": "F8"}


@pytest.mark.parametrize("key", ["F5", "F11", "Ctrl+T", "Ctrl+J", "Alt+Z", "x", "Alt+1", "<b>"])
def test_keys_of_browser_scanner_and_input_method_are_refused(at_counter, lan, key):
    assert send(at_counter, key_f8=key).status_code == 422
    assert Staff.objects.get(pk=lan.pk).keys == {}


def test_all_keys_go_off_and_back_to_the_usual_ones(at_counter, lan):
    send(at_counter, off="1", key_f4="")
    assert Staff.objects.get(pk=lan.pk).keys == {"off": True, "F4": ""}
    assert "data-keys-off" in at_counter.get(URL).content.decode()
    send(at_counter, usual="1")
    assert Staff.objects.get(pk=lan.pk).keys == {}


def test_what_is_kept_may_be_anything_and_the_usual_keys_stand():
    for kept in (None, [], "x", {"F8": 3}, {"F5": "F8"}, {"off": "yes"}):
        keyboard = Keyboard.of(kept)
        assert [row.own for row in keyboard.rows] == list(ACTS)
        assert not keyboard.off
        assert not keyboard.clashes


def test_no_spare_key_belongs_to_browser_scanner_or_input_method():
    taken = {"F3", "F5", "F6", "F7", "F11", "F12", "Alt+Z", "Alt+D", "Alt+E", "Alt+F"}
    taken |= {f"Ctrl+{letter}" for letter in "TWNLIJMACVXRFPH"}
    assert not taken & {*SPARE, *ACTS}
    assert len(set(SPARE)) == len(SPARE)


def test_a_clerk_changes_a_key_and_works_with_it(page, live_server, lan, shoot, assert_axe):
    page.goto(f"{live_server.url}/dang-nhap/")
    page.fill("[name=username]", "lan")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/quay/")
    page.keyboard.press("F1")
    page.get_by_role("link", name="Đổi hoặc tắt phím").click()
    page.wait_for_url("**/phim-tat/")
    page.select_option("#key_f9", "F8")
    page.keyboard.press("Control+Enter")
    page.locator("#key_f9[aria-invalid=true]").wait_for()
    page.wait_for_load_state()  # the page that took this one's place has its scripts
    assert page.evaluate("document.activeElement.id") == "key_f8"
    assert_axe(page)
    shoot(page, "keys-refused")
    page.select_option("#key_f8", "F10")
    page.keyboard.press("Control+Enter")
    page.locator("#messages p").wait_for()
    assert_axe(page)
    page.keyboard.press("F1")
    page.locator("#keys[open]").wait_for()
    shoot(page, "keys-list", full_page=False)
    page.keyboard.press("Escape")
    page.keyboard.press("F8")
    page.locator("#lock[open]").wait_for()
