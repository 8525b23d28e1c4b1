"""What an uploaded file really is, found out in a child process, and its safe rewriting (F14,
invariant 9)."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MAX_UPLOAD: Final = 10 * 1024 * 1024
#: A paper that another system issued is some pages of text.
MAX_ISSUED: Final = 5 * 1024 * 1024
MAX_PIXELS: Final = 40_000_000
MAX_PAGES: Final = 30
SECONDS: Final = 60
#: What a reader might miss on a page, for the clerk. Told, never refused (F14).
WARNINGS: Final[dict[str, str | Promise]] = {
    "blank": gettext_lazy("Trang trống."),
    "dark": gettext_lazy("Ảnh tối, khó đọc chữ."),
    "blurred": gettext_lazy("Ảnh mờ, khó đọc chữ."),
    "cut": gettext_lazy("Chữ sát mép, có thể mất phần ngoài ảnh."),
    "small": gettext_lazy("Ảnh nhỏ, khó đọc chữ."),
}
log = structlog.get_logger(__name__)
_CHILD: Final = Path(__file__).with_name("file_child.py")


class RefusedFileError(ValueError):
    """The file is not taken; `message` tells the clerk why and what to do, in the reader's
    language."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code, self.message = code, message


class CheckUnavailable(Exception):
    """The checker itself can't work now; this says nothing about the file. Try again later."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a checked file.

    `content` is a JPEG of its own; empty, the page is the one at this place in the file's PDF.
    `preview` is a small JPEG, or empty. `warnings` are codes of `WARNINGS`.
    """

    content: bytes
    preview: bytes
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """A rewritten file: its true type and its pages; `whole` is the rewritten PDF, where a page
    needs it."""

    kind: str
    whole: bytes
    pages: tuple[Page, ...]


