"""The whole catalogue as one file: out, in, and the same again (F15).

The file holds facts only, no people: who published a text stays in the database and the journal.
A value that equals the model's default is left out, so the file reads as what is special.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Final

from django.db import models, transaction
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime, parse_time

from opsa.core import journal, practice
from opsa.core.actors import SYSTEM, Actor

from . import checks
from .models import (
    DeclarationField,
    FeePart,
    FilingSystem,
    OtherProcedure,
    Procedure,
    ProcedureVersion,
    Question,
    RequiredDocument,
    ResultKind,
)

FORMAT: Final = 1
META: Final = {
    "title": "Danh sách làm việc: 30 thủ tục nộp tại đại lý dịch vụ công trực tuyến Hà Nội",
    "is_official": False,
    "note": (
        "Chưa có danh sách chính thức được công bố. Mã, tên, giấy tờ, thời hạn lấy từ cổng dịch vụ "
        "công quốc gia (tháng 6-7/2026); mỗi dòng ghi nguồn và độ tin cậy. Ô tờ khai do chúng tôi "
        "dựng lại, độ tin cậy thấp."
    ),
    "format": FORMAT,
}

_SYSTEM = (
    "code", "name", "name_en", "way", "web_address", "max_file_bytes", "max_files",
    "name_length", "code_form", "status_batch", "news", "active",
)  # fmt: skip
_PROCEDURE = (
    "code", "slug", "short_name", "field", "field_en", "aliases", "demand", "rank", "sensitive",
)  # fmt: skip
_OTHER = (
    "code", "name", "name_en", "channel", "aliases", "note", "note_en", "source", "confidence",
)  # fmt: skip
_VERSION = (
    "number", "state", "valid_from", "valid_to", "published_at", "name", "name_en", "level",
    "authority", "authority_en", "decision", "legal_basis", "time_value", "time_unit",
    "time_extended", "cutoff", "time_note", "time_note_en", "online", "system_id", "presence",
    "authorisation", "note", "note_en", "portal_url", "source", "confidence", "confidence_time",
    "confidence_fee", "confidence_fields", "change_note",
)  # fmt: skip
PARTS: Final[dict[str, tuple[type[models.Model], tuple[str, ...]]]] = {
    "questions": (Question, ("key", "position", "text", "text_en", "choices")),
    "documents": (
        RequiredDocument,
        (
            "key", "position", "name", "name_en", "kind", "originals", "copies", "condition",
            "condition_text", "condition_text_en", "form_code",
        ),
    ),
    "fields": (
        DeclarationField,
        ("key", "position", "label", "label_en", "kind", "choices", "required", "prefill"),
    ),
    "fees": (
        FeePart,
        (
            "kind", "counter_amount", "online_amount", "amount", "per", "free_reason",
            "free_reason_en", "basis", "note", "note_en",
        ),
    ),
    "results": (ResultKind, ("position", "name", "name_en", "code", "form")),
}  # fmt: skip
# The file may change these of a published text; the freeze trigger allows no others.
_ENDS: Final = ("state", "valid_to")


class CatalogueError(ValueError):
    """The file cannot be taken over; nothing was changed. The message names the row."""


def catalogue_export() -> dict[str, Any]:
    """Everything as plain JSON and YAML types, in a stable order (eight queries)."""
    versions = ProcedureVersion.objects.prefetch_related(*PARTS).order_by("number")
    procedures = Procedure.objects.select_related("successor").prefetch_related(
        models.Prefetch("versions", versions)
    )
    return {
        "meta": dict(META),
        "systems": [
            _lean(row, _SYSTEM)
            for row in FilingSystem.objects.exclude(pk=practice.SYSTEM).order_by("code")
        ],
        "procedures": [
            _lean(row, _PROCEDURE)
            | ({"successor": row.successor.code} if row.successor else {})
            | {"versions": [_version_out(version) for version in row.versions.all()]}
            for row in procedures
        ],
        "others": [_lean(row, _OTHER) for row in OtherProcedure.objects.order_by("code")],
    }


def _version_out(version: ProcedureVersion) -> dict[str, Any]:
    parts = {
        name: [_lean(part, fields) for part in getattr(version, name).all()]
        for name, (_model, fields) in PARTS.items()
    }
    parts["fees"].sort(key=lambda fee: fee["kind"])
    return _lean(version, _VERSION) | parts


@transaction.atomic
def catalogue_import(
    data: Mapping[str, Any], *, actor: Actor = SYSTEM, only_new: bool = False
) -> int:
    """Take the file over: drafts are replaced, new versions made, published ones only ended.

    With `only_new` rows that exist stay as people left them. Running it again with the same file
    changes nothing. Returns how many versions were written.
    Raises CatalogueError when a published text would have to change, or a row is not valid.
    """
    meta = data.get("meta", {})
    if not isinstance(meta, Mapping) or meta.get("format") != FORMAT:
        raise CatalogueError("not a catalogue file of format 1")
    for row in data.get("systems", []):
        _upsert(FilingSystem, row, _SYSTEM, only_new)
    written = 0
    for row in data["procedures"]:
        procedure = _upsert(Procedure, row, _PROCEDURE, only_new)
        written += sum(_version_in(procedure, version, only_new) for version in row["versions"])
    for row in data["procedures"]:
        if row.get("successor"):
            successor = Procedure.objects.get(code=row["successor"])
            Procedure.objects.filter(code=row["code"]).update(successor=successor)
    for row in data.get("others", []):
        _upsert(OtherProcedure, row, _OTHER, only_new)
    if written:
        journal.record(
            actor,
            "catalogue.imported",
            chain="catalogue",
            procedures=len(data["procedures"]),
            versions=written,
        )
    return written


def _upsert[M: models.Model](
    model: type[M], row: Mapping[str, Any], fields: tuple[str, ...], only_new: bool
) -> M:
    values = _given(model, row, fields)
    kept = model._default_manager.filter(code=values["code"]).first()
    if kept is None:
        return model._default_manager.create(**values)
    if not only_new and any(getattr(kept, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(kept, name, value)
        kept.save()
    return kept


def _version_in(procedure: Procedure, row: Mapping[str, Any], only_new: bool) -> bool:
    kept = (
        ProcedureVersion.objects.select_for_update()
        .filter(procedure=procedure, number=row["number"])
        .first()
    )
    if kept is not None:
        if only_new or _version_out(kept) == _as_out(row):
            return False
        if kept.state != ProcedureVersion.State.DRAFT:
            _end(kept, row)
            return True
        kept.delete()
    values = _given(ProcedureVersion, row, _VERSION)
    state, published_at = values.pop("state"), values.pop("published_at")
    version = ProcedureVersion.objects.create(procedure=procedure, **values)
    for name, (model, fields) in PARTS.items():
        model._default_manager.bulk_create(
            model(version=version, **_given(model, part, fields)) for part in row.get(name, [])
        )
    if wrong := checks.problems(version):
        raise CatalogueError(f"{procedure.code}/{version.number}: {wrong[0]}")
    if state != ProcedureVersion.State.DRAFT:
        version.state = state
        version.published_at = published_at or timezone.now()
        version.save(update_fields=["state", "published_at"])
    return True


def _end(kept: ProcedureVersion, row: Mapping[str, Any]) -> None:
    before, after = _version_out(kept), _as_out(row)
    loose = (*_ENDS, "published_at")
    if {k: v for k, v in before.items() if k not in loose} != {
        k: v for k, v in after.items() if k not in loose
    }:
        raise CatalogueError(
            f"{kept.procedure_id}/{kept.number}: a published text cannot change; add a new version"
        )
    for name in _ENDS:
        setattr(kept, name, _value(ProcedureVersion, name, row.get(name)))
    kept.save(update_fields=list(_ENDS))


def _as_out(row: Mapping[str, Any]) -> dict[str, Any]:
    """The file's row as export would write it, defaults left out."""
    version = ProcedureVersion(**_given(ProcedureVersion, row, _VERSION))
    lean = _lean(version, _VERSION)
    for name, (model, fields) in PARTS.items():
        lean[name] = [
            _lean(model(**_given(model, part, fields)), fields) for part in row.get(name, [])
        ]
    order = {"fees": "kind"}
    for name in PARTS:
        lean[name].sort(key=lambda part, name=name: part.get(order.get(name, "position"), 0))
    return lean


