"""Who brings a file of statuses, and what the page says of it."""

import io
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from agencies.models import Role, Staff
from cases.imports import tasks
from cases.models import StatusImport
from opsa.core.once import new_key
from procedures.models import FilingSystem
from tests.support.cases import Counter
from tests.support.status_files import CODE, HEAD
from tests.support.worklists import PASSWORD, sign_in


def form(system: FilingSystem, content: bytes, **more: str) -> dict[str, object]:
    file = io.BytesIO(content)
    file.name = "Nguyen Van A 0912345678.csv"
    at = timezone.localtime() - timedelta(minutes=5)
    return {
        "system": system.pk, "exported_at": f"{at:%Y-%m-%dT%H:%M}", "file": file,
        "form_key": new_key(), **more,
    }  # fmt: skip


def test_a_supervisor_brings_a_file_looks_and_applies_it(by_file, boss, workers_stand_still):
    client = sign_in(Client(), boss)
    page = client.get("/dieu-hanh/nhap-trang-thai/")
    assert "5 MB" in page.content.decode()
    content = f"{HEAD}\n{CODE},,4,,,,,\n=1,,2,,,,,\n".encode()
    answer = client.post("/dieu-hanh/nhap-trang-thai/", form(by_file.system, content))
    made = StatusImport.objects.get()
    assert answer.status_code == 303
    html = client.get(answer["Location"]).content.decode()
    assert "Dòng 3: ô là công thức" in html
    assert "Áp dụng cho 1 hồ sơ" in html
    client.post(f"{answer['Location']}ap-dung/", {"form_key": new_key()})
    html = client.get(answer["Location"], headers={"HX-Request": "true"}).content.decode()
    assert "Đang áp dụng: 0 trên 2 dòng" in html
    assert "<html" not in html
    tasks.work(made.pk)
    assert "Đã áp dụng xong" in client.get(answer["Location"]).content.decode()
    again = client.post("/dieu-hanh/nhap-trang-thai/", form(by_file.system, content))
    assert again["Location"] == answer["Location"]
    assert StatusImport.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\0\1\2", "không phải bảng CSV"), (b"mot cot", "MaHoSo, TrangThaiHoSo"),
        (b"PK\x03\x04", "Excel"), (b"", "Tệp trống"),
        (f'{HEAD}\n"{CODE}'.encode(), "ngoặc kép"),
        (b"x" * (5 * 1024 * 1024 + 1), "Tệp lớn hơn 5 MB"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_refused_on_the_page_and_kept_nowhere(by_file, boss, content, words):
    client = sign_in(Client(), boss)
    answer = client.post("/dieu-hanh/nhap-trang-thai/", form(by_file.system, content))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not StatusImport.objects.exists()


def test_a_body_beyond_the_limit_is_not_even_read(boss):
    client = sign_in(Client(), boss)
    answer = client.generic(
        "POST", "/dieu-hanh/nhap-trang-thai/", b"x", CONTENT_LENGTH=str(50 * 1024 * 1024)
    )
    assert answer.status_code == 413


def test_a_file_that_another_site_sends_is_refused(by_file, boss):
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    sign_in(client, boss)
    content = f"{HEAD}\n{CODE},,4,,,,,".encode()
    answer = client.post("/dieu-hanh/nhap-trang-thai/", form(by_file.system, content))
    assert answer.status_code == 403
    assert not StatusImport.objects.exists()


def test_a_file_from_tomorrow_is_refused(by_file, boss):
    client = sign_in(Client(), boss)
    tomorrow = timezone.localtime() + timedelta(days=1)
    sent = form(by_file.system, b"x", exported_at=f"{tomorrow:%Y-%m-%dT%H:%M}")
    answer = client.post("/dieu-hanh/nhap-trang-thai/", sent)
    assert answer.status_code == 422
    assert "không thể ở sau lúc này" in answer.content.decode()


@pytest.mark.parametrize("role", [Role.LEAD, Role.CLERK, Role.AUDITOR, Role.ADMIN])
def test_only_supervisors_bring_files(counter: Counter, role):
    office = counter.agency if role in (Role.LEAD, Role.CLERK) else None
    staff = Staff.objects.create_user("x", PASSWORD, display_name="X", role=role, agency=office)
    assert sign_in(Client(), staff).get("/dieu-hanh/nhap-trang-thai/").status_code == 403