@dataclass(frozen=True, slots=True)
class Issued:
    """What stands in a paper that another system issued: kind pdf or txt, its words, and whether
    there were more than were read. A scanned one has none."""

    kind: str
    pages: int
    text: str
    cut: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page to be bound: the JPEG or PDF it is in, its place there, and its turn in degrees."""

    content: bytes
    place: int = 0
    turn: int = 0


def examine(content: bytes) -> Checked:
    """Decode and rewrite an uploaded file: pdf, jpeg, png or heic become plain pages.

    Runs in a child with limits on memory (1.5 GiB), processor time (40 s), pixels (40 million) and
    pages (30), for at most 60 s. Raises RefusedFileError for anything else; a child that dies
    refuses too. Raises CheckUnavailable when the child could not do its work at all.
    """
    if not content:
        raise refusal("empty")
    if len(content) > MAX_UPLOAD:
        raise refusal("too_large")
    head, rest = _child(content)
    whole, rest = rest[: head["whole"]], rest[head["whole"] :]
    pages = []
    for told in head["pages"]:
        body, rest = rest[: told["size"]], rest[told["size"] :]
        preview, rest = rest[: told["preview"]], rest[told["preview"] :]
        if len(body) != told["size"] or len(preview) != told["preview"]:
            raise refusal("too_heavy")
        pages.append(Page(body, preview, tuple(told["warnings"])))
    return Checked(head["kind"], whole, tuple(pages))


def read_issued(content: bytes) -> Issued:
    """The words of a PDF or plain text that is kept as it came, so one with scripts, commands or
    files inside is refused (5 MiB, 30 pages, 200,000 characters). Runs and raises as `examine`."""
    if not content:
        raise refusal("empty")
    if len(content) > MAX_ISSUED:
        raise refusal("issued_too_large")
    head, text = _child(content, "words")
    if head["size"] != len(text):
        raise refusal("too_heavy")
    return Issued(head["kind"], head["pages"], text.decode(errors="replace"), head["cut"])


def bind(sheets: Sequence[Sheet], *, stamp: str, font: Path, most: int) -> bytes:
    """One PDF of checked pages in this order, stamped at the top left of page one.

    At most `most` bytes: pictures are made coarser to fit. Raises RefusedFileError when they can't.
    Runs in the same child as `examine`, and raises CheckUnavailable as it does.
    """
    parts = list(dict.fromkeys(sheet.content for sheet in sheets))
    order = {
        "files": [len(part) for part in parts],
        "leaves": [
            {"file": parts.index(sheet.content), "place": sheet.place, "turn": sheet.turn}
            for sheet in sheets
        ],
        "stamp": stamp,
        "font": str(font),
        "most": most,
    }
    head, rest = _child(json.dumps(order).encode() + b"\n" + b"".join(parts), "bind")
    if head["size"] != len(rest):
        raise refusal("too_heavy")
    return rest


def _child(given: bytes, *what: str) -> tuple[dict[str, Any], bytes]:
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_CHILD), str(MAX_PIXELS), str(MAX_PAGES), *what],
            input=given,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            cwd="/",
        )
    except subprocess.TimeoutExpired:
        raise refusal("too_heavy") from None
    except OSError as error:
        raise _unavailable(str(error)) from error
    if done.returncode < 0:
        raise refusal("too_heavy")  # A signal: one of its limits was hit.
    if done.returncode == os.EX_DATAERR:
        raise refusal("broken")  # A decoder stumbled over the file.
    first, _newline, rest = done.stdout.partition(b"\n")
    if done.returncode != 0 or not first:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise _unavailable(f"exit {done.returncode}: {last[:200]}")
    head = json.loads(first)
    if "refused" in head:
        raise refusal(
            head["refused"], looks_like=head.get("looks_like", ""), pages=head.get("pages", 0)
        )
    return head, rest


def _unavailable(why: str) -> CheckUnavailable:
    log.error("file_check_unavailable", why=why)
    return CheckUnavailable(why)


def refusal(code: str, *, looks_like: str = "", pages: int = 0) -> RefusedFileError:
    """The error for a code of the checker, worded for the clerk."""
    kind = f" ({looks_like})" if looks_like and looks_like.isalnum() else ""
    words = {
        "empty": _("Tệp trống, không có gì bên trong. Quét lại."),
        "too_large": _("Tệp lớn hơn 10 MB. Quét lại ở 200 dpi, hoặc chia thành nhiều tệp."),
        "wrong_kind": _("Chỉ nhận PDF, JPEG, PNG hoặc HEIC. Tệp này là loại khác%(kind)s.")
        % {"kind": kind},
        "broken": _("Tệp hỏng hoặc bị cắt, không mở được. Quét lại."),
        "encrypted": _("Tệp PDF có mật khẩu. Bỏ mật khẩu, hoặc in ra rồi quét lại."),
        "too_many_pages": _("Tệp có %(pages)s trang, nhiều nhất là 30. Chia thành nhiều tệp.")
        % {"pages": pages},
        "too_many_pixels": _("Ảnh lớn hơn 40 triệu điểm ảnh. Chụp lại, hoặc quét ở 200 dpi."),
        "too_small": _("Ảnh quá nhỏ, không đọc được chữ. Chụp lại."),
        "animated": _("Ảnh động không dùng được. Chụp hoặc quét lại."),
        "too_heavy": _("Tệp nặng bất thường nên máy không mở. In ra rồi quét lại."),
        "virus": _("Máy quét virus báo tệp có mã độc. Không dùng tệp này."),
        "changed": _("Tệp bị thay đổi sau khi tải lên. Tải lên lại."),
        "issued_too_large": _("Giấy lớn hơn 5 MB. Tải lại bản do cổng cấp, đừng quét lại."),
        "too_large_text": _("Tệp chữ lớn hơn 256 kB. Tải lại bản do cổng cấp."),
        "not_issued": _("Chỉ nhận PDF hoặc TXT do cổng cấp. Tệp này là loại khác."),
        "active": _(
            "Tệp PDF có lệnh chạy hoặc tệp khác bên trong nên máy không giữ. Tải lại từ cổng."
        ),
        "too_large_for_portal": _("Giấy này lớn hơn mức nơi nhận hồ sơ cho phép. Gỡ bớt trang."),
    }
    return RefusedFileError(code, words.get(code, words["broken"]))
