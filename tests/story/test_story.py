"""The main job, end to end: a birth registration from the scanned card to the handed-over result.

Keyboard and scanner keystrokes only (a file dialog cannot be typed into here; it counts as one).
The portal is down when the clerk files. Real workers, real HTTP, and every side's page on the way.
"""

import io
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Page

from agencies.models import Agency, Counter, Role, Staff
from cases.filing import tasks as filing_tasks
from cases.intake import practice
from cases.intake.mandates import ensure_texts
from cases.models import Case, Paper, PollState
from cases.tracking import tasks as tracking_tasks
from delivery import tasks as delivery_tasks
from delivery.models import Parcel
from tests.support.browser import Hands, let_in
from tests.support.processes import Simulator, Workers

CARD = (
    "001190012345||Nguyễn Thị Hường|02091990|Nữ|Số 12 ngõ 5, Trung Hòa, Cầu Giấy, Hà Nội|10052021"
)
PATIENCE = 60.0


@pytest.fixture
def reference(transactional_db: None) -> None:
    for name in ("load_calendar", "load_places", "load_offices", "load_catalogue"):
        call_command(name, verbosity=0, stdout=io.StringIO())
    ensure_texts()


@pytest.fixture
def clerk(reference: None) -> Staff:
    office = Agency.objects.get(code="HN-04")
    desk_ = Counter.objects.filter(agency=office).first()
    return Staff.objects.create_user(
        "lan",
        "a-long-test-password",
        display_name="Trần Mai Lan",
        role=Role.CLERK,
        agency=office,
        counter=desk_,
    )


