"""Words of the control pages: dials, states and reasons in the reader's language."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .store import Json

SERVICE_NAMES = {
    "portal": gettext_lazy("Cổng dịch vụ công"),
    "carrier": gettext_lazy("Bưu chính chuyển phát"),
    "sms": gettext_lazy("Tin nhắn SMS"),
    "sms2": gettext_lazy("Nhà mạng SMS thứ hai"),
    "zalo": gettext_lazy("Tin qua Zalo"),
}
DIAL_NAMES = {
    "idempotency": gettext_lazy("Nhận ra hồ sơ gửi lại"),
    "lookup": gettext_lazy("Cho tra cứu theo mã tham chiếu"),
    "etag": gettext_lazy("Trả lời “không có gì mới” (304)"),
    "slow": gettext_lazy("Chậm"),
    "error": gettext_lazy("Lỗi 5xx"),
    "cut": gettext_lazy("Lưu rồi cắt kết nối"),
    "late": gettext_lazy("Cắt kết nối rồi mới lưu"),
    "malformed": gettext_lazy("Trả lời bị cắt nửa"),
    "refuse": gettext_lazy("Từ chối nghiệp vụ"),
    "rate_limit": gettext_lazy("Giới hạn tần suất"),
    "drop_file": gettext_lazy("Quên tệp cuối"),
    "alter_file": gettext_lazy("Tệp cuối bị sai"),
    "duplicate": gettext_lazy("Báo lặp"),
    "out_of_order": gettext_lazy("Báo sai thứ tự"),
    "unknown": gettext_lazy("Mã trạng thái lạ"),
    "plan": gettext_lazy("Diễn biến tự nhiên"),
    "fail": gettext_lazy("Tin không đến"),
    "silent": gettext_lazy("Không báo kết quả"),
    "callbacks": gettext_lazy("Tự báo kết quả tin nhắn"),
    "no_account": gettext_lazy("Số không dùng Zalo"),
}
FIELD_NAMES = {
    "rate": gettext_lazy("tỉ lệ 0–1"),
    "next": gettext_lazy("số lần tới"),
    "seconds": gettext_lazy("giây"),
    "status": gettext_lazy("mã HTTP"),
    "code": gettext_lazy("mã"),
    "text": gettext_lazy("lời báo"),
    "reason": gettext_lazy("lý do"),
    "when": gettext_lazy("lúc"),
    "per_second": gettext_lazy("lần mỗi giây (0 = không)"),
    "retry_after": gettext_lazy("hẹn lại sau (giây)"),
    "supplement_rate": gettext_lazy("tỉ lệ yêu cầu bổ sung"),
    "refuse_rate": gettext_lazy("tỉ lệ không tiếp nhận"),
    "failed_rate": gettext_lazy("tỉ lệ phát lần hai"),
    "return_rate": gettext_lazy("tỉ lệ chuyển hoàn"),
}
STATE_NAMES = {
    "DA_NHAN": gettext_lazy("đã nhận"),
    "DA_GUI": gettext_lazy("đã gửi"),
    "DA_DEN": gettext_lazy("đã đến máy"),
    "THAT_BAI": gettext_lazy("thất bại"),
}
REASON_NAMES = {
    "VANG_NHA": gettext_lazy("vắng nhà"),
    "SAI_DIA_CHI": gettext_lazy("sai địa chỉ"),
    "TU_CHOI": gettext_lazy("từ chối nhận"),
    "KHONG_XAC_MINH": gettext_lazy("không xác minh được"),
    "KHONG_VAO_DUOC": gettext_lazy("không vào được"),
    "HU_HONG": gettext_lazy("hư hỏng"),
    "KHAC": gettext_lazy("lý do khác"),
    "SAI_SO": gettext_lazy("sai số"),
    "MAY_TAT": gettext_lazy("máy tắt"),
    "CHAN": gettext_lazy("bị chặn"),
}


def service_name(key: str) -> str:
    return str(SERVICE_NAMES[key])


def state_name(code: str) -> str:
    return str(STATE_NAMES.get(code, code))


def reason_name(code: str) -> str:
    return str(REASON_NAMES.get(code, code))


def event_choices(events: dict[int, str]) -> list[tuple[int, str]]:
    """Events a person may force; a registration is not one of them."""
    return [(code, f"{code} · {name}") for code, name in events.items() if code > 60]


def dial_rows(tree: Json) -> list[Json]:
    """One row per dial of a service: its name and its fields; `on` is for the API only."""
    rows: list[Json] = []
    for name, value in tree.items():
        if name == "mode":
            continue
        if isinstance(value, bool):
            rows.append({"name": name, "label": DIAL_NAMES[name], "check": True, "value": value})
            continue
        fields = [
            {
                "name": f"{name}.{field}",
                "label": FIELD_NAMES[field],
                "value": inner,
                "number": isinstance(inner, int | float),
                "choices": (("before", _("trước khi xử lý")), ("after", _("sau khi xử lý")))
                if field == "when"
                else (),
            }
            for field, inner in value.items()
            if field != "on"
        ]
        rows.append({"name": name, "label": DIAL_NAMES[name], "fields": fields})
    return rows
