"""Five facts, one headline: the only place that words a case for clerks and citizens.

Citizen sentences keep to the limits of plain words: at most 20 syllables, one idea, active, no law
numbers. 'Late' is said to citizens only when observed: the date has passed *and* the filing system
was asked after it, never when our own question is merely behind.
"""

from django.utils import timezone
from django.utils.translation import gettext as _

from cases.facts import Facts, Headline, Turn
from cases.states import Delivery, Dossier, Money, Sync, Work

__all__ = ["Facts", "Headline", "Turn", "attention_words", "headline"]


def attention_words() -> dict[str, tuple[str, str]]:
    """Code of why a case needs a person → (clerk label, what to do)."""
    return {
        "not_accepted": (_("Bị trả lại"), _("Sửa lý do, nộp lại")),
        "refused": (_("Bị từ chối"), _("Đọc lý do, sửa rồi nộp lại")),
        "mismatch": (_("Cổng nhận thiếu tệp"), _("So tệp đã gửi, nộp bổ sung")),
        "unknown_sending": (_("Chưa rõ đã gửi"), _("Kiểm tra trên cổng, ghi mã hồ sơ")),
        "horizon": (_("Gửi mãi không được"), _("Gọi quản trị cổng, gửi lại")),
        "stopped": (_("Cơ quan dừng xử lý"), _("Gọi khách, giải thích lý do")),
        "withdrawn": (_("Khách đã rút"), _("Trả giấy tờ, đóng hồ sơ")),
        "unknown_code": (_("Tin lạ từ cổng"), _("Xem tin, báo người quản trị")),
        "revoked": (_("Khách rút đồng ý"), _("Gọi khách, trả giấy tờ")),
        "scan_changed": (_("Tệp bị thay đổi"), _("Quét lại, nộp lại")),
    }


def headline(facts: Facts) -> Headline:
    """Exactly one headline for every combination of facts."""
    if facts.work == Work.CLOSED:
        return _closed(facts)
    if facts.work in (Work.DRAFT, Work.HELD):
        return _at_counter(facts)
    if facts.work == Work.ATTENTION:
        return _attention(facts)
    return _delivered(facts) or _with_agency(facts)


def _closed(facts: Facts) -> Headline:
    if facts.dossier == Dossier.WITHDRAWN:
        return Headline(
            "withdrawn",
            _("Đã rút"),
            "",
            "dash",
            "",
            _("Hồ sơ đã rút theo yêu cầu"),
            _("Không phải làm gì"),
            Turn.NOBODY,
        )
    if facts.delivery in (Delivery.DELIVERED, Delivery.COLLECTED):
        return Headline(
            "done",
            _("Đã trả"),
            "done",
            "tick",
            "",
            _("Đã giao kết quả"),
            _("Giữ kỹ bản chính"),
            Turn.NOBODY,
        )
    if facts.delivery == Delivery.NOT_NEEDED and facts.dossier in (
        Dossier.DECIDED,
        Dossier.RETURNED,
    ):
        return _without_parcel(facts, closed=True)
    return Headline(
        "closed",
        _("Đã đóng"),
        "",
        "dash",
        "",
        _("Hồ sơ đã đóng"),
        _("Cần hỏi thì gọi bưu điện"),
        Turn.NOBODY,
    )


def _at_counter(facts: Facts) -> Headline:
    held = facts.work == Work.HELD
    if facts.money == Money.DUE and not held:
        return Headline(
            "due",
            _("Chờ thanh toán"),
            "pay",
            "coin",
            _("Thu tiền hoặc ghi đã trả"),
            _("Còn thiếu tiền"),
            _("Trả tiền tại quầy hoặc trên cổng thanh toán"),
            Turn.CITIZEN,
        )
    return Headline(
        "held" if held else "draft",
        _("Đang giữ") if held else _("Nháp"),
        "",
        "clock",
        facts.waiting_for or (_("Chờ khách quay lại") if held else _("Làm tiếp")),
        _("Hồ sơ đang chuẩn bị tại bưu điện"),
        _("Mang đủ giấy tờ đến quầy"),
        Turn.CITIZEN,
    )


