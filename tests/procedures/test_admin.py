"""The catalogue in the admin: found quickly, published texts only read, steps through services."""

import pytest
from django.test import Client
from django.urls import reverse

from agencies.models import Role, Staff
from procedures import services
from procedures.models import ProcedureVersion
from procedures.selectors import current_versions
from tests.support.worklists import sign_in

pytestmark = pytest.mark.django_db
LIST = "admin:procedures_procedureversion_changelist"


def city(name: str, role: Role) -> Staff:
    return Staff.objects.create_user(name, display_name=name, role=role, is_staff=True)


@pytest.fixture
def editor(db: None) -> Staff:
    return city("editor", Role.EDITOR)


def act(client: Client, action: str, version: ProcedureVersion) -> str:
    return client.post(
        reverse(LIST), {"action": action, "_selected_action": [version.pk]}, follow=True
    ).content.decode()


def test_the_list_shows_how_sure_we_are_without_a_query_for_each_row(
    catalogue: None, editor: Staff, query_budget
) -> None:
    client = sign_in(Client(), editor)
    page = client.get(reverse(LIST))
    assert page.status_code == 200
    assert "chắc chắn" in page.content.decode()
    with query_budget(16):  # session, person, factor, scope, counts, filters and one for the rows
        client.get(reverse(LIST))
    found = client.get(reverse(LIST), {"q": "1.001193"}).content.decode()
    assert "khai sinh" in found


def test_a_published_text_is_only_read(catalogue: None, editor: Staff) -> None:
    version = current_versions().get(procedure__slug="tach-ho")
    client = sign_in(Client(), editor)
    url = reverse("admin:procedures_procedureversion_change", args=[version.pk])
    page = client.get(url)
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    assert client.post(url, {"name": "x"}).status_code == 403


def test_draft_and_publication_take_two_people(catalogue: None, editor: Staff) -> None:
    version = current_versions().get(procedure__slug="tach-ho")
    first, second = sign_in(Client(), editor), sign_in(Client(), city("boss", Role.SUPERVISOR))
    act(first, "new_draft", version)
    draft = ProcedureVersion.objects.get(procedure=version.procedure, state="draft")
    page = first.get(reverse("admin:procedures_procedureversion_change", args=[draft.pk]))
    assert 'name="_save"' in page.content.decode()
    assert "không được tự công bố" in act(first, "publish", draft)
    act(second, "publish", draft)
    draft.refresh_from_db()
    assert draft.state == "published"
    assert (draft.last_edited_by, draft.published_by.username) == (editor, "boss")


def test_retiring_from_the_list_goes_through_the_service(catalogue: None, editor: Staff) -> None:
    version = current_versions().get(procedure__slug="tach-ho")
    act(sign_in(Client(), editor), "retire", version)
    version.refresh_from_db()
    assert version.state == "retired"


def test_a_wrong_condition_is_refused_in_the_form(catalogue: None, editor: Staff) -> None:
    from procedures.admin import DocumentForm

    version = current_versions().get(procedure__slug="tach-ho")
    draft = services.version_new_draft(staff=editor, procedure=version.procedure)
    document = draft.documents.get(key="giay-ly-hon")
    form_class = DocumentForm
    from django.forms import modelform_factory

    form = modelform_factory(type(document), form=form_class, fields=["condition"])(
        {"condition": '{"answer": {"khong-co": "x"}}'}, instance=document
    )
    assert not form.is_valid()
    assert "unknown question" in str(form.errors)
