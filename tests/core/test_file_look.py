"""What is noticed on a page, held against a drawn corpus: honest pages on one side of each
threshold, spoilt ones on the other."""

from functools import cache

import pytest
from PIL import Image

from opsa.core.file_look import (
    BLURRED,
    CUT,
    DARK,
    INK,
    SMALL,
    Measures,
    faults,
    grey_is_enough,
    measure,
    paper_box,
)
from tests.support.papers import card, on_table, photographed, sheet


def shot(page=None, **how):
    return photographed(page or on_table(sheet()), side=2400, **how)


HONEST = {
    "scan": sheet,
    "scan with seal": lambda: sheet(seal=True),
    "three lines only": lambda: sheet(lines=3),
    "one line only": lambda: sheet(lines=1),
    "pencil": lambda: sheet(ink="#888"),
    "narrow margins": lambda: sheet(margin=0.02),
    "photo on a table": shot,
    "photo, a little soft": lambda: shot(blur=1.3),
    "photo, grainy": lambda: shot(noise=12),
    "photo, dim room": lambda: shot(light=0.5),
    "photo, warm lamp": lambda: shot(warm=True),
    "photo, tilted": lambda: shot(on_table(sheet(), tilt=6)),
    "photo on a light table": lambda: shot(on_table(sheet(), table="#d8d8d0")),
    "photo filling the frame": lambda: shot(sheet()),
    "photo, margin out of the frame": lambda: shot(on_table(sheet(), shift=(-0.12, 0))),
    "identity card": card,
    "a glued photo": lambda: shot(on_table(sheet(dark_box=True))),
}
SPOILT = {
    "empty sheet": (lambda: sheet(lines=0), "blank"),
    "empty sheet, photographed": (lambda: shot(on_table(sheet(lines=0))), "blank"),
    "empty sheet, grainy": (lambda: shot(sheet(lines=0), noise=12), "blank"),
    "shaken hand": (lambda: shot(blur=4), "blurred"),
    "out of focus": (lambda: shot(blur=8), "blurred"),
    "out of focus and grainy": (lambda: shot(blur=6, noise=12), "blurred"),
    "in the shade": (lambda: shot(light=0.33), "dark"),
    "at night": (lambda: shot(light=0.2), "dark"),
    "text out of the left": (lambda: shot(on_table(sheet(), shift=(-0.22, 0))), "cut"),
    "text out of the bottom": (lambda: shot(on_table(sheet(), shift=(0, 0.25))), "cut"),
    "scanner began too late": (lambda: sheet().crop((200, 0, 1654, 2339)), "cut"),
    "a thumbnail": (lambda: sheet().resize((500, 707)), "small"),
}


@cache
def looked(name: str) -> tuple[Measures, list[str]]:
    picture = HONEST[name]() if name in HONEST else SPOILT[name][0]()
    box = paper_box(picture)
    return measure(picture, box), faults(picture, box)


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_page_is_not_nagged_about(name):
    assert looked(name)[1] == []


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_page_is_told(name):
    assert SPOILT[name][1] in looked(name)[1]


@pytest.mark.parametrize(
    ("word", "measured", "threshold", "spoilt_is_low"),
    [
        ("blank", "ink", INK, True),
        ("blurred", "detail", BLURRED, True),
        ("dark", "paper", DARK, True),
        ("cut", "edge", CUT, False),
        ("small", "side", SMALL, True),
    ],
)
def test_each_threshold_stands_clear_of_both_sides(
    word, measured, threshold, spoilt_is_low, record_property
):
    """A tenth of room at least to the nearest honest and the nearest spoilt page."""
    spoilt = [getattr(looked(n)[0], measured) for n, (_, told) in SPOILT.items() if told == word]
    honest = [getattr(looked(n)[0], measured) for n in HONEST]
    low, high = (max(spoilt), min(honest)) if spoilt_is_low else (max(honest), min(spoilt))
    record_property("measured", f"{low:.4g} | {threshold:.4g} | {high:.4g}")
    assert low * 1.1 < threshold < high / 1.1


@pytest.mark.parametrize("tilt", [0, 3, 8])
def test_the_table_is_cut_away_and_none_of_the_paper(tilt):
    picture = shot(on_table(sheet(), room=0.15, tilt=tilt))
    box = paper_box(picture)
    assert box is not None
    left, top, right, bottom = (
        edge / side for edge, side in zip(box, picture.size * 2, strict=True)
    )
    paper = 0.15 / 1.3  # where the straight paper begins
    assert left <= paper
    assert top <= paper
    assert right >= 1 - paper
    assert bottom >= 1 - paper
    assert (right - left) * (bottom - top) < 0.9


@pytest.mark.parametrize(
    "made",
    [
        sheet,
        lambda: sheet(dark_box=True),
        card,
        lambda: shot(on_table(sheet(), table="#f0f0ee")),
        lambda: shot(on_table(card(), table="#f4f4f4", room=0.5)),
        lambda: Image.effect_noise((900, 1200), 60),
        lambda: shot(light=0.15),
    ],
    ids=["scan", "photo in it", "card", "white table", "card on white", "noise", "night"],
)
def test_what_is_not_surely_a_table_is_left(made):
    picture = made()
    box = paper_box(picture)
    kept = 1.0 if box is None else (box[2] - box[0]) * (box[3] - box[1]) / (
        picture.width * picture.height
    )  # fmt: skip
    assert kept > 0.6


@pytest.mark.parametrize(
    ("made", "grey"),
    [
        (sheet, True),
        (shot, True),
        (lambda: shot(warm=True), True),
        (lambda: sheet(seal=True), False),
        (lambda: shot(on_table(sheet(seal=True), room=0.02), warm=True), False),
        (lambda: shot(sheet(seal=True), light=0.55), False),
        (lambda: sheet(ink="#2238a0"), False),
    ],
    ids=["scan", "photo", "warm lamp", "seal", "seal, warm lamp", "seal, dim", "blue pen"],
)
def test_colour_goes_only_where_nothing_has_one(made, grey):
    picture = made()
    if box := paper_box(picture):
        picture = picture.crop(box)
    assert grey_is_enough(picture) is grey
