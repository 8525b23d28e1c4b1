"""The words of journal actions, and their export as a table safe for spreadsheets."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from opsa.core.models import JournalEntry

_WORDS: Final[dict[str, Any]] = {
    "sign_in.done": _("Đăng nhập"),
    "sign_out.done": _("Đăng xuất"),
    "session.locked": _("Khóa màn hình"),
    "session.unlocked": _("Mở khóa màn hình"),
    "session.pin_exhausted": _("Nhập sai mã PIN 5 lần"),
    "second_factor.set_up": _("Bật xác thực hai bước"),
    "second_factor.given": _("Nhập mã xác thực"),
    "second_factor.reset": _("Xóa xác thực hai bước của nhân viên"),
    "recovery_codes.made": _("Tạo mã dự phòng"),
    "recovery_code.used": _("Dùng mã dự phòng"),
    "password.changed": _("Đổi mật khẩu"),
    "password.reset": _("Cấp mật khẩu ban đầu"),
    "pin.changed": _("Đổi mã PIN"),
    "counter.chosen": _("Chọn quầy"),
    "keys.changed": _("Đổi phím tắt"),
    "counter.scanner": _("Đặt cách nối đầu đọc của quầy"),
    "staff.created": _("Tạo tài khoản nhân viên"),
    "staff.changed": _("Sửa thông tin nhân viên"),
    "staff.role_changed": _("Đổi vai trò nhân viên"),
    "staff.ended": _("Cho nhân viên nghỉ"),
    "staff.returned": _("Mở lại tài khoản nhân viên"),
}
_TRICKS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")


def register_words(words: Mapping[str, Any]) -> None:
    """Let another room name its actions (lazy translations), e.g. from its AppConfig.ready."""
    _WORDS.update(words)


def action_words(action: str) -> str:
    """An action in words; the action itself where no room has named it."""
    return str(_WORDS.get(action, action))


def harmless(cell: str) -> str:
    """A cell no spreadsheet takes for a formula: a quote before =, +, -, @, tab, line end or NUL,
    also behind leading spaces (F24, ASVS 1.2.10)."""
    bare = cell.lstrip(" \u00a0\u200b\ufeff")
    return f"'{cell}" if bare.startswith(_TRICKS) or cell.startswith(_TRICKS) else cell


def csv_lines(entries: Iterable[JournalEntry]) -> Iterator[str]:
    """The rows as CSV text with a byte order mark, so that spreadsheets read Vietnamese right."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)

    def line(cells: list[str]) -> str:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([harmless(cell.replace("\0", "")) for cell in cells])
        return buffer.getvalue()

    heads = [_("Lúc"), _("Việc"), _("Đối tượng"), _("Lý do"), _("Chuỗi nhật ký"), _("Số thứ tự")]
    yield "\ufeff" + line([str(head) for head in heads])
    for entry in entries:
        at = timezone.localtime(entry.at)
        yield line(
            [
                f"{at:%Y-%m-%d %H:%M:%S}",
                action_words(entry.action),
                entry.subject,
                entry.reason,
                entry.chain,
                str(entry.seq),
            ]
        )
