"""The reconciliation and the files as a supervisor sees them: wide and on a phone."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from agencies.models import Staff
from cases import services as case_services
from cases.imports import services, tasks
from cases.models import ImportedDossier, PollState, StatusImport, StatusReport
from cases.reconcile import building
from cases.states import Delivery
from opsa.core.actors import SYSTEM
from tests.support.browser import NARROW, WIDE
from tests.support.cases import make_counter
from tests.support.worklists import lay, make_supervisor

pytestmark = pytest.mark.browser


@pytest.fixture
def boss(transactional_db: None) -> Staff:
    return make_supervisor()


def test_a_supervisor_reads_explains_and_goes_back_to_the_same_filter(
    boss, seen, page: Page, shoot, assert_axe
):
    counter, now = make_counter(), timezone.now()
    make_counter()
    made: list[Any] = []
    for number, facts in enumerate(
        ({}, {}, {"dossier": "9", "decided_at": now - timedelta(days=9)}, {}, {})
    ):
        facts = {"dossier": "4", "due_at": now - timedelta(days=1)} | facts
        made.append(lay(counter, code=f"H26.31-261120-{number:04d}", **facts))
        PollState.objects.filter(case=made[-1]).update(answered_at=now - timedelta(hours=2))
    case_services.delivery_set(made[0].pk, Delivery.AVAILABLE, actor=SYSTEM)
    PollState.objects.filter(case=made[1]).update(answered_at=now - timedelta(days=6))
    StatusReport.objects.create(
        filing=made[3].filings.get(), external_id="1", raw_code="97", unknown=True, occurred_at=now
    )
    StatusReport.objects.update(received_at=now - timedelta(days=2))
    PollState.objects.filter(case=made[4]).update(told_due=timezone.localdate(now))
    one = StatusImport.objects.create(
        system=made[0].system, by=boss, state="applied", exported_at=now, sha256="0" * 64, size=9
    )
    ImportedDossier.objects.create(
        imported=one, code="H26.9-261120-0009", procedure="1.000894",
        received_on=timezone.localdate(now),
    )  # fmt: skip
    building.morning()
    for name, size in (("wide", WIDE), ("phone", NARROW)):
        for what, path in (("reconcile", "doi-chieu/"), ("board", "")):
            seen(boss, f"/dieu-hanh/{path}")
            page.set_viewport_size(size)
            shoot(page, f"{what}-{name}")
            assert_axe(page)
    seen(boss, "/dieu-hanh/doi-chieu/?loai=seen")
    page.get_by_text("Ghi giải thích").click()
    page.get_by_label("Lý do").select_option("late_entry")
    page.get_by_role("button", name="Ghi", exact=True).click()
    expect(page.get_by_text("Đã ghi giải thích.").first).to_be_visible()
    expect(page.get_by_role("table")).to_contain_text("Cơ quan cập nhật cổng chậm")
    assert page.url.endswith("?loai=seen")
    shoot(page, "reconcile-explained")


def test_a_supervisor_looks_at_a_file_in_numbers_and_watches_it_go(
    boss, seen, page: Page, shoot, assert_axe, monkeypatch
):
    counter = make_counter()
    lay(counter, dossier="2", code="H26.31-261120-0001")
    lay(counter, dossier="2", code="H26.31-261120-0002")
    monkeypatch.setattr(services, "nudge", lambda _pk: None)
    text = (
        "Mã hồ sơ;Trạng thái;Ngày tiếp nhận;Chủ hồ sơ\n"
        "H26.31-261120-0001;Đang xử lý;20/11/2026;NGUYỄN THỊ HƯỜNG\n"
        "H26.31-261120-0002;Chờ ký số;20/11/2026;HOÀNG QUỐC VIỆT\n"
        "H26.31-261120-7777;Đang xử lý;19/11/2026;AI ĐÓ\n=1+1;2;;\n"
    )
    seen(boss, "/dieu-hanh/nhap-trang-thai/")
    page.set_viewport_size(NARROW)
    shoot(page, "imports-phone")
    assert_axe(page)
    page.set_viewport_size(WIDE)
    shoot(page, "imports-wide")
    page.get_by_label("Hệ thống nhận hồ sơ").select_option(counter.version.system_id)
    file = {"name": "xuat.csv", "mimeType": "text/csv", "buffer": b"MaHoSo,a\0b,c"}
    page.get_by_label("Tệp CSV").set_input_files(file)
    page.get_by_role("button", name="Xem trước").click()
    expect(page.get_by_role("alert")).to_contain_text("không phải bảng CSV")
    shoot(page, "imports-refused")
    page.get_by_label("Tệp CSV").set_input_files(
        file | {"buffer": io.BytesIO(text.encode("utf-16")).getvalue()}
    )
    page.get_by_role("button", name="Xem trước").click()
    expect(page.get_by_text("Chờ ký số")).to_be_visible()
    expect(page.get_by_text("Dòng 5: ô là công thức")).to_be_visible()
    for name, size in (("phone", NARROW), ("wide", WIDE)):
        page.set_viewport_size(size)
        shoot(page, f"import-{name}")
        assert_axe(page)
    page.get_by_role("button", name="Áp dụng cho 2 hồ sơ").click()
    expect(page.get_by_text("Đang áp dụng: 0 trên 4 dòng")).to_be_visible()
    tasks.work(StatusImport.objects.get().pk)
    expect(page.get_by_text("2 hồ sơ có tin mới")).to_be_visible()
    shoot(page, "import-applied")
