"""F8 as a clerk uses it: the next person is served, and the draft goes on where it was left."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from cases.models import Case
from tests.support.browser import Hands

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", ["subject_name", "email"])
def test_a_held_draft_gives_the_focus_back_to_the_field_where_the_clerk_was(
    seen, shoot, counter, mockup, name
):
    page = seen(counter.staff, reverse("quay:step", args=[mockup.pk, "nguoi-nop"]))
    hands = Hands(page)
    expect(page.locator("#commune")).to_be_focused()
    if name == "email":
        page.get_by_text("Thư điện tử, ngôn ngữ").click()
    hands.to(f"[name={name}]")
    hands.press("F8")
    page.wait_for_url("**/quay/")
    held = Case.objects.get(pk=mockup.pk)
    assert (held.work, held.step, held.field) == ("held", "nguoi-nop", name)
    page.locator("#undo button[data-key='Ctrl+Z']").click()
    page.wait_for_url("**/nguoi-nop/")
    expect(page.locator(f"[name={name}]")).to_be_focused()
    shoot(page, name, full_page=False)
    hands.press("F8")
    page.wait_for_url("**/quay/")
    assert Case.objects.get(pk=mockup.pk).field == name, "put aside again without a move"


def test_a_held_paper_gives_the_focus_back_to_its_box(seen, counter, mockup):
    url = reverse("quay:step", args=[mockup.pk, "nguoi-nop"])
    page = seen(counter.staff, url)
    box = page.locator(".docs input:not(:disabled)").last
    box.focus()
    name = box.get_attribute("name")
    page.keyboard.press("F8")
    page.wait_for_url("**/quay/")
    page.goto(page.url.removesuffix("/quay/") + reverse("quay:case", args=[mockup.pk]))
    expect(page.locator(f"[name={name}]")).to_be_focused()
    expect(page.locator("#work-word")).to_have_text("Nháp")
    expect(page.locator(f"[name={name}]")).to_be_focused()
