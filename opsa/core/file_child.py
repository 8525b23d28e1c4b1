"""Opens uploaded files in a process of its own, with little memory and time, and writes them anew.

Runs by itself (`python -I file_child.py PIXELS PAGES [bind|words]`): whatever a hostile file does
to a decoder stays in here. It imports its sister files `file_*` of this folder and decoders, and
knows no settings, database or key. A file comes on stdin; stdout gets one line of JSON, then the
new contents one after the other. A refusal is a code, worded by `opsa.core.file_check`. Whatever
else a decoder raises ends the process with `os.EX_DATAERR`, which refuses the file too; no other
ending by itself says anything about the file.
"""

import json
import logging
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Told = tuple[dict[str, Any], list[bytes]]
Work = Callable[[], Told]


def main() -> None:
    # Isolated, Python knows the libraries alone. Ours goes last: it can shadow none of them.
    sys.path.append(str(Path(__file__).parents[2]))
    from opsa.core.file_limits import CPU_SECONDS, MEMORY, Refused

    max_pixels, max_pages = int(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    content = sys.stdin.buffer.read()
    # The decoders are loaded before they see the file: one that is missing is no fault of it.
    match sys.argv[3:]:
        case ["bind"]:
            work = binder(content)
        case ["words"]:
            work = speaker(content, max_pixels, max_pages)
        case _:
            work = reader(content, max_pixels, max_pages)
    # Loading them, Python may keep what it compiled; the work itself writes no file.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        head, parts = work()
    except Refused as refusal:
        head, parts = {"refused": refusal.code, **refusal.facts}, []
    except MemoryError:
        head, parts = {"refused": "too_heavy"}, []
    except Exception:  # a hostile file makes a decoder raise anything
        logging.getLogger(__name__).exception("the file could not be read")
        sys.exit(os.EX_DATAERR)
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n")
    for part in parts:
        sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()


def reader(content: bytes, max_pixels: int, max_pages: int) -> Work:
    """What reads a file of this kind: its work gives the kind and the pages, or raises Refused."""
    from opsa.core.file_limits import Refused

    first = content[:16]
    if first.startswith(b"%PDF-"):
        from opsa.core.file_pdf import pages_of

        def pdf() -> Told:
            bundle = pages_of(content, max_pixels, max_pages)
            needed = any(not page.content for page in bundle.pages)
            return _told("application/pdf", bundle.pages, bundle.content if needed else b"")

        return pdf
    if first.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or _is_heif(first):
        from opsa.core.file_picture import page_of

        return lambda: _told("image/jpeg", [page_of(content, max_pixels)])
    import puremagic

    def neither() -> Told:
        if not content:
            raise Refused("empty")
        try:
            looks_like = str(puremagic.from_string(content[:4096])).lstrip(".")[:10]
        except (puremagic.PureError, ValueError):
            looks_like = ""
        raise Refused("wrong_kind", looks_like=looks_like)

    return neither


def _told(kind: str, pages: list[Any], whole: bytes = b"") -> Told:
    told = [
        {"size": len(page.content), "preview": len(page.preview), "warnings": page.warnings}
        for page in pages
    ]
    blobs = [whole, *(part for page in pages for part in (page.content, page.preview))]
    return {"kind": kind, "whole": len(whole), "pages": told}, blobs


def binder(content: bytes) -> Work:
    """What makes one PDF of pages that were made here before; its work may raise Refused."""
    from opsa.core.file_bind import Leaf, bound

    def work() -> Told:
        order, _newline, rest = content.partition(b"\n")
        asked = json.loads(order)
        files, start = [], 0
        for size in asked["files"]:
            files.append(rest[start : start + size])
            start += size
        leaves = [Leaf(**leaf) for leaf in asked["leaves"]]
        made = bound(files, leaves, stamp=asked["stamp"], font=asked["font"], most=asked["most"])
        return {"size": len(made)}, [made]

    return work


def speaker(content: bytes, max_pixels: int, max_pages: int) -> Work:
    """What gives the words of a paper that another system issued; its work may raise Refused."""
    from opsa.core.file_text import words_of

    def work() -> Told:
        found = words_of(content, max_pixels, max_pages)
        text = found.text.encode(errors="replace")
        head = {"kind": found.kind, "pages": found.pages, "cut": found.cut, "size": len(text)}
        return head, [text]

    return work


def _is_heif(head: bytes) -> bool:
    brands = (b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis")
    return head[4:8] == b"ftyp" and head[8:12] in brands


if __name__ == "__main__":
    main()
