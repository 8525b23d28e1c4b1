"""The shared counter: idle lock, PIN, and that nothing answers or gets lost meanwhile (F23)."""

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from agencies.models import Staff
from agencies.views import account
from opsa.core.models import JournalEntry
from tests.agencies.conftest import sign_in

OWN = "/quay/tai-khoan/"


@pytest.fixture
def at_counter(client, lan, clock):
    sign_in(client)
    return client


def test_after_three_idle_minutes_the_screen_is_locked_by_the_system(at_counter, clock):
    clock.forward(seconds=179)
    assert at_counter.get(OWN).status_code == 200
    clock.forward(seconds=180)
    answer = at_counter.get(OWN)
    assert answer.status_code == 423
    assert answer["Cache-Control"] == "no-store, private"
    entry = JournalEntry.objects.get(action="session.locked")
    assert (entry.actor_kind, entry.staff_id) == ("system", None)


def test_a_page_that_asks_by_itself_does_not_keep_the_screen_open(at_counter, clock):
    for _ in range(4):
        clock.forward(seconds=50)
        answer = at_counter.get(OWN, headers={"X-Passive": "1"})
    assert answer.status_code == 423


def test_f9_locks_at_once_and_the_pin_opens_again(at_counter, lan):
    assert at_counter.post("/quay/khoa/", headers={"HX-Request": "true"}).status_code == 204
    assert at_counter.get(OWN).status_code == 423
    answer = at_counter.post("/quay/mo-khoa/", {"pin": "2468", "next": OWN})
    assert (answer.status_code, answer["Location"]) == (303, OWN)
    assert at_counter.get(OWN).status_code == 200
    entry = JournalEntry.objects.get(action="session.locked")
    assert (entry.actor_kind, entry.staff_id) == ("clerk", lan.pk)


def test_a_wrong_pin_opens_nothing_while_the_lock_is_still_on_its_way(at_counter):
    """The page locks itself at once; on a bad line the server hears of it later."""
    locked_page = {"HX-Request": "true"}
    wrong = at_counter.post("/quay/mo-khoa/", {"pin": "1111"}, headers=locked_page)
    assert wrong.status_code == 422
    right = at_counter.post("/quay/mo-khoa/", {"pin": "2468"}, headers=locked_page)
    assert right.status_code == 204
    assert not JournalEntry.objects.filter(action="session.unlocked").exists()


def test_a_request_still_on_its_way_does_not_take_the_lock_off_again(
    at_counter, lan, clock, monkeypatch
):
    """An upload on a bad line began before the clerk pressed F9 and ends after it."""
    second_tab = Client()
    second_tab.cookies = at_counter.cookies
    slowly = account.DeskForm

    def slow(*args, **kwargs):
        monkeypatch.setattr(account, "DeskForm", slowly)
        assert second_tab.post("/quay/khoa/", headers={"HX-Request": "true"}).status_code == 204
        return slowly(*args, **kwargs)

    clock.forward(seconds=60)  # so that this request has something to write in the session
    monkeypatch.setattr(account, "DeskForm", slow)
    assert at_counter.get(OWN).status_code == 200
    assert at_counter.get(OWN).status_code == 423
    assert "seen" in at_counter.session


@pytest.mark.get_writes("somebody else signs in while it runs")
def test_a_request_still_on_its_way_does_not_bring_a_replaced_session_back(
    at_counter, lan, clock, monkeypatch
):
    slowly = account.DeskForm

    def slow(*args, **kwargs):
        monkeypatch.setattr(account, "DeskForm", slowly)
        assert sign_in(Client()).status_code == 303
        return slowly(*args, **kwargs)

    clock.forward(seconds=60)
    monkeypatch.setattr(account, "DeskForm", slow)
    at_counter.get(OWN)
    assert "_auth_user_id" not in at_counter.session
    assert "vi=replaced" in at_counter.get(OWN)["Location"]


def test_the_password_opens_too_for_who_has_no_pin(at_counter, lan):
    from tests.agencies.conftest import PASSWORD

    Staff.objects.filter(pk=lan.pk).update(pin="")
    at_counter.post("/quay/khoa/")
    assert at_counter.post("/quay/mo-khoa/", {"pin": ""}).status_code == 422
    assert at_counter.post("/quay/mo-khoa/", {"pin": PASSWORD}).status_code == 303


