"""The second screen: only what the citizen should see, only while the clerk is there (ux 4.8)."""

import re
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from cases.filing import services as filing
from cases.intake import mandates
from cases.models import Case, CounterScreen, Mandate
from cases.screen import screens, signing
from opsa.core import files
from opsa.core.limits import client as valkey
from opsa.core.models import JournalEntry
from opsa.core.once import new_key
from tests.screen.conftest import account_of, address, press, shown

BLANK = "Kính chào quý khách"


def number_of(page: str) -> str:
    found = re.search(r'name="number" value="(\d+)"', page)
    assert found
    return found[1]


def later(seconds: int) -> None:
    CounterScreen.objects.update(touched_at=timezone.now() - timedelta(seconds=seconds))


def test_a_device_that_is_not_paired_sees_nothing(ready, clerk, tablet, place):
    press(clerk, ready, "check")
    stranger = Client()
    assert "Mã 6 số" in shown(stranger, place)
    assert ready.filer.name not in shown(stranger, place)
    assert stranger.get(address(place) + "noi-dung/")["HX-Redirect"] == address(place)
    assert stranger.post(address(place), {"code": "000000"}).status_code == 422


def test_a_code_pairs_one_device_once(clerk, tablet, place):
    spent = CounterScreen.objects.get().code_hash
    assert spent == ""
    second = clerk.post("/quay/man-hinh/", {"form_key": new_key(), "act": "here"})
    assert second["Location"] == address(place)
    assert "Mã 6 số" in shown(tablet, place), "the first device is out"


def test_a_stranger_who_guesses_codes_shuts_nobody_out(clerk, tablet, place):
    stranger = Client(REMOTE_ADDR="10.0.0.9")
    tried = [stranger.post(address(place), {"code": "000000"}).status_code for _ in range(7)]
    assert tried[-1] == 429
    page = clerk.post("/quay/man-hinh/", {"form_key": new_key(), "act": "code"}).content.decode()
    code = page.partition('id="pair-code">')[2][:6]
    assert Client().post(address(place), {"code": code}).status_code == 303


def test_only_the_button_that_ends_a_pairing_ends_it(clerk, tablet, place):
    assert clerk.post("/quay/man-hinh/", {"form_key": new_key(), "act": "x"}).status_code == 422
    assert BLANK in shown(tablet, place)
    assert clerk.post("/quay/man-hinh/", {"form_key": new_key(), "act": "end"}).status_code == 303
    assert "Mã 6 số" in shown(tablet, place)


def test_it_shows_what_to_check_without_the_whole_number_or_notes(ready, clerk, tablet, place):
    Case.objects.filter(pk=ready.pk).update(
        waiting_for="ghi chú nội bộ", authority="UBND 001190012345"
    )
    assert BLANK in shown(tablet, place)
    press(clerk, ready, "check")
    page = shown(tablet, place)
    assert ready.filer.name in page
    assert ready.filer.id_number[-4:] in page
    for hidden in (ready.filer.id_number, "001190012345", "ghi chú nội bộ", ready.token):
        assert hidden not in page


def test_the_same_content_is_asked_for_without_an_answer(ready, clerk, tablet, place):
    press(clerk, ready, "check")
    part = tablet.get(address(place) + "noi-dung/").content.decode()
    again = re.search(r'hx-get="([^"]+)"', part)[1]
    assert tablet.get(again).status_code == 204
    press(clerk, ready, "pay")
    assert "Không còn gì phải trả" in tablet.get(again).content.decode()
    Case.objects.filter(pk=ready.pk).update(money="nothing_due")
    assert "Quý khách không phải trả tiền" in tablet.get(again).content.decode()
    Case.objects.filter(pk=ready.pk).update(money="due")
    page = tablet.get(again).content.decode()
    for told in ("30.000", ready.agency.name, ready.reference):
        assert told in page


def test_a_code_to_pay_by_stands_only_where_there_is_an_account_and_a_debt(
    ready, clerk, tablet, place
):
    press(clerk, ready, "pay")
    assert "data:image/svg" not in shown(tablet, place)
    account_of(ready.agency)
    assert "data:image/svg" not in shown(tablet, place), "nothing is owed"
    Case.objects.filter(pk=ready.pk).update(money="due")
    page = shown(tablet, place)
    assert "data:image/svg" in page
    assert "BUU DIEN MAU" in page
    ready.fees.update(amount=None)
    assert "data:image/svg" not in shown(tablet, place), "nobody knows how much"


