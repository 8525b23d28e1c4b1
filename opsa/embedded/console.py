"""What the launcher says: one line per stage, readable on a terminal and in a log."""

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import TextIO

STAGES = 9
WIDTH = 34


class Console:
    """Numbered stages that end with their time; on a terminal the time runs while one waits."""

    def __init__(self, out: TextIO = sys.stdout, *, stages: int = STAGES, first: int = 4) -> None:
        self.out = out
        self.stages = stages
        self.number = first - 1
        self.live = out.isatty()
        self._begun = 0.0
        self._text = ""

    def say(self, text: str = "") -> None:
        """A line of its own. A closed terminal is no reason to stop serving."""
        try:
            print(text, file=self.out, flush=True)
        except OSError:
            self.live = False

    @contextmanager
    def stage(self, text: str) -> Generator[list[str]]:
        """One stage; what the caller appends to the list stands behind the time."""
        self.number += 1
        self._begun = time.monotonic()
        self._text = f" {self.number}/{self.stages}  {text:<{WIDTH}}"
        notes: list[str] = []
        self._write(self._text, end="")
        try:
            yield notes
        except BaseException:
            self._write("", end="\n")
            raise
        again = "\r" if self.live else ""
        shown = self._text if self.live else ""
        tail = "".join(f", {note}" for note in notes)
        self._write(f"{again}{shown}{self._elapsed()}{tail}", end="\n")

    def tick(self) -> None:
        """Show that the present stage still works."""
        if self.live:
            self._write(f"\r{self._text}{self._elapsed()} …", end="")

    def _elapsed(self) -> str:
        return f"{time.monotonic() - self._begun:5.1f} s"

    def _write(self, text: str, *, end: str) -> None:
        try:
            print(text, end=end, file=self.out, flush=True)
        except OSError:
            self.live = False
