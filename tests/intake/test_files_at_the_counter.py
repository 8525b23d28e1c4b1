"""Thirty hostile and forty honest files, as phones, scanners and strangers bring them, through the
checker: each comes out as intended. Pixels by the tests' own generator, bytes by real encoders."""

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import img2pdf
import pikepdf
import pytest
from PIL import Image

from opsa.core import file_check
from opsa.core.file_limits import LONGEST_SIDE, PAGE_BYTES
from tests.support.hostile import BAD, GOOD, POISON
from tests.support.papers import (
    MAKERS,
    card,
    encoded,
    exif,
    on_table,
    phone_jpeg,
    photographed,
    sheet,
)

Make = Callable[[], bytes]


@cache
def page(seed: int = 1, seal: bool = False) -> Image.Image:
    """A page with a black corner, so that one can see which way up it is."""
    made = sheet(1000, seed=seed, seal=seal)
    made.paste("black", (70, 40, 270, 110))
    return made


@cache
def photo() -> Image.Image:
    """The same, on a table, from a phone."""
    return photographed(on_table(page()), side=2400)


@dataclass(frozen=True)
class Wanted:
    """What an honest file becomes."""

    make: Make
    pages: int = 1
    warnings: tuple[str, ...] = ()
    grey: bool | None = True
    upright: bool = True
    ratio: float | None = 1.414


def pdf_of(*pictures: bytes, rotate: int = 0) -> bytes:
    made = pikepdf.open(io.BytesIO(img2pdf.convert(list(pictures))))
    for one in made.pages:
        if rotate:
            one.rotate(rotate, relative=False)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def heic(orientation: int | None = None) -> bytes:
    how = {} if orientation is None else {"exif": exif(orientation).tobytes()}
    return encoded(photo(), "HEIF", quality=70, **how)


def sixteen_bits() -> bytes:
    grey = page().convert("L").tobytes()
    wide = b"".join(struct.pack("<H", value * 257) for value in grey)
    return encoded(Image.frombytes("I;16", page().size, wide), "PNG")


def clear_background() -> bytes:
    ink = page().convert("L").point(lambda value: 255 - value)
    layer = Image.new("RGBA", page().size, (20, 20, 20, 0))
    layer.putalpha(ink)
    return encoded(layer, "PNG")


def turned(orientation: int, maker: int) -> Make:
    return lambda: phone_jpeg(photo(), orientation, maker)