def _lean(row: models.Model, fields: tuple[str, ...]) -> dict[str, Any]:
    found = {}
    for name in fields:
        value = getattr(row, name)
        if value == _default(type(row), name):
            continue
        if isinstance(value, datetime | date | time):
            value = value.isoformat()
        elif name == "aliases":
            value = value.split("\n")
        elif isinstance(value, models.TextChoices):
            value = value.value
        found[name.removesuffix("_id")] = value
    return found


def _given(
    model: type[models.Model], row: Mapping[str, Any], fields: tuple[str, ...]
) -> dict[str, Any]:
    known = {name.removesuffix("_id") for name in fields}
    known |= {"version", "versions", "successor", *(PARTS if model is ProcedureVersion else ())}
    if unknown := set(row) - known:
        name = row.get("code") or row.get("key") or row.get("number")
        raise CatalogueError(f"unknown key in {name}: {sorted(unknown)}")
    return {name: _value(model, name, row.get(name.removesuffix("_id"))) for name in fields}


def _value(model: type[models.Model], name: str, value: Any) -> Any:
    if value is None:
        return _default(model, name)
    if name == "aliases":
        return "\n".join(value)
    if isinstance(value, str):
        parse = {
            "valid_from": parse_date, "valid_to": parse_date,
            "published_at": parse_datetime, "cutoff": parse_time,
        }.get(name)  # fmt: skip
        return parse(value) if parse else value
    return value


def _default(model: type[models.Model], name: str) -> Any:
    field = model._meta.get_field(name)
    if not isinstance(field, models.Field):
        return None
    value = field.get_default()
    return value.value if isinstance(value, models.TextChoices) else value
