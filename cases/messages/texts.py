"""What citizens are told, per event: no name, no ID number, no procedure, at most two SMS parts
(F10)."""

from django.utils.translation import gettext as _

#: Two concatenated parts of an accented SMS hold 134 characters (67 each).
LIMIT = 134


def text(event: str, *, code: str, link: str, date: str = "", what: str = "") -> str:
    """The words of an event in the active language; raises KeyError for an unknown event."""
    words = {
        "taken": _("Bưu điện đã nhận hồ sơ %(code)s. Hẹn trả %(date)s. Xem: %(link)s"),
        "accepted": _("Cơ quan đã nhận hồ sơ %(code)s. Chưa phải làm gì. Xem: %(link)s"),
        "supplement": _("Hồ sơ %(code)s cần thêm giấy tờ. Mời ra bưu điện. Xem: %(link)s"),
        "late": _("Hồ sơ %(code)s trả chậm hơn hẹn. Chúng tôi xin lỗi. Xem: %(link)s"),
        "result": _("Hồ sơ %(code)s đã có kết quả. Xem: %(link)s"),
        "out": _("Hôm nay bưu tá mang kết quả hồ sơ %(code)s đến. Mã nhận: %(what)s"),
        "failed": _("Bưu tá chưa gặp được quý khách, hồ sơ %(code)s. Xem: %(link)s"),
        "delivered": _("Đã giao kết quả hồ sơ %(code)s. Cảm ơn quý khách."),
        "returned": _("Hồ sơ %(code)s chưa được nhận. Bưu điện sẽ gọi. Xem: %(link)s"),
        "code": _("Mã xác nhận của quý khách: %(what)s. Nhân viên không bao giờ hỏi mật khẩu."),
    }
    return words[event] % {"code": code, "link": link, "date": date, "what": what}
