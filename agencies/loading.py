"""Reading the files of agencies/data into the database; running it again changes nothing."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from agencies import places
from agencies.models import Agency, Commune, Counter, OldUnit, OpeningHours, Province
from opsa.core.text import fold

DATA = Path(__file__).resolve().parent / "data"
SATURDAY = 5


@dataclass(frozen=True)
class Loaded:
    """How many rows the files hold."""

    provinces: int = 0
    communes: int = 0
    old_units: int = 0
    offices: int = 0
    new_offices: int = 0


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@transaction.atomic
def places_load() -> Loaded:
    """Provinces, communes and old units from the files; the file wins, except that a postal code
    somebody entered stays where the file has none."""
    provinces = [
        Province(code=row["code"], kind=row["kind"], name=row["name"])
        for row in _rows("provinces.csv")
    ]
    Province.objects.bulk_create(
        provinces, update_conflicts=True, unique_fields=["code"], update_fields=["kind", "name"]
    )
    communes = [
        Commune(
            code=row["code"],
            province_id=row["province"],
            kind=row["kind"],
            name=row["name"],
            postal_code=row["postal_code"],
            search_key=fold(row["name"]),
        )
        for row in _rows("communes.csv")
    ]
    facts = ["province", "kind", "name", "search_key"]
    for rows, fields in (
        ([c for c in communes if c.postal_code], [*facts, "postal_code"]),
        ([c for c in communes if not c.postal_code], facts),
    ):
        Commune.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["code"], update_fields=fields
        )
    old_units = _old_units_load()
    places.forget()
    return Loaded(provinces=len(provinces), communes=len(communes), old_units=old_units)


def _old_units_load() -> int:
    key_fields = ["province", "old_province", "district", "kind", "name"]
    wanted: dict[tuple[str, ...], list[str]] = {}
    units: list[OldUnit] = []
    for row in _rows("old_units.csv"):
        key = tuple(row[field] for field in key_fields)
        wanted[key] = row["communes"].split()
        units.append(
            OldUnit(
                province_id=row["province"],
                old_province=row["old_province"],
                district=row["district"],
                kind=row["kind"],
                name=row["name"],
                search_key=places.old_unit_key(row["name"], row["district"]),
            )
        )
    OldUnit.objects.bulk_create(
        units,
        update_conflicts=True,
        unique_fields=key_fields,
        update_fields=["search_key"],
        batch_size=4000,
    )
    ids = {
        key: pk
        for pk, *key_list in OldUnit.objects.values_list(
            "pk", "province_id", "old_province", "district", "kind", "name"
        )
        if (key := tuple(key_list)) in wanted
    }
    links = {(ids[key], code) for key, codes in wanted.items() for code in codes}
    through = OldUnit.communes.through
    there = {
        (unit, commune): pk
        for pk, unit, commune in through.objects.filter(oldunit_id__in=ids.values()).values_list(
            "pk", "oldunit_id", "commune_id"
        )
    }
    through.objects.filter(pk__in=[there[link] for link in there.keys() - links]).delete()
    through.objects.bulk_create(
        [through(oldunit_id=unit, commune_id=code) for unit, code in sorted(links - there.keys())],
        batch_size=4000,
    )
    return len(units)


def _clock(text: str) -> time:
    return time.fromisoformat(text)


@transaction.atomic
def offices_load(*, overwrite: bool = False) -> Loaded:
    """Offices that are missing, with assumed hours and three counters each.

    What people changed in the admin stays, unless `overwrite` asks for the file's values. Hours and
    counters are only made for an office that has none. Needs `places_load` first.
    """
    data: dict[str, Any] = yaml.safe_load((DATA / "offices.yaml").read_text(encoding="utf-8"))
    known = set(Agency.objects.values_list("code", flat=True))
    agencies = [_agency(row) for row in data["offices"]]
    new = [agency for agency in agencies if agency.code not in known]
    if overwrite:
        names = [
            field.name
            for field in Agency._meta.concrete_fields
            if field.name not in {"id", "code", "is_practice", "hours_assumed", "closed_on"}
        ]
        Agency.objects.bulk_create(
            agencies, update_conflicts=True, unique_fields=["code"], update_fields=names
        )
    else:
        Agency.objects.bulk_create(new)
    in_file = Agency.objects.filter(code__in=[agency.code for agency in agencies])
    per_office = data["meta"]["counters"]["per_office"]
    Counter.objects.bulk_create(
        Counter(agency=agency, number=number)
        for agency in in_file.filter(counters=None)
        for number in range(1, per_office + 1)
    )
    hours = data["meta"]["hours"]
    week = [(day, span) for day in range(SATURDAY) for span in hours["weekdays"]]
    week += [(SATURDAY, span) for span in hours["saturday"]]
    OpeningHours.objects.bulk_create(
        OpeningHours(agency=agency, weekday=day, opens=_clock(opens), closes=_clock(closes))
        for agency in in_file.filter(opening_hours=None)
        for day, (opens, closes) in week
    )
    return Loaded(offices=len(agencies), new_offices=len(new))


def _agency(row: dict[str, Any]) -> Agency:
    opened = row["opened_on"]
    return Agency(
        code=row["code"],
        name=row["name"],
        name_en=row["name_en"],
        short_name=row["short_name"],
        vnpost_code=row["vnpost_code"],
        address=row["address"],
        commune_id=row["commune"],
        old_ward=row["old_ward"],
        old_district=row["old_district"],
        postal_code_2017=row["postal_code_2017"] or "",
        phone=row["phone"],
        opened_on=date.fromisoformat(str(opened)) if opened else None,
        confidence=row["confidence"],
        confidence_office=row["confidence_office"],
        confidence_address=row["confidence_address"],
        confidence_commune=row["confidence_commune"],
        source=row["source"],
        note=row["note"],
    )
