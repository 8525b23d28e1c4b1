"""Five facts, one headline: the only place that words a case for clerks and citizens.

`HEADLINES` is the table of words, a row each; below it stands which row a case gets. Citizen
sentences keep to the limits of plain words: at most 20 syllables, one idea, active, no law numbers.
'Late' is said to citizens only when observed: the date has passed *and* the filing system was asked
after it, never when our own question is merely behind.
"""

from dataclasses import replace
from datetime import datetime
from functools import cache

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from cases.facts import Facts, Headline, Turn
from cases.states import Delivery, Dossier, Money, Sync, Work

__all__ = ["Facts", "Headline", "Turn", "attention_words", "headline"]

Words = str | Promise
CITIZEN, POST, AGENCY, NOBODY = Turn.CITIZEN, Turn.POST, Turn.AGENCY, Turn.NOBODY

# key: clerk's label, tone, icon, clerk's next action | citizen's sentence, what to do, whose turn
HEADLINES: dict[str, tuple[Words, str, str, Words, Words, Words, Turn]] = {
    "draft": (
        _("Nháp"), "", "clock", _("Làm tiếp"),
        _("Hồ sơ đang chuẩn bị tại bưu điện"), _("Mang đủ giấy tờ đến quầy"), CITIZEN,
    ),
    "held": (
        _("Đang giữ"), "", "clock", _("Chờ khách quay lại"),
        _("Hồ sơ đang chuẩn bị tại bưu điện"), _("Mang đủ giấy tờ đến quầy"), CITIZEN,
    ),
    "due": (
        _("Chờ thanh toán"), "pay", "coin", _("Thu tiền hoặc ghi đã trả"),
        _("Còn thiếu tiền"), _("Trả tiền tại quầy hoặc trên cổng thanh toán"), CITIZEN,
    ),
    "queued": (
        _("Chờ gửi"), "", "clock", _("Tự gửi, không phải làm gì"),
        _("Bưu điện đã nhận hồ sơ"), _("Chưa phải làm gì"), POST,
    ),
    "recording": (
        _("Chờ mã hồ sơ"), "wait", "pause", _("Nộp cùng khách, ghi mã hồ sơ"),
        _("Bưu điện đã nhận hồ sơ"), _("Chưa phải làm gì"), POST,
    ),
    "accepted": (
        _("Đã tiếp nhận"), "work", "turn", "",
        _("Cơ quan đã nhận hồ sơ"), _("Chưa phải làm gì"), AGENCY,
    ),
    "in_work": (
        _("Đang giải quyết"), "work", "turn", "",
        _("Hồ sơ đang được giải quyết"), _("Chưa phải làm gì thêm"), AGENCY,
    ),
    "late": (
        _("Quá hạn"), "bad", "warn", _("Hỏi cơ quan giải quyết"),
        _("Hồ sơ đang được giải quyết"), _("Chưa phải làm gì"), AGENCY,
    ),
    "supplement": (
        _("Chờ bổ sung"), "wait", "pause", _("Gọi khách mang giấy còn thiếu"),
        _("Cần thêm giấy tờ"), _("Mang giấy còn thiếu ra bưu điện"), CITIZEN,
    ),
    "answered": (
        _("Đã gửi bổ sung"), "work", "turn", "",
        _("Cơ quan đang xem giấy bổ sung"), _("Chưa phải làm gì thêm"), AGENCY,
    ),
    "financial": (
        _("Chờ nộp tiền"), "pay", "coin", _("Gọi khách trả tiền trên cổng"),
        _("Còn phải nộp tiền"), _("Ra bưu điện, nhân viên giúp trả trên cổng"), CITIZEN,
    ),
    "decided": (
        _("Đã giải quyết xong"), "done", "tick", _("Chờ nhận kết quả từ cơ quan"),
        _("Cơ quan đã giải quyết xong"), _("Bưu điện đang đi lấy kết quả"), POST,
    ),
    "at_authority": (
        _("Khách nhận tại cơ quan"), "done", "tick", _("Báo khách đến cơ quan ký nhận"),
        _("Đã có kết quả tại cơ quan"), _("Cả hai người đến cơ quan ký và nhận"), CITIZEN,
    ),
    "done_electronic": (
        _("Có kết quả điện tử"), "done", "tick", _("Báo khách, đóng hồ sơ"),
        _("Đã có kết quả điện tử"),
        _("Mở kho dữ liệu trên Cổng Dịch vụ công hoặc VNeID để xem"), NOBODY,
    ),
    "result": (
        _("Có kết quả"), "done", "tick", _("Gửi bưu tá mang đến nhà"),
        _("Đã có kết quả"), _("Chờ bưu tá mang đến nhà"), POST,
    ),
    "labelled": (
        _("Đã in nhãn"), "done", "tick", _("Quét vào bảng kê, giao bưu tá"),
        _("Đã có kết quả"), _("Chờ bưu tá mang đến nhà"), POST,
    ),
    "on_road": (
        _("Đang chuyển"), "work", "van", "",
        _("Kết quả đang trên đường đến"), _("Chưa phải làm gì"), POST,
    ),
    "out": (
        _("Đang phát"), "work", "van", _("Khách đọc mã, xác nhận đã giao"),
        _("Bưu tá đang mang đến"), _("Để ý điện thoại hôm nay"), CITIZEN,
    ),
    "failed": (
        _("Phát không được"), "bad", "warn", _("Gọi khách, hẹn phát lại"),
        _("Bưu tá đến mà chưa gặp được"), _("Để ý điện thoại, hoặc ra bưu điện nhận"), CITIZEN,
    ),
    "held_at_counter": (
        _("Giữ tại điểm"), "wait", "pause", _("Gọi khách đến nhận"),
        _("Kết quả đang ở bưu điện"), _("Mang phiếu tiếp nhận ra bưu điện để nhận"), CITIZEN,
    ),
    "returned": (
        _("Chuyển hoàn"), "bad", "warn", _("Gọi khách, hỏi lại địa chỉ"),
        _("Kết quả đã quay về bưu điện"), _("Bưu điện sẽ gọi để hẹn lại"), POST,
    ),
    "lost": (
        _("Thất lạc"), "bad", "warn", _("Báo trưởng điểm, gọi khách"),
        _("Bưu điện đang tìm kết quả của quý khách"), _("Bưu điện sẽ gọi trong hôm nay"), POST,
    ),
    "done": (
        _("Đã trả"), "done", "tick", _("Đóng hồ sơ"),
        _("Đã giao kết quả"), _("Giữ kỹ bản chính"), NOBODY,
    ),
    "withdrawn": (
        _("Đã rút"), "", "dash", "",
        _("Hồ sơ đã rút theo yêu cầu"), _("Không phải làm gì"), NOBODY,
    ),
    "closed": (
        _("Đã đóng"), "", "dash", "",
        _("Hồ sơ đã đóng"), _("Cần hỏi thì gọi bưu điện"), NOBODY,
    ),
}  # fmt: skip

