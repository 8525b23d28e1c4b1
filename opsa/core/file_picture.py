"""One photo or scanned picture becomes one page: upright, cut to the paper, grey where colour says
nothing, small, and with its faults told. Runs in the child; imports decoders and nothing of ours.
"""

import io
from dataclasses import dataclass
from typing import Final

import pillow_heif
from PIL import Image, ImageFilter, ImageOps, UnidentifiedImageError

from opsa.core.file_limits import DPI, LONGEST_SIDE, PAGE_BYTES, PREVIEW_SIDE, Refused
from opsa.core.file_look import faults, grey_is_enough, paper_box

JPEG_END: Final = b"\xff\xd9"
QUALITIES: Final = (80, 68, 56, 44)
LEAST_QUALITY: Final = 40


@dataclass(frozen=True, slots=True)
class Page:
    """A finished page: JPEG content, a small preview, and the codes of what a reader might miss."""

    content: bytes
    preview: bytes
    warnings: list[str]


def page_of(content: bytes, max_pixels: int) -> Page:
    """The page of a JPEG, PNG or HEIC upload. Raises Refused."""
    return finish(opened(content, max_pixels))


def opened(content: bytes, max_pixels: int) -> Image.Image:
    """The picture, upright by its own note, as grey or RGB, without anything else the file had.

    Raises Refused.
    """
    pillow_heif.register_heif_opener(thumbnails=False)
    Image.MAX_IMAGE_PIXELS = max_pixels
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG", "PNG", "HEIF"]) as source:
            if source.width * source.height > max_pixels:
                raise Refused("too_many_pixels", pixels=source.width * source.height)
            if source.format == "PNG" and getattr(source, "n_frames", 1) > 1:
                raise Refused("animated")
            if min(source.size) < 40:
                raise Refused("too_small")
            return flat(_upright(_loaded(source, content)))
    except (Refused, MemoryError):
        raise
    except Image.DecompressionBombError:
        raise Refused("too_many_pixels") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError):
        raise Refused("broken") from None


def _loaded(source: Image.Image, content: bytes) -> Image.Image:
    """Decode; some phones lose a photo's end mark, and such a photo is whole all the same.

    Where data is missing the decoder repeats its last colour to the foot of the picture, so a foot
    of one colour stays a cut file. Raises OSError.
    """
    try:
        source.load()
        return source
    except OSError:
        if source.format != "JPEG" or content.rstrip(b"\0").endswith(JPEG_END):
            raise
        with Image.open(io.BytesIO(content + JPEG_END), formats=["JPEG"]) as ended:
            ended.load()
            foot = ended.crop((0, ended.height - 8, ended.width, ended.height)).convert("L")
            if foot.getextrema()[0] == foot.getextrema()[1]:
                raise
            return ended.copy()


def _upright(source: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(source)
    except (OSError, SyntaxError, ValueError, EOFError, KeyError, TypeError):
        # A damaged note says nothing about the pixels: the clerk turns the page by hand.
        return source.copy()


def flat(picture: Image.Image) -> Image.Image:
    """Grey or RGB on white paper; 16 bits become 8."""
    if picture.mode.startswith("I"):
        deepest = picture.getextrema()[1]
        scale = 255 / 65535 if isinstance(deepest, int | float) and deepest > 255 else 1.0
        return picture.convert("I").point(lambda value: value * scale).convert("L")
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        paper = Image.new("RGB", layer.size, "white")
        paper.paste(layer, mask=layer.getchannel("A"))
        return paper
    return picture.convert("L" if picture.mode in ("1", "L") else "RGB")


def finish(picture: Image.Image, *, crop: bool = True) -> Page:
    """Cut, grey, shrink and encode an upright picture, and look for faults."""
    box = paper_box(picture)
    warnings = faults(picture, box)
    if crop and box:
        picture = picture.crop(box)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    if picture.mode == "RGB" and grey_is_enough(picture):
        picture = picture.convert("L")
    # A fresh picture: nothing of the old file's metadata, profile or trailing bytes comes along.
    clean = Image.frombytes(picture.mode, picture.size, picture.tobytes())
    return Page(encode(clean, PAGE_BYTES), preview(clean), warnings)


def preview(picture: Image.Image) -> bytes:
    """A small JPEG for the screen."""
    small = picture.copy()
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    return _jpeg(small, 60)


def encode(picture: Image.Image, most: int) -> bytes:
    """A JPEG of at most so many bytes where that leaves it readable: coarser first, then
    smaller."""
    content = b""
    for quality in QUALITIES:
        content = _jpeg(picture, quality)
        if len(content) <= most:
            return content
    # Noise is what is left to pay for; softening it costs no letter.
    calm = picture.filter(ImageFilter.MedianFilter(3))
    for scale in (1.0, 0.85, 0.72):
        size = (round(calm.width * scale), round(calm.height * scale))
        content = _jpeg(calm.resize(size, Image.Resampling.LANCZOS), LEAST_QUALITY)
        if len(content) <= most:
            break
    return content


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True, dpi=(DPI, DPI))
    return out.getvalue()
