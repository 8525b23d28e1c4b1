"""What will be sent, on one page in large type; and the form on paper, filled from the
declaration."""

import json

import pypdfium2
import pytest
from django.test import Client
from django.urls import reverse

from cases.models import Case, Paper
from cases.papers import services
from opsa.core.once import new_key
from procedures.models import DeclarationField, RequiredDocument
from tests.support.cases import Counter, make_counter
from tests.support.worklists import sign_in

FIELDS = (
    ("ten-tre", "Họ tên trẻ", "text", "NGUYỄN GIA BẢO"),
    ("me-so-dinh-danh", "Số định danh của mẹ", "id", "001190012345"),
    ("gioi-tinh", "Giới tính", "choice", "nu"),
    ("noi-sinh", "Nơi sinh", "text", "Bệnh viện Phụ sản Hà Nội"),
    ("ghi-chu", "Ghi chú", "long", ""),
)


@pytest.fixture
def counter(db: None) -> Counter:
    made = make_counter()
    RequiredDocument.objects.create(
        version=made.version, key="to-khai", position=2, name="Tờ khai đăng ký khai sinh",
        name_en="Birth form", kind="typed", form_code="Mẫu thử số 1",
    )  # fmt: skip
    for position, (key, label, kind, _value) in enumerate(FIELDS):
        DeclarationField.objects.create(
            version=made.version, key=key, position=position, label=label, label_en=label,
            kind=kind, choices=[{"value": "nu", "text": "Nữ", "text_en": "Female"}],
        )  # fmt: skip
    return made


@pytest.fixture
def case(counter: Counter) -> Case:
    values = {key: value for key, _label, _kind, value in FIELDS}
    return counter.case(declaration=json.dumps(values, ensure_ascii=False))


def drawn(counter: Counter, case: Case, kind: str) -> tuple[pypdfium2.PdfDocument, str]:
    client = sign_in(Client(), counter.staff)
    answer = client.post(reverse("quay:sheet", args=[case.pk, kind]), {"form_key": new_key()})
    assert answer.status_code == 303
    paper = Paper.objects.filter(case=case).order_by("-pk")[0]
    assert answer["Location"] == reverse("quay:paper_state", args=[paper.pk])
    made = services.paper_draw(paper.pk)
    assert made is not None
    assert made.state == Paper.State.READY, made.failure
    pdf = pypdfium2.PdfDocument(services.paper_bytes(made))
    return pdf, " ".join(page.get_textpage().get_text_range() for page in pdf)


def test_the_read_back_sheet_is_one_page_with_numbers_that_can_be_compared(counter, case):
    pdf, text = drawn(counter, case, "doc-lai")
    assert len(pdf) == 1
    assert case.filer is not None
    number = case.filer.id_number
    grouped = f"{number[:3]} {number[3:6]} {number[6:9]} {number[9:]}"
    plain = " ".join(text.split())
    said = ("NGUYỄN THỊ HƯỜNG", "02/09/1990", "NGUYỄN GIA BẢO", "001 190 012 345", "Nữ")
    for words in (*said, "Giấy chứng sinh", grouped):
        assert words in plain


def test_a_long_declaration_still_fits_one_page(counter, case):
    for position in range(20):
        DeclarationField.objects.create(
            version=counter.version, key=f"o-{position}", position=20 + position,
            label=f"Ô thứ {position}", label_en="", kind="text",
        )  # fmt: skip
    case.declaration = json.dumps(
        json.loads(case.declaration) | {f"o-{n}": f"Nội dung {n}" for n in range(20)}
    )
    case.save()
    pdf, text = drawn(counter, case, "doc-lai")
    assert len(pdf) == 1
    assert "Nội dung 19" in text


def test_the_form_on_paper_has_every_field_in_order_and_room_for_what_is_empty(counter, case):
    _pdf, text = drawn(counter, case, "to-khai-giay")
    plain = " ".join(text.split())
    places = [plain.index(label) for _key, label, _kind, _value in FIELDS]
    assert places == sorted(places)
    for words in ("Mẫu thử số 1", "Kính gửi: UBND cấp xã", "Người yêu cầu", case.reference[:5]):
        assert words in plain


def test_the_same_words_are_the_same_paper_and_changed_ones_another(counter, case):
    drawn(counter, case, "doc-lai")
    client = sign_in(Client(), counter.staff)
    url = reverse("quay:sheet", args=[case.pk, "doc-lai"])
    client.post(url, {"form_key": new_key()})
    assert Paper.objects.filter(case=case).count() == 1
    case.declaration = case.declaration.replace("BẢO", "BÌNH")
    case.save()
    client.post(url, {"form_key": new_key()})
    assert Paper.objects.filter(case=case).count() == 2