@pytest.mark.parametrize("lacking", ["bank", "bank_account", "bank_holder"])
def test_half_an_account_is_refused_in_words(ready, lacking):
    account_of(ready.agency)
    setattr(ready.agency, lacking, "")
    with pytest.raises(ValidationError, match="Tài khoản cần đủ"):
        ready.agency.full_clean()


def test_a_price_that_nobody_knows_yet_asks_for_no_money(ready, clerk, tablet, place):
    ready.fees.update(amount=None)
    Case.objects.filter(pk=ready.pk).update(money="unknown")
    press(clerk, ready, "pay")
    page = shown(tablet, place)
    assert "Chưa phải trả ngay" in page
    assert ready.agency.name not in page, "nobody to be paid"


def test_the_remote_leads_on_from_consent_only_and_tells_the_waiting_page(
    ready, clerk, tablet, place, staff
):
    mandates.mandate_revoke(staff=staff, case_id=ready.pk)
    clerk.post(f"/quay/ho-so/{ready.pk}/dong-y/hoi/", {"form_key": new_key(), "method": "screen"})
    page = clerk.get(f"/quay/ho-so/{ready.pk}/dong-y/").content.decode()
    asks = re.search(r'hx-get="([^"]+/man-hinh/[^"]*)"', page)[1].replace("&amp;", "&")
    assert "HX-Trigger" not in clerk.get(asks), "nothing was pressed yet"
    number = number_of(shown(tablet, place))
    tablet.post(address(place) + "tra-loi/", {"answer": "yes", "number": number})
    told = clerk.get(asks)
    assert told["HX-Trigger"] == "saved", "the page around it is drawn anew, once"
    again = re.search(r'hx-get="([^"]+)"', told.content.decode())[1].replace("&amp;", "&")
    after = clerk.get(again)
    assert "HX-Trigger" not in after
    assert "Sang xem lại" in after.content.decode()
    assert "Đã có đồng ý" in clerk.get(f"/quay/ho-so/{ready.pk}/dong-y/").content.decode()
    last = clerk.get(f"/quay/ho-so/{ready.pk}/man-hinh/?o=nop").content.decode()
    assert "Khách đồng ý" in last
    assert "Sang xem lại" not in last, "the clerk is past it"


@pytest.mark.parametrize(("said", "label"), [("yes", "Khách bấm Đúng"), ("wrong", "Khách báo sai")])
def test_what_is_pressed_arrives_at_the_clerk_once(ready, clerk, tablet, place, said, label):
    press(clerk, ready, "check")
    number = number_of(shown(tablet, place))
    for _time in range(2):
        tablet.post(address(place) + "tra-loi/", {"answer": said, "number": number})
    assert label in clerk.get(f"/quay/ho-so/{ready.pk}/man-hinh/").content.decode()
    line = JournalEntry.objects.get(action="screen.answered", chain=f"case:{ready.pk}")
    assert (line.actor_kind, line.facts["answer"]) == ("citizen", said)


def test_it_goes_blank_after_thirty_seconds_unless_somebody_reads(ready, clerk, tablet, place):
    press(clerk, ready, "check")
    later(25)
    tablet.post(address(place) + "cham/")
    later(25)
    assert ready.filer.name in shown(tablet, place)
    number = number_of(shown(tablet, place))
    later(31)
    assert BLANK in shown(tablet, place)
    tablet.post(address(place) + "cham/")
    tablet.post(address(place) + "tra-loi/", {"answer": "yes", "number": number})
    assert BLANK in shown(tablet, place)
    assert CounterScreen.objects.get().answer == ""


def test_locking_signing_out_and_leaving_the_counter_blank_it(ready, clerk, tablet, place, staff):
    press(clerk, ready, "check")
    clerk.post("/quay/khoa/")
    assert BLANK in shown(tablet, place)
    clerk.post("/quay/mo-khoa/", {"pin": "a-long-test-password"})
    staff.refresh_from_db()
    CounterScreen.objects.update(touched_at=timezone.now())
    clerk.post("/dang-xuat/")
    assert BLANK in shown(tablet, place)