def test_five_wrong_pins_end_the_session_and_the_right_one_comes_too_late(at_counter):
    at_counter.post("/quay/khoa/")
    for left in (4, 3, 2, 1):
        answer = at_counter.post("/quay/mo-khoa/", {"pin": "1111"})
        assert answer.status_code == 422
        assert f"Còn {left} lần" in answer.content.decode()
    assert at_counter.post("/quay/mo-khoa/", {"pin": "1111"})["Location"].startswith("/dang-nhap/")
    assert at_counter.post("/quay/mo-khoa/", {"pin": "2468"}).status_code == 302
    assert "_auth_user_id" not in at_counter.session


def test_wrong_pins_are_counted_for_the_person_not_for_the_browser(at_counter, lan):
    at_counter.post("/quay/khoa/")
    copy = Client()
    copy.cookies = at_counter.cookies
    for browser in (at_counter, copy, at_counter, copy):
        assert browser.post("/quay/mo-khoa/", {"pin": "1111"}).status_code == 422
    assert at_counter.post("/quay/mo-khoa/", {"pin": "1111"}).status_code == 303


def test_half_an_hour_behind_the_lock_signs_out(at_counter, clock):
    at_counter.post("/quay/khoa/")
    clock.forward(minutes=31)
    answer = at_counter.get(OWN)
    assert answer.status_code == 302
    assert "vi=abandoned" in answer["Location"]


def test_a_form_that_met_the_lock_is_carried_through_it(at_counter):
    at_counter.post("/quay/khoa/")
    answer = at_counter.post(OWN + "quay/", {"language": "en", "note": "Xin <chào>"})
    assert answer.status_code == 423
    page = answer.content.decode()
    assert 'name="kept.note" value="Xin &lt;chào&gt;"' in page
    carried = {"pin": "2468", "next": OWN + "quay/", "kept.note": "Xin <chào>"}
    wrong = at_counter.post("/quay/mo-khoa/", carried | {"pin": "1111"}).content.decode()
    assert 'name="kept.note" value="Xin &lt;chào&gt;"' in wrong
    page = at_counter.post("/quay/mo-khoa/", carried).content.decode()
    assert 'name="note" value="Xin &lt;chào&gt;"' in page
    assert 'name="language"' not in page


def test_htmx_gets_the_lock_as_a_part(at_counter):
    at_counter.post("/quay/khoa/")
    answer = at_counter.get(OWN, headers={"HX-Request": "true"})
    assert answer.status_code == 423
    assert b"<html" not in answer.content
    assert b'id="lock-part"' in answer.content


SAMPLE = {"int": "1", "slug": "a", "str": "a", "uuid": "0" * 8 + "-0000-7000-8000-" + "0" * 12}


def _views(patterns, prefix=""):
    for item in patterns:
        if isinstance(item, URLResolver):
            yield from _views(item.url_patterns, prefix + _filled(item.pattern))
        elif isinstance(item, URLPattern):
            address = "/" + prefix + _filled(item.pattern)
            if not any(sign in address for sign in "<\\("):
                # What answers there, which may be a view listed earlier.
                yield address, resolve(address).func


def _filled(pattern):
    text = str(pattern)
    for name, converter in pattern.converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower()
        value = SAMPLE.get({"string": "str"}.get(kind, kind), "a")
        for written in (f"<{kind}:{name}>", f"<str:{name}>", f"<{name}>"):
            text = text.replace(written, value)
    return text


def test_while_locked_every_address_that_is_not_public_answers_423(at_counter):
    at_counter.post("/quay/khoa/")
    seen = 0
    for address, view in _views(get_resolver().url_patterns):
        if not getattr(view, "login_required", True) or getattr(view, "when_locked", False):
            continue
        assert at_counter.get(address).status_code == 423, address
        seen += 1
    assert seen > 20


def test_signed_out_every_address_that_is_not_public_leads_to_signing_in(client, db):
    seen = 0
    for address, view in _views(get_resolver().url_patterns):
        if not getattr(view, "login_required", True):
            continue
        answer = client.get(address)
        assert answer.status_code == 302, address
        assert answer["Location"].startswith("/dang-nhap/?next="), address
        seen += 1
    assert seen > 20
