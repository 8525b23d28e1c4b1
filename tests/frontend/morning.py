"""What the pages of the tiny site show: a morning at a counter, invented."""

from tests.support.practice import PROCEDURES

PICKS = PROCEDURES[:6]
SHIFT = [("Hồ sơ đã nhận", "14"), ("Mỗi hồ sơ mất", "6 phút"), ("Thu tiền mặt", "0 đ")]
ROWS = [
    {
        "code": "7K3F9-QX2MT-4",
        "name": "Phạm Đỗ Ngọc Ẩn",
        "what": "Tình trạng hôn nhân",
        "label": "Bị trả lại",
        "shape": "triangle",
        "next": "Sửa lý do, nộp lại",
        "due": "Quá hạn 1 ngày",
        "tone": "late",
    },
    {
        "code": "9M2D7-KX4RA-1",
        "name": "Nguyễn Thị Hường",
        "what": "Trích lục hộ tịch",
        "label": "Có kết quả",
        "shape": "tick",
        "next": "Gọi khách, trả kết quả",
        "due": "Hôm nay 16:30",
        "tone": "soon",
    },
    {
        "code": "4H8N2-WB6TC-9",
        "name": "Vũ Đức Trọng",
        "what": "Đổi giấy phép lái xe",
        "label": "Chờ thanh toán",
        "shape": "coin",
        "next": "Khách quét 135.000 đ",
        "due": "Còn 12 phút",
        "tone": "soon",
    },
    {
        "code": "2C5P3-XD9VE-7",
        "name": "Lê Hoàng Ỷ Nhi",
        "what": "Phiếu lý lịch tư pháp",
        "label": "Chờ bổ sung",
        "shape": "pause",
        "next": "Nhận bản chụp hộ chiếu",
        "due": "Hôm nay 17:00",
        "tone": "soon",
    },
    {
        "code": "8R4S6-YF7WG-2",
        "name": "Bùi Thanh Tuyền",
        "what": "Đăng ký khai sinh",
        "label": "Đang giữ",
        "shape": "clock",
        "next": "Khách đi chụp giấy kết hôn",
        "due": "Từ 09:52",
        "tone": "",
    },
    {
        "code": "3T6U5-ZG8XH-5",
        "name": "Đỗ Thị Kim Thoa",
        "what": "Tình trạng hôn nhân",
        "label": "Đang giải quyết",
        "shape": "turn",
        "next": "",
        "due": "Còn 1 ngày",
        "tone": "",
    },
]
STEPS = [
    ("Thủ tục", "Đăng ký khai sinh", "done"),
    ("Người nộp, giấy tờ", "Còn 2 việc", "current"),
    ("Tờ khai", "Chưa điền", ""),
    ("Bản quét", "2 trang", ""),
    ("Phí và trả kết quả", "", ""),
    ("Xem lại", "Khách kiểm tra", ""),
    ("Nộp và in biên nhận", "", ""),
]
PAPERS = [
    {
        "id": "d1",
        "title": "Giấy chứng sinh",
        "hint": "Bản chính, nộp 1 bản",
        "checked": True,
        "label": "Đã quét 2 trang",
        "shape": "tick",
        "action": "Quét lại",
        "url": "#",
    },
    {
        "id": "d2",
        "title": "Thẻ căn cước của người nộp",
        "hint": "Xuất trình, không thu",
        "checked": True,
        "label": "Đọc lúc 10:41",
        "shape": "tick",
    },
    {
        "id": "d3",
        "title": "Giấy chứng nhận kết hôn của cha mẹ",
        "checked": True,
        "hint": "Có trong dữ liệu hộ tịch, khách không phải nộp",
        "label": "Đã tra được",
        "shape": "tick",
        "action": "Xem",
        "url": "#",
    },
    {
        "id": "d4",
        "title": "Tờ khai đăng ký khai sinh",
        "hint": "In từ hệ thống, khách ký",
        "label": "Chưa in",
        "shape": "pause",
        "action": "In",
        "url": "#printed",
        "key": "F4",
        "icon": "print",
    },
    {
        "id": "d5",
        "title": "Văn bản ủy quyền",
        "hint": "Chỉ cần khi nộp thay. Người nộp là mẹ của trẻ",
        "disabled": True,
        "off": True,
        "label": "Không cần",
        "shape": "dash",
    },
]
STILL_MISSING = [
    {"text": "Điện thoại thiếu 1 số", "anchor": "id_phone"},
    {"text": "In tờ khai cho khách ký", "anchor": "d4"},
]
MONEY = [("Lệ phí, đúng hạn", "0 đ"), ("Phát tận nhà", "30.000 đ"), ("Cộng", "30.000 đ")]
