"""What happened to a case, newest first: journal, reports, messages, and what others add.

A higher room (delivery) registers a source in its AppConfig.ready; nothing here imports it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases.models import Message
from cases.states import Delivery, Dossier, Money
from cases.worklists.clock import at_words
from opsa.core.actors import ActorKind


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `kind` is done, bad or empty; `by` is a person's name or who else did it."""

    at: datetime
    text: str
    by: str = ""
    kind: str = ""


Source = Callable[[int], Iterable[Entry]]
_sources: list[Source] = []


def register(source: Source) -> Source:
    """Add a source: `source(case_id)` gives a case's entries in at most one query. Once only."""
    if source not in _sources:
        _sources.append(source)
    return source


def from_others(case_id: int) -> list[Entry]:
    """What the registered rooms know."""
    return [entry for source in _sources for entry in source(case_id)]


def merged(*parts: Iterable[Entry]) -> list[Entry]:
    """All entries, newest first; of two at the same moment the later-given comes first."""
    everything = [entry for part in parts for entry in part]
    return sorted(everything, key=lambda entry: entry.at, reverse=True)


#: Acts that say nothing about the case itself, or that a status report or message tells better.
SILENT: Final = frozenset(
    {
        "case.read", "paper.printed", "paper.drawn", "message.handed",
        # Looking at what was scanned.
        "paper.seen", "scan.seen", "acknowledgement.seen", "filing.exported",
        "supplement.exported",
        # The work on a paper's pages: dozens for one case, and the paper's row shows the outcome.
        "scan.uploaded", "scan.clean", "scan.refused", "scan.removed", "scan.restored",
        "scan.moved", "scan.turned", "paper.bound", "paper.counted",
    }
)  # fmt: skip

#: Acts whose new value is worth saying, and its words.
AFTER: Final[dict[str, Any]] = {"case.money": Money, "case.delivery": Delivery}


def journal_words() -> dict[str, tuple[str, str]]:
    """Journal action → (words, kind)."""
    return {
        "case.opened": (_("Mở hồ sơ"), ""),
        "blank.typed_in": (_("Nhập từ phiếu viết tay"), ""),
        "case.held": (_("Giữ hồ sơ cho khách"), ""),
        "case.draft": (pgettext("diễn biến", "Làm tiếp"), ""),
        "case.filed": (pgettext("diễn biến", "Nộp hồ sơ"), "done"),
        "case.attention": (_("Chuyển sang cần xử lý"), "bad"),
        "case.closed": (pgettext("diễn biến", "Đóng hồ sơ"), "done"),
        "case.reopened": (_("Mở lại để sửa, nộp lại"), ""),
        "case.money": (_("Tiền"), ""),
        "case.delivery": (_("Trả kết quả"), ""),
        "case.unmask": (_("Mở xem một ô thông tin"), ""),
        "case.asked_now": (pgettext("diễn biến", "Hỏi cổng ngay"), ""),
        "difference.explained": (_("Giải thích chênh lệch với cổng"), ""),
        "case.supplement_noted": (_("Ghi giấy còn thiếu"), ""),
        "case.supplement_given": (_("Khách đã nộp bổ sung"), "done"),
        "case.to_bring": (pgettext("diễn biến", "In phiếu mang theo"), ""),
        "case.moved": (_("Chuyển sang điểm khách đến"), ""),
        "document.promise_over": (_("Quá hẹn nộp sau"), "bad"),
        "document.promise_kept": (_("Khách mang giấy hẹn nộp sau"), "done"),
        "scan.kept": (pgettext("diễn biến", "Dùng trang quét dù có lỗi"), ""),
        "supplement.confirmed": (pgettext("diễn biến", "Ghi giấy phải bổ sung"), ""),
        "supplement.sent": (pgettext("diễn biến", "Gửi bổ sung"), ""),
        "supplement.accepted": (_("Cổng đã nhận bổ sung, đủ tệp"), "done"),
        "supplement.mismatch": (_("Cổng nhận bổ sung nhưng thiếu tệp"), "bad"),
        "supplement.refused": (_("Cổng chưa nhận bổ sung"), "bad"),
        "filing.accepted": (_("Cổng đã nhận hồ sơ, đủ tệp"), "done"),
        "filing.mismatch": (_("Cổng nhận nhưng tệp không khớp"), "bad"),
        "filing.refused": (_("Cổng từ chối hồ sơ"), "bad"),
        "filing.to_person": (_("Gửi chưa rõ kết quả, cần người kiểm tra"), "bad"),
        "filing.code": (_("Ghi mã hồ sơ của cổng"), "done"),
        "filing.hurried": (_("Gửi lại ngay"), ""),
        "acknowledgement.uploaded": (_("Đưa vào giấy tiếp nhận của cổng"), ""),
        "acknowledgement.equal": (_("Giấy tiếp nhận khớp với hồ sơ"), "done"),
        "acknowledgement.differs": (_("Giấy tiếp nhận khác với hồ sơ"), "bad"),
        "acknowledgement.by_eye": (_("Giấy tiếp nhận phải so bằng mắt"), ""),
        "acknowledgement.eye_right": (_("So bằng mắt: giấy tiếp nhận đúng"), "done"),
        "acknowledgement.eye_differs": (_("So bằng mắt: giấy tiếp nhận khác"), "bad"),
        "acknowledgement.eye_back": (_("Bỏ lời so bằng mắt"), ""),
        "acknowledgement.refused": (_("Giấy tiếp nhận không dùng được"), "bad"),
        "mandate.given": (_("Khách đồng ý"), "done"),
        "mandate.declined": (_("Khách không đồng ý"), "bad"),
        "message.called": (_("Đã gọi cho khách vì tin nhắn không đến"), "done"),
        "message.again": (_("Gửi lại tin nhắn"), ""),
        "message.stopped": (_("Thôi nhắn tin cho khách"), ""),
        "question.noted": (_("Khách hỏi tình trạng"), ""),
        "question.taken_back": (_("Bỏ lần hỏi ghi nhầm"), ""),
        "message.started": (_("Nhắn tin lại cho khách"), ""),
        "case.phone_corrected": (_("Sửa số điện thoại của khách"), ""),
        "mandate.revoked": (_("Khách rút đồng ý"), "bad"),
    }


