"""Trying a counter's scanner: what came of the printed test code, and what to mend (F04).

The test code holds every Vietnamese letter, both cases, the separator of ID cards, and two words
that an input method would rewrite. Nothing that was scanned is kept or shown again.
"""

import unicodedata
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

_VOWELS: Final = "aăâeêioôơuưy"
_TONES: Final = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
LETTERS: Final = unicodedata.normalize(
    "NFC", "đ" + "".join(vowel + tone for vowel in _VOWELS for tone in _TONES)
)
HEAD: Final = "OPSA-QR-1"
#: "tieengs" and "tie61ng" stay as they are unless Telex or VNI is at work on the counter's PC.
PLAIN: Final = ("0123456789", "tieengs-ddoong", "tie61ng-d9o6ng")
TEST_CODE: Final = "|".join((HEAD, *PLAIN, LETTERS, LETTERS.upper(), "HET"))
TEST_BAR: Final = "OPSA-MV-2"
#: Accented letters of the printed sheet, for the eye.
PRINTED: Final = "ắ ằ ẳ ẵ ặ ấ ầ ẩ ẫ ậ ế ề ể ễ ệ ố ồ ổ ỗ ộ ớ ờ ở ỡ ợ ứ ừ ử ữ ự ỳ ý ỷ ỹ ỵ đ"
_LONGEST: Final = 4 * len(TEST_CODE.encode())


@dataclass(frozen=True, slots=True)
class Verdict:
    """`tone` is ok, warn or bad; `fix` says exactly what to set, empty when nothing."""

    tone: str
    found: str
    fix: str = ""


def verdict(text: str) -> Verdict:
    """What the scanner made of the printed test code. Raises nothing, whatever was scanned."""
    sent = unicodedata.normalize("NFC", text[:_LONGEST].strip("\r\n\t \x02\x03\ufeff"))
    if sent == TEST_BAR:
        return Verdict("ok", _("Đọc đúng mã vạch. Mã QR thì quét ô vuông to trên tờ thử."))
    if sent == TEST_CODE:
        return Verdict("ok", _("Đọc đúng mọi chữ có dấu. Đầu đọc dùng được."))
    if not sent:
        return Verdict("bad", _("Chưa nhận được gì."), _("Bấm vào ô quét rồi quét lại tờ thử."))
    for look in (_twice, _prefix, _case, _code_page, _input_method, _layout, _separator, _lost):
        if found := look(sent):
            return found
    return Verdict(
        "bad",
        _("Đây không phải mã trên tờ thử."),
        _("In tờ thử ở dưới rồi quét ô vuông to. Đừng quét thẻ của khách ở trang này."),
    )


def _twice(sent: str) -> Verdict | None:
    if sent.count(TEST_CODE) < 2:
        return None
    return Verdict(
        "warn",
        _("Đầu đọc gửi một mã hai lần."),
        _("Bật chế độ “không đọc lại mã vừa đọc” (same code delay) của đầu đọc."),
    )


def _prefix(sent: str) -> Verdict | None:
    before, there, after = sent.partition(TEST_CODE)
    if not there or (not before and not after):
        return None
    return Verdict(
        "warn",
        _("Đọc đúng, nhưng đầu đọc thêm chữ ở đầu hoặc cuối."),
        _("Tắt tiền tố, hậu tố (prefix, suffix, AIM ID); chỉ để Enter ở cuối."),
    )


def _case(sent: str) -> Verdict | None:
    if sent.swapcase() == TEST_CODE:
        return Verdict("bad", _("Chữ hoa thành chữ thường."), _("Tắt Caps Lock rồi quét lại."))
    return None


def _code_page(sent: str) -> Verdict | None:
    for page in ("latin-1", "cp1252", "cp1258"):
        wrong = unicodedata.normalize("NFC", TEST_CODE.encode().decode(page, errors="ignore"))
        if len(sent) > len(TEST_CODE) * 1.3 and sent[-40:-8] in wrong:
            break
    else:
        return None
    return Verdict(
        "bad",
        _("Chữ có dấu thành ký hiệu lạ."),
        _("Đặt bảng mã của đầu đọc về UTF-8 (không phải Latin-1, không phải Windows-1252)."),
    )


def _input_method(sent: str) -> Verdict | None:
    if "OPSA" not in sent or all(word in sent for word in PLAIN):
        return None
    if "tiếng" in sent or "đông" in sent or "tiéng" in sent:
        return Verdict(
            "bad",
            _("Bộ gõ tiếng Việt đang bật và đổi chữ của đầu đọc."),
            _("Bấm Ctrl+Shift để tắt Unikey, hoặc cho trình duyệt này vào danh sách loại trừ."),
        )
    return None


def _layout(sent: str) -> Verdict | None:
    if PLAIN[0] in sent or len(sent) < len(HEAD) or "OPSA" not in sent.upper():
        return None
    return Verdict(
        "bad",
        _("Chữ số đến sai: bàn phím Windows không phải kiểu Mỹ."),
        _("Đặt bàn phím Windows về “English (US)”, và đầu đọc về kiểu bàn phím “USA”."),
    )


def _separator(sent: str) -> Verdict | None:
    signs = {sign for sign in sent if not sign.isalnum() and sign != "-"}
    for sign in signs - {"|"}:
        if sent.replace(sign, "|") == TEST_CODE:
            return Verdict(
                "warn",
                _("Dấu | đến thành %(sign)s. Thẻ vẫn đọc được.") % {"sign": sign},
                _("Muốn đúng hẳn: đặt đầu đọc về kiểu bàn phím “USA”."),
            )
    return None


def _lost(sent: str) -> Verdict | None:
    if not sent.startswith("OPSA"):
        return None
    words = {"n": len(sent), "all": len(TEST_CODE)}
    plain = sum(1 for sign in TEST_CODE if sign.isascii())
    accented = sum(1 for sign in sent if not sign.isascii() and sign.isalpha())
    if "?" in sent or (accented == 0 and len(sent) >= plain - 3):
        return Verdict(
            "bad",
            _("Chữ có dấu không đến, chỉ chữ không dấu đến."),
            _(
                "Đặt đầu đọc gửi chữ theo “Alt + bàn phím số, Unicode”, hoặc chuyển sang cổng COM"
                " (USB-COM) rồi bật ở dưới."
            ),
        )
    if TEST_CODE.startswith(sent):
        return Verdict(
            "bad",
            _("Mã bị cắt: đến %(n)s trên %(all)s chữ.") % words,
            _("Giữ yên tờ thử tới khi đầu đọc kêu, và xem mã có bị nhòe không."),
        )
    return Verdict(
        "bad",
        _("Rơi chữ: đến %(n)s trên %(all)s chữ.") % words,
        _("Đặt khoảng nghỉ giữa hai phím (inter-character delay) của đầu đọc lên 5 ms."),
    )