def _attention(facts: Facts) -> Headline:
    label, action = attention_words().get(facts.attention, (_("Cần xử lý"), _("Mở xem")))
    if facts.attention in ("not_accepted", "refused"):
        return Headline(
            facts.attention,
            label,
            "bad",
            "warn",
            action,
            _("Hồ sơ chưa được nhận"),
            _("Bưu điện sẽ gọi cho quý khách để sửa"),
            Turn.POST,
        )
    if facts.attention == "withdrawn":
        return Headline(
            "withdrawn",
            label,
            "",
            "dash",
            action,
            _("Hồ sơ đã rút theo yêu cầu"),
            _("Bưu điện sẽ trả giấy tờ"),
            Turn.POST,
        )
    if facts.attention == "stopped":
        return Headline(
            "stopped",
            label,
            "bad",
            "warn",
            action,
            _("Cơ quan đã dừng giải quyết"),
            _("Bưu điện sẽ gọi cho quý khách"),
            Turn.POST,
        )
    return Headline(
        facts.attention or "attention",
        label,
        "bad",
        "warn",
        action,
        _("Bưu điện đang kiểm tra hồ sơ"),
        _("Chưa phải làm gì"),
        Turn.POST,
    )


def _delivered(facts: Facts) -> Headline | None:
    match facts.delivery:
        case Delivery.AVAILABLE:
            collect = facts.in_person or not facts.by_post
            return Headline(
                "result",
                _("Có kết quả"),
                "done",
                "tick",
                _("Gọi khách, trả kết quả") if collect else _("Gửi bưu tá mang đến nhà"),
                _("Đã có kết quả"),
                _("Mang phiếu tiếp nhận ra bưu điện để nhận")
                if collect
                else _("Chờ bưu tá mang đến nhà"),
                Turn.CITIZEN if collect else Turn.POST,
            )
        case Delivery.LABELLED:
            return Headline(
                "labelled",
                _("Đã in nhãn"),
                "done",
                "tick",
                _("Quét vào bảng kê, giao bưu tá"),
                _("Đã có kết quả"),
                _("Chờ bưu tá mang đến nhà"),
                Turn.POST,
            )
        case Delivery.HANDED_OVER | Delivery.IN_TRANSIT:
            return Headline(
                "on_road",
                _("Đang chuyển"),
                "work",
                "van",
                "",
                _("Kết quả đang trên đường đến"),
                _("Chưa phải làm gì"),
                Turn.POST,
            )
        case Delivery.OUT_FOR_DELIVERY:
            return Headline(
                "out",
                _("Đang phát"),
                "work",
                "van",
                _("Khách đọc mã, xác nhận đã giao"),
                _("Bưu tá đang mang đến"),
                _("Để ý điện thoại hôm nay"),
                Turn.CITIZEN,
            )
        case Delivery.FAILED_ATTEMPT:
            return Headline(
                "failed",
                _("Phát không được"),
                "bad",
                "warn",
                _("Gọi khách, hẹn phát lại"),
                _("Bưu tá đến mà chưa gặp được"),
                _("Để ý điện thoại, hoặc ra bưu điện nhận"),
                Turn.CITIZEN,
            )
        case Delivery.HELD_AT_COUNTER:
            return Headline(
                "held_at_counter",
                _("Giữ tại điểm"),
                "wait",
                "pause",
                _("Gọi khách đến nhận"),
                _("Kết quả đang ở bưu điện"),
                _("Mang phiếu tiếp nhận ra bưu điện để nhận"),
                Turn.CITIZEN,
            )
        case Delivery.RETURNING | Delivery.RETURNED:
            return Headline(
                "returned",
                _("Chuyển hoàn"),
                "bad",
                "warn",
                _("Gọi khách, hỏi lại địa chỉ"),
                _("Kết quả đã quay về bưu điện"),
                _("Bưu điện sẽ gọi để hẹn lại"),
                Turn.POST,
            )
        case Delivery.LOST:
            return Headline(
                "lost",
                _("Thất lạc"),
                "bad",
                "warn",
                _("Báo trưởng điểm, gọi khách"),
                _("Bưu điện đang tìm kết quả của quý khách"),
                _("Bưu điện sẽ gọi trong hôm nay"),
                Turn.POST,
            )
        case Delivery.DELIVERED | Delivery.COLLECTED:
            return Headline(
                "done",
                _("Đã trả"),
                "done",
                "tick",
                _("Đóng hồ sơ"),
                _("Đã giao kết quả"),
                _("Giữ kỹ bản chính"),
                Turn.NOBODY,
            )
    return None


