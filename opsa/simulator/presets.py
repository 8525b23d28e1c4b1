"""Ready-made timelines for training and tests; each is an ordinary scenario."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .dials import SERVICES, default_dials
from .store import Json

#: The portal at its worst that was still called "running": shares of all requests.
ROUGH: Json = {
    "error": {"rate": 0.10},
    "cut": {"rate": 0.10},
    "late": {"rate": 0.05, "seconds": 0.4},
    "malformed": {"rate": 0.02},
    "duplicate": {"rate": 0.05},
    "out_of_order": {"rate": 0.05},
}


def _portal(after: float, **change: object) -> Json:
    return {"after": after, "dial": {"portal": change}}


def _calm() -> Json:
    tree = default_dials()
    return {"after": 0, "dial": {name: tree[name] for name in SERVICES}}


PRESETS: dict[str, Json] = {
    "calm": {"steps": [_calm()]},
    "outage": {"steps": [_portal(0, mode="down"), _portal(600, mode="ok")]},
    "weekend": {
        "clock": "simulated",
        "steps": [_portal(0, mode="down"), _portal(60 * 3600, mode="ok")],
    },
    "flapping": {
        "steps": [_portal(0, mode="down"), _portal(5, mode="ok"), _portal(20, mode="ok")],
        "repeat": 10,
    },
    "slow": {"steps": [_portal(0, slow={"seconds": 45}), _portal(600, slow={"seconds": 0})]},
    "rough": {"steps": [_portal(0, **ROUGH)]},
    "doubt": {"steps": [_portal(0, cut={"next": 1, "on": ["ho-so"]})]},
    "lost": {"steps": [_portal(0, drop_file={"next": 1})]},
    "odd": {"steps": [_portal(0, unknown={"next": 1})]},
    "texts": {
        "steps": [
            {"after": 0, "dial": {"sms": {"mode": "down"}}},
            {"after": 600, "dial": {"sms": {"mode": "ok"}}},
        ]
    },
}


class Words(NamedTuple):
    """A scenario for people: its title, what happens outside, and what to try at the counter."""

    title: Promise | str
    happens: Promise | str
    practise: Promise | str


PRESET_WORDS = {
    "calm": Words(
        _("Bình thường"),
        _("Mọi thứ bên ngoài chạy tốt, mọi lỗi đang bật được tắt."),
        _("Nộp một hồ sơ, đọc giờ nhận ở quầy và giờ cổng nhận."),
    ),
    "outage": Words(
        _("Cổng ngừng 10 phút"),
        _("Cổng không trả lời trong 10 phút rồi chạy lại."),
        _("Nộp một hồ sơ, đọc dòng báo ở đầu trang cho khách, xem “Chưa gửi”, chờ nó tự đi."),
    ),
    "weekend": Words(
        _("Cổng ngừng 60 giờ mô phỏng"),
        _("Cổng không trả lời suốt 60 giờ trên đồng hồ mô phỏng; tiến giờ ở mục Thời gian."),
        _("Nộp vài hồ sơ, tiến giờ, xem hồ sơ đi hết và đi đúng một lần."),
    ),
    "flapping": Words(
        _("Cổng chập chờn"),
        _("Cổng tắt 5 giây, chạy 15 giây, mười lần liền."),
        _("Nộp liền vài hồ sơ. Không phải bấm lại lần nào."),
    ),
    "slow": Words(
        _("Cổng chậm 45 giây"),
        _("Trong 10 phút, cổng trả lời câu nào cũng mất 45 giây."),
        _("Nộp một hồ sơ: quầy vẫn xong ngay, phiếu vẫn in."),
    ),
    "rough": Words(
        _("Cổng hay lỗi"),
        _("Một phần tin bị từ chối, đứt giữa chừng, lặp lại hoặc đến lộn thứ tự."),
        _("Nộp nhiều hồ sơ, rồi so danh sách của cổng với danh sách của quầy."),
    ),
    "doubt": Words(
        _("Cổng nhận rồi ngắt máy"),
        _("Cổng giữ hồ sơ kế tiếp nhưng không kịp trả lời."),
        _("Nộp một hồ sơ: hệ thống tự hỏi lại cổng, không gửi hai lần."),
    ),
    "lost": Words(
        _("Cổng làm mất một tệp"),
        _("Cổng nhận hồ sơ kế tiếp nhưng thiếu tệp cuối."),
        _("Nộp một hồ sơ: nó vào “Cần xử lý”. Đọc thiếu tệp nào và làm theo."),
    ),
    "odd": Words(
        _("Cổng báo một mã lạ"),
        _("Lần hỏi kế tiếp, cổng báo một trạng thái chưa ai đối chiếu."),
        _("Bấm “Hỏi cổng ngay” ở một hồ sơ đã nộp: bước đang có giữ nguyên, điều hành được báo."),
    ),
    "texts": Words(
        _("Nhà mạng thứ nhất ngừng 10 phút"),
        _("Nhà mạng nhắn tin thứ nhất không trả lời trong 10 phút."),
        _("Nộp một hồ sơ: tin đi bằng nhà mạng thứ hai, khách nhận một tin."),
    ),
}


def preset(name: str) -> Json | None:
    """The timeline of that name, ready for Scenario.start; None if there is none."""
    plan = PRESETS.get(name)
    return None if plan is None else {"name": name, **plan}
