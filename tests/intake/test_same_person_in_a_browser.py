"""A counter's question and a supervisor's answer, pressed in a real browser (F22)."""

from datetime import date

from django.db import transaction
from django.urls import reverse
from playwright.sync_api import expect

from agencies.models import Role, Staff
from cases.intake import applicants, drafts
from cases.models import SamePerson
from cases.persons import services as persons
from tests.support.browser import let_in
from tests.support.worklists import PASSWORD


def typed(counter, number):
    case = drafts.draft_open(staff=counter.staff, version=counter.version)
    with transaction.atomic():
        person = {"name": "TRẦN THỊ LÀNH", "birth_date": date(1951, 3, 2), "id_number": number}
        applicants.person_type(case, "filer", person)
        applicants.names_index(case)
    return case


def test_a_press_asks_the_centre_and_a_supervisor_joins_and_parts_on_a_phone_too(
    transactional_db, counter, page, live_server, assert_axe
):
    typed(counter, "001151000111")
    case = typed(counter, "001151000121")
    let_in(page.context, counter.staff, live_server.url)
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(live_server.url + reverse("quay:step", args=[case.pk, "nguoi-nop"]))
    page.get_by_role("button", name="Đúng, hỏi trung tâm").click()
    expect(page.get_by_text("Đã hỏi trung tâm, chờ trả lời.")).to_be_visible(timeout=15_000)
    assert_axe(page)
    boss = Staff.objects.create_user(
        "gop-nguoi", PASSWORD, display_name="Trần Thu Hà", role=Role.SUPERVISOR
    )
    page.context.clear_cookies()
    let_in(page.context, boss, live_server.url)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(live_server.url + reverse("board:persons"))
    page.get_by_role("button", name="Cùng một người").click()
    expect(page.get_by_text("Chọn lý do.")).to_be_visible(timeout=15_000)
    assert_axe(page)
    page.get_by_label("Lý do").select_option("mistyped")
    page.get_by_role("button", name="Cùng một người").click()
    expect(page.get_by_text("Không có cặp nào ở đây")).to_be_visible(timeout=15_000)
    assert_axe(page)
    page.get_by_role("link", name="Cùng một người").click()
    page.get_by_label("Lý do gỡ").select_option("mistake")
    page.get_by_role("button", name="Gỡ").click()
    expect(page.locator("#messages").get_by_text("Đã gỡ. Từ nay")).to_be_visible(timeout=15_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert SamePerson.objects.get().state == SamePerson.State.UNDONE


def test_two_different_people_is_taken_back_by_the_bar_or_from_the_list(
    transactional_db, counter, page, live_server, assert_axe, shoot
):
    before = typed(counter, "001151000111")
    case = typed(counter, "001151000121")
    persons.ask(staff=counter.staff, case=case, other_id=before.pk)
    boss = Staff.objects.create_user(
        "gop-nguoi", PASSWORD, display_name="Trần Thu Hà", role=Role.SUPERVISOR
    )
    let_in(page.context, boss, live_server.url)
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(live_server.url + reverse("board:persons"))
    page.get_by_role("button", name="Hai người khác nhau").click()
    bar = page.get_by_role("region", name="Hoàn tác")
    expect(bar.get_by_text("Đã ghi: hai người khác nhau.")).to_be_visible(timeout=15_000)
    shoot(page, "bar")
    bar.get_by_role("button", name="Hoàn tác").click()
    expect(page.locator("#messages").get_by_text("Cặp này chờ xem lại.")).to_be_visible(
        timeout=15_000
    )
    page.get_by_role("button", name="Hai người khác nhau").click()
    page.get_by_role("link", name="Khác nhau, đã gỡ").click()
    page.set_viewport_size({"width": 390, "height": 844})
    again = page.get_by_role("button", name="Rút câu trả lời, xem lại")
    expect(again).to_be_visible(timeout=15_000)
    assert_axe(page)
    shoot(page, "list-narrow")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    again.click()
    expect(page.get_by_role("button", name="Hai người khác nhau")).to_be_visible(timeout=15_000)
    assert SamePerson.objects.get().state == SamePerson.State.ASKED