# code of why a case needs a person: clerk's label, what to do | citizen's sentence, what to do
CHECKING = (_("Bưu điện đang kiểm tra hồ sơ"), _("Chưa phải làm gì"))
NOT_TAKEN = (_("Hồ sơ chưa được nhận"), _("Bưu điện sẽ gọi cho quý khách để sửa"))
ATTENTION: dict[str, tuple[Words, Words, Words, Words]] = {
    "not_accepted": (_("Bị trả lại"), _("Sửa lý do, nộp lại"), *NOT_TAKEN),
    "refused": (_("Bị từ chối"), _("Đọc lý do, sửa rồi nộp lại"), *NOT_TAKEN),
    "mismatch": (_("Cổng nhận thiếu tệp"), _("So tệp đã gửi, nộp bổ sung"), *CHECKING),
    "unknown_sending": (_("Chưa rõ đã gửi"), _("Kiểm tra trên cổng, ghi mã hồ sơ"), *CHECKING),
    "horizon": (_("Gửi mãi không được"), _("Gọi quản trị cổng, gửi lại"), *CHECKING),
    "stopped": (
        _("Cơ quan dừng xử lý"), _("Gọi khách, giải thích lý do"),
        _("Cơ quan đã dừng giải quyết"), _("Bưu điện sẽ gọi cho quý khách"),
    ),
    "withdrawn": (
        _("Khách đã rút"), _("Trả giấy tờ, đóng hồ sơ"),
        _("Hồ sơ đã rút theo yêu cầu"), _("Bưu điện sẽ trả giấy tờ"),
    ),
    "unknown_code": (_("Tin lạ từ cổng"), _("Xem tin, báo người quản trị"), *CHECKING),
    "revoked": (_("Khách rút đồng ý"), _("Gọi khách, trả giấy tờ"), *CHECKING),
    "incomplete": (
        _("Quá hẹn nộp sau"), _("Gọi khách mang giấy còn thiếu"),
        _("Hồ sơ còn thiếu giấy tờ"), _("Mang giấy còn thiếu ra bưu điện"),
    ),
    "scan_changed": (_("Tệp bị thay đổi"), _("Quét lại, nộp lại"), *CHECKING),
    "acknowledgement": (_("Giấy tiếp nhận khác"), _("So giấy tiếp nhận, sửa mã hồ sơ"), *CHECKING),
    "code_unknown": (_("Cổng chưa thấy mã"), _("Xem lại mã hồ sơ từng chữ"), *CHECKING),
}  # fmt: skip
OTHER_ATTENTION = (_("Cần xử lý"), _("Mở xem"), *CHECKING)

