"""Pages in the clerk's order become one PDF with a stamp over page one. Runs in the child."""

import io
from dataclasses import dataclass
from typing import Any, Final

import img2pdf
import pikepdf
from PIL import Image, ImageDraw, ImageFont

from opsa.core.file_limits import DPI, Refused
from opsa.core.file_picture import encode

#: The strip above page one that carries the stamp, so that it covers nothing; in points.
STRIP: Final = 16
#: What a PDF needs besides its pictures, in bytes.
_FRAME: Final = 4_000


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page: which file it is in, at which place (0 for a picture), and how far it is turned to
    the right (0, 90, 180 or 270 degrees)."""

    file: int
    place: int = 0
    turn: int = 0


def bound(files: list[bytes], leaves: list[Leaf], *, stamp: str, font: str, most: int) -> bytes:
    """One PDF of at most `most` bytes. Raises Refused("too_large_for_portal")."""
    made = _bound(files, leaves, stamp, font)
    if len(made) <= most:
        return made
    made = _bound(_smaller(files, most), leaves, stamp, font)
    if len(made) > most:
        raise Refused("too_large_for_portal")
    return made


def _bound(files: list[bytes], leaves: list[Leaf], stamp: str, font: str) -> bytes:
    new = pikepdf.Pdf.new()
    sources = [pikepdf.open(io.BytesIO(content if _is_pdf(content) else _picture(content)))
               for content in files]  # fmt: skip
    try:
        for leaf in leaves:
            new.pages.append(sources[leaf.file].pages[leaf.place])
            if leaf.turn:
                new.pages[-1].rotate(leaf.turn, relative=True)
        if stamp:
            _stamp(new, stamp, font)
        new.Root.Lang = pikepdf.String("vi")
        new.remove_unreferenced_resources()
        out = io.BytesIO()
        new.save(
            out,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            compress_streams=True,
            deterministic_id=True,
        )
        return out.getvalue()
    finally:
        for source in sources:
            source.close()


def _is_pdf(content: bytes) -> bool:
    return content.startswith(b"%PDF-")


def _picture(content: bytes) -> bytes:
    """A page as large as its picture is at 200 dpi: A4 at most."""
    made: Any = img2pdf.convert(content, engine=img2pdf.Engine.internal, nodate=True)
    return bytes(made)


def _smaller(files: list[bytes], most: int) -> list[bytes]:
    """The same files with the large pictures coarser, so that all together fit."""
    pictures = [content for content in files if not _is_pdf(content)]
    others = sum(len(content) for content in files if _is_pdf(content))
    if not pictures:
        return files
    each = (most - others) // len(pictures) - _FRAME
    if each < 20_000:
        raise Refused("too_large_for_portal")
    return [
        content if _is_pdf(content) or len(content) <= each else _coarser(content, each)
        for content in files
    ]


def _coarser(content: bytes, most: int) -> bytes:
    with Image.open(io.BytesIO(content), formats=["JPEG"]) as picture:
        picture.load()
        return encode(picture, most)


def _stamp(new: pikepdf.Pdf, text: str, font: str) -> None:
    """Lay page one under a strip with the text at its top left."""
    under = new.pages[0]
    shape = new.make_indirect(under.as_form_xobject())
    width, height = _seen_size(under)
    new.add_blank_page(page_size=(width, height + STRIP))
    page = new.pages[-1]
    del new.pages[-1]
    drawn = _drawn(text, font)
    scale = min(1.0, (width - 12) / (drawn.width * 72 / DPI))
    wide, high = drawn.width * 72 / DPI * scale, drawn.height * 72 / DPI * scale
    ink = pikepdf.Stream(
        new, drawn.tobytes(), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image,
        Width=drawn.width, Height=drawn.height, BitsPerComponent=1,
        ColorSpace=pikepdf.Name.DeviceGray,
    )  # fmt: skip
    page.Resources = pikepdf.Dictionary(
        XObject=pikepdf.Dictionary(Page=shape, Stamp=new.make_indirect(ink))
    )
    place = under.calc_form_xobject_placement(
        shape,
        pikepdf.Name.Page,
        pikepdf.Rectangle(0, 0, width, height),
        invert_transformations=True,
        allow_shrink=True,
        allow_expand=False,
    )
    y = height + STRIP - high - 2
    mark = f"q {wide:.2f} 0 0 {high:.2f} 6 {y:.2f} cm /Stamp Do Q".encode()
    page.Contents = pikepdf.Stream(new, place + b"\n" + mark)
    new.pages[0] = page


def _seen_size(page: pikepdf.Page) -> tuple[float, float]:
    box = [float(value) for value in page.trimbox]
    wide, high = abs(box[2] - box[0]), abs(box[3] - box[1])
    turned = int(page.obj.get("/Rotate", 0)) % 180
    return (high, wide) if turned else (wide, high)


def _drawn(text: str, font: str) -> Image.Image:
    """The words as a picture of one bit: no font has to travel in the PDF."""
    face = ImageFont.truetype(font, 22) if font else ImageFont.load_default(22)
    left, top, right, bottom = face.getbbox(text)
    picture = Image.new("L", (round(right - left) + 8, round(bottom - top) + 8), 255)
    ImageDraw.Draw(picture).text((4 - left, 4 - top), text, font=face, fill=0)
    return picture.convert("1", dither=Image.Dither.NONE)
