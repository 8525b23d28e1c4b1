"""The keys of the counter, and how a person may change or switch them off (ux 4.1, WCAG 2.1.4).

Templates name an act by its usual key (`data-key="F8"`). What is kept of a person is only what
differs: `{"F8": "F10"}`, `{"F4": ""}` for an act without a key, `{"off": true}` for none at all.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

#: What each key does, in the order of the list.
ACTS: Final = {
    "F1": gettext_lazy("Xem phím tắt"),
    "F2": gettext_lazy("Về ô quét và tìm"),
    "Ctrl+Enter": gettext_lazy("Sang bước sau, nộp"),
    "F4": gettext_lazy("In giấy của bước này"),
    "F8": gettext_lazy("Giữ hồ sơ, phục vụ khách khác"),
    "F9": gettext_lazy("Khóa màn hình"),
    "Ctrl+S": gettext_lazy("Lưu ngay"),
    "Ctrl+Z": gettext_lazy("Hoàn tác việc vừa làm"),
    "Alt+K": gettext_lazy("Chép ô tiếp theo sang trang nộp"),
    "Esc": gettext_lazy("Về danh sách"),
    "Alt+1": gettext_lazy("Nhận thủ tục hay dùng"),
}
#: Keys that neither a browser, an input method nor a scanner uses: no F3, F5, F6, F7, F11, F12; no
#: Ctrl with I, J, M (a scanner's Tab and line ends) or with T, W, N, L; no Alt+Z (Unikey).
SPARE: Final = (
    "F10",
    *(f"Ctrl+{letter}" for letter in "BEGKQY"),
    *(f"Alt+{letter}" for letter in "GIJLMOPQRUWXY"),
)
#: The six keys of the procedures often used go together.
DIGITS: Final = "Alt+1"


@dataclass(frozen=True, slots=True)
class Key:
    """One line of the list: an act, its usual key and the person's own ("" for none)."""

    act: str
    usual: str
    own: str

    @property
    def field(self) -> str:
        """Its name in a form."""
        return "key_" + self.usual.replace("+", "_").lower()

    @property
    def caps(self) -> list[str]:
        """What stands on the keys to press, as on their caps."""
        if self.own == DIGITS:
            return ["Alt", "1–6"]
        return self.own.replace("Enter", "↵").split("+") if self.own else []

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The keys this act may have."""
        if self.usual == DIGITS:
            return [(DIGITS, "Alt+1–6"), ("", _("Tắt"))]
        usual = [key for key in ACTS if key != DIGITS]
        return [*((key, key) for key in (*usual, *SPARE)), ("", _("Tắt"))]


@dataclass(frozen=True, slots=True)
class Keyboard:
    """A person's keys. `off` leaves only what the browser itself does with keys."""

    changed: Mapping[str, str]
    off: bool = False

    @classmethod
    def of(cls, kept: Any) -> Self:
        """From what is kept; anything unknown in it counts for nothing."""
        kept = kept if isinstance(kept, dict) else {}
        known = {key: own for key, own in kept.items() if key in ACTS and isinstance(own, str)}
        return cls(known, off=kept.get("off") is True)

    @property
    def kept(self) -> dict[str, Any]:
        """What is written to the person's row: only what differs from the usual."""
        differs: dict[str, Any] = {k: own for k, own in self.changed.items() if own != k}
        return {**differs, "off": True} if self.off else differs

    @property
    def rows(self) -> list[Key]:
        """All acts with their keys."""
        return [Key(str(act), key, self.changed.get(key, key)) for key, act in ACTS.items()]

    @property
    def as_json(self) -> str:
        """What the page's script reads: usual key -> own key."""
        return json.dumps({key: own for key, own in self.changed.items() if own != key})

    @property
    def clashes(self) -> dict[str, str]:
        """Form field -> why it is refused: two acts with one key, or a key that isn't offered."""
        first: dict[str, Key] = {}
        found: dict[str, str] = {}
        for row in self.rows:
            if row.own not in dict(row.choices):
                found[row.field] = _("Phím này đã có trình duyệt hoặc bộ gõ dùng.")
            elif row.own and row.own in first:
                other = first[row.own]
                words = _("%(key)s đang dùng cho: %(act)s. Mỗi phím một việc.")
                found[row.field] = words % {"key": row.own, "act": other.act}
                found.setdefault(other.field, words % {"key": row.own, "act": row.act})
            else:
                first[row.own] = row
        return found