def until(check: Callable[[], Any], nudge: Callable[[], Any] = lambda: None) -> Any:
    """Wait for the workers; `nudge` stands in for beat's tick."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := check():
            return found
        nudge()
        time.sleep(0.3)
    pytest.fail("the workers did not get there in time")


@pytest.mark.browser
def test_from_the_scanned_card_to_the_delivered_result(
    clerk: Staff,
    live_server: Any,
    page: Page,
    simulator: Simulator,
    workers: Workers,
    shoot: Callable[..., Path],
    assert_axe: Callable[..., None],
    tmp_path: Path,
) -> None:
    paper = tmp_path / "giay-chung-sinh.png"
    paper.write_bytes(practice.paper_picture())
    simulator.put("/api/dial", {"portal": {"mode": "down"}})
    let_in(page.context, clerk, live_server.url)
    hands = Hands(page)
    page.goto(f"{live_server.url}/quay/")

    # -- taking it in ---------------------------------------------------------------------------
    hands.scan(CARD)
    hands.at("**/khach/")
    hands.press("F2")
    hands.type("ks")
    hands.press("Enter")
    hands.at("**/quet/")
    hands.press("Enter")
    hands.at("**/nguoi-nop/")
    in_every_light(shoot, page, "1-applicant")
    assert_axe(page)
    hands.to("[name=commune]")
    hands.press("ArrowDown")
    hands.to("[name=phone]")
    hands.type("0912345678")
    hands.to("[name=subject_name]")
    hands.type("Nguyễn Gia Bảo")
    hands.to("[name=subject_birth_date]")
    hands.type("18112026")
    while (box := page.locator(".docs input[type=checkbox]:not(:disabled):not(:checked)")).count():
        hands.to("#" + str(box.first.get_attribute("id")))
        hands.press("Space")
        page.wait_for_timeout(500)
    in_every_light(shoot, page, "1-applicant-done")
    hands.press("Control+Enter")
    hands.at("**/to-khai/")
    in_every_light(shoot, page, "2-declaration")
    for field in page.locator("#step input:not([type=hidden]), #step textarea, #step select").all():
        name = str(field.get_attribute("name"))
        if not name.startswith("f-") or field.input_value():
            continue
        hands.to(f"[name={name}]")
        if field.evaluate("e => e.tagName") == "SELECT":
            hands.press("ArrowDown")
        else:
            hands.type(
                "18112026"
                if "ngay" in name
                else "Nam"
                if "gioi" in name
                else "001090012345"
                if "dinh-danh" in name
                else "1"
                if field.get_attribute("inputmode") == "numeric"
                else "Hà Nội"
            )
    hands.press("Control+Enter")
    hands.at("**/ban-quet/")
    page.locator("input[type=file]").first.set_input_files(paper)
    page.wait_for_selector("#scans .st.done", timeout=20_000)
    in_every_light(shoot, page, "3-scans")
    hands.press("Control+Enter")
    hands.at("**/phi/")
    in_every_light(shoot, page, "4-fees")
    hands.press("Control+Enter")
    hands.at("**/dong-y/")
    in_every_light(shoot, page, "5-consent")
    hands.press("Enter")
    hands.at("**/khach-xem/")
    in_every_light(shoot, page, "5-customer")
    assert_axe(page)
    hands.to("button[value=yes]")
    hands.press("Enter")
    hands.at("**/xem-lai/")
    in_every_light(shoot, page, "6-review")
    hands.press("Control+Enter")
    hands.at("**/nop/")
    before = time.monotonic()
    hands.press("Control+Enter")
    hands.at("**/xem/")
    answered = time.monotonic() - before
    case = Case.objects.select_related("filer").get(owner=clerk)
    assert case.work == "filed"
    assert answered < 5, f"filing took {answered:.1f} s with the portal down"

    # -- the portal is down: the slip is there, the citizen is told the truth -------------------
    until(lambda: Paper.objects.filter(case=case, state="ready").exists())
    page.reload()
    in_every_light(shoot, page, "7-filed")
    assert_axe(page)
    expect(page, "Chờ gửi")
    public = page.context.new_page()
    public.set_viewport_size({"width": 390, "height": 844})
    public.goto(f"{live_server.url}/t/{case.token}/")
    expect(public, "Bưu điện đã nhận hồ sơ")
    in_every_light(shoot, public, "8-citizen-queued")

    # -- the portal comes back: the case leaves by itself ---------------------------------------
    simulator.put("/api/dial", {"portal": {"mode": "ok"}})
    filing = until(lambda: case.filings.filter(state="accepted").first(), filing_tasks.sweep.delay)
    assert simulator.get("/api/truth")["dossiers"][str(filing.key)]["count"] == 1
    report(simulator, filing.dossier_code, 2, 4)
    until(lambda: dossier(case) == "4", ask_portal)
    public.reload()
    expect(public, "Hồ sơ đang được giải quyết")
    in_every_light(shoot, public, "9-citizen-in-work")
    assert_axe(public)
    report(simulator, filing.dossier_code, 9)
    until(lambda: dossier(case) == "9", ask_portal)

    # -- the result: received, labelled, handed over --------------------------------------------
    page.goto(f"{live_server.url}/quay/ho-so/{case.pk}/xem/")
    in_every_light(shoot, page, "10-decided")
    hands.press("Control+Enter")
    until(lambda: Case.objects.get(pk=case.pk).delivery == "available")
    page.goto(f"{live_server.url}/quay/ho-so/{case.pk}/xem/")
    in_every_light(shoot, page, "11-result")
    hands.press("Control+Enter")
    parcel = until(lambda: Parcel.objects.filter(case=case).first())
    until(lambda: Paper.objects.filter(case=case, kind="label", state="ready").exists())
    page.goto(f"{live_server.url}/quay/ban-giao/")
    hands.scan(parcel.number)
    page.wait_for_selector(f"text={parcel.number}")
    hands.to("#person")
    hands.type("Bưu tá tập sự")
    in_every_light(shoot, page, "12-manifest")
    assert_axe(page)
    hands.press("Control+Enter")
    until(lambda: Case.objects.get(pk=case.pk).delivery == "handed_over")
    until(
        lambda: simulator.get("/api/truth")["parcels"].get(parcel.number, {}).get("manifest"),
        filing_tasks.sweep.delay,
    )
    for event in (70, 80, 90):
        simulator.post(f"/api/parcel/{parcel.number}/event", {"MaSuKien": event})
    until(lambda: Case.objects.get(pk=case.pk).delivery == "out", ask_carrier)
    code = until(lambda: one_time_code(simulator), filing_tasks.sweep.delay)
    public.reload()
    expect(public, "Bưu tá đang mang đến")
    in_every_light(shoot, public, "13-citizen-out")

    # -- handed over against the one-time code --------------------------------------------------
    page.goto(f"{live_server.url}/quay/")
    hands.scan(parcel.number)
    hands.at(f"**/buu-gui/{parcel.number}/")
    hands.to("[name=code]")
    hands.type(code)
    hands.to("[name=receiver]")
    if not page.locator("[name=receiver]").input_value():
        hands.type("Nguyễn Thị Hường")
    in_every_light(shoot, page, "14-hand-over")
    assert_axe(page)
    hands.press("Control+Enter")
    until(lambda: Case.objects.get(pk=case.pk).work == "closed")
    public.reload()
    expect(public, "Đã giao kết quả")
    in_every_light(shoot, public, "15-citizen-done")
    page.goto(f"{live_server.url}/quay/ho-so/{case.pk}/xem/")
    in_every_light(shoot, page, "16-timeline")

    # -- the supervisor's side ------------------------------------------------------------------
    supervisor = Staff.objects.create_user(
        "dieuhanh",
        "a-long-test-password",
        display_name="Điều hành",
        role=Role.SUPERVISOR,
        is_staff=True,
    )
    page.context.clear_cookies()
    let_in(page.context, supervisor, live_server.url)
    page.goto(f"{live_server.url}/dieu-hanh/")
    in_every_light(shoot, page, "17-board")
    assert_axe(page)
    expect(page, clerk.agency.short_name if clerk.agency else "")


def in_every_light(shoot: Callable[..., Path], page: Page, name: str) -> None:
    """Pictures of this page as it stands: wide and narrow, light and dark, and as it prints. Paper
    shows no buttons, so the focus goes back where it was."""
    own, focused = page.viewport_size, page.evaluate_handle("document.activeElement")
    for width, height in ((1366, 768), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            shoot(page, f"{name}-{width}-{scheme}", full_page=False)
    page.emulate_media(color_scheme="light", media="print")
    shoot(page, f"{name}-print")
    page.emulate_media(color_scheme="null", media="null")
    if own:
        page.set_viewport_size(own)
    focused.evaluate("e => e.focus()")


def expect(page: Page, words: str) -> None:
    text = page.inner_text("body").replace("\xa0", " ")
    assert words in text, text[:1500]


def report(simulator: Simulator, code: str, *steps: int) -> None:
    for step in steps:
        simulator.post(f"/api/dossier/{code}/status", {"TrangThai": step})


def dossier(case: Case) -> str:
    return str(Case.objects.values_list("dossier", flat=True).get(pk=case.pk))


def ask_portal() -> None:
    PollState.objects.update(next_at=timezone.now())
    tracking_tasks.poll_due.delay()


def ask_carrier() -> None:
    Parcel.objects.update(next_poll_at=timezone.now())
    delivery_tasks.poll_due.delay()


def one_time_code(simulator: Simulator) -> str | None:
    for sms in simulator.get("/api/sms")["sms"]:
        if found := re.search(r"[Mm]ã nhận: (\d{6})", sms["text"]):
            return found.group(1)
    return None
