"""F20 from the slip to the accepted answer, at another office, with scanner and keyboard."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cases.filing.services import case_file
from cases.models import Case, Supplement
from tests.supplements.test_loop import asked, line, truth
from tests.support.browser import Hands, let_in
from tests.support.cases import make_counter
from tests.support.papers import encoded, sheet
from tests.support.processes import Simulator, Workers

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def until(true: Callable[[], Any]) -> Any:
    """Wait for the workers."""
    end = time.monotonic() + 30
    while not (found := true()):
        assert time.monotonic() < end, "the workers did not get there in time"
        time.sleep(0.2)
    return found


def test_a_person_answers_at_another_office_with_the_slip_in_hand(
    counter: Any, simulator: Simulator, page: Page, live_server: Any, workers: Workers
) -> None:
    sent_in = counter.case()
    case_file(sent_in.pk, staff=counter.staff, actor=counter.actor)
    filing = until(lambda: sent_in.filings.filter(state="accepted").first())
    case = asked(simulator, filing)
    other = make_counter()
    let_in(page.context, other.staff, live_server.url)
    hands = Hands(page)
    page.goto(f"{live_server.url}/quay/")

    hands.scan(f"{live_server.url}/t/{case.token}/")
    expect(page.locator("h1")).to_contain_text("điểm khác")
    hands.to("button.hit")
    hands.press("Enter")
    hands.at("**/bo-sung/giay/")
    expect(page.locator("main")).to_contain_text("rõ nét hơn")

    hands.to(".docs input[value=giay-chung-sinh]")
    if not page.locator(".docs input[value=giay-chung-sinh]").is_checked():
        hands.press("Space")
    hands.press("Control+Enter")
    expect(page.locator("#left li")).to_have_count(1)
    hands.to("#scans button[value=remove]")
    hands.press("Enter")
    expect(page.locator("#scans .sheet")).to_have_count(0)
    picture = {"name": "moi.png", "mimeType": "image/png", "buffer": encoded(sheet(seed=4), "PNG")}
    page.set_input_files(f"#up{line(case).pk}", picture)
    expect(page.locator("#left li")).to_have_count(0, timeout=30_000)
    hands.press("Control+Enter")
    hands.at("**/xem/")

    until(lambda: case.supplements.filter(state="accepted").exists())
    held = truth(simulator, filing)
    sent = Supplement.objects.get(case=case).files
    assert {one["sha256"] for one in sent} <= {one["sha256"] for one in held["items"][0]["files"]}
    assert (Case.objects.get(pk=case.pk).agency, held["count"]) == (other.agency, 1)
