"""A birth registration that has every kind of part, for tests that go through the steps."""

from typing import Any

import pytest
from django.utils import timezone

from agencies import places
from agencies.models import Commune, OldUnit
from cases.intake import practice
from cases.models import Case
from opsa.core.models import CalendarDay
from procedures.models import (
    DeclarationField,
    FeePart,
    FilingSystem,
    ProcedureVersion,
    Question,
    RequiredDocument,
    ResultKind,
)
from tests.support.cases import Counter, make_counter

Paper = RequiredDocument.Kind
CARD = (
    "001190012345||Nguyễn Thị Hường|02091990|Nữ|Số 12 ngõ 5, Trung Hòa, Cầu Giấy, Hà Nội|10052021"
)
OTHER_CARD = "001088000123||Nguyễn Văn An|15081988|Nam|Số 1 Tràng Tiền, Hoàn Kiếm, Hà Nội|10052021"


def publish(counter: Counter, **changes: Any) -> ProcedureVersion:
    """Give the counter's version every kind of part and put it in force."""
    version = counter.version
    for position, (key, name, kind, condition) in enumerate(
        (
            ("to-khai", "Biểu mẫu đăng ký khai sinh", Paper.TYPED, None),
            ("can-cuoc", "Căn cước/CCCD/hộ chiếu còn hạn", Paper.SHOW, None),
            ("ket-hon", "Giấy chứng nhận kết hôn của cha mẹ", Paper.IF_LOOKUP_FAILS, None),
            (
                "cam-doan",
                "Giấy cam đoan về việc sinh",
                Paper.UPLOAD,
                {"answer": {"chung-sinh": "khong"}},
            ),
            ("uy-quyen", "Văn bản ủy quyền", Paper.UPLOAD, {"relation_in": ["agent"]}),
        ),
        start=2,
    ):
        RequiredDocument.objects.create(
            version=version, key=key, position=position, name=name, name_en=name, kind=kind,
            originals=1 if kind != Paper.SHOW else 0, condition=condition,
            condition_text="không có giấy chứng sinh" if condition else "",
        )  # fmt: skip
    Question.objects.create(
        version=version, key="chung-sinh", position=1, text="Có giấy chứng sinh không?",
        text_en="Is there a medical birth certificate?",
        choices=[
            {"value": "co", "text": "Có", "text_en": "Yes"},
            {"value": "khong", "text": "Không", "text_en": "No"},
        ],
    )  # fmt: skip
    for position, (key, label, kind, required, prefill) in enumerate(
        (
            ("ho-ten-nguoi-yeu-cau", "Họ tên người yêu cầu", "text", True, "filer.name"),
            ("so-dinh-danh", "Số định danh", "text", True, "filer.id_number"),
            ("ten-tre", "Họ tên trẻ", "text", True, "subject.name"),
            ("ngay-sinh-tre", "Ngày sinh của trẻ", "date", True, "subject.birth_date"),
            ("noi-sinh", "Nơi sinh", "text", True, ""),
            ("so-ban", "Số bản sao", "number", False, ""),
            ("loai", "Loại", "choice", False, ""),
            ("ghi-chu", "Ghi chú", "long", False, ""),
            ("cha-so-dinh-danh", "Số định danh của cha", "id", False, ""),
            ("cha-ngay-sinh", "Ngày sinh của cha", "date", False, ""),
        ),
        start=1,
    ):
        DeclarationField.objects.create(
            version=version, key=key, position=position, label=label, label_en=label, kind=kind,
            required=required, prefill=prefill, choices=["Trong nước",
            "Nước ngoài"] if kind == "choice" else [],
        )  # fmt: skip
    FeePart.objects.create(
        version=version,
        kind="state_fee",
        amount=0,
        counter_amount=8000,
        free_reason="Hà Nội miễn khi nộp trực tuyến",
    )
    FeePart.objects.create(version=version, kind="postage", amount=changes.pop("postage", 30000))
    ProcedureVersion.objects.filter(pk=version.pk).update(
        state="published",
        published_at=timezone.now(),
        authorisation="relatives_plain_others_certified",
        **changes,
    )
    version.refresh_from_db()
    return version


@pytest.fixture
def birth_counter(db: None) -> Counter:
    """One office, its clerk and the birth registration, in force."""
    made = make_counter(FilingSystem.Way.GATEWAY, ResultKind.Form.PAPER)
    publish(made)
    yen_hoa, _ = Commune.objects.get_or_create(
        code="00169",
        defaults={
            "province_id": "01",
            "kind": "phuong",
            "name": "Yên Hòa",
            "search_key": "yen hoa",
        },
    )
    unit, _ = OldUnit.objects.get_or_create(
        name="Trung Hòa", district="Quận Cầu Giấy", province_id="01",
        defaults={
            "search_key": places.old_unit_key("Trung Hòa", "Quận Cầu Giấy"), "kind": "phuong",
            "old_province": "Hà Nội",
        },
    )  # fmt: skip
    unit.communes.add(yen_hoa)
    CalendarDay.objects.exists()
    return made


@pytest.fixture
def ready(birth_counter: Counter) -> Case:
    """A case with nothing left to do."""
    return practice.prepared_case(
        birth_counter.version, {}, staff=birth_counter.staff, relation="parent"
    )
