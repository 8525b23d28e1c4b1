"""Labels and hand-over lists: readable, accessible, bar codes that read back (F13)."""

import json
import unicodedata
from io import BytesIO
from pathlib import Path

import outloud
import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from cases.models import Paper
from cases.papers import services as paper_services
from delivery import papers, parcels
from delivery.models import Parcel
from opsa.embedded.places import PROJECT
from tests.support.delivery import Desk

pytestmark = pytest.mark.django_db
LOOK = PROJECT / "test-artifacts" / "delivery-papers"


def drawn(paper: Paper) -> bytes:
    done = paper_services.paper_draw(paper.pk)
    assert done is not None
    assert (done.state, done.failure) == (Paper.State.READY, "")
    return paper_services.paper_bytes(done)


def read(content: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(content)
    return [" ".join(page.get_textpage().get_text_range().split()) for page in document]


def picture(content: bytes, page: int = 0, dpi: int = 203) -> Image.Image:
    image: Image.Image = pypdfium2.PdfDocument(content)[page].render(scale=dpi / 72).to_pil()
    return image


def keep(content: bytes, name: str) -> None:
    LOOK.mkdir(parents=True, exist_ok=True)
    picture(content, dpi=130).save(LOOK / f"{name}.png")


def accessible(content: bytes, folder: Path) -> None:
    file = folder / "paper.pdf"
    file.write_bytes(content)
    result = outloud.check(str(file))
    assert not result.error
    assert result.errors == 0, [str(found) for found in result.findings]


def test_a_label_is_one_a6_sheet_that_people_and_scanners_can_read(
    desk: Desk, tmp_path: Path
) -> None:
    agency = desk.counter.agency
    agency.name, agency.commune.postal_code = "Bưu điện Cầu Giấy", "11312"
    agency.save()
    agency.commune.save()
    parcel = desk.parcel(name="NGUYỄN THỊ HƯỜNG")
    content = drawn(Paper.objects.get(kind=Paper.Kind.LABEL))
    [text] = read(content)
    for words in (
        parcel.number, "0912 345 678", "12 ngõ 5 phố Vọng", "Phường Cầu Giấy",
        "phường Trung Hòa, quận Cầu Giấy", "11312", "TẬP SỰ",
        "Bưu điện Cầu Giấy", "NGUYỄN THỊ HƯỜNG",
    ):  # fmt: skip
        assert words in text, words
    assert text == unicodedata.normalize("NFC", text)
    size = pypdfium2.PdfDocument(content)[0].get_size()
    assert [round(side / 72 * 25.4) for side in size] == [105, 148]
    accessible(content, tmp_path)
    [code] = zxingcpp.read_barcodes(picture(content))
    assert (code.text, code.format) == (parcel.number, zxingcpp.BarcodeFormat.Code128)
    assert len(content) <= 60_000
    keep(content, "label")


def test_a_long_name_and_address_still_fit_on_one_sheet(desk: Desk) -> None:
    case = desk.here()
    parcels.address_correct(
        case.pk,
        {
            "recipient": "CÔNG TẰNG TÔN NỮ NGUYỄN THỊ THANH HƯƠNG TRÀ",
            "line": "Căn hộ 1204, tòa CT2B, khu đô thị Xuân Phương Tasco, "
            "ngõ 82 phố Trịnh Văn Bô kéo dài",
            "old_unit": "phường Xuân Phương, quận Nam Từ Liêm, thành phố Hà Nội",
        },
        actor=desk.actor,
    )
    parcels.parcel_make(case.pk, staff=desk.staff, actor=desk.actor)
    content = drawn(Paper.objects.get(kind=Paper.Kind.LABEL))
    [text] = read(content)
    assert "Giao tận tay" in text
    assert "TRÀ" in text
    keep(content, "label-long")


def test_fifty_labels_are_fifty_sheets_in_one_file(desk: Desk) -> None:
    made = [desk.parcel() for _ in range(50)]
    kept = list(Parcel.objects.select_related("case").order_by("pk"))
    paper = papers.labels_ask(kept, desk.counter.agency, staff=desk.staff)
    assert papers.labels_ask(kept, desk.counter.agency, staff=desk.staff).pk == paper.pk
    assert paper.case is None
    content = drawn(paper)
    pages = read(content)
    assert len(pages) == 50
    assert all(parcel.number in page for parcel, page in zip(made, pages, strict=True))
    assert zxingcpp.read_barcodes(picture(content, 49))[0].text == made[49].number


def test_a_reprint_is_the_same_paper_with_the_address_of_that_day(desk: Desk) -> None:
    parcel = desk.parcel()
    paper = Paper.objects.get(kind=Paper.Kind.LABEL)
    first = drawn(paper)
    assert paper_services.paper_draw(paper.pk) is None
    assert paper_services.paper_bytes(Paper.objects.get(pk=paper.pk)) == first
    assert json.loads(parcel.address)["line"] == "12 ngõ 5 phố Vọng"


def test_the_hand_over_list_has_both_names_and_every_number(desk: Desk, tmp_path: Path) -> None:
    numbers = [desk.parcel().number for _ in range(30)]
    manifest = desk.hand_over(*numbers)
    content = drawn(Paper.objects.get(kind=Paper.Kind.MANIFEST))
    text = " ".join(read(content))
    for words in (manifest.number, "Lê Văn Bưu", "Nhân viên thử", "Cộng 30 bưu gửi", *numbers):
        assert words in text
    assert text == unicodedata.normalize("NFC", text)
    accessible(content, tmp_path)
    [code] = zxingcpp.read_barcodes(picture(content))
    assert code.text == manifest.number
    keep(content, "manifest")
    assert BytesIO(content).getvalue().startswith(b"%PDF")
