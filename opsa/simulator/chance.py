"""Chance that can be repeated: the same name draws the same numbers on every machine."""

import hashlib
from collections.abc import Sequence


class Chance:
    """A stream of numbers drawn from a name. For plans and faults, never for secrets."""

    def __init__(self, *name: object) -> None:
        self._name = ":".join(str(part) for part in name)
        self._drawn = 0

    def fraction(self) -> float:
        """From 0 up to, not including, 1."""
        self._drawn += 1
        digest = hashlib.sha256(f"{self._name}#{self._drawn}".encode()).digest()
        return int.from_bytes(digest[:6], "big") / 2**48

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.fraction()

    def one_of[T](self, items: Sequence[T]) -> T:
        return items[int(self.fraction() * len(items))]

    def shuffled[T](self, items: Sequence[T]) -> list[T]:
        """In an order that differs from the given one if there are two different items."""
        keyed = sorted(range(len(items)), key=lambda _: self.fraction())
        out = [items[place] for place in keyed]
        return out if out != list(items) else out[::-1]
