"""Looking at a page as a careful clerk would: where the paper ends, whether colour matters, and
what a reader might miss. The thresholds stand between the good and the bad pages of the generated
corpus (`tests/core/test_file_look.py` prints both sides of each).
"""

from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageChops, ImageFilter, ImageStat

#: Faults: what the word says, and on which side of the measure it begins.
BLURRED: Final = 0.33  # fine detail as a share of coarse; readable letters have 0.41 and more
DARK: Final = 95  # how bright the paper itself is, of 255
INK: Final = 0.0012  # share of the page that is written on; one short line is 0.002
CUT: Final = 0.05  # share of an outermost strip that is written on
SMALL: Final = 1000  # pixels of the long side; A4 letters are then 85 dpi
#: Colour: pixels that differ in hue from the page's own cast, as a share of the page.
COLOURED: Final = 0.0008
HUE: Final = 22
#: Paper on a darker table.
CONTRAST: Final = 45
FILLED: Final = 0.8
#: How much table stays around the paper, so that none of it goes.
MARGIN: Final = 0.004
_SMALL_SIDE: Final = 240

type Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured on one picture, each to be held against a threshold above."""

    detail: float
    paper: int
    ink: float
    edge: float
    side: int


def faults(picture: Image.Image, box: Box | None) -> list[str]:
    """The codes of what is worth telling: blank, dark, blurred, cut, small. Never a refusal."""
    seen = measure(picture, box)
    if seen.ink < INK:
        return ["blank"]
    found = []
    if seen.paper < DARK:
        found.append("dark")
    if seen.detail < BLURRED:
        found.append("blurred")
    if seen.edge > CUT:
        found.append("cut")
    if seen.side < SMALL:
        found.append("small")
    return found


def measure(picture: Image.Image, box: Box | None) -> Measures:
    """Measure an upright picture, on its paper alone where `paper_box` told it from the table."""
    grey = picture.convert("L")
    touches = _touching(grey.size, box)
    if box:
        grey = grey.crop(box)
    side = max(grey.size)
    grey.thumbnail((1600, 1600), Image.Resampling.BOX)
    calm = grey.filter(ImageFilter.MedianFilter(3))
    paper = _bright(calm)
    page = calm.copy()
    page.thumbnail((1000, 1000), Image.Resampling.BOX)
    ink = _ink(page, paper)
    # Where the cut ran along the paper's own edge, a shadow or a sliver of table is no ink.
    inner = _inside(ink, 0.025) if box else ink
    return Measures(
        detail=_detail(calm, ink),
        paper=paper,
        ink=_share(inner),
        edge=max((_edge(ink, page, paper, name) for name in touches), default=0.0),
        side=side,
    )


def _touching(size: tuple[int, int], box: Box | None) -> list[str]:
    """The sides where the paper runs out of the picture."""
    if box is None:
        return ["left", "top", "right", "bottom"]
    gaps = (box[0], box[1], size[0] - box[2], size[1] - box[3])
    lengths = (size[0], size[1], size[0], size[1])
    return [
        name
        for name, gap, length in zip(("left", "top", "right", "bottom"), gaps, lengths, strict=True)
        if gap <= length * 0.006
    ]


def _bright(grey: Image.Image) -> int:
    """How bright the paper is: nine tenths of the picture are no brighter."""
    return _percentile(grey, 0.9)


def _percentile(grey: Image.Image, share: float) -> int:
    left = share * grey.width * grey.height
    for level, count in enumerate(grey.histogram()):
        left -= count
        if left <= 0:
            return level
    return 255


def _ink(grey: Image.Image, paper: int) -> Image.Image:
    """White where the page is clearly darker than the paper around: letters, lines, seals."""
    around = grey.reduce(max(1, max(grey.size) // 60)).filter(ImageFilter.MaxFilter(3))
    around = around.filter(ImageFilter.GaussianBlur(2)).resize(grey.size)
    least = max(14, round(paper * 0.16))
    return ImageChops.subtract(around, grey).point(lambda value: 255 if value > least else 0)


def _share(mask: Image.Image) -> float:
    return ImageStat.Stat(mask).mean[0] / 255


def _inside(picture: Image.Image, share: float) -> Image.Image:
    x, y = round(picture.width * share), round(picture.height * share)
    return picture.crop((x, y, picture.width - x, picture.height - y))


def _edge(ink: Image.Image, page: Image.Image, paper: int, name: str) -> float:
    """How much of the outermost strip of one side is written on."""
    deep = max(3, round(max(ink.size) * 0.006))
    width, height = ink.size
    box = {
        "left": (0, 0, deep, height), "right": (width - deep, 0, width, height),
        "top": (0, 0, width, deep), "bottom": (0, height - deep, width, height),
    }[name]  # fmt: skip
    if _percentile(page.crop(box), 0.7) < paper * 0.7:
        return 0.0  # a table or a scanner's lid, not paper
    return _share(ink.crop(box))


def _detail(grey: Image.Image, ink: Image.Image) -> float:
    """Fine detail as a share of coarse detail around the letters: falls when letters melt.

    Both grow alike with contrast and with the amount of text, so neither matters.
    """
    near = ink.filter(ImageFilter.MaxFilter(5)).resize(grey.size)
    fine = ImageStat.Stat(_differences(grey, 1.2), near)
    coarse = ImageStat.Stat(_differences(grey, 5), near)
    if not coarse.count[0] or not coarse.rms[0]:
        return 1.0
    return fine.rms[0] / coarse.rms[0]


def _differences(grey: Image.Image, radius: float) -> Image.Image:
    return ImageChops.difference(grey, grey.filter(ImageFilter.GaussianBlur(radius)))


# --- colour ---------------------------------------------------------------------------------------


def grey_is_enough(picture: Image.Image) -> bool:
    """Whether nothing on the page has a colour of its own: a red seal has, yellow light has not."""
    small = picture.copy()
    small.thumbnail((700, 700), Image.Resampling.BOX)
    _light, blue, red = small.convert("YCbCr").split()
    away = ImageChops.lighter(*(_from_cast(channel) for channel in (blue, red)))
    return _share(away.point(lambda value: 255 if value > HUE else 0)) < COLOURED


def _from_cast(channel: Image.Image) -> Image.Image:
    cast = _percentile(channel, 0.5)
    return channel.point(lambda value: abs(value - cast))


# --- the paper's edge -----------------------------------------------------------------------------


def paper_box(picture: Image.Image) -> Box | None:
    """Where the paper lies in the picture, or None when that isn't sure. Never cuts paper away.

    Sure means: one bright area, well filled, on a clearly darker and nearly empty surrounding.
    """
    small = picture.convert("L")
    small.thumbnail((_SMALL_SIDE, _SMALL_SIDE), Image.Resampling.BOX)
    small = small.filter(ImageFilter.MedianFilter(5))
    level = _otsu(small)
    bright = small.point(lambda value: 255 if value > level else 0)
    across = list(bright.resize((small.width, 1), Image.Resampling.BOX).tobytes())
    down = list(bright.resize((1, small.height), Image.Resampling.BOX).tobytes())
    left, right = _span(across)
    top, bottom = _span(down)
    if right - left < 20 or bottom - top < 20:
        return None
    box = (left, top, right, bottom)
    area = (right - left) * (bottom - top) / (small.width * small.height)
    inside = bright.crop(box)
    outside = Image.new("L", small.size, 255)
    outside.paste(0, box)
    if not 0.25 < area < 0.97 or _share(inside) < FILLED:
        return None
    around = ImageStat.Stat(small, outside)
    if ImageStat.Stat(bright, outside).mean[0] / 255 > 0.06:
        return None
    if _percentile(small.crop(box), 0.5) - around.median[0] < CONTRAST:
        return None
    return _grown(box, small.size, picture.size)


def _otsu(grey: Image.Image) -> int:
    """The level that parts a histogram best into dark and bright."""
    counts = grey.histogram()
    total, weighted = sum(counts), sum(level * count for level, count in enumerate(counts))
    below = below_weighted = 0
    best, found = -1.0, 127
    for level, count in enumerate(counts):
        below += count
        below_weighted += level * count
        above = total - below
        if not below or not above:
            continue
        gap = below_weighted / below - (weighted - below_weighted) / above
        if (between := below * above * gap * gap) > best:
            best, found = between, level
    return found


def _span(profile: list[int]) -> tuple[int, int]:
    """From the first to the last place that is bright for a good part of its length."""
    least = max(profile) * 0.15
    places = [place for place, value in enumerate(profile) if value > least]
    return (places[0], places[-1] + 1) if places else (0, 0)


def _grown(box: Box, small: tuple[int, int], full: tuple[int, int]) -> Box:
    """The box in the full picture, a little more than a pixel of the small one wider."""
    x, y = full[0] / small[0], full[1] / small[1]
    more_x, more_y = x + full[0] * MARGIN, y + full[1] * MARGIN
    return (
        max(0, round(box[0] * x - more_x)), max(0, round(box[1] * y - more_y)),
        min(full[0], round(box[2] * x + more_x)), min(full[1], round(box[3] * y + more_y)),
    )  # fmt: skip
