"""The hand-over slip once more, drawn with reportlab's Platypus: the peer of the receipt benchmark.

Same A5 sheet, same fonts, same words in the same order as templates/papers/slip.html with its two
stylesheets. Kept plain on purpose: what a practised reportlab user would write.
"""

from functools import lru_cache
from io import BytesIO
from typing import Any

from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A5
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import HRFlowable, Paragraph, SimpleDocTemplate, Spacer, Table
from reportlab.platypus.flowables import Flowable

from opsa.core import fonts
from opsa.core.templatetags.core import dong, vn_date, vn_moment

WIDTH = A5[0] - 24 * mm


@lru_cache(maxsize=1)
def _fonts() -> None:
    files = fonts.print_fonts()
    pdfmetrics.registerFont(TTFont("Slip", str(files[400])))
    bold = TTFont("Slip-Bold", str(files[600]))
    bold.face.name = (
        b"NotoSans-SemiBold"  # both cuts carry the family's name, readers would mix them
    )
    pdfmetrics.registerFont(bold)
    pdfmetrics.registerFontFamily("Slip", normal="Slip", bold="Slip-Bold")


def _style(name: str, size: float, lead: float = 1.35, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(name, fontName="Slip", fontSize=size, leading=size * lead, **more)


@lru_cache(maxsize=1)
def _styles() -> dict[str, ParagraphStyle]:
    _fonts()
    bold = {"fontName": "Slip-Bold"}

    def strong(name: str, size: float, lead: float = 1.35, **more: Any) -> ParagraphStyle:
        return ParagraphStyle(name, fontSize=size, leading=size * lead, **bold, **more)

    return {
        "text": _style("text", 8.5),
        "right": _style("right", 8.5, alignment=TA_RIGHT),
        "head": _style("head", 8),
        "head_right": _style("head_right", 8, alignment=TA_RIGHT),
        "small": _style("small", 7.2, 1.4),
        "centre": _style("centre", 8.5, alignment=TA_CENTER),
        "h1": strong(
            "h1", 12.5, 1.3, alignment=TA_CENTER, spaceBefore=1.5 * mm, spaceAfter=1.5 * mm
        ),
        "h2": strong("h2", 9, 1.3, spaceBefore=2 * mm, spaceAfter=0.5 * mm),
        "ref": strong("ref", 16, 1.2),
        "due": strong("due", 14, 1.25, spaceAfter=0.8 * mm),
        "strong": strong("strong", 8.5),
    }


def _small(text: str) -> str:
    return f'<font size="7.2" color="#333333">{text}</font>'


def _qr(text: str, size: float) -> Drawing:
    widget = QrCodeWidget(text, barLevel="M", barBorder=4)
    left, low, right, high = widget.getBounds()
    scale = size / (right - left)
    return Drawing(size, size, widget, transform=[scale, 0, 0, size / (high - low), 0, 0])


def _rows(rows: list[list[Any]], widths: list[float], *, lines: bool, head: bool = False) -> Table:
    pad = 0.55 * mm
    style: list[Any] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), pad),
        ("BOTTOMPADDING", (0, 0), (-1, -1), pad),
        ("LEFTPADDING", (0, 0), (-1, -1), mm),
        ("RIGHTPADDING", (0, 0), (-1, -1), mm),
    ]
    if lines:
        style.append(("LINEBELOW", (0, 0), (-1, -1), 0.3, "#888888"))
    if head:
        style.append(("LINEBELOW", (0, 0), (-1, 0), 0.6, "#000000"))
    return Table(rows, colWidths=widths, style=style)


def twin_pdf(data: dict[str, Any]) -> bytes:
    """The slip's data as PDF bytes, untagged."""
    s = _styles()
    out = BytesIO()
    document = SimpleDocTemplate(
        out, pagesize=A5, leftMargin=12 * mm, rightMargin=12 * mm, topMargin=11 * mm,
        bottomMargin=11 * mm, title=f"Phiếu tiếp nhận {data['reference']}", lang="vi",
    )  # fmt: skip
    document.build([*_top(data, s), *_lists(data, s), *_foot(data, s)])
    return out.getvalue()


def _top(data: dict[str, Any], s: dict[str, ParagraphStyle]) -> list[Flowable]:
    phone = f"<br/>Điện thoại: {data['office_phone']}" if data["office_phone"] else ""
    head = [
        Paragraph(f"<b>{data['office']}</b><br/>{data['office_address']}{phone}", s["head"]),
        Paragraph(
            "Đại lý dịch vụ công trực tuyến<br/>Thành phố Hà Nội<br/>"
            "<b>TẬP SỰ, KHÔNG CÓ GIÁ TRỊ</b>",
            s["head_right"],
        ),
    ]
    lead = [
        Paragraph("Mã tiếp nhận", s["small"]),
        Paragraph(data["reference"], s["ref"]),
        Paragraph("Hẹn có kết quả", s["small"]),
        Paragraph(vn_date(data["due_at"]), s["due"]),
        Paragraph(
            f"Xem hồ sơ: quét mã bên trái, hoặc vào <b>{data['address']}</b>, nhập mã tiếp nhận và"
            f" 4 số cuối điện thoại. Hỏi: <b>{data['helpline']}</b>.",
            s["small"],
        ),
    ]
    box = Table([[_qr(data["qr"], 28 * mm), lead]], colWidths=[32 * mm, WIDTH - 32 * mm])
    box.setStyle([("BOX", (0, 0), (-1, -1), 0.9, "#000000"), ("VALIGN", (0, 0), (-1, -1), "TOP")])
    facts = [
        ("Việc", f"<b>{data['procedure']}</b> {_small(f'({data["procedure_code"]})')}"),
        ("Người nộp", f"<b>{data['filer']}</b> {_small(data['filer_id'])}"),
        ("Chủ hồ sơ", f"<b>{data['subject']}</b>" if data["subject"] else ""),
        ("Nơi giải quyết", f"<b>{data['authority']}</b>"),
        ("Bưu điện nhận lúc", f"<b>{vn_moment(data['taken_at'])}</b>"),
    ]
    rows = [
        [Paragraph(name, s["text"]), Paragraph(text, s["text"])] for name, text in facts if text
    ]
    return [
        _rows([head], [WIDTH / 2, WIDTH / 2], lines=False),
        Paragraph("Phiếu tiếp nhận giấy tờ", s["h1"]),
        box,
        Spacer(1, 1.5 * mm),
        _rows(rows, [0.27 * WIDTH, 0.73 * WIDTH], lines=False),
        *_note(data, s),
    ]


