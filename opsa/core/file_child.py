"""Opens one uploaded file in a process of its own, with little memory and time, and writes it anew.

Runs by itself (`python -I file_child.py`) and imports nothing of ours: whatever a hostile file does
to a decoder stays in here. The file comes on stdin; stdout gets one line of JSON, then the new
content. A refusal is a code, worded by `opsa.core.file_check`. Whatever else a decoder raises ends
the process, which refuses the file too.
"""

import io
import json
import resource
import sys
import zlib
from typing import Any, Final, NoReturn

MEMORY: Final = 1536 * 1024 * 1024
CPU_SECONDS: Final = 20
LONGEST_SIDE: Final = 2600
INFLATED: Final = 200 * 1024 * 1024
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


class Refused(Exception):
    """The file is not taken. `code` says why."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


def main() -> None:
    max_pixels, max_pages = int(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    content = sys.stdin.buffer.read()
    try:
        kind, pages, new = examine(content, max_pixels, max_pages)
        head: dict[str, object] = {"kind": kind, "pages": pages, "size": len(new)}
    except Refused as refusal:
        head, new = {"refused": refusal.code, **refusal.facts}, b""
    except MemoryError:
        head, new = {"refused": "too_heavy"}, b""
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + new)
    sys.stdout.buffer.flush()


def examine(content: bytes, max_pixels: int, max_pages: int) -> tuple[str, int, bytes]:
    """The kind, number of pages and new content of a file. Raises Refused."""
    if not content:
        raise Refused("empty")
    head = content[:16]
    if head.startswith(b"%PDF-"):
        return "application/pdf", *pdf(content, max_pixels, max_pages)
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or _is_heif(head):
        return "image/jpeg", 1, image(content, max_pixels)
    raise Refused("wrong_kind", looks_like=_looks_like(content))


def _is_heif(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in (
        b"heic",
        b"heix",
        b"mif1",
        b"msf1",
        b"heim",
        b"heis",
    )


def _looks_like(content: bytes) -> str:
    import puremagic

    try:
        return str(puremagic.from_string(content[:4096])).lstrip(".")[:10]
    except (puremagic.PureError, ValueError):
        return ""


def image(content: bytes, max_pixels: int) -> bytes:
    """One upright JPEG without metadata. Raises Refused."""
    import pillow_heif
    from PIL import Image, ImageOps, UnidentifiedImageError

    pillow_heif.register_heif_opener(thumbnails=False)
    Image.MAX_IMAGE_PIXELS = max_pixels
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG", "PNG", "HEIF"]) as opened:
            if opened.width * opened.height > max_pixels:
                raise Refused("too_many_pixels", pixels=opened.width * opened.height)
            if opened.format == "PNG" and getattr(opened, "n_frames", 1) > 1:
                raise Refused("animated")
            if min(opened.size) < 40:
                raise Refused("too_small")
            opened.load()
            upright = ImageOps.exif_transpose(opened)
    except (Refused, MemoryError):
        raise
    except Image.DecompressionBombError:
        raise Refused("too_many_pixels") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError):
        raise Refused("broken") from None
    if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
        layer = upright.convert("RGBA")
        paper = Image.new("RGB", layer.size, "white")
        paper.paste(layer, mask=layer.getchannel("A"))
        upright = paper
    flat = upright.convert("L" if upright.mode in ("1", "L", "I", "I;16") else "RGB")
    flat.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    # A fresh picture: nothing of the old file's metadata, profile or trailing bytes comes along.
    clean = Image.frombytes(flat.mode, flat.size, flat.tobytes())
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=82, optimize=True, progressive=True, dpi=(200, 200))
    return out.getvalue()


def pdf(content: bytes, max_pixels: int, max_pages: int) -> tuple[int, bytes]:
    """The pages alone, in a new PDF: no script, action, attachment, form or encryption. Raises
    Refused."""
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(content), suppress_warnings=True) as source:
            count = len(source.pages)
            if not count:
                raise Refused("broken")
            if count > max_pages:
                raise Refused("too_many_pages", pages=count)
            _refuse_bombs(pikepdf, source, max_pixels)
            return count, _rewrite(pikepdf, source, count)
    except pikepdf.PasswordError:
        raise Refused("encrypted") from None
    except (Refused, MemoryError):
        raise


def _refuse_bombs(pikepdf: Any, source: Any, max_pixels: int) -> None:
    left = INFLATED
    for thing in source.objects:
        if not isinstance(thing, pikepdf.Stream):
            continue
        if thing.get("/Subtype") == pikepdf.Name.Image:
            pixels = int(thing.get("/Width", 0)) * int(thing.get("/Height", 0))
            if pixels > max_pixels:
                raise Refused("too_many_pixels", pixels=pixels)
        filters = thing.get("/Filter")
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


def _rewrite(pikepdf: Any, source: Any, count: int) -> bytes:
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


def stop() -> NoReturn:
    main()
    raise SystemExit(0)


if __name__ == "__main__":
    stop()
