"""An uploaded PDF becomes its pages alone: no script, action, attachment, form or encryption.
Runs in the child; a page that is nothing but a scanned picture is treated like one.
"""

import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import pikepdf
from PIL import Image

from opsa.core.file_limits import INFLATED, PAGE_BYTES, Refused
from opsa.core.file_look import faults, paper_box
from opsa.core.file_picture import Page, finish, flat, preview

PAGE_KEYS: Final = frozenset(
    {
        "/Type",
        "/Parent",
        "/Resources",
        "/MediaBox",
        "/CropBox",
        "/Rotate",
        "/Contents",
        "/UserUnit",
        "/Group",
    }
)
#: Keys that start something, carry something, or hold private data of another program.
UNWANTED: Final = (
    "/AA", "/OpenAction", "/JS", "/JavaScript", "/Launch", "/EmbeddedFiles", "/EF", "/AF", "/XFA",
    "/URI", "/RichMediaContent", "/Metadata", "/PieceInfo", "/A", "/Ref", "/OPI",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bundle:
    """A cleaned PDF and what became of each of its pages. A page without content of its own is to
    be taken from the PDF, by its place."""

    content: bytes
    pages: list[Page]


@contextmanager
def opened(content: bytes, max_pixels: int, max_pages: int) -> Iterator[pikepdf.Pdf]:
    """A PDF that can be opened, has pages but not too many, and is no bomb. Raises Refused."""
    try:
        with pikepdf.open(io.BytesIO(content), suppress_warnings=True) as source:
            count = len(source.pages)
            if not count:
                raise Refused("broken")
            if count > max_pages:
                raise Refused("too_many_pages", pages=count)
            _refuse_bombs(source, max_pixels)
            yield source
    except pikepdf.PasswordError:
        raise Refused("encrypted") from None


def pages_of(content: bytes, max_pixels: int, max_pages: int) -> Bundle:
    """The pages alone, in a new PDF: no script, action, attachment, form or encryption. Raises
    Refused."""
    with opened(content, max_pixels, max_pages) as source:
        clean = _rewrite(source, len(source.pages))
    with pikepdf.open(io.BytesIO(clean)) as rewritten:
        return Bundle(clean, [_page(page) for page in rewritten.pages])


def _page(page: pikepdf.Page) -> Page:
    """A scanned page is looked at like a photo, and made smaller where it is large."""
    found = _only_picture(page)
    if found is None:
        return Page(b"", b"", [])
    stored, picture = found
    if stored > PAGE_BYTES:
        made = finish(picture, crop=False)
        if len(made.content) < stored:
            return made
    return Page(b"", preview(picture), faults(picture, paper_box(picture)))


def _only_picture(page: pikepdf.Page) -> tuple[int, Image.Image] | None:
    """The one picture that fills a page on which there is nothing else, upright, and its bytes."""
    try:
        images = page.images
        if len(images) != 1:
            return None
        image: Any = next(iter(images.values()))
        if "/SMask" in image or "/Mask" in image or image.get("/ImageMask"):
            return None
        if not _fills(page):
            return None
        picture = pikepdf.PdfImage(image).as_pil_image()
        turn = int(page.obj.get("/Rotate", 0)) % 360
        if turn:
            picture = picture.rotate(-turn, expand=True)
        if min(picture.size) < 40:
            return None
        return len(image.read_raw_bytes()), flat(picture)
    except (pikepdf.PikepdfError, NotImplementedError, ValueError, OSError, KeyError, TypeError):
        # The page keeps what it shows; only our look at it fails: a rare kind of colours or
        # compression, which pikepdf tells by errors of its own or as not implemented.
        return None


def _fills(page: pikepdf.Page) -> bool:
    """Whether the content draws one picture upright over nearly all of the page, and no more."""
    box = [float(value) for value in page.cropbox]
    matrix, drawn = pikepdf.Matrix(), 0
    for step in pikepdf.parse_content_stream(page):
        match str(step.operator):
            case "q" | "Q" | "gs":
                continue
            case "cm" if not drawn:
                matrix = pikepdf.Matrix(*[float(value) for value in list(step.operands)]) @ matrix
            case "Do":
                drawn += 1
            case _:
                return False
    straight = abs(matrix.b) < 0.01 and abs(matrix.c) < 0.01 and matrix.a > 0 and matrix.d > 0
    area = abs((box[2] - box[0]) * (box[3] - box[1]))
    return drawn == 1 and straight and matrix.a * matrix.d >= 0.8 * area


def _refuse_bombs(source: Any, max_pixels: int) -> None:
    """Raise Refused for a PDF with pictures or streams that unpack to more than anybody needs."""
    left = INFLATED
    for thing in source.objects:
        if not isinstance(thing, pikepdf.Stream):
            continue
        if thing.get("/Subtype") == pikepdf.Name.Image:
            pixels = int(thing.get("/Width", 0)) * int(thing.get("/Height", 0))
            if pixels > max_pixels:
                raise Refused("too_many_pixels", pixels=pixels)
        filters: Any = thing.get("/Filter")
        names = [filters] if isinstance(filters, pikepdf.Name) else list(filters or [])
        if names.count(pikepdf.Name.FlateDecode) > 1 or len(names) > 3:
            raise Refused("too_heavy")
        if names and names[0] == pikepdf.Name.FlateDecode:
            left -= _inflated(thing.read_raw_bytes(), left)
            if left <= 0:
                raise Refused("too_heavy")


def _inflated(raw: bytes, limit: int) -> int:
    """How many bytes a stream unpacks to, counted piece by piece and no further than the limit."""
    engine, total, data = zlib.decompressobj(), 0, raw
    try:
        while data and total <= limit and not engine.eof:
            total += len(engine.decompress(data, 1024 * 1024))
            data = engine.unconsumed_tail
    except zlib.error:
        return total
    return total


def _rewrite(source: Any, count: int) -> bytes:
    if source.Root.get("/AcroForm") is not None and "/XFA" in source.Root.AcroForm:
        del source.Root.AcroForm["/XFA"]
    # What people see of filled fields, stamps and signatures becomes part of the page.
    source.generate_appearance_streams()
    source.flatten_annotations("all")
    new = pikepdf.Pdf.new()
    new.pages.extend(source.pages)
    for page in new.pages:
        box = [float(value) for value in page.mediabox]
        if not all(1 <= abs(side) <= 14400 for side in (box[2] - box[0], box[3] - box[1])):
            raise Refused("broken")
        for key in set(page.obj.keys()) - PAGE_KEYS:
            del page.obj[key]
    for thing in new.objects:
        if (
            isinstance(thing, pikepdf.Dictionary | pikepdf.Stream)
            and thing.get("/Type") != pikepdf.Name.Font
        ):
            for key in UNWANTED:
                if key in thing:
                    del thing[key]
    new.remove_unreferenced_resources()
    out = io.BytesIO()
    new.save(
        out,
        encryption=False,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        compress_streams=True,
        deterministic_id=True,
    )
    with pikepdf.open(io.BytesIO(out.getvalue())) as again:
        if len(again.pages) != count:
            raise Refused("broken")
    return out.getvalue()