ON_THE_WAY = {
    Delivery.LABELLED: "labelled",
    Delivery.HANDED_OVER: "on_road",
    Delivery.IN_TRANSIT: "on_road",
    Delivery.OUT_FOR_DELIVERY: "out",
    Delivery.FAILED_ATTEMPT: "failed",
    Delivery.HELD_AT_COUNTER: "held_at_counter",
    Delivery.RETURNING: "returned",
    Delivery.RETURNED: "returned",
    Delivery.LOST: "lost",
    Delivery.DELIVERED: "done",
    Delivery.COLLECTED: "done",
}


def attention_words() -> dict[str, tuple[str, str]]:
    """Code of why a case needs a person → (clerk label, what to do)."""
    return {code: (str(row[0]), str(row[1])) for code, row in ATTENTION.items()}


def headline(facts: Facts) -> Headline:
    """Exactly one headline for every combination of facts."""
    if facts.work == Work.CLOSED:
        return _closed(facts)
    if facts.work in (Work.DRAFT, Work.HELD):
        return _at_counter(facts)
    if facts.work == Work.ATTENTION:
        return _attention(facts.attention)
    if facts.delivery == Delivery.AVAILABLE:
        return _at_office(facts)
    if on_the_way := ON_THE_WAY.get(Delivery(facts.delivery)):
        return _row(on_the_way)
    return _with_agency(facts)


def _row(key: str) -> Headline:
    """The row of the table in the language now in use."""
    return _said(key, get_language())


@cache
def _said(key: str, _language: str | None) -> Headline:
    label, tone, icon, action, sentence, to_do, turn = HEADLINES[key]
    return Headline(key, str(label), tone, icon, str(action), str(sentence), str(to_do), turn)


def _closed(facts: Facts) -> Headline:
    if facts.dossier == Dossier.WITHDRAWN:
        return _row("withdrawn")
    if facts.delivery in (Delivery.DELIVERED, Delivery.COLLECTED):
        return replace(_row("done"), next_action="")
    if facts.delivery == Delivery.NOT_NEEDED and facts.dossier in (
        Dossier.DECIDED,
        Dossier.RETURNED,
    ):
        return replace(_without_parcel(facts), next_action="")
    return _row("closed")


