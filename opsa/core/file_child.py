"""Opens uploaded files in a process of its own, with little memory and time, and writes them anew.

Runs by itself (`python -I file_child.py PIXELS PAGES [bind]`): whatever a hostile file does to a
decoder stays in here. It imports its sister files `file_*` of this folder and decoders, and knows
no settings, database or key. A file comes on stdin; stdout gets one line of JSON, then the new
contents one after the other. A refusal is a code, worded by `opsa.core.file_check`. Whatever else
a decoder raises ends the process, which refuses the file too.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    # Isolated, Python knows the libraries alone. Ours goes last: it can shadow none of them.
    sys.path.append(str(Path(__file__).parents[2]))
    from opsa.core.file_limits import CPU_SECONDS, MEMORY, Refused

    max_pixels, max_pages = int(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    content = sys.stdin.buffer.read()
    try:
        head, parts = (
            bind(content) if sys.argv[3:] == ["bind"] else examine(content, max_pixels, max_pages)
        )
    except Refused as refusal:
        head, parts = {"refused": refusal.code, **refusal.facts}, []
    except MemoryError:
        head, parts = {"refused": "too_heavy"}, []
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n")
    for part in parts:
        sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()


def examine(content: bytes, max_pixels: int, max_pages: int) -> tuple[dict[str, Any], list[bytes]]:
    """The kind and the pages of a file. Raises Refused."""
    from opsa.core.file_limits import Refused

    if not content:
        raise Refused("empty")
    first, whole = content[:16], b""
    if first.startswith(b"%PDF-"):
        from opsa.core.file_pdf import pages_of

        kind, bundle = "application/pdf", pages_of(content, max_pixels, max_pages)
        pages = bundle.pages
        whole = bundle.content if any(not page.content for page in pages) else b""
    elif first.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or _is_heif(first):
        from opsa.core.file_picture import page_of

        kind, pages = "image/jpeg", [page_of(content, max_pixels)]
    else:
        raise Refused("wrong_kind", looks_like=_looks_like(content))
    told = [
        {"size": len(page.content), "preview": len(page.preview), "warnings": page.warnings}
        for page in pages
    ]
    blobs = [whole, *(part for page in pages for part in (page.content, page.preview))]
    return {"kind": kind, "whole": len(whole), "pages": told}, blobs


def bind(content: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """One PDF of pages that were made here before. Raises Refused."""
    from opsa.core.file_bind import Leaf, bound

    order, _newline, rest = content.partition(b"\n")
    asked = json.loads(order)
    files, start = [], 0
    for size in asked["files"]:
        files.append(rest[start : start + size])
        start += size
    leaves = [Leaf(**leaf) for leaf in asked["leaves"]]
    made = bound(files, leaves, stamp=asked["stamp"], font=asked["font"], most=asked["most"])
    return {"size": len(made)}, [made]


def _is_heif(head: bytes) -> bool:
    brands = (b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis")
    return head[4:8] == b"ftyp" and head[8:12] in brands


def _looks_like(content: bytes) -> str:
    import puremagic

    try:
        return str(puremagic.from_string(content[:4096])).lstrip(".")[:10]
    except (puremagic.PureError, ValueError):
        return ""


if __name__ == "__main__":
    main()
