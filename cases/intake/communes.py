"""The choice of today's commune: which there are, which an address may mean, and the field."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from agencies import places
from agencies.models import Commune
from agencies.places import HANOI
from cases.intake.desk import Desk
from cases.intake.widgets import LongSelect
from opsa.core.kept import Kept
from opsa.core.text import sort_key

_communes: Kept[str, list[Commune]] = Kept(60, keep=bool)


def communes_of(province: str = HANOI) -> list[Commune]:
    """A province's wards and communes of today, by name (the city has 126); kept for a while."""
    return _communes.get(province, lambda: _read(province))


def _read(province: str) -> list[Commune]:
    # Word by word from the first: these are places, not people, who go by their last word.
    return sorted(
        Commune.objects.filter(province_id=province).select_related("province"),
        key=lambda commune: [sort_key(word) for word in commune.name.split()],
    )


class CommuneField(forms.ChoiceField):
    """Today's commune: suggestions from the card first with the old names they come from, never
    chosen by itself; then all of the city, and of the province that the card names."""

    def __init__(self, desk: Desk, *, label: str, chosen: Commune | None = None) -> None:
        super().__init__(label=label, required=False, widget=LongSelect)
        filer = desk.filer
        current = chosen or (filer.commune if filer else None)
        self.suggested = [] if current or not filer else suggestions(filer.address)
        first = {commune.pk for commune in self.suggested}
        names: list[Any] = [("", _("Chọn"))]
        if self.suggested:
            names.append((_("Theo địa chỉ trên thẻ"), [(c.pk, _found(c)) for c in self.suggested]))
        kinds = {kind: str(name).lower() for kind, name in Commune.Kind.choices}
        away = {c.province_id for c in (*self.suggested, current) if c} - {HANOI}
        for province in (*sorted(away), HANOI):
            rows = communes_of(province)
            rest = [(c.pk, f"{c.name} ({kinds[c.kind]})") for c in rows if c.pk not in first]
            names.append((rows[0].province.name if rows else _("Hà Nội"), rest))
            first |= {c.pk for c in rows}
        if current and current.pk not in first:  # younger than the list in memory
            names.insert(1, (current.pk, str(current)))
            first.add(current.pk)
        self.choices = names
        self._known: set[str] = first

    def valid_value(self, value: Any) -> bool:
        return any(code == str(value) for code in self._known)


def _found(commune: Commune) -> str:
    """A suggestion with its province when that is another one, and the old unit it comes from."""
    where = "" if commune.province_id == HANOI else f", {commune.province.name}"
    return f"{commune}{where} ({commune.old_name})" if commune.old_name else f"{commune}{where}"


def suggestions(address: str) -> list[Commune]:
    """Today's communes that an address may lie in, best first."""
    return places.suggest_communes(address)[:6] if address else []