HONEST: dict[str, Wanted] = {
    **{
        f"phone photo, orientation {turn}, {MAKERS[turn % 5][0]}": Wanted(turned(turn, turn % 5))
        for turn in range(1, 9)
    },
    **{
        f"phone photo lying, orientation {turn}, {MAKERS[(turn + 2) % 5][0]}": Wanted(
            turned(turn, (turn + 2) % 5)
        )
        for turn in (3, 6, 8)
    },
    "photo without any note": Wanted(lambda: encoded(photo(), "JPEG", quality=92)),
    "photo with a damaged note": Wanted(
        lambda: encoded(photo(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff\0\0")
    ),
    "progressive jpeg": Wanted(lambda: phone_jpeg(photo(), progressive=True)),
    "jpeg of high quality without subsampling": Wanted(
        lambda: phone_jpeg(photo(), quality=98, subsampling=0)
    ),
    "grey jpeg": Wanted(lambda: encoded(page().convert("L"), "JPEG")),
    "cmyk jpeg of a copier": Wanted(lambda: encoded(page().convert("CMYK"), "JPEG")),
    "jpeg with two pictures in it": Wanted(
        lambda: encoded(photo(), "MPO", save_all=True, append_images=[page()])
    ),
    "jpeg cut at its end mark": Wanted(lambda: phone_jpeg(photo())[:-2]),
    "heic of an iphone": Wanted(heic),
    "heic lying": Wanted(lambda: heic(6), ratio=1 / 1.414, upright=False),
    "heic with a card": Wanted(
        lambda: encoded(photographed(on_table(card()), side=2000), "HEIF"), ratio=0.63, grey=None,
        upright=False,
    ),
    "png of a scanner": Wanted(lambda: encoded(page(), "PNG", dpi=(300, 300))),
    "png of one bit": Wanted(lambda: encoded(page().convert("1"), "PNG"), grey=True),
    "png of sixteen bits": Wanted(sixteen_bits),
    "png with a palette": Wanted(lambda: encoded(page().quantize(16), "PNG")),
    "png with a clear background": Wanted(clear_background),
    "interlaced colours, red seal": Wanted(lambda: encoded(page(seal=True), "PNG"), grey=False),
    "photo of a page with a red seal": Wanted(
        lambda: phone_jpeg(photographed(on_table(page(seal=True)), side=2400), 8, 2), grey=False
    ),
    "very large photo": Wanted(lambda: phone_jpeg(photo().resize((5000, 7070)), 6, quality=80)),
    "photo made small by a chat": Wanted(
        lambda: encoded(photo().resize((640, 905)), "JPEG"), warnings=("small",)
    ),
    "shaken photo": Wanted(
        lambda: phone_jpeg(photographed(on_table(page()), side=2400, blur=8), 6),
        warnings=("blurred",), upright=False,
    ),
    "photo at night": Wanted(
        lambda: phone_jpeg(photographed(on_table(page()), side=2400, light=0.28), 3),
        warnings=("dark",), upright=False,
    ),
    "empty page": Wanted(
        lambda: encoded(sheet(1000, lines=0), "JPEG"), warnings=("blank",), upright=False
    ),
    "identity card on a table": Wanted(
        lambda: phone_jpeg(photographed(on_table(card()), side=2000), 1), ratio=0.63, grey=None,
        upright=False,
    ),
    "pdf of a scanner, three pages": Wanted(
        lambda: pdf_of(*(encoded(page(seed), "JPEG", dpi=(200, 200)) for seed in (1, 2, 3))),
        pages=3,
    ),
    "pdf of a scanner, heavy pages": Wanted(
        lambda: pdf_of(
            *(
                encoded(photographed(sheet(seed=seed), side=3300, noise=9), "JPEG", quality=90)
                for seed in (1, 2)
            )
        ),
        pages=2, upright=False,
    ),
    "pdf of a scanner, fed upside down": Wanted(
        lambda: pdf_of(encoded(page().rotate(180), "JPEG"), rotate=180)
    ),
    "pdf of a scanner, one bit": Wanted(lambda: pdf_of(encoded(page().convert("1"), "PNG"))),
    "pdf of a word processor": Wanted(lambda: GOOD["pdf of two pages"], pages=2, ratio=None),
}  # fmt: skip


def head_of(kind: bytes) -> bytes:
    return kind + bytes(range(256)) * 8


def png_with(chunk: bytes, content: bytes) -> bytes:
    made = encoded(page().resize((200, 283)), "PNG")
    extra = struct.pack(">I", len(content)) + chunk + content
    extra += struct.pack(">I", zlib.crc32(chunk + content))
    return made[:33] + extra + made[33:]


def jpeg_saying(width: int, height: int) -> bytes:
    made = bytearray(encoded(page().resize((200, 283)), "JPEG"))
    at = made.index(b"\xff\xc0") + 5
    made[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(made)


#: What strangers bring: the code it is refused with, or None when it is disarmed and taken.
HOSTILE: dict[str, tuple[Make, str | None]] = {
    **{name: (lambda content=content: content, code) for name, (content, code) in BAD.items()},
    "jpeg that says it is 60000 wide": (lambda: jpeg_saying(60000, 60000), "too_many_pixels"),
    "tiff named .jpg": (lambda: encoded(page(), "TIFF"), "wrong_kind"),
    "webp named .jpg": (lambda: encoded(page(), "WEBP"), "wrong_kind"),
    "avif named .heic": (lambda: encoded(page().resize((200, 283)), "AVIF"), "wrong_kind"),
    "bmp": (lambda: encoded(page(), "BMP"), "wrong_kind"),
    "postscript": (lambda: b"%!PS-Adobe-3.0\n(r) file", "wrong_kind"),
    "heic head on noise": (lambda: head_of(b"\0\0\0\x18ftypheic"), "broken"),
    "png head on noise": (lambda: head_of(b"\x89PNG\r\n\x1a\n"), "broken"),
    "png whose words unpack to 90 MB": (
        lambda: png_with(b"zTXt", b"x\0\0" + zlib.compress(b"0" * 90_000_000)), "broken",
    ),
    **{
        name: (lambda name=name: GOOD[name], None)
        for name in GOOD
        if name not in ("jpeg", "png", "heic", "pdf of two pages")
    },
}  # fmt: skip


def test_thirty_hostile_and_forty_honest_files_are_tried():
    assert len(HOSTILE) >= 30
    assert len(HONEST) >= 40


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_file_becomes_upright_light_pages(name, record_property):
    wanted = HONEST[name]
    given = wanted.make()
    checked = file_check.examine(given)
    assert len(checked.pages) == wanted.pages
    shown = [Image.open(io.BytesIO(p.content or p.preview)) for p in checked.pages
             if p.content or p.preview]  # fmt: skip
    assert tuple(checked.pages[0].warnings) == wanted.warnings
    for made, picture in zip(checked.pages, shown, strict=False):
        assert not picture.getexif()
        assert {"icc_profile", "comment", "exif", "xmp"}.isdisjoint(picture.info)
        assert max(picture.size) <= LONGEST_SIDE
        assert len(made.content) <= PAGE_BYTES
        if wanted.ratio:
            assert picture.height / picture.width == pytest.approx(wanted.ratio, rel=0.05)
        if wanted.grey is not None and made.content:
            assert (picture.mode == "L") is wanted.grey
        if wanted.upright:
            assert corner(picture) == "top left"
    after = sum(len(p.content) for p in checked.pages) + len(checked.whole)
    record_property("bytes", f"{len(given)} -> {after}")


def corner(picture: Image.Image) -> str:
    """Where the black mark of `page` stands."""
    small = picture.convert("L").resize((100, 140), Image.Resampling.BOX)
    dark = {}
    for down in ("top", "bottom"):
        for side in ("left", "right"):
            x, y = (8, 3) if (side, down) == ("left", "top") else (
                72 if side == "right" else 8, 125 if down == "bottom" else 3)  # fmt: skip
            box = small.crop((x, y, x + 18, y + 9))
            dark[f"{down} {side}"] = sum(v < 90 for v in box.tobytes())
    return max(dark, key=lambda name: dark[name])


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_a_sentence_or_disarmed(name):
    make, code = HOSTILE[name]
    if code is None:
        checked = file_check.examine(make())
        kept = checked.whole + b"".join(p.content + p.preview for p in checked.pages)
        if checked.whole:
            with pikepdf.open(io.BytesIO(checked.whole)) as again:
                kept += b"".join(repr(thing).encode() for thing in again.objects)
        assert not [poison for poison in POISON if poison in kept]
        return
    with pytest.raises(file_check.RefusedFileError) as refused:
        file_check.examine(make())
    assert refused.value.code == code
    assert refused.value.message.endswith(".")


def test_eight_pages_of_photos_are_light_and_the_pdf_keeps_to_the_systems_limit():
    """F14: at most 300 KB a page; the whole within the limit of the system that takes it."""
    given = [
        phone_jpeg(photographed(on_table(sheet(seed=seed, seal=seed == 1)), side=3600, noise=8), 6)
        for seed in range(8)
    ]
    sheets = [file_check.Sheet(file_check.examine(one).pages[0].content) for one in given]
    before, after = sum(map(len, given)), sum(len(one.content) for one in sheets)
    assert all(len(one.content) <= PAGE_BYTES for one in sheets)
    assert after < before / 5, f"{before} -> {after}"
    from opsa.core.fonts import print_fonts

    font = print_fonts()[400]
    whole = file_check.bind(sheets, stamp="Số hóa: thử.", font=font, most=6_000_000)
    assert len(whole) < after * 1.02 + 20_000
    tight = file_check.bind(sheets, stamp="Số hóa: thử.", font=font, most=1_600_000)
    assert len(tight) <= 1_600_000
    with pytest.raises(file_check.RefusedFileError, match="too_large_for_portal"):
        file_check.bind(sheets, stamp="Số hóa: thử.", font=font, most=60_000)


@pytest.mark.parametrize(
    "look",
    [
        {"Filter": "/JBIG2Decode", "BitsPerComponent": 1, "ColorSpace": "/DeviceGray"},
        {"Filter": "/JPXDecode", "BitsPerComponent": 8, "ColorSpace": "/DeviceRGB"},
        {"BitsPerComponent": 16, "ColorSpace": "/DeviceRGB"},
        {"BitsPerComponent": 3, "ColorSpace": "/DeviceRGB"},
        {"BitsPerComponent": 8, "ColorSpace": "/Pattern"},
    ],
    ids=lambda look: "-".join(map(str, look.values())).replace("/", ""),
)
def test_a_page_in_a_compression_that_nobody_here_reads_is_taken_without_a_look(look):
    """Office scanners write JBIG2 and JPEG 2000: the page stands, its picture is not judged."""
    made = pikepdf.new()
    page = made.add_blank_page(page_size=(595, 842))
    names = {
        key: pikepdf.Name(value) if isinstance(value, str) else value for key, value in look.items()
    }
    image = pikepdf.Stream(
        made,
        b"\x00" * 60_000,
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=100,
        Height=100,
        **names,
    )
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=image))
    page.Contents = pikepdf.Stream(made, b"q 595 0 0 842 0 0 cm /Im0 Do Q")
    out = io.BytesIO()
    made.save(out)
    assert len(file_check.examine(out.getvalue()).pages) == 1
