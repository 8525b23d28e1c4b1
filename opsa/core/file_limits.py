"""What the child that opens files agrees on: its limits, and how it says no."""

from typing import Final

MEMORY: Final = 1536 * 1024 * 1024
CPU_SECONDS: Final = 40
INFLATED: Final = 200 * 1024 * 1024
#: The long side of A4 at 200 dpi: what a page is brought down to, and never blown up to.
LONGEST_SIDE: Final = 2339
DPI: Final = 200
#: F14: at most so many bytes for a page.
PAGE_BYTES: Final = 300_000
PREVIEW_SIDE: Final = 320


class Refused(Exception):
    """The file is not taken. `code` says why."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts
