"""A form takes effect once, whatever the browser does (I10)."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from opsa.core.models import CalendarDay, FormKey
from opsa.core.once import forget_old_keys, new_key, once
from opsa.core.pages import go

DAYS = iter(range(100_000))
HTMX = {"HX-Request": "true"}

UNKNOWN_KEY = "c1b0a3f2-8d7e-4c6b-9a5f-0e1d2c3b4a59"


class Person:
    is_authenticated = True

    def __init__(self, pk: int) -> None:
        self.pk = pk


def post(
    data: dict[str, Any],
    *,
    user: Any = None,
    path: str = "/nop/",
    headers: dict[str, str] | None = None,
) -> HttpRequest:
    request = RequestFactory().post(path, data, headers=headers)
    request.user = user or AnonymousUser()
    return request


def effect() -> None:
    day = timezone.localdate().replace(year=2030, month=1, day=1) + timezone.timedelta(
        days=next(DAYS)
    )
    CalendarDay.objects.create(date=day, kind="off", name="effect")


def effects() -> int:
    return CalendarDay.objects.filter(name="effect").count()


@once
def file_case(request: HttpRequest) -> HttpResponseBase:
    if not request.POST.get("name"):
        return HttpResponse("thiếu tên", status=422)
    effect()
    return go(request, f"/quay/ho-so/{effects()}/")


@pytest.mark.django_db
def test_a_replay_gets_the_same_redirect_and_no_second_effect() -> None:
    key = new_key()
    first = file_case(post({"form_key": key, "name": "Hường"}))
    again = file_case(post({"form_key": key, "name": "Hường"}))
    assert (first.status_code, first["Location"]) == (303, "/quay/ho-so/1/")
    assert (again.status_code, again["Location"]) == (303, "/quay/ho-so/1/")
    assert effects() == 1


@pytest.mark.django_db
def test_a_replay_by_htmx_gets_the_same_redirect() -> None:
    key = new_key()
    for _attempt in range(2):
        answer = file_case(post({"form_key": key, "name": "Hường"}, headers=HTMX))
        assert (answer.status_code, answer["HX-Redirect"]) == (204, "/quay/ho-so/1/")
    assert effects() == 1


@pytest.mark.django_db
def test_a_new_csrf_token_is_still_the_same_form() -> None:
    key = new_key()
    file_case(post({"form_key": key, "name": "H", "csrfmiddlewaretoken": "a"}))
    answer = file_case(post({"form_key": key, "name": "H", "csrfmiddlewaretoken": "b"}))
    assert answer.status_code == 303


@pytest.mark.django_db
def test_a_form_that_was_not_valid_can_be_mended_and_sent_again() -> None:
    key = new_key()
    assert file_case(post({"form_key": key, "name": ""})).status_code == 422
    assert file_case(post({"form_key": key, "name": "Hường"})).status_code == 303
    assert effects() == 1


@pytest.mark.django_db
def test_the_same_key_with_other_content_is_a_conflict() -> None:
    key = new_key()
    file_case(post({"form_key": key, "name": "Hường"}))
    answer = file_case(post({"form_key": key, "name": "Lan"}))
    assert answer.status_code == 409
    assert effects() == 1


@pytest.mark.django_db
def test_another_file_is_other_content() -> None:
    @once
    def upload(request: HttpRequest) -> HttpResponseBase:
        effect()
        return go(request, "/")

    key = new_key()

    def send(content: bytes) -> int:
        return upload(
            post({"form_key": key, "scan": SimpleUploadedFile("a.pdf", content)})
        ).status_code

    assert [send(b"one"), send(b"one"), send(b"two")] == [303, 303, 409]
    assert effects() == 1


@pytest.mark.django_db
def test_two_fields_cannot_be_shifted_into_each_other() -> None:
    key = new_key()
    file_case(post({"form_key": key, "name": "a\x1f1:b", "z": "c"}))
    assert file_case(post({"form_key": key, "name": "a", "z": "b\x1f1:c"})).status_code == 409


@pytest.mark.django_db
def test_a_key_belongs_to_one_person_and_one_address() -> None:
    key = new_key()
    file_case(post({"form_key": key, "name": "H"}, user=Person(1)))
    file_case(post({"form_key": key, "name": "H"}, user=Person(2)))
    file_case(post({"form_key": key, "name": "H"}, user=Person(1), path="/khac/"))
    assert effects() == 3


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x", UNKNOWN_KEY, str(uuid.UUID(int=0))])
def test_a_form_without_a_good_key_has_no_effect(key: str) -> None:
    assert file_case(post({"form_key": key, "name": "Hường"})).status_code == 400
    assert file_case(post({"name": "Hường"})).status_code == 400
    assert effects() == 0


@pytest.mark.django_db
def test_a_key_too_old_to_be_remembered_is_refused() -> None:
    with time_machine.travel("2026-09-01", tick=False):
        key = new_key()
    with time_machine.travel("2026-11-22", tick=False):
        assert file_case(post({"form_key": key, "name": "Hường"})).status_code == 400
    assert effects() == 0


@pytest.mark.django_db
def test_old_keys_are_forgotten_and_young_ones_stay() -> None:
    file_case(post({"form_key": new_key(), "name": "H"}))
    file_case(post({"form_key": new_key(), "name": "H"}))
    first = FormKey.objects.order_by("id").first()
    assert first is not None
    FormKey.objects.filter(pk=first.pk).update(created_at="2020-01-01T00:00:00Z")
    assert forget_old_keys() == 1
    assert FormKey.objects.count() == 1


@pytest.mark.django_db
def test_a_failing_view_leaves_neither_effect_nor_key() -> None:
    @once
    def broken(request: HttpRequest) -> HttpResponseBase:
        effect()
        raise RuntimeError

    key = new_key()
    for _attempt in range(2):
        with pytest.raises(RuntimeError):
            broken(post({"form_key": key}))
    assert effects() == 0


@pytest.mark.django_db
def test_a_replayed_part_shows_the_same_words_and_stores_none_in_clear() -> None:
    @once
    def part(request: HttpRequest) -> HttpResponseBase:
        effect()
        return HttpResponse(f"Đã lưu Hường {effects()}")

    key = new_key()
    for _attempt in range(2):
        answer = part(post({"form_key": key}))
        assert isinstance(answer, HttpResponse)
        assert answer.content.decode() == "Đã lưu Hường 1"
    with connection.cursor() as cursor:
        cursor.execute("SELECT encode(body, 'escape') || core_formkey::text FROM core_formkey")
        assert "ng 1" not in cursor.fetchone()[0]


@pytest.mark.django_db
def test_a_stream_cannot_be_the_answer_to_a_form() -> None:
    @once
    def stream(request: HttpRequest) -> HttpResponseBase:
        effect()
        return StreamingHttpResponse([b"x"])

    with pytest.raises(TypeError):
        stream(post({"form_key": new_key()}))
    assert effects() == 0


@pytest.mark.django_db
def test_looking_needs_no_key() -> None:
    @once
    def view(request: HttpRequest) -> HttpResponseBase:
        return HttpResponse("ok")

    assert view(RequestFactory().get("/")).status_code == 200
    assert FormKey.objects.count() == 0


def race(
    view: Callable[[HttpRequest], HttpResponseBase], bodies: list[dict[str, Any]]
) -> list[int]:
    start = threading.Barrier(len(bodies))
    answers: list[int] = []

    def send(body: dict[str, Any]) -> None:
        try:
            request = post(body)
            start.wait(10)
            answers.append(view(request).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(answers)


def slow_effect(request: HttpRequest) -> HttpResponseBase:
    effect()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.2)")
    return go(request, "/xong/")


@pytest.mark.django_db(transaction=True)
def test_without_the_guard_a_double_click_files_twice() -> None:
    body = {"form_key": new_key(), "name": "H"}
    assert race(slow_effect, [body, body]) == [303, 303]
    assert effects() == 2


@pytest.mark.django_db(transaction=True)
def test_a_double_click_at_the_same_moment_files_once() -> None:
    body = {"form_key": new_key(), "name": "H"}
    assert race(once(slow_effect), [body, body, body]) == [303, 303, 303]
    assert effects() == 1


@pytest.mark.django_db(transaction=True)
def test_two_tabs_with_other_content_at_the_same_moment_file_once() -> None:
    key = new_key()
    bodies = [{"form_key": key, "name": name} for name in ("H", "L")]
    assert race(once(slow_effect), bodies) == [303, 409]
    assert effects() == 1


@pytest.mark.django_db(transaction=True)
def test_if_the_first_click_fails_the_second_takes_effect() -> None:
    fails = iter([True, False])

    @once
    def first_fails(request: HttpRequest) -> HttpResponseBase:
        bad = next(fails)
        slow_effect(request)
        return HttpResponse(status=422) if bad else go(request, "/xong/")

    body = {"form_key": new_key(), "name": "H"}
    assert race(first_fails, [body, body]) == [303, 422]


def test_every_drawn_form_has_a_key_of_its_own() -> None:
    template = Template("{% load core %}{% form_key %}")
    first, second = template.render(Context()), template.render(Context())
    assert first != second
    assert first.startswith('<input type="hidden" name="form_key" value="')
    assert uuid.UUID(new_key()).version == 7
