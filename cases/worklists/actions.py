"""What can be done with a filed case: buttons that other rooms add to its page."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from agencies.models import Staff
from cases.models import Case


@dataclass(frozen=True, slots=True)
class Action:
    """One button; a link when `post` is false. `key` is a keycap (F4); `main` stands first."""

    label: str
    url: str
    icon: str = ""
    post: bool = False
    main: bool = False
    key: str = ""


Source = Callable[[Case, Staff], Iterable[Action]]
_sources: list[Source] = []


def register(source: Source) -> Source:
    """Add a source of buttons, asked for each case page; at most one query each. Once only."""
    if source not in _sources:
        _sources.append(source)
    return source


def actions_for(case: Case, staff: Staff) -> list[Action]:
    """All buttons of the registered rooms, the main ones first."""
    found = [action for source in _sources for action in source(case, staff)]
    return sorted(found, key=lambda action: not action.main)