def test_consent_with_a_drawn_signature_is_the_citizens_act(ready, clerk, tablet, place, staff):
    mandates.mandate_revoke(staff=staff, case_id=ready.pk)
    url = f"/quay/ho-so/{ready.pk}/dong-y/hoi/"
    begun = clerk.post(url, {"form_key": new_key(), "method": "screen"})
    assert begun["Location"].endswith("/dong-y/"), "the clerk's screen is not turned"
    page = shown(tablet, place)
    mandate = Mandate.objects.get(case=ready, state="asked")
    assert mandate.shown.splitlines()[0] in page
    strokes = " ".join(f"{x},{x % 90}" for x in range(10, 200, 9))
    told = {"answer": "drawn", "drawing": strokes, "number": number_of(page)}
    assert tablet.post(address(place) + "tra-loi/", told).status_code == 303
    mandate.refresh_from_db()
    assert (mandate.state, mandate.signed, mandate.counter_id) == ("given", "drawn", place.pk)
    assert files.load(mandate.proof).startswith(b"<svg")
    line = JournalEntry.objects.get(action="mandate.given", subject=f"mandate:{mandate.pk}")
    assert (line.actor_kind, line.facts["witness"]) == ("citizen", staff.pk)
    assert "Cảm ơn quý khách" in shown(tablet, place)


def test_a_wrong_name_is_said_there_and_a_no_is_kept(ready, clerk, tablet, place, staff):
    mandates.mandate_revoke(staff=staff, case_id=ready.pk)
    url = f"/quay/ho-so/{ready.pk}/dong-y/hoi/"
    clerk.post(url, {"form_key": new_key(), "method": "screen"})
    number = number_of(shown(tablet, place))
    answer = tablet.post(
        address(place) + "tra-loi/", {"answer": "typed", "name": "Ai Đó", "number": number}
    )
    assert answer.status_code == 422
    assert "Tên chưa khớp" in answer.content.decode()
    tablet.post(address(place) + "tra-loi/", {"answer": "no", "number": number})
    assert Mandate.objects.filter(case=ready, state="declined").exists()
    assert CounterScreen.objects.get().answer == "refused"


def test_when_it_is_done_the_status_code_is_there_to_scan(ready, clerk, tablet, place, counter):
    filing.case_file(ready.pk, staff=counter.staff, actor=counter.actor)
    press(clerk, ready, "done")
    assert "Mã QR mở trang hồ sơ" in shown(tablet, place)


def test_the_filed_case_has_the_remote_only_while_a_screen_lives(
    ready, clerk, tablet, place, counter
):
    filing.case_file(ready.pk, staff=counter.staff, actor=counter.actor)
    url = f"/quay/ho-so/{ready.pk}/xem/"
    assert f"/quay/ho-so/{ready.pk}/man-hinh/" in clerk.get(url).content.decode()
    assert "Cho xem mã QR" in clerk.get(f"/quay/ho-so/{ready.pk}/man-hinh/").content.decode()
    valkey().delete(f"opsa:screen:{place.pk}:seen")
    assert f"/quay/ho-so/{ready.pk}/man-hinh/" not in clerk.get(url).content.decode()


def test_another_offices_case_cannot_be_shown(clerk, tablet):
    from tests.support.cases import make_counter

    case = make_counter().case()
    assert clerk.get(f"/quay/ho-so/{case.pk}/man-hinh/").status_code == 404


def test_without_a_living_screen_the_clerks_own_is_turned(ready, clerk, tablet, staff):
    valkey().delete(*valkey().scan_iter("opsa:screen:*"))
    assert not screens.show(staff=staff, case_id=ready.pk, view="check")


def test_a_screen_that_asked_one_web_process_is_known_to_the_other(tablet, place):
    asking = "from cases.screen import screens; import sys; sys.exit(not screens.is_seen({}))"
    for counter, seen in ((place.pk, True), (place.pk + 1, False)):
        command = [sys.executable, "-c", f"import django; django.setup(); {asking.format(counter)}"]
        assert (subprocess.run(command, check=False).returncode == 0) is seen


def test_with_valkey_away_the_clerks_own_screen_is_turned(ready, tablet, staff, settings):
    settings.REDIS_CLIENT_URL = "redis://127.0.0.1:1"
    screens.note_seen(staff.counter_id)
    assert not screens.show(staff=staff, case_id=ready.pk, view="check")


@pytest.mark.parametrize("strokes", ["<script>", "1,2", "1,2 " * 9000, "9,9;;x", ""])
def test_nothing_but_lines_gets_into_a_signature(strokes):
    with pytest.raises(signing.BadDrawingError):
        signing.drawn(strokes)


def test_points_that_run_into_each_other_are_refused_at_once():
    """Each run of digits could be cut in four ways: thirty of them would take a worker for days."""
    began = time.process_time()
    for strokes in ("1" + ",11111" * 900 + "x", "1,2222,3 " * 9, "1,1" + " 1,1" * 4000 + "x"):
        with pytest.raises(signing.BadDrawingError):
            signing.drawn(strokes)
    assert time.process_time() - began < 5
