"""Model fields for personal data: encrypted in the database, found by a blind index (F21).

A value is bound to its table and column: copied to another column it can't be read. Encrypted
columns can't be filtered, sorted or compared; ask the blind index instead.
"""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model
from django.db.models.lookups import IsNull
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import pre_save
from django.utils.translation import gettext_lazy as _

from opsa.core.keys import blind, open_sealed, seal
from opsa.core.partial_date import PartialDate

__all__ = [
    "BlindIndexField",
    "EncryptedDateField",
    "EncryptedPartialDateField",
    "EncryptedTextField",
    "as_typed",
    "blind",
    "digits",
]


def digits(text: str) -> str:
    """Only the digits: `0912 345 678` and `0912.345.678` are the same phone."""
    return "".join(char for char in text if "0" <= char <= "9")


def as_typed(text: str) -> str:
    """No normalising at all."""
    return text


if TYPE_CHECKING:
    # For the type checker they read and write like the plain fields, nullability included.
    _Text = models.TextField[Any, Any]
    _Date = models.DateField[Any, Any]
    _Binary = models.BinaryField[Any, Any]
    _Any = models.Field[Any, Any]
else:
    _Text = _Date = object
    _Binary = models.BinaryField
    _Any = models.Field


class Encrypted(_Any):
    """What the encrypted fields share; use one of those below."""

    empty_strings_allowed = False

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "bytea"

    def get_internal_type(self) -> str:
        return "BinaryField"

    @property
    def place(self) -> str:
        """What a stored value is bound to."""
        return f"{self.model._meta.db_table}:{self.column}"

    def to_bytes(self, value: Any) -> bytes:
        """What is sealed: the value as text, unless the kind of field says otherwise."""
        return str(value).encode()

    def from_bytes(self, stored: bytes) -> Any:
        """The value that `to_bytes` was given."""
        return stored.decode()

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Any:
        if value is None:
            return None
        return seal(self.to_bytes(value), self.place)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        if value is None:
            return None
        return self.from_bytes(open_sealed(bytes(value), self.place))

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return IsNull
        raise FieldError(f"{self.name} is encrypted: look it up through its blind index")

    def get_transform(self, lookup_name: str) -> None:
        return None

    def value_to_string(self, obj: Model) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else str(value)


class EncryptedTextField(Encrypted, _Text):
    """Text of any length, encrypted at rest. An empty text is stored encrypted too."""

    description = _("văn bản mã hoá")

    def to_python(self, value: Any) -> str | None:
        return None if value is None else str(value)

    def formfield(self, **kwargs: Any) -> Any:
        from django import forms

        return super().formfield(**{"form_class": forms.CharField, **kwargs})


class EncryptedDateField(Encrypted, _Date):
    """A date, encrypted at rest."""

    description = _("ngày mã hoá")

    def to_bytes(self, value: Any) -> bytes:
        day = self.to_python(value)
        assert day is not None
        return day.isoformat().encode()

    def from_bytes(self, stored: bytes) -> date:
        return date.fromisoformat(stored.decode())

    def to_python(self, value: Any) -> date | None:
        day: date | None = models.DateField().to_python(value)
        return day

    def formfield(self, **kwargs: Any) -> Any:
        from django import forms

        return super().formfield(**{"form_class": forms.DateField, **kwargs})


class _AsPartialDate(DeferredAttribute):
    """Whatever is put in, a date or its text, a PartialDate is what comes out."""

    field: "EncryptedPartialDateField"

    def __set__(self, instance: Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = self.field.to_python(value)


class EncryptedPartialDateField(Encrypted, _Any):
    """A PartialDate, encrypted at rest. What an EncryptedDateField stored is read as it is."""

    description = _("ngày mã hoá, có thể chỉ biết năm")
    descriptor_class = _AsPartialDate

    def to_bytes(self, value: Any) -> bytes:
        day = self.to_python(value)
        assert day is not None
        return day.isoformat().encode()

    def from_bytes(self, stored: bytes) -> PartialDate:
        return PartialDate.fromisoformat(stored.decode())

    def to_python(self, value: Any) -> PartialDate | None:
        if value is None or isinstance(value, PartialDate):
            return value
        return PartialDate.of(value) if isinstance(value, date) else PartialDate.read(str(value))


class BlindIndexField(_Binary):
    """The keyed hash of another field of the same row, for equality look-ups.

    Filled from `source` whenever the row is saved; NULL when the source is empty. A
    `save(update_fields=…)` that names the source but not the index raises ValueError, for it would
    leave the old index behind. `QuerySet.update()` and `bulk_update()` bypass the index: don't use
    them on the source.
    """

    description = _("chỉ mục mù")

    def __init__(
        self,
        source: str = "",
        purpose: str = "",
        normalise: Callable[[str], str] = digits,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("null", True)
        kwargs.setdefault("db_index", True)
        kwargs["editable"] = False
        super().__init__(**kwargs)
        self.source, self.purpose, self.normalise = source, purpose, normalise

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs |= {"source": self.source, "purpose": self.purpose, "normalise": self.normalise}
        kwargs.pop("editable", None)
        # Django leaves out what is False, and here True is the default.
        kwargs.setdefault("null", False)
        kwargs.setdefault("db_index", False)
        return name, path, args, kwargs

    def contribute_to_class(self, cls: type[Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        if not cls._meta.abstract:
            pre_save.connect(self._refuse_half_saves, sender=cls, weak=False)

    def _refuse_half_saves(self, update_fields: frozenset[str] | None = None, **_: Any) -> None:
        if update_fields and self.source in update_fields and self.name not in update_fields:
            raise ValueError(f"update_fields with {self.source} must name {self.name} too")

    def value_for(self, text: str | None) -> bytes | None:
        """The index of `text`, as it is stored and looked up."""
        plain = self.normalise(text or "")
        return blind(self.purpose, plain) if plain else None

    def pre_save(self, model_instance: Model, add: bool) -> Any:
        value = self.value_for(getattr(model_instance, self.source))
        setattr(model_instance, self.attname, value)
        return value
