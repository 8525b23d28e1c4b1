"""Papers: readable, accessible, closed to the network (F26)."""

import base64
import logging
import os
import socket
import tempfile
import threading
import time
import unicodedata
from pathlib import Path

import outloud
import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from pytest_django import Settings

from opsa.core import barcodes, fonts, pdf

WORDS = "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ"
PANGRAM = "Đặng Thị Ngọc Huyền, phường Ô Chợ Dừa: 30.000 ₫ · ăâđêôơư ẳẵặẩẫậểễệổỗộởỡợửữự ỲỴỶỸ №"


def slip(extra: str = "") -> str:
    return (
        f'<!doctype html><html lang="vi"><head><title>Phiếu tiếp nhận</title></head><body>'
        f"<h1>{WORDS}</h1><p>{PANGRAM}</p><p><b>Mã: 7K3F9-QX2MT-4</b></p>"
        f'<table><thead><tr><th scope="col">Giấy tờ</th><th scope="col">Số bản</th></tr></thead>'
        f"<tbody><tr><td>Giấy chứng sinh</td><td>1</td></tr></tbody></table>"
        f'<p><img alt="Mã QR tra cứu hồ sơ" width="120" src="{barcodes.qr_data_uri("https://example.vn/t/abc")}"></p>'
        f'<p><img alt="Mã vạch EH102030405VN" '
        f'src="{barcodes.code128_data_uri("EH102030405VN")}"></p>'
        f"{extra}</body></html>"
    )


@pytest.fixture(scope="module")
def paper() -> bytes:
    return pdf.render_html(slip())


def test_vietnamese_reads_back_as_it_was_written(paper: bytes) -> None:
    page = pypdfium2.PdfDocument(paper)[0]
    text = page.get_textpage().get_text_range()
    flat = " ".join(text.split())
    assert WORDS in flat
    assert PANGRAM in flat
    assert text == unicodedata.normalize("NFC", text)


def test_the_paper_passes_the_accessibility_checker(paper: bytes, tmp_path: Path) -> None:
    file = tmp_path / "slip.pdf"
    file.write_bytes(paper)
    result = outloud.check(str(file))
    assert result.error is None or result.error == ""
    assert result.errors == 0, [str(found) for found in result.findings]


def test_the_paper_names_its_language_and_title_and_embeds_only_our_font(paper: bytes) -> None:
    import pikepdf

    with pikepdf.open(__import__("io").BytesIO(paper)) as document:
        assert document.Root.Lang == "vi"
        assert document.docinfo["/Title"] == "Phiếu tiếp nhận"
        names = {str(font.BaseFont) for font in document.pages[0].Resources.Font.values()}
    assert names
    assert all("Noto-Sans" in name or "NotoSans" in name for name in names)


