"""A date of which only the year, or the year and the month, may be known.

Many old people's papers give no more than a year of birth; an invented day would be a false
statement to the office that decides. Kept and sent in the reduced precision of ISO 8601-1:2019
(5.2.2): `1948`, `1948-05`, `1948-05-12`. Shown as Vietnamese papers write it.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

_SEP: Final = r"[\s/.\-]"
#: Zeros stand for what is not known, as some cards print it.
_SHAPES: Final = re.compile(
    rf"(?:0000)?(?P<year>\d{{4}})"
    rf"|00?{_SEP}00?{_SEP}(?P<year_only>\d{{4}})"
    rf"|(?:00?{_SEP})?(?P<month>\d{{1,2}}){_SEP}(?P<month_year>\d{{4}})"
    rf"|00(?P<mm>\d{{2}})(?P<mm_year>\d{{4}})"
    rf"|(?P<d>\d{{1,2}}){_SEP}(?P<m>\d{{1,2}}){_SEP}(?P<y>\d{{4}})"
    rf"|(?P<dd>\d{{2}})(?P<m2>\d{{2}})(?P<y2>\d{{4}})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A year, perhaps its month, perhaps the day. Raises ValueError for what no calendar has.

    Equal only when equally precise; `agrees` says whether two may be the same day.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.day is not None and self.month is None:
            raise ValueError("a day needs its month")
        date(self.year, *(1 if part is None else part for part in (self.month, self.day)))

    @classmethod
    def of(cls, day: date) -> Self:
        """The whole date."""
        return cls(day.year, day.month, day.day)

    @classmethod
    def fromisoformat(cls, text: str) -> Self:
        """What `isoformat` gave. Raises ValueError."""
        match = re.fullmatch(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", text, re.ASCII)
        if match is None:
            raise ValueError("no ISO 8601 date, month or year")
        return cls(*(int(part) for part in match.groups() if part))

    @classmethod
    def read(cls, text: str) -> Self | None:
        """What a person or a card wrote: 2/9/1990, 02091990, 9/1990, 00091990, 1990, 00001990.

        None for another shape. Raises ValueError for a day that never was.
        """
        match = _SHAPES.fullmatch(text)
        if match is None:
            return None
        found = {name: int(value) for name, value in match.groupdict().items() if value}
        parts = list(found.values())
        return cls(*reversed(parts))

    @property
    def known(self) -> date | None:
        """The date when the day is known."""
        return date(self.year, self.month, self.day) if self.month and self.day else None

    @property
    def earliest(self) -> date:
        """The first day that it can be."""
        return date(self.year, self.month or 1, self.day or 1)

    def agrees(self, other: Self) -> bool:
        """Whether nothing that both know speaks against the same day."""
        pairs = ((self.month, other.month), (self.day, other.day))
        return self.year == other.year and all(
            mine is None or theirs is None or mine == theirs for mine, theirs in pairs
        )

    def isoformat(self) -> str:
        parts = (self.month, self.day)
        return f"{self.year:04d}" + "".join(f"-{part:02d}" for part in parts if part)

    def __str__(self) -> str:
        parts = (self.day, self.month)
        return "".join(f"{part:02d}/" for part in parts if part) + f"{self.year:04d}"
