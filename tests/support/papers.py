"""Papers as they come to a counter: drawn, laid on a table, photographed or scanned, by real
encoders."""

import io
import random
from functools import cache
from importlib.resources import files
from typing import Any

import pillow_heif
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

pillow_heif.register_heif_opener()
FONT = str(files("fontpkg_noto_sans") / "files" / "NotoSans[wdth,wght].ttf")
TEXT = """cộng hòa xã hội chủ nghĩa việt nam độc lập tự do hạnh phúc giấy chứng sinh họ tên người
mẹ ngày tháng năm nơi thường trú số định danh cơ quan cấp bệnh viện phụ sản hà nội chứng nhận"""
WORDS = TEXT.split()


@cache
def face(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, size)


def sheet(
    width: int = 1654, *, seal: bool = False, lines: int = 34, margin: float = 0.09, seed: int = 1,
    ratio: float = 1.414, dark_box: bool = False, paper: str = "white", ink: str = "#222",
) -> Image.Image:  # fmt: skip
    """A written page, A4 at 200 dpi unless said otherwise."""
    dice = random.Random(seed)
    page = Image.new("RGB", (width, round(width * ratio)), paper)
    pen = ImageDraw.Draw(page)
    size = round(width / 52)
    at, step = round(page.height * max(margin, 0.0)), page.height * (1 - 2 * margin) / 36
    left, right = width * margin, width * (1 - margin)
    for number in range(lines):
        text, x = "", left
        while x < right - size * 3:
            word = dice.choice(WORDS) + " "
            if x + face(size).getlength(word) > right + (size if margin <= 0 else 0):
                break
            text += word
            x += face(size).getlength(word)
        if number % 7 != 6:
            pen.text((left, at + number * step), text, font=face(size), fill=ink)
    if dark_box:  # a photo glued on
        pen.rectangle((left, at, left + width * 0.2, at + width * 0.27), fill="#556")
    if seal:
        x, y, r = width * 0.68, page.height * 0.8, width * 0.085
        for inner in (0, 6):
            pen.ellipse(
                (x - r + inner, y - r + inner, x + r - inner, y + r - inner),
                outline="#c8202a", width=3,
            )  # fmt: skip
        pen.text((x - r * 0.7, y - size / 2), "UBND PHƯỜNG", font=face(size // 2), fill="#c8202a")
    return page


def card(width: int = 1200) -> Image.Image:
    """An identity card: coloured, small text."""
    made = Image.linear_gradient("L").resize((width, round(width * 0.63)))
    page = Image.merge("RGB", (made.point(lambda v: 190 + v // 5), made.point(lambda v: 215),
                               made.point(lambda v: 225 - v // 6)))  # fmt: skip
    pen = ImageDraw.Draw(page)
    for number in range(7):
        words, at = " ".join(WORDS[number : number + 4]), width * (0.1 + number * 0.07)
        pen.text((width * 0.36, at), words, font=face(width // 34), fill="#123")
    pen.rectangle((width * 0.05, width * 0.16, width * 0.3, width * 0.5), fill="#655")
    return page


def on_table(
    page: Image.Image, *, table: str = "#5a4636", room: float = 0.12, tilt: float = 0.0,
    shift: tuple[float, float] = (0, 0), seed: int = 1,
) -> Image.Image:  # fmt: skip
    """The page lying on a table, seen from above; `shift` pushes it out of the frame."""
    wide, high = round(page.width * (1 + 2 * room)), round(page.height * (1 + 2 * room))
    grain = Image.effect_noise((wide // 6, high // 6), 22).resize((wide, high))
    floor = ImageChops.multiply(
        Image.new("RGB", (wide, high), table),
        grain.point(lambda v: min(255, 150 + v // 2)).convert("RGB"),
    )
    layer = page.convert("RGBA").rotate(tilt, expand=True, resample=Image.Resampling.BICUBIC)
    x = round((wide - layer.width) / 2 + shift[0] * wide)
    y = round((high - layer.height) / 2 + shift[1] * high)
    floor.paste(layer, (x, y), layer)
    return floor


def photographed(
    page: Image.Image, *, side: int = 3000, light: float = 0.92, uneven: float = 0.15,
    blur: float = 0.6, noise: float = 5, warm: bool = False,
) -> Image.Image:  # fmt: skip
    """What a phone's camera makes of it: scaled, unevenly lit, a little soft and grainy."""
    scale = side / max(page.size)
    made = page.resize(
        (round(page.width * scale), round(page.height * scale)), Image.Resampling.LANCZOS
    )
    shade = Image.linear_gradient("L").rotate(35).resize(made.size).point(
        lambda v: round(255 * light * (1 - uneven + uneven * v / 255)))  # fmt: skip
    made = ImageChops.multiply(made, shade.convert("RGB"))
    if warm:
        made = ImageChops.multiply(made, Image.new("RGB", made.size, "#ffeeca"))
    made = made.filter(ImageFilter.GaussianBlur(blur * side / 3000))
    if noise:
        grain = Image.effect_noise(made.size, noise).convert("RGB")
        made = ImageChops.add(made, grain, scale=1, offset=-128)
    return made


#: Where Exif says the top of the stored picture is, and how to store an upright one that way.
STORED = {
    1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270,
}  # fmt: skip
MAKERS = (("Apple", "iPhone 15"), ("samsung", "SM-A155F"), ("Xiaomi", "2312DRA50G"),
          ("OPPO", "CPH2591"), ("vivo", "V2317"))  # fmt: skip


def exif(orientation: int, maker: tuple[str, str] = MAKERS[0]) -> Image.Exif:
    """What a phone notes beside the picture: its make, the turn, the place, the time."""
    note = Image.Exif()
    note[0x010F], note[0x0110], note[0x0112] = maker[0], maker[1], orientation
    note[0x0132] = "2026:11:20 09:12:33"
    note.get_ifd(0x8825)[1] = "N"
    note.get_ifd(0x8825)[2] = (21.0, 1.0, 42.5)
    return note


def phone_jpeg(page: Image.Image, orientation: int = 1, maker: int = 0, **how: Any) -> bytes:
    """A photo straight off a phone, stored the way its sensor lay."""
    turned = STORED[orientation]
    stored = page if turned is None else page.transpose(turned)
    out = io.BytesIO()
    how.setdefault("quality", 92)
    stored.save(out, "JPEG", exif=exif(orientation, MAKERS[maker]), **how)
    return out.getvalue()


def encoded(page: Image.Image, kind: str, **how: Any) -> bytes:
    out = io.BytesIO()
    page.save(out, kind, **how)
    return out.getvalue()