def test_no_letter_is_missing_from_the_font(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("weasyprint").setLevel(logging.DEBUG)
    with caplog.at_level(logging.WARNING):
        pdf.render_html(slip())
    assert [r.message for r in caplog.records if r.levelno >= logging.WARNING] == []
    assert fonts.missing_glyphs(WORDS + PANGRAM) == []
    assert fonts.missing_glyphs("→ ✓\u00ad\n") == ["U+2192", "U+2713"]


def test_both_weights_are_small_and_cover_all_vietnamese_letters() -> None:
    from fontTools.ttLib import TTFont

    letters = {
        unicodedata.normalize("NFC", base + tone)
        for base in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
        for tone in ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
    } | set("đĐ")
    for path in fonts.print_fonts().values():
        assert path.stat().st_size < 200_000
        covered = TTFont(path).getBestCmap()
        assert not [letter for letter in letters if ord(letter) not in covered]


@pytest.mark.parametrize(
    "reference",
    [
        '<img alt="x" src="http://127.0.0.1:{port}/x.png">',
        '<img alt="x" src="https://127.0.0.1:{port}/x.png">',
        '<link rel="stylesheet" href="http://127.0.0.1:{port}/x.css">',
        '<style>@import url("http://127.0.0.1:{port}/x.css");</style>',
        '<p style="background:url(http://127.0.0.1:{port}/x.png)">x</p>',
        "<style>@font-face{{font-family:X;src:url(ftp://127.0.0.1:{port}/f.ttf)}}p{{font-family:X}}</style>",
        '<img alt="x" src="file:///etc/passwd">',
        '<img alt="x" src="FILE:///etc/hostname">',
        '<img alt="x" src="file://127.0.0.1/etc/hostname">',
        '<link rel="attachment" href="file:///etc/passwd">',
        '<object data="file:///etc/passwd"></object>',
        '<img alt="x" src="/etc/passwd">',
    ],
)
def test_a_paper_reads_nothing_outside_itself(reference: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        port = server.getsockname()[1]
        document = slip(reference.format(port=port))
        try:
            result = pdf.render_html(document)
        except pdf.Unreachable:
            result = b""
        with pytest.raises(TimeoutError):
            server.accept()
        assert b"root:" not in result
        assert b"EmbeddedFile" not in result


def test_a_reference_outside_fails_loudly() -> None:
    with pytest.raises(pdf.Unreachable):
        pdf.render_html(slip('<img alt="x" src="http://127.0.0.1:9/x.png">'))


def test_a_stylesheet_is_found_among_the_static_files_and_an_unknown_one_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        pdf.render_html(slip(), css=["css/print/none.css"])


def test_a_template_becomes_a_paper_in_its_language(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "p.html").write_text(
        '<!doctype html><html lang="{{ lang }}"><title>T</title><p>{{ name }}</p></html>'
    )
    (tmp_path / "s.css").write_text("p { color: #123456 }")
    settings.TEMPLATES = [
        {"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [tmp_path]}
    ]
    settings.STATICFILES_DIRS = [tmp_path]
    result = pdf.render_pdf("p.html", {"name": "<b>Hường</b>"}, css=["s.css"], lang="en")
    text = pypdfium2.PdfDocument(result)[0].get_textpage().get_text_range()
    assert "<b>Hường</b>" in text
    import pikepdf

    with pikepdf.open(__import__("io").BytesIO(result)) as document:
        assert document.Root.Lang == "en"


def test_papers_asked_for_by_several_threads_all_come_out() -> None:
    results: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: results.append(pdf.render_html(slip()))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(results) == 4
    assert all(result.startswith(b"%PDF") for result in results)


def read_picture(uri: str) -> str:
    """Draw the SVG as PDF, look at it as a scanner would."""
    page = pdf.render_html(
        f'<!doctype html><html lang="vi"><title>x</title>'
        f'<img alt="x" width="500" src="{uri}"></html>'
    )
    bitmap = pypdfium2.PdfDocument(page)[0].render(scale=3)
    image: Image.Image = bitmap.to_pil().convert("L")
    found = zxingcpp.read_barcodes(image)
    return found[0].text if found else ""


@pytest.mark.parametrize(
    "text", ["https://opsa.example.vn/t/Zm9vYmFyYmF6cXV4MTIzNA/", "7K3F9QX2MT4"]
)
def test_a_printed_qr_code_can_be_scanned(text: str) -> None:
    assert read_picture(barcodes.qr_data_uri(text)) == text


@pytest.mark.parametrize("text", ["EH102030405VN", "RR473124829VN", "7K3F9QX2MT4"])
def test_a_printed_bar_code_can_be_scanned(text: str) -> None:
    uri = barcodes.code128_data_uri(text)
    assert read_picture(uri) == text
    svg = base64.b64decode(uri.partition(",")[2])
    assert svg.count(b"<path") == 1
    assert b"<rect" not in svg


@pytest.mark.parametrize("text", ["", "Hường", "a\nb"])
def test_a_bar_code_takes_plain_signs_only(text: str) -> None:
    with pytest.raises(ValueError, match="ASCII"):
        barcodes.code128_data_uri(text)


def test_what_killed_workers_left_is_swept_and_fresh_folders_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old, fresh, other = (tmp_path / name for name in ("weasyprint-a", "weasyprint-b", "other"))
    for folder in (old, fresh, other):
        folder.mkdir()
    long_ago = time.time() - 7200
    os.utime(old, (long_ago, long_ago))
    os.utime(other, (long_ago, long_ago))
    assert pdf.sweep_temp_folders() == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "weasyprint-b"]


def test_after_the_warm_up_a_paper_needs_no_new_font_setup() -> None:
    pdf.warm_up()
    before = pdf._shared()
    pdf.render_html(slip())
    assert pdf._shared() is before
