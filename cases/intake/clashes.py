"""Two people in one step: what can be joined is joined, else both values are shown (ux 4.3).

Each step carries a short keyed digest of every value it was drawn from. By them a save tells who
changed what: a field that only one of the two touched takes that one's value; a field that both
touched is asked about, and nothing at all is written before somebody has picked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _

from agencies.models import Staff
from cases.intake import phones
from cases.intake.forms import StepForm
from opsa.core.fields import blind
from opsa.core.models import JournalEntry

_SIGNS: Final = 8
_LOOKED_BACK: Final = 30


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that two people hold differently: the values as the form sends them, and as people
    read them."""

    name: str
    label: str
    theirs: str
    mine: str
    theirs_shown: str
    mine_shown: str
    who: str


class ClashError(Exception):
    """Somebody saved other values meanwhile. Carries the fields and the digests of what the server
    holds."""

    def __init__(self, differences: list[Difference], token: str) -> None:
        super().__init__(f"{len(differences)} fields")
        self.differences, self.token = differences, token


@dataclass(frozen=True, slots=True)
class Joined:
    """How a save fits what others saved since: fields to leave as they are, with the digests that
    this page was drawn from."""

    kept: frozenset[str]
    bases: dict[str, str]


def token_of(form: StepForm, joined: Joined | None = None) -> str:
    """The digests of what the server holds for a step. A field of `joined` keeps the digest its
    page was drawn from, so that the page cannot take another's value back without being asked."""
    kept = {name: joined.bases.get(name, "") for name in joined.kept} if joined else {}
    parts = [
        f"{name}.{kept.get(name) or _digest(form, name, plain(value))}"
        for name, value in form.stored().items()
    ]
    return "~".join(parts)


def _digest(form: StepForm, name: str, value: str) -> str:
    return blind("intake.step", f"{form.desk.case.pk}\x1f{name}\x1f{value}").hex()[:_SIGNS]


def _read(token: str) -> dict[str, str]:
    """Field to digest; a token that is none of ours says nothing."""
    pairs = (part.rpartition(".") for part in token.split("~")[:300])
    return {name: digest for name, _dot, digest in pairs if name and len(digest) == _SIGNS}


def plain(value: Any) -> str:
    """A stored value as the form sends it."""
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, bool):
        return "on" if value else ""
    return str(value if value is not None else "")


def join(form: StepForm, staff: Staff) -> Joined:
    """Fit what was sent to what the server holds. Raises ClashError when a field was changed by
    both."""
    drawn = type(form)(form.desk, hand=form.hand)
    bases = _read(str(form.data.get("version", "")))
    kept: set[str] = set()
    both: dict[str, tuple[str, str]] = {}
    for name, value in drawn.stored().items():
        mine, theirs = _posted(form, name), plain(value)
        if name not in form.fields or mine is None or mine == theirs:
            continue
        base = bases.get(name, "")
        if not base and name not in form.data:
            kept.add(name)  # this page has never seen the line
            continue
        if base == _digest(form, name, theirs) or _same(form, name, theirs):
            continue
        if base and base == _digest(form, name, mine):
            kept.add(name)
        else:
            both[name] = (theirs, mine)
    if both:
        who = last_hands(form.desk.case.pk, both, staff)
        raise ClashError(
            [_difference(form, name, *values, who.get(name, "")) for name, values in both.items()],
            token_of(drawn),
        )
    return Joined(frozenset(kept), bases)


def _difference(form: StepForm, name: str, theirs: str, mine: str, who: str) -> Difference:
    field = form.fields[name]
    return Difference(
        name,
        str(field.label or name),
        theirs,
        mine,
        _shown(field, theirs),
        _shown(field, mine),
        who,
    )


def _shown(field: forms.Field, value: str) -> str:
    if isinstance(field, forms.BooleanField):
        return _("Đã đánh dấu") if value else _("Chưa đánh dấu")
    if isinstance(field, forms.ChoiceField):
        return str(dict(_flat(field.choices)).get(value, value))
    return value


def _flat(choices: Any) -> Iterable[tuple[Any, Any]]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from _flat(label)
        else:
            yield value, label


def _posted(form: StepForm, name: str) -> str | None:
    return str(form.data.get(name, "")) if form.came(name) else None


def _same(form: StepForm, name: str, theirs: str) -> bool:
    """Whether what was typed is only another spelling of what is stored."""
    form.is_valid()
    if name in form.errors:
        return False
    value = form.cleaned_data.get(name)
    if name == "phone":
        return phones.read(str(value)).shown == theirs
    return plain(value) == theirs


def last_hands(case_id: int, names: Iterable[str], staff: Staff) -> dict[str, str]:
    """Who saved each of these fields last and when, in words, as the journal has it."""
    from django.utils import timezone

    rows = JournalEntry.objects.filter(chain=f"case:{case_id}", action="draft.saved").order_by(
        "-seq"
    )[:_LOOKED_BACK]
    found: dict[str, tuple[int | None, datetime]] = {}
    for entry in rows:
        for name in str(entry.facts.get("fields", "")).split(","):
            found.setdefault(name, (entry.staff_id, entry.at))
    people = Staff.objects.in_bulk({pk for pk, _at in found.values() if pk})
    words = {}
    for name in names:
        # The journal names fields of the declaration by their own keys.
        last = found.get(name) or found.get(name.removeprefix("f-"))
        if last is None:
            continue
        pk, at = last
        person = people.get(pk) if pk else None
        shown = (
            _("Bạn, ở thẻ khác") if pk == staff.pk else str(person.display_name if person else "")
        )
        words[name] = f"{shown}, {timezone.localtime(at):%H:%M:%S}".lstrip(", ")
    return words