def _note(data: dict[str, Any], s: dict[str, ParagraphStyle]) -> list[Flowable]:
    if data["way"] == "copilot":
        text = (
            f"Quý khách tự nộp trên {data['system']}, nhân viên giúp tại quầy. Mã hồ sơ của hệ"
            " thống sẽ hiện ở trang xem hồ sơ."
        )
    elif data["portal_down"]:
        text = (
            f"{data['system']} đang gián đoạn. Bưu điện đã nhận đủ, hồ sơ tự gửi khi cổng hoạt động"
            " lại. Giờ bưu điện nhận ở trên được giữ nguyên."
        )
    else:
        return []
    return [
        Table([[Paragraph(text, s["small"])]], style=[("BOX", (0, 0), (-1, -1), 0.6, "#000000")])
    ]


def _lists(data: dict[str, Any], s: dict[str, ParagraphStyle]) -> list[Flowable]:
    papers: list[list[Any]] = [
        [Paragraph("<b>Tên giấy tờ</b>", s["text"]), Paragraph("<b>Đã làm gì</b>", s["text"]),
         Paragraph("<b>Trang gửi</b>", s["right"])]
    ]  # fmt: skip
    for line in data["documents"]:
        signs = (
            f'<br/><font size="6.5" color="#333333">SHA-256 {", ".join(line["hashes"])}</font>'
            if line["hashes"]
            else ""
        )
        papers.append(
            [Paragraph(line["name"] + signs, s["text"]), Paragraph(line["mark"], s["text"]),
             Paragraph(str(line["pages"] or "–"), s["right"])]
        )  # fmt: skip
    money: list[list[Any]] = [
        [Paragraph("<b>Khoản</b>", s["text"]), Paragraph("<b>Khách trả</b>", s["right"])]
    ]
    for fee in data["fees"]:
        basis = f" ({fee['basis']})" if fee["basis"] else ""
        why = f"<br/>{_small(fee['reason'] + basis)}" if fee["reason"] else ""
        amount = (
            "theo thông báo của cơ quan"
            if fee["amount"] is None
            else f"<b>{dong(fee['amount'])}</b>"
        )
        money.append([Paragraph(fee["label"] + why, s["text"]), Paragraph(amount, s["right"])])
    if not data["fees"]:
        money.append(
            [Paragraph("Không có khoản phải trả", s["text"]), Paragraph(dong(0), s["right"])]
        )
    return [
        Paragraph("Giấy tờ", s["h2"]),
        _rows(papers, [0.58 * WIDTH, 0.24 * WIDTH, 0.18 * WIDTH], lines=True, head=True),
        Paragraph("Tiền", s["h2"]),
        _rows(money, [0.7 * WIDTH, 0.3 * WIDTH], lines=True, head=True),
    ]


def _foot(data: dict[str, Any], s: dict[str, ParagraphStyle]) -> list[Flowable]:
    post = f" Kết quả gửi về {data['delivery_commune']}." if data["delivery"] == "post" else ""
    sign = [
        Paragraph(f"Người nộp<br/>{_small('ký, ghi rõ họ tên')}", s["centre"]),
        Paragraph(f"Nhân viên<br/>{_small(data['clerk'])}", s["centre"]),
    ]
    strip = [
        Code128(data["barcode"], barHeight=9 * mm, barWidth=0.3 * mm, quiet=False),
        Paragraph(
            f"<b>{data['reference']}</b><br/>{data['masked']}<br/>"
            "<font size=7.2>Dán lên túi hồ sơ</font>",
            s["right"],
        ),
    ]
    return [
        Paragraph(
            "Nhân viên giúp miễn phí. Ai đòi thêm tiền, xin gọi số trên. Không ai được hỏi mật khẩu"
            f" hay mã OTP của quý khách.{post}",
            s["small"],
        ),
        Table([sign], colWidths=[WIDTH / 2, WIDTH / 2], rowHeights=[16 * mm]),
        HRFlowable(width="100%", thickness=0.6, color="#000000", dash=(2, 2), spaceAfter=1.5 * mm),
        Table([strip], colWidths=[WIDTH / 2, WIDTH / 2]),
    ]
