"""What stands in a paper that another system issued: its words alone, for comparing. The file
itself is kept as it came, so one that could do something when it is opened is refused. Runs in the
child.
"""

from dataclasses import dataclass
from typing import Any, Final

import pikepdf
import pypdfium2

from opsa.core.file_limits import Refused
from opsa.core.file_pdf import opened

#: Characters; a page full of small print has some 6,000.
TEXT_MOST: Final = 200_000
PLAIN_MOST: Final = 256 * 1024
#: What runs, leaves the page for a program, or carries another file.
ACTIVE_ACTIONS: Final = frozenset(
    {
        "/JavaScript",
        "/Launch",
        "/ImportData",
        "/SubmitForm",
        "/GoToE",
        "/Rendition",
        "/RichMediaExecute",
    }
)
ACTIVE_KEYS: Final = (
    "/JS",
    "/JavaScript",
    "/XFA",
    "/EF",
    "/EmbeddedFiles",
    "/RichMediaContent",
    "/AF",
)
#: PDFium's sign for a hyphen at the end of a line.
_HYPHEN: Final = "\x02"


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a file: its kind (pdf or txt), pages, and whether it had more than is kept."""

    kind: str
    pages: int
    text: str
    cut: bool


def words_of(content: bytes, max_pixels: int, max_pages: int) -> Words:
    """Read a PDF or a plain text. A PDF of pictures has no words, and is no error. Raises
    Refused."""
    if content.startswith(b"%PDF-"):
        return _pdf(content, max_pixels, max_pages)
    return _plain(content)


def _pdf(content: bytes, max_pixels: int, max_pages: int) -> Words:
    with opened(content, max_pixels, max_pages) as source:
        count = len(source.pages)
        if any(_active(thing) for thing in source.objects):
            raise Refused("active")
    document = pypdfium2.PdfDocument(content)
    parts: list[str] = []
    left = TEXT_MOST
    for number in range(count):
        page = document[number].get_textpage()
        held = page.count_chars()
        parts.append(page.get_text_range(0, min(held, left)) if held else "")
        left -= min(held, left)
        if left <= 0:
            return Words("pdf", count, _joined(parts), cut=True)
    return Words("pdf", count, _joined(parts), cut=False)


def _joined(parts: list[str]) -> str:
    return "\n".join(parts).replace(f"{_HYPHEN}\r\n", "-").replace(_HYPHEN, "-")


def _active(thing: Any, depth: int = 6) -> bool:
    """Whether something in a PDF, or what lies directly in it, does more than show a page. What
    it refers to is asked by itself."""
    inner: list[Any]
    if isinstance(thing, pikepdf.Array):
        inner = list(thing)
    elif isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        if any(key in thing for key in ACTIVE_KEYS) or str(thing.get("/S")) in ACTIVE_ACTIONS:
            return True
        inner = [value for _key, value in thing.items()]
    else:
        return False
    direct = [one for one in inner if isinstance(one, pikepdf.Object) and not one.is_indirect]
    # Nobody nests so deep in good faith.
    return any(depth == 0 or _active(one, depth - 1) for one in direct if _holds(one))


def _holds(thing: pikepdf.Object) -> bool:
    return isinstance(thing, pikepdf.Array | pikepdf.Dictionary)


def _plain(content: bytes) -> Words:
    name = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(name)
    except UnicodeDecodeError:
        raise Refused("not_issued") from None
    # A page or a program that calls itself a text is none; neither is one with signs of no script.
    if "\0" in text or text.lstrip().startswith("<"):
        raise Refused("not_issued")
    if len(content) > PLAIN_MOST:
        raise Refused("too_large_text")
    return Words("txt", 1, text[:TEXT_MOST], cut=len(text) > TEXT_MOST)