def _at_counter(facts: Facts) -> Headline:
    due = facts.work == Work.DRAFT and facts.money == Money.DUE
    row = _row("due" if due else "held" if facts.work == Work.HELD else "draft")
    return replace(row, next_action=facts.waiting_for or row.next_action)


def _attention(code: str) -> Headline:
    label, action, sentence, to_do = map(str, ATTENTION.get(code, OTHER_ATTENTION))
    tone, icon = ("", "dash") if code == "withdrawn" else ("bad", "warn")
    return Headline(code or "attention", label, tone, icon, action, sentence, to_do, Turn.POST)


def _at_office(facts: Facts) -> Headline:
    """The result is with us: a courier takes it, or the citizen comes for it."""
    if facts.by_post and not facts.in_person:
        return _row("result")
    collected = replace(_row("result"), turn=Turn.CITIZEN)
    return replace(
        collected,
        next_action=gettext("Gọi khách, trả kết quả"),
        to_do=gettext("Mang phiếu tiếp nhận ra bưu điện để nhận"),
    )


def _with_agency(facts: Facts) -> Headline:
    if facts.dossier == Dossier.NONE:
        return _waiting_to_send(facts)
    if facts.dossier == Dossier.SUPPLEMENT and facts.answered:
        return _row("answered")
    if facts.dossier == Dossier.SUPPLEMENT:
        row = _row("supplement")
        return replace(
            row,
            next_action=facts.waiting_for or row.next_action,
            to_do=facts.waiting_for or row.to_do,
        )
    if facts.dossier == Dossier.FINANCIAL:
        return _row("financial")
    if facts.late:
        return _late(facts)
    if facts.dossier in (Dossier.DECIDED, Dossier.RETURNED):
        return _without_parcel(facts) if facts.delivery == Delivery.NOT_NEEDED else _row("decided")
    return _row("in_work" if facts.dossier == Dossier.IN_WORK else "accepted")


def _waiting_to_send(facts: Facts) -> Headline:
    if facts.way == "copilot":
        return _row("recording")
    row = _row("queued")
    if facts.trouble and facts.taken_at:
        words = gettext("Bưu điện đã nhận lúc %(time)s, đang chờ cổng quốc gia")
        row = replace(row, sentence=words % {"time": _clock(facts.taken_at, facts.now)})
    if facts.next_try_at and facts.now and facts.next_try_at > facts.now:
        words = gettext("Tự gửi lại lúc %(time)s")
        row = replace(row, next_action=words % {"time": _clock(facts.next_try_at, facts.now)})
    return row


def _clock(at: datetime, now: datetime | None) -> str:
    """`10:42` on the day of `now`, `10:42 ngày 23/11` on another."""
    local = timezone.localtime(at)
    if now is None or local.date() == timezone.localtime(now).date():
        return f"{local:%H:%M}"
    return gettext("%(time)s ngày %(day)s") % {"time": f"{local:%H:%M}", "day": f"{local:%d/%m}"}


def _late(facts: Facts) -> Headline:
    row = _row("late")
    if facts.sync in (Sync.FAILING, Sync.STALE):
        row = replace(row, next_action=gettext("Hỏi lại cổng, tin đã cũ"))
    if facts.observed_late:
        row = replace(
            row,
            sentence=gettext("Cơ quan trả chậm hơn hẹn"),
            to_do=gettext("Chúng tôi xin lỗi. Có tin mới sẽ báo ngay"),
        )
    return row


def _without_parcel(facts: Facts) -> Headline:
    """Results that no courier brings: electronic ones, and those signed for at the authority."""
    return _row("at_authority" if facts.in_person else "done_electronic")
