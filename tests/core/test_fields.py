"""Promises of encrypted fields: nothing in clear, nothing moved about, keys can change (F21)."""

import base64
import json
import os
from collections.abc import Iterator
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.test.utils import isolate_apps
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from opsa.core.fields import BlindIndexField, EncryptedDateField, EncryptedTextField, blind, digits
from opsa.core.keys import Unreadable, open_sealed, ring, seal
from opsa.core.models import FormKey
from opsa.core.rotation import rotate

CCCD = "001088000123"

with isolate_apps("opsa.core"):

    class Person(models.Model):
        id_number = EncryptedTextField()
        note = EncryptedTextField(null=True)
        born = EncryptedDateField(null=True)
        phone = EncryptedTextField(default="")
        phone_index = BlindIndexField(source="phone", purpose="phone")

        class Meta:
            app_label = "core"

        def __str__(self) -> str:
            return "x"


@pytest.fixture
def people(db: None) -> Iterator[type[Person]]:
    with connection.schema_editor() as editor:
        editor.create_model(Person)
    return Person


@pytest.fixture
def keys(tmp_path: Path, settings: Settings) -> "KeyFile":
    file = KeyFile(tmp_path / "keys.json")
    settings.KEYS_FILE = str(file.path)
    return file


class KeyFile:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.blind = self.fresh()
        self.keys = {"k1": self.fresh()}
        self.current = "k1"
        self.tick = 0
        self.write()

    @staticmethod
    def fresh() -> str:
        return base64.b64encode(os.urandom(32)).decode()

    def write(self) -> None:
        self.path.write_text(
            json.dumps({"current": self.current, "keys": self.keys, "blind": self.blind})
        )
        self.tick += 1
        os.utime(self.path, ns=(self.tick, self.tick))

    def add(self, name: str) -> None:
        self.keys[name] = self.fresh()
        self.current = name
        self.write()

    def drop(self, name: str) -> None:
        del self.keys[name]
        self.write()


def raw(column: str) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM core_person")
        return bytes(cursor.fetchone()[0])


