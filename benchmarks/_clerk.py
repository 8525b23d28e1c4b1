"""A clerk's hands on the keyboard of a real browser: what they press is counted, what they wait for
is measured."""

import time
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Error

TYPING_MS = 70  # a practised hand; the scanner is known by less than 40 ms a sign
USABLE = """() => !document.documentElement.dataset.old && document.readyState !== "loading"
 && document.activeElement && document.activeElement !== document.body"""


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
        self.page.evaluate("() => { document.documentElement.dataset.old = 1; }")
        begun = time.monotonic()
        act()
        while not self._usable():
            if time.monotonic() - begun > 15:
                raise Stuck(f"nothing to go on with after {name}: {self.page.url}")
            time.sleep(0.005)
        self.waits.append((name, time.monotonic() - begun))
        self.page.wait_for_load_state()

    def _usable(self) -> bool:
        try:
            return bool(self.page.evaluate(USABLE))
        except Error:  # the page is just being changed
            return False
