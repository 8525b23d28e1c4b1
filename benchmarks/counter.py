"""A simple case at the counter by keyboard and scanner alone: keystrokes, and how long one waits.

A real Chromium at 1366x768 on the whole product in processes of its own (web, workers, simulator)
files a birth registration: the command line finds the procedure, the scanner reads the card, the
clerk fills what is left, uploads one scan, has the citizen agree on the screen, reviews and files.

Counted as keystrokes: every key the clerk presses; a chord is one, choosing the file is one. Not
counted, but printed: the scanner's bursts, the declaration (its own step, and the child's name and
date of birth, which belong to it), and the citizen's own yes. No mouse is used.

Waiting is from a key press to a page that can be used: the document is there and something in it
has the focus. `seconds` is the whole run with typing at 70 ms a key and no thinking in between.

    counter keystrokes= seconds= longest_wait= waiting= declaration_keys= citizen_keys= …

Budgets: ≤ 40 keystrokes, no wait above 1.0 s.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks._bench import Figures, make_clerk, set_up
from benchmarks._product import choose_addresses, running

CARD = (
    "001190012345||Nguyễn Thị Hường|02091990|Nữ|Số 12 ngõ 5, Trung Hòa, Cầu Giấy, Hà Nội|10052021"
)
TYPING_MS = 70  # a practised hand; the scanner is known by less than 40 ms a sign
USABLE = """() => !window.opsaOld && document.readyState !== "loading"
 && document.activeElement && document.activeElement !== document.body"""
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
)  # fmt: skip


class Stuck(Exception):
    """The page did not do what a clerk expects; the text says where."""


@dataclass
class Clerk:
    """Hands on the keyboard: presses, counts, and waits as a person would."""

    page: Any
    keys: dict[str, int] = field(default_factory=dict)
    waits: list[tuple[str, float]] = field(default_factory=list)
    account: str = "clerk"
    at: str = ""

    def press(self, key: str, times: int = 1) -> None:
        """A key, or several at once as one chord."""
        for _ in range(times):
            self.page.keyboard.press(key)
            self.count(1)

    def type(self, text: str, account: str | None = None) -> None:
        """Text at a hand's pace; into another account when it is the declaration's."""
        self.page.keyboard.type(text, delay=TYPING_MS)
        self.count(len(text), account)

    def scan(self, text: str) -> None:
        """A scanner's burst; it ends with Enter and leads to a page."""
        self.page.keyboard.type(text)
        self.keys["scanner"] = self.keys.get("scanner", 0) + len(text) + 1
        self._go(lambda: self.page.keyboard.press("Enter"), "scan")

    def go(self, key: str, name: str) -> None:
        """A key that leads to another page; the wait is measured under this name."""
        self.count(1)
        self._go(lambda: self.page.keyboard.press(key), name)

    def reach(self, selector: str, most: int = 30) -> None:
        """Tab until this field has the focus: each Tab is a keystroke."""
        for _ in range(most):
            if self.page.evaluate("s => document.activeElement.matches(s)", selector):
                return
            self.press("Tab")
        raise Stuck(f"{selector} is not reached by Tab on {self.page.url}")

    def expect(self, part: str) -> None:
        """The page that should be there by now."""
        if part not in self.page.url:
            title = self.page.title()
            raise Stuck(f"expected {part}, got {self.page.url} “{title}”")
        self.at = part

    def total(self, account: str = "clerk") -> int:
        """Keystrokes of one account."""
        return sum(n for name, n in self.keys.items() if name.split(":")[0] == account)

    def count(self, number: int, account: str | None = None) -> None:
        """Note keystrokes of an account, by page."""
        name = f"{account or self.account}:{self.at}"
        self.keys[name] = self.keys.get(name, 0) + number

    def _go(self, act: Any, name: str) -> None:
        self.page.evaluate("() => { window.opsaOld = true; }")
        begun = time.monotonic()
        act()
        while not self._usable():
            if time.monotonic() - begun > 15:
                raise Stuck(f"nothing to go on with after {name}: {self.page.url}")
            time.sleep(0.005)
        self.waits.append((name, time.monotonic() - begun))
        self.page.wait_for_load_state()

    def _usable(self) -> bool:
        from playwright.sync_api import Error

        try:
            return bool(self.page.evaluate(USABLE))
        except Error:  # the page is just being changed
            return False


