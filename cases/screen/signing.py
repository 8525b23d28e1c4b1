"""What a person gave on the screen to say yes: a drawing, their name, or that it was read to
them (ux 4.8; WCAG 2.5.7: drawing is never the only way)."""

import re
from typing import Final, TypedDict

from django.http import QueryDict
from django.utils.translation import gettext as _

from cases.models import Mandate

WIDTH: Final = 600
HEIGHT: Final = 200
MOST: Final = 20_000
FEWEST_POINTS: Final = 8
#: Strokes of the drawing field: "x,y x,y; x,y x,y". What stands between two points is never empty
#: and taken once, so that there is one way only to read it.
_POINT: Final = r"[0-9]{1,4},[0-9]{1,4}"
_STROKES: Final = re.compile(rf"{_POINT}(?:[ ;]{{1,2}}+{_POINT})*+[ ;]{{0,2}}")


class BadDrawingError(ValueError):
    """The drawing can't be read; the message is for the citizen."""


class Given(TypedDict):
    """The keywords of `mandate_on_screen` that come from the screen."""

    agrees: bool
    signed: str
    name: str
    drawing: bytes


def given(post: QueryDict) -> Given:
    """Read the form. Raises BadDrawingError."""
    answer = post.get("answer", "")
    signed = Mandate.Signed.ALOUD.value if answer == "yes" else answer
    strokes = post.get("drawing", "") if signed == Mandate.Signed.DRAWN else ""
    return {
        "agrees": answer != "no",
        "signed": signed,
        "name": post.get("name", "")[:100],
        "drawing": drawn(strokes) if strokes else b"",
    }


def drawn(strokes: str) -> bytes:
    """The drawing as an SVG of lines: nothing but numbers from the form gets into it."""
    text = strokes.strip()
    if len(text) > MOST or not _STROKES.fullmatch(text):
        raise BadDrawingError(_("Chưa đọc được chữ ký. Ký lại, hoặc gõ tên."))
    lines = [
        [tuple(map(int, point.split(","))) for point in stroke.split()]
        for stroke in text.split(";")
    ]
    if sum(len(line) for line in lines) < FEWEST_POINTS:
        raise BadDrawingError(_("Chữ ký ngắn quá. Ký lại, hoặc gõ tên."))
    path = "".join(
        "".join(
            f"{'L' if place else 'M'}{min(x, WIDTH)} {min(y, HEIGHT)}"
            for place, (x, y) in enumerate(line)
        )
        for line in lines
        if line
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<path d="{path}" fill="none" stroke="#000" stroke-width="3"/></svg>'
    ).encode()
