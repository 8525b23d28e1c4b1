"""A published text never changes, whoever tries and whichever way."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from agencies.models import Role, Staff
from opsa.core.models import JournalEntry
from procedures import differences, services
from procedures.models import (
    DeclarationField,
    FeePart,
    Procedure,
    ProcedureVersion,
    Question,
    RequiredDocument,
    ResultKind,
)
from procedures.selectors import current_versions

pytestmark = pytest.mark.django_db


def person(name: str, role: Role = Role.EDITOR) -> Staff:
    return Staff.objects.create_user(name, display_name=name.title(), role=role)


@pytest.fixture
def published(catalogue: None) -> ProcedureVersion:
    return current_versions().get(procedure__slug="dang-ky-khai-sinh")


@pytest.mark.parametrize(
    "part", [Question, RequiredDocument, DeclarationField, FeePart, ResultKind]
)
def test_no_part_of_a_published_text_can_be_changed_removed_or_added(
    published: ProcedureVersion, part
) -> None:
    row = part.objects.filter(version=published).first()
    column = "note" if part is FeePart else "position"
    value = "'x'" if part is FeePart else "99"
    with (
        pytest.raises(DatabaseError, match="frozen"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE {part._meta.db_table} SET {column} = {value}")
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        part.objects.filter(version=published).delete()
    row.pk, row._state.adding = None, True
    if hasattr(row, "key"):
        row.key = "them-vao"
    with pytest.raises((DatabaseError, IntegrityError), match="frozen"), transaction.atomic():
        row.save()


def test_a_part_cannot_be_moved_into_a_published_text(published: ProcedureVersion) -> None:
    draft = services.version_new_draft(staff=person("an"), procedure=published.procedure)
    document = draft.documents.first()
    assert document is not None
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        RequiredDocument.objects.filter(pk=document.pk).update(version=published, key="khac")


def test_the_text_itself_can_only_be_ended(published: ProcedureVersion) -> None:
    moved = {"valid_from": date(2026, 1, 1)}
    for change in ({"name": "Khác"}, {"time_value": 9}, moved, {"state": "draft"}):
        with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
            ProcedureVersion.objects.filter(pk=published.pk).update(**change)
    with (
        pytest.raises(DatabaseError, match="frozen"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM procedures_procedureversion WHERE id = %s", [published.pk])
    ProcedureVersion.objects.filter(pk=published.pk).update(valid_to=date(2027, 1, 31))


def test_two_people_publish_and_both_are_written_down(published: ProcedureVersion) -> None:
    editor, second = person("editor"), person("second", Role.SUPERVISOR)
    draft = services.version_new_draft(
        staff=editor, procedure=published.procedure, reason="Thời hạn mới"
    )
    draft.time_value = 2
    draft.save()
    services.version_edited(staff=editor, version=draft)
    with pytest.raises(services.CatalogueRefusedError, match="không được tự công bố"):
        services.version_publish(staff=editor, version=draft)
    done = services.version_publish(staff=second, version=draft)
    assert (done.last_edited_by, done.published_by) == (editor, second)
    published.refresh_from_db()
    assert published.valid_to == done.valid_from - timedelta(days=1)
    today = timezone.localdate()
    assert current_versions(today).get(procedure=done.procedure) == published
    assert current_versions(done.valid_from).get(procedure=done.procedure) == done
    entries = JournalEntry.objects.filter(chain="catalogue").order_by("id")
    assert [entry.action for entry in entries][-3:] == [
        "catalogue.version.drafted",
        "catalogue.version.edited",
        "catalogue.version.published",
    ]
    assert "Thời hạn: từ 1 ngày làm việc" in " ".join(differences.between(published, done))


def test_the_database_too_refuses_one_person_as_editor_and_publisher(
    published: ProcedureVersion,
) -> None:
    editor = person("editor")
    draft = services.version_new_draft(staff=editor, procedure=published.procedure)
    with pytest.raises(IntegrityError, match="published_by_another"), transaction.atomic():
        ProcedureVersion.objects.filter(pk=draft.pk).update(
            state="published", published_by=editor, published_at=timezone.now(), valid_to=None
        )


def test_two_texts_are_never_in_force_on_one_day(published: ProcedureVersion) -> None:
    draft = services.version_new_draft(staff=person("an"), procedure=published.procedure)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProcedureVersion.objects.filter(pk=draft.pk).update(
            state="published", published_at=timezone.now(), valid_to=date(2099, 1, 1)
        )


def test_a_draft_with_a_condition_outside_the_language_is_not_published(
    published: ProcedureVersion,
) -> None:
    draft = services.version_new_draft(staff=person("an"), procedure=published.procedure)
    draft.documents.filter(key="cu-tru").update(condition={"answer": {"khong-co": "co"}})
    with pytest.raises(services.CatalogueRefusedError, match="unknown question"):
        services.version_publish(staff=person("binh"), version=draft)


def test_one_draft_at_a_time_and_it_can_be_thrown_away(published: ProcedureVersion) -> None:
    editor = person("editor")
    draft = services.version_new_draft(staff=editor, procedure=published.procedure)
    with pytest.raises(services.CatalogueRefusedError, match="bản nháp"):
        services.version_new_draft(staff=editor, procedure=published.procedure)
    draft.delete()
    assert services.version_new_draft(staff=editor, procedure=published.procedure).number == 2


def test_retiring_wants_a_reason_and_cases_keep_their_text(published: ProcedureVersion) -> None:
    boss = person("boss", Role.SUPERVISOR)
    with pytest.raises(services.CatalogueRefusedError, match="lý do"):
        services.version_retire(staff=boss, version=published, reason=" ")
    services.version_retire(staff=boss, version=published, reason="Luật mới")
    assert not current_versions().filter(procedure=published.procedure).exists()
    assert ProcedureVersion.objects.get(pk=published.pk).documents.count() == 8
    assert Procedure.objects.filter(pk=published.procedure_id).exists()