def test_what_is_saved_comes_back_and_stands_nowhere_in_clear_text(people: type[Person]) -> None:
    people.objects.create(
        id_number=CCCD, note="Phố Tràng Tiền", born=date(1988, 8, 15), phone="0912 345 678"
    )
    person = people.objects.get()
    assert (person.id_number, person.note, person.born) == (
        CCCD,
        "Phố Tràng Tiền",
        date(1988, 8, 15),
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT core_person::text FROM core_person")
        everything = cursor.fetchone()[0]
        cursor.execute(
            "SELECT string_agg(encode(c, 'escape'), '') FROM core_person, LATERAL"
            " (VALUES (id_number), (note), (born), (phone), (phone_index)) v(c)"
        )
        everything += cursor.fetchone()[0]
    # Long ones only: four digits stand somewhere in so many random ones, once in a hundred runs.
    for secret in (CCCD, "Tràng Tiền", "1988-08-15", "0912 345 678", "912345678"):
        assert secret not in everything
        assert secret.encode().hex() not in everything


def test_the_same_value_never_looks_the_same(people: type[Person]) -> None:
    people.objects.create(id_number=CCCD, note=CCCD)
    assert raw("id_number") != raw("note")


def test_a_value_moved_to_another_column_cannot_be_read(people: type[Person]) -> None:
    people.objects.create(id_number=CCCD, note="x")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_person SET note = id_number")
    with pytest.raises(Unreadable):
        people.objects.get()


@pytest.mark.parametrize("place", [0, 1, 2, 5, -1])
def test_a_changed_byte_is_refused(people: type[Person], place: int) -> None:
    people.objects.create(id_number=CCCD)
    stored = bytearray(raw("id_number"))
    stored[place] ^= 1
    with pytest.raises(Unreadable):
        open_sealed(bytes(stored), "core_person:id_number")


@given(st.binary(max_size=60))
def test_any_rubbish_is_refused_in_one_way(stored: bytes) -> None:
    with pytest.raises(Unreadable):
        open_sealed(stored, "a:b")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_text_survives(text: str) -> None:
    assert open_sealed(seal(text.encode(), "a:b"), "a:b").decode() == text


def test_an_error_does_not_name_the_value() -> None:
    with pytest.raises(Unreadable) as failed:
        open_sealed(seal(CCCD.encode(), "a:b"), "a:c")
    assert CCCD not in str(failed.value)
    assert failed.value.__suppress_context__


def test_nothing_is_null_and_empty_is_empty(people: type[Person]) -> None:
    people.objects.create(id_number="", note=None)
    person = people.objects.get()
    assert (person.id_number, person.note, person.born, person.phone_index) == (
        "",
        None,
        None,
        None,
    )
    assert people.objects.filter(note__isnull=True).count() == 1


@pytest.mark.parametrize(
    "lookup", ["id_number", "id_number__contains", "id_number__in", "born__year"]
)
def test_an_encrypted_column_cannot_be_searched(people: type[Person], lookup: str) -> None:
    with pytest.raises(FieldError):
        list(people.objects.filter(**{lookup: "1"}))


def test_a_person_is_found_by_phone_however_it_is_written(people: type[Person]) -> None:
    people.objects.create(id_number=CCCD, phone="0912 345 678")
    people.objects.create(id_number=CCCD, phone="0912345679")
    assert people.objects.filter(phone_index=blind("phone", digits("0912.345.678"))).count() == 1
    assert len(raw("phone_index")) == 16


def test_the_index_follows_the_phone(people: type[Person]) -> None:
    person = people.objects.create(id_number=CCCD, phone="0912345678")
    person.phone = "0987654321"
    with pytest.raises(ValueError, match="phone_index"):
        person.save(update_fields=["phone"])
    person.save(update_fields=["phone", "phone_index"])
    assert people.objects.filter(phone_index=blind("phone", "0987654321")).exists()
    person.phone = ""
    person.save()
    assert people.objects.get().phone_index is None


def test_two_purposes_cannot_be_joined_and_the_key_matters(keys: KeyFile) -> None:
    before = blind("phone", "0912345678")
    assert before != blind("id_number", "0912345678")
    assert before == blind("phone", "0912345678")
    keys.blind = keys.fresh()
    keys.write()
    assert blind("phone", "0912345678") != before


def test_the_field_survives_a_migration_file(people: type[Person]) -> None:
    field = people._meta.get_field("phone_index")
    _name, path, args, kwargs = field.deconstruct()
    assert path == "opsa.core.fields.BlindIndexField"
    assert args == []
    again = BlindIndexField(**kwargs)
    assert again.deconstruct()[1:] == field.deconstruct()[1:]
    assert again.normalise is digits


def form_keys(n: int) -> None:
    FormKey.objects.all().delete()
    FormKey.objects.bulk_create(
        FormKey(
            key=f"01900000-0000-7000-8000-{i:012d}",
            who="",
            path="/",
            fingerprint=b"",
            body=f"thư {i}",
        )
        for i in range(n)
    )


@pytest.mark.django_db
def test_after_a_rotation_the_old_key_can_go(keys: KeyFile) -> None:
    form_keys(7)
    keys.add("k2")
    assert sum(step.changed for step in rotate(batch=3)) == 7
    keys.drop("k1")
    assert sorted(row.body or "" for row in FormKey.objects.all()) == [f"thư {i}" for i in range(7)]
    assert ring().current == "k2"


@pytest.mark.django_db
def test_without_a_rotation_the_old_key_may_not_go(keys: KeyFile) -> None:
    form_keys(1)
    keys.add("k2")
    assert FormKey.objects.get().body == "thư 0"
    keys.drop("k1")
    with pytest.raises(Unreadable):
        FormKey.objects.get()


@pytest.mark.django_db
def test_an_interrupted_rotation_goes_on_where_it_stopped(keys: KeyFile) -> None:
    form_keys(10)
    keys.add("k2")
    steps = rotate(batch=4)
    assert next(steps).changed == 4
    steps.close()
    FormKey.objects.filter(body__isnull=False).first()
    assert [step.changed for step in rotate(batch=4)] == [4, 2]
    assert list(rotate(batch=4)) == []


@pytest.mark.django_db
def test_an_unreadable_value_is_reported_and_left(keys: KeyFile) -> None:
    form_keys(3)
    keys.keys["k1"] = keys.fresh()
    keys.write()
    form_key = FormKey.objects.defer("body").first()
    assert form_key is not None
    FormKey.objects.filter(pk=form_key.pk).update(body="mới")
    keys.add("k2")
    out = StringIO()
    with pytest.raises(CommandError, match="2 values"):
        call_command("keys_rotate", "--batch", "2", stdout=out)
    assert "core_formkey:body" in out.getvalue()
    assert FormKey.objects.get(pk=form_key.pk).body == "mới"


@pytest.mark.django_db
def test_a_finished_rotation_says_that_nothing_is_left(keys: KeyFile) -> None:
    form_keys(2)
    out = StringIO()
    call_command("keys_rotate", stdout=out)
    assert "0 values re-encrypted" in out.getvalue()


def test_a_missing_or_short_key_stops_everything(keys: KeyFile, settings: Settings) -> None:
    keys.keys["k1"] = base64.b64encode(b"short").decode()
    keys.write()
    with pytest.raises(ImproperlyConfigured):
        ring()
    settings.KEYS_FILE = str(keys.path) + ".gone"
    with pytest.raises(ImproperlyConfigured):
        ring()


def test_a_key_file_whose_current_key_is_unknown_is_refused(keys: KeyFile) -> None:
    keys.current = "k9"
    keys.write()
    with pytest.raises(ImproperlyConfigured):
        ring()