def from_journal(lines: Iterable[dict[str, Any]]) -> Iterable[Entry]:
    """Journal lines (`at`, `kind`, `action`, `reason`, `who`) as entries."""
    words = journal_words()
    others = {
        ActorKind.SYSTEM: _("hệ thống"),
        ActorKind.PORTAL: _("cổng dịch vụ công"),
        ActorKind.CARRIER: _("đơn vị vận chuyển"),
        ActorKind.CITIZEN: _("người dân"),
    }
    for line in lines:
        if line["action"] in SILENT:
            continue
        text, kind = words.get(line["action"], ("", ""))
        if not text:
            continue
        if written := line["facts"].get("written"):
            told = {"time": at_words(datetime.fromisoformat(written))}
            text = f"{text}, " + _("nhận trên giấy lúc %(time)s") % told
        after = line["facts"].get("after")
        if after and line["action"] in AFTER:
            text = f"{text}: {AFTER[line['action']](after).label}"
            kind = "done" if after in ("paid", "delivered", "collected") else kind
        machine = line["kind"] in others
        if line["reason"] and not machine:
            text = f"{text}: {line['reason']}"
        by = others.get(line["kind"]) or line["who"] or ""
        yield Entry(datetime.fromisoformat(line["at"]), text, by, kind)


def from_reports(lines: Iterable[dict[str, Any]]) -> Iterable[Entry]:
    """Status reports as they came, in the words of our mapping; unknown and odd ones say so."""
    for line in lines:
        try:
            text = str(Dossier(line["dossier"]).label) if line["dossier"] else ""
        except ValueError:
            text = ""
        kind = (
            "done"
            if line["dossier"] in ("9", "10")
            else "bad"
            if line["dossier"] in ("3", "8")
            else ""
        )
        if line["unknown"] or not text:
            text, kind = _("Tin lạ từ cổng, mã %(code)s") % {"code": line["raw_code"]}, "bad"
        elif line["odd"]:
            text += _(" (đến không theo thứ tự)")
        if line["text"]:
            text += f": {line['text']}"
        others = {"clerk": _("nhân viên ghi"), "file": _("tệp xuất từ cổng")}
        by = line["unit"] or others.get(line["source"], _("cổng dịch vụ công"))
        yield Entry(datetime.fromisoformat(line["occurred_at"]), text, by, kind)


def from_messages(lines: Iterable[dict[str, Any]]) -> Iterable[Entry]:
    """Texts to the citizen and what became of them; never their content."""
    events = {
        "taken": _("đã nhận hồ sơ"),
        "accepted": _("cơ quan đã nhận"),
        "supplement": _("cần thêm giấy tờ"),
        "late": _("xin lỗi vì chậm"),
        "result": _("đã có kết quả"),
        "out": _("bưu tá đang mang đến"),
        "failed": _("phát không được"),
        "delivered": _("đã giao kết quả"),
        "returned": _("hồ sơ chưa được nhận"),
        "code": _("mã xác nhận"),
    }
    for line in lines:
        what = events.get(line["event"], line["event"])
        state = {
            "queued": _("chờ gửi"),
            "handed": _("đã chuyển nhà mạng"),
            "delivered": _("đã đến máy"),
            "failed": _("không gửi được"),
            "unsure": _("không rõ đã đến chưa"),
            "stopped": _("thôi gửi"),
        }.get(line["state"], "")
        if line["state"] in ("failed", "unsure") and line["why"] in Message.Why:
            state = str(Message.Why(line["why"]).label).lower()
        text = _("Nhắn tin cho khách: %(what)s (%(state)s)") % {"what": what, "state": state}
        bad = line["state"] in ("failed", "unsure")
        yield Entry(datetime.fromisoformat(line["at"]), text, _("hệ thống"), "bad" if bad else "")
