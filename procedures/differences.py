"""What changed between two texts, in words (F15)."""

from collections.abc import Iterable
from typing import Final

from django.db import models
from django.utils.translation import gettext as _

from .models import FeePart, ProcedureVersion
from .words import dong, time_limit

_PLAIN: Final = (
    "name", "name_en", "authority", "level", "presence", "authorisation", "decision", "system",
    "online", "time_note", "note", "confidence", "confidence_time", "confidence_fee",
)  # fmt: skip
_PARTS: Final = (
    ("questions", "key", ("text", "text_en", "choices")),
    (
        "documents",
        "key",
        ("name", "kind", "originals", "copies", "condition", "condition_text", "form_code"),
    ),
    ("fields", "key", ("label", "kind", "choices", "required", "prefill")),
    ("results", "name", ("code", "form")),
)


def between(old: ProcedureVersion, new: ProcedureVersion) -> list[str]:
    """One sentence for each change; an empty list means the two say the same."""
    said = []
    if time_limit(old) != time_limit(new):
        said.append(_change(_("Thời hạn"), time_limit(old), time_limit(new)))
    for name in _PLAIN:
        before, after = _shown(old, name), _shown(new, name)
        if before != after:
            said.append(_change(_label(old, name), before, after))
    if old.legal_basis != new.legal_basis:
        gone = ", ".join(x for x in old.legal_basis if x not in new.legal_basis)
        come = ", ".join(x for x in new.legal_basis if x not in old.legal_basis)
        said.append(_change(_("Căn cứ pháp lý"), gone, come))
    said += _fees(old, new)
    for relation, key, watched in _PARTS:
        said += _rows(old, new, relation, key, watched)
    return said


def _fees(old: ProcedureVersion, new: ProcedureVersion) -> Iterable[str]:
    before = {fee.kind: fee for fee in old.fees.all()}
    after = {fee.kind: fee for fee in new.fees.all()}
    for kind in FeePart.Kind:
        one, two = before.get(kind), after.get(kind)
        if _amount(one) != _amount(two):
            yield _change(str(kind.label), _amount(one), _amount(two))
        elif one and two and one.free_reason != two.free_reason:
            yield _change(_("Lý do miễn"), one.free_reason, two.free_reason)


def _amount(fee: FeePart | None) -> str:
    if fee is None:
        return _("không có")
    return _("chưa biết") if fee.amount is None else dong(fee.amount)


def _rows(
    old: ProcedureVersion, new: ProcedureVersion, relation: str, key: str, watched: tuple[str, ...]
) -> Iterable[str]:
    before = {getattr(row, key): row for row in getattr(old, relation).all()}
    after = {getattr(row, key): row for row in getattr(new, relation).all()}
    for name in before.keys() - after.keys():
        yield _("Bỏ %(what)s: %(name)s") % {"what": _noun(before[name]), "name": before[name]}
    for name, row in after.items():
        if name not in before:
            yield _("Thêm %(what)s: %(name)s") % {"what": _noun(row), "name": row}
            continue
        fields = [f for f in watched if getattr(row, f) != getattr(before[name], f)]
        if fields:
            yield _("Sửa %(what)s «%(name)s»: %(fields)s") % {
                "what": _noun(row),
                "name": row,
                "fields": ", ".join(_label(row, field) for field in fields),
            }


def _noun(row: models.Model) -> str:
    return str(row._meta.verbose_name)


def _label(row: models.Model, name: str) -> str:
    field = row._meta.get_field(name)
    return str(field.verbose_name) if isinstance(field, models.Field) else name


def _shown(version: ProcedureVersion, name: str) -> str:
    if name == "system":
        return version.system.name
    display = getattr(version, f"get_{name}_display", None)
    return str(display()) if display else str(getattr(version, name))


def _change(what: str, before: str, after: str) -> str:
    return _("%(what)s: từ %(before)s thành %(after)s") % {
        "what": what[:1].upper() + what[1:],
        "before": before or _("(trống)"),
        "after": after or _("(trống)"),
    }
