"""What is said about a difference: one plain sentence, one next act."""

from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cases.models import Difference
from cases.reconcile.conditions import RESULT_DAYS
from cases.states import Delivery, Dossier

Kind = Difference.Kind


def reported(one: dict[str, Any]) -> str:
    """What the filing system says, in the words of the ten codes; a code unknown to us as it is."""
    code = one["reported"]
    if one["kind"] == Kind.UNKNOWN:
        return _("mã “%(code)s”") % {"code": code}
    if not code:
        return ""
    words = str(Dossier(code).label)
    return _("%(status)s, quá hạn") % {"status": words} if one["late"] else words


def sentence(one: dict[str, Any]) -> str:
    """One plain sentence."""
    match one["kind"]:
        case Kind.SEEN:
            return _("Cổng nói chưa xong, nhưng ta đã thấy kết quả: %(seen)s.") % {
                "seen": str(Delivery(one["observed"]).label).lower()
            }
        case Kind.UNSEEN:
            return _("Cổng nói đã xong hơn %(n)s ngày làm việc, chưa ai thấy kết quả.") % {
                "n": RESULT_DAYS
            }
        case Kind.UNKNOWN:
            return _("Cổng dùng mã lạ hơn một ngày. Hồ sơ giữ trạng thái cũ.")
        case Kind.STALE:
            return _("Lâu rồi không có trả lời. Chưa chắc cơ quan chậm.")
        case Kind.DUE:
            return _("Cổng hẹn %(told)s, theo luật là %(law)s.") % {
                "told": _day(one["told_due"]),
                "law": _day(one["due_on"]),
            }
        case Kind.ABSENT:
            return _("Tệp của cổng có kỳ này mà không có hồ sơ.")
        case _other:
            day = _day(timezone.localdate(one["said_at"])) if one["said_at"] else ""
            told = _("Trong tệp có, nộp nơi khác, tiếp nhận %(day)s.") % {"day": day}
            return told if day else _("Trong tệp có, nộp nơi khác.")


def act(one: dict[str, Any], *, asked: bool) -> str:
    """What to do next; nothing where nothing is to be done."""
    match one["kind"]:
        case Kind.UNSEEN:
            return _("Gọi cơ quan, hẹn lấy kết quả")
        case Kind.UNKNOWN:
            return _("Báo quản trị ghi mã này")
        case Kind.DUE:
            return _("Hỏi cơ quan ngày nào đúng")
        case Kind.ABSENT:
            return _("Kiểm tra mã hồ sơ trên cổng")
        case Kind.ELSEWHERE:
            return ""
        case _other:
            return _("Hỏi cổng ngay") if asked else _("Xuất và nhập tệp mới")


def _day(day: Any) -> str:
    return date_format(day, "d/m/Y") if day else "–"