def _with_agency(facts: Facts) -> Headline:
    if facts.dossier == Dossier.NONE:
        return _waiting_to_send(facts)
    if facts.dossier == Dossier.SUPPLEMENT:
        return Headline(
            "supplement",
            _("Chờ bổ sung"),
            "wait",
            "pause",
            facts.waiting_for or _("Gọi khách mang giấy còn thiếu"),
            _("Cần thêm giấy tờ"),
            facts.waiting_for or _("Mang giấy còn thiếu ra bưu điện"),
            Turn.CITIZEN,
        )
    if facts.dossier == Dossier.FINANCIAL:
        return Headline(
            "financial",
            _("Chờ nộp tiền"),
            "pay",
            "coin",
            _("Gọi khách trả tiền trên cổng"),
            _("Còn phải nộp tiền"),
            _("Ra bưu điện, nhân viên giúp trả trên cổng"),
            Turn.CITIZEN,
        )
    if facts.late:
        return Headline(
            "late",
            _("Quá hạn"),
            "bad",
            "warn",
            _("Hỏi cơ quan giải quyết")
            if facts.sync != Sync.FAILING
            else _("Hỏi lại cổng, tin đã cũ"),
            _("Cơ quan trả chậm hơn hẹn")
            if facts.observed_late
            else _("Hồ sơ đang được giải quyết"),
            _("Chúng tôi xin lỗi. Có tin mới sẽ báo ngay")
            if facts.observed_late
            else _("Chưa phải làm gì"),
            Turn.AGENCY,
        )
    if facts.dossier in (Dossier.DECIDED, Dossier.RETURNED):
        if facts.delivery == Delivery.NOT_NEEDED:
            return _without_parcel(facts, closed=False)
        return Headline(
            "decided",
            _("Đã giải quyết xong"),
            "done",
            "tick",
            _("Chờ nhận kết quả từ cơ quan"),
            _("Cơ quan đã giải quyết xong"),
            _("Bưu điện đang đi lấy kết quả"),
            Turn.POST,
        )
    if facts.dossier == Dossier.IN_WORK:
        return Headline(
            "in_work",
            _("Đang giải quyết"),
            "work",
            "turn",
            "",
            _("Hồ sơ đang được giải quyết"),
            _("Chưa phải làm gì thêm"),
            Turn.AGENCY,
        )
    return Headline(
        "accepted",
        _("Đã tiếp nhận"),
        "work",
        "turn",
        "",
        _("Cơ quan đã nhận hồ sơ"),
        _("Chưa phải làm gì"),
        Turn.AGENCY,
    )


def _waiting_to_send(facts: Facts) -> Headline:
    if facts.way == "copilot":
        return Headline(
            "recording",
            _("Chờ mã hồ sơ"),
            "wait",
            "pause",
            _("Nộp cùng khách, ghi mã hồ sơ"),
            _("Bưu điện đã nhận hồ sơ"),
            _("Chưa phải làm gì"),
            Turn.POST,
        )
    return Headline(
        "queued",
        _("Chờ gửi"),
        "",
        "clock",
        _next_try(facts),
        _("Bưu điện đã nhận hồ sơ"),
        _("Chưa phải làm gì"),
        Turn.POST,
    )


def _next_try(facts: Facts) -> str:
    if facts.next_try_at and facts.now and facts.next_try_at > facts.now:
        at = timezone.localtime(facts.next_try_at)
        return _("Tự gửi lại lúc %(time)s") % {"time": f"{at:%H:%M}"}
    return _("Tự gửi, không phải làm gì")


def _without_parcel(facts: Facts, *, closed: bool) -> Headline:
    """Results that no courier brings: electronic ones, and those signed for at the authority."""
    if facts.in_person:
        return Headline(
            "at_authority",
            _("Khách nhận tại cơ quan"),
            "done",
            "tick",
            "" if closed else _("Báo khách đến cơ quan ký nhận"),
            _("Đã có kết quả tại cơ quan"),
            _("Cả hai người đến cơ quan ký và nhận"),
            Turn.CITIZEN,
        )
    return Headline(
        "done_electronic",
        _("Có kết quả điện tử"),
        "done",
        "tick",
        "" if closed else _("Báo khách, đóng hồ sơ"),
        _("Đã có kết quả điện tử"),
        _("Mở kho dữ liệu trên Cổng Dịch vụ công hoặc VNeID để xem"),
        Turn.NOBODY,
    )