def main() -> int:
    """Start everything, file one case, print; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shots", type=Path, help="a folder for a picture of each step")
    parser.add_argument("--base", help="a product that already runs on this database")
    options = parser.parse_args()
    ports = choose_addresses()
    set_up()

    staff = make_clerk()
    cookie = session_of(staff)
    picture = Path(tempfile.mkstemp(prefix="giay-chung-sinh-", suffix=".png")[1])
    try:
        from cases.intake.practice import paper_picture
        from opsa.core.codes import new_reference

        picture.write_bytes(paper_picture())
        number = f"00119{sum(map(ord, new_reference())) * 7919 % 10**7:07d}"
        card = CARD.replace("001190012345", number)
        if options.base:
            return measure(options.base, cookie, card, picture, options.shots)
        with running(ports) as base:
            return measure(base, cookie, card, picture, options.shots)
    finally:
        picture.unlink()


def session_of(staff: Any) -> str:
    """A signed-in session, as the sign-in page leaves it."""
    from django.db import connection
    from django.test import Client

    client = Client()
    client.force_login(staff)
    connection.close()
    return str(client.cookies["opsa_session"].value)


def measure(base: str, cookie: str, card: str, picture: Path, shots: Path | None) -> int:
    """One warm run that nobody counts, then the counted one."""
    from playwright.sync_api import sync_playwright

    from tests.support.browser import WIDE, chromium

    figures = Figures("counter")
    path = chromium()
    if path is None:
        print("no Chromium: apt-get install chromium", file=sys.stderr)
        return 2
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        context = browser.new_context(viewport=WIDE, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh")
        context.add_cookies([{"name": "opsa_session", "value": cookie, "url": base}])
        page = context.new_page()
        for text in (card, card.replace("||Nguyễn Thị Hường", "||Trần Thị Hường", 1)):
            clerk = Clerk(page)
            other = (
                text.replace(card[:12], f"{int(card[:12]) + 1:012d}", 1) if text != card else text
            )
            page.goto(f"{base}/quay/")
            begun = time.monotonic()
            try:
                slip = serve(clerk, other, picture, shots)
            except Stuck as stuck:
                if shots:
                    page.screenshot(path=shots / "stuck.png", full_page=True)
                figures.miss(f"the case could not be finished: {stuck}")
                return figures.end()
            seconds = time.monotonic() - begun - slip
        browser.close()
    for name, number in clerk.keys.items():
        print(f"keys  {name:32} {number:3}")
    for name, wait in clerk.waits:
        print(f"wait  {name:32} {wait:6.2f} s")
    figures.put("keystrokes", clerk.total(), most=40)
    figures.put("seconds", round(seconds, 1), most=180)
    figures.put("longest_wait", round(max(wait for _, wait in clerk.waits), 2), most=1.0)
    figures.put("waiting", round(sum(wait for _, wait in clerk.waits), 2))
    figures.put("declaration_keys", clerk.total("declaration"))
    figures.put("citizen_keys", clerk.total("citizen"))
    figures.put("slip_seconds", round(slip, 2))
    return figures.end()


def serve(clerk: Clerk, card: str, picture: Path, shots: Path | None) -> float:
    """One citizen, from the card to the filed case; seconds until the slip can be printed."""
    page = clerk.page

    def shot(name: str) -> None:
        if shots:
            shots.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=shots / f"{name}.png")

    clerk.expect("/quay/")
    clerk.scan(card)
    clerk.expect("/khach/")
    shot("1-card")
    clerk.type("ks")
    clerk.go("Enter", "find ks")
    clerk.expect("/quet/")
    clerk.go("Enter", "new case")
    clerk.expect("/nguoi-nop/")
    clerk.reach("#commune")
    clerk.press("ArrowDown")
    clerk.reach("#phone")
    clerk.type("0912345678")
    clerk.reach("#subject_name")
    clerk.type("Nguyễn Gia Hân", "declaration")
    clerk.reach("#subject_birth_date")
    clerk.type("05112026", "declaration")
    shot("2-applicant")
    clerk.go("Control+Enter", "to the declaration")
    clerk.expect("/to-khai/")
    clerk.account = "declaration"
    declare(clerk)
    shot("3-declaration")
    clerk.account = "clerk"
    clerk.go("Control+Enter", "to the scans")
    clerk.expect("/ban-quet/")
    clerk.reach("input[type=file]")
    page.locator("input[type=file]:focus").set_input_files(picture)
    clerk.count(1)
    page.locator("#scans .files li").first.wait_for(timeout=15_000)
    shot("4-scan")
    clerk.go("Control+Enter", "to fees")
    clerk.expect("/phi/")
    shot("5-fees")
    clerk.go("Control+Enter", "to consent")
    clerk.expect("/dong-y/")
    shot("6-consent")
    # The clerk's Enter turns the page to the citizen; the yes is the citizen's own.
    turn(clerk)
    clerk.account = "citizen"
    clerk.reach("[name=answer][value=yes]")
    shot("7-citizen")
    clerk.go("Enter", "citizen agrees")
    clerk.account = "clerk"
    clerk.expect("/xem-lai/")
    shot("8-review")
    clerk.go("Control+Enter", "to filing")
    clerk.expect("/nop/")
    shot("9-file")
    clerk.go("Control+Enter", "file")
    begun = time.monotonic()
    clerk.expect("/xem/")
    shot("10-filed")
    page.locator(".paper button[data-key=F4]").first.wait_for(timeout=30_000)
    shot("11-slip")
    return time.monotonic() - begun


def turn(clerk: Clerk) -> None:
    """Enter on “ask on the screen”: the citizen's page takes no focus, so that nobody agrees by a
    key pressed too often. It is usable when it is there."""
    page = clerk.page
    clerk.count(1)
    begun = time.monotonic()
    page.keyboard.press("Enter")
    page.locator("[name=answer][value=yes]").wait_for(timeout=15_000)
    clerk.waits.append(("ask on the screen", time.monotonic() - begun))
    clerk.expect("/khach-xem/")


def declare(clerk: Clerk) -> None:
    """What only the citizen can say: typed into every empty field that is asked."""
    text = {
        "#f-con-ho-ten": "Nguyễn Gia Hân",
        "#f-con-ngay-sinh": "05112026",
        "#f-con-noi-sinh": "Bệnh viện Phụ sản Hà Nội",
        "#f-con-dan-toc": "Kinh",
        "#f-con-que-quan": "Cầu Giấy, Hà Nội",
    }
    for name in ("ho-ten", "ngay-sinh", "gioi-tinh", "noi-sinh", "dan-toc", "que-quan"):
        place = f"#f-con-{name}"
        if clerk.page.locator(place).input_value():
            continue
        clerk.reach(place)
        if place in text:
            clerk.type(text[place])
        else:
            clerk.press("ArrowDown")


if __name__ == "__main__":
    sys.exit(main())
