"""The font of printed papers: Noto Sans in two weights, cut down to what Vietnamese needs.

The package ships one variable font of 1.5 MB. Cutting it once to two small static ones makes every
paper faster and smaller. The result is built on the machine, never kept in the repository.
"""

import hashlib
import os
import tempfile
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Final

from django.conf import settings

FAMILY: Final = "Noto Sans"
WEIGHTS: Final = (400, 600)
# Without ccmp: it takes letters like ị apart, and then `Thị` is copied from the paper as `ThJ ị`.
FEATURES: Final = ("kern", "mark", "mkmk", "locl", "tnum")
# ASCII, Latin-1, Latin Extended-A/B letters of Vietnamese, combining tones, Vietnamese block,
# punctuation, đồng sign, №, minus. The font has no arrows and no check marks.
RANGES: Final = (
    (0x20, 0x7E), (0xA0, 0x17F), (0x1A0, 0x1A1), (0x1AF, 0x1B0), (0x2B0, 0x2FF), (0x300, 0x36F),
    (0x1E00, 0x1EFF), (0x2000, 0x206F), (0x20AB, 0x20AC), (0x2116, 0x2122),
    (0x2212, 0x2215), (0x2260, 0x2265), (0x25CC, 0x25CC),
)  # fmt: skip


def font_dir() -> Path:
    """Where the cut fonts lie."""
    return Path(getattr(settings, "VAR_DIR", tempfile.gettempdir())) / "fonts"


def print_fonts() -> dict[int, Path]:
    """Weight to file, built when missing (a few seconds, once per machine and font version)."""
    recipe = repr((version("fontpkg-noto-sans"), version("fonttools"), FEATURES, RANGES))
    stamp = hashlib.sha256(recipe.encode()).hexdigest()[:12]
    folder = font_dir()
    paths = {weight: folder / f"NotoSans-{weight}-{stamp}.ttf" for weight in WEIGHTS}
    missing = {weight: path for weight, path in paths.items() if not path.exists()}
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        for weight, path in missing.items():
            _cut(weight, path)
    return paths


def _variable_font() -> str:
    return str(files("fontpkg_noto_sans") / "files" / "NotoSans[wdth,wght].ttf")


def _cut(weight: int, path: Path) -> None:
    from fontTools import subset
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    options = subset.Options(
        layout_features=list(FEATURES),
        hinting=False,
        notdef_outline=True,
        name_IDs=["*"],
        name_languages=["*"],
    )
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[code for a, b in RANGES for code in range(a, b + 1)])
    # Written aside and moved: another process may be building the same file.
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".ttf")
    with os.fdopen(handle, "wb") as out, TTFont(_variable_font()) as font:
        cutter.subset(font)
        instancer.instantiateVariableFont(font, {"wght": weight, "wdth": 100}, inplace=True)
        font.save(out)
    Path(name).replace(path)


@lru_cache(maxsize=1)
def _covered() -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(print_fonts()[WEIGHTS[0]]) as font:
        return frozenset(font.getBestCmap())


def missing_glyphs(text: str) -> list[str]:
    """The signs of `text` that our font can't print, as `U+2192`, sorted. For such a sign the
    machine's other fonts are tried, and a box is printed when none has it."""
    return sorted(
        {
            f"U+{ord(sign):04X}"
            for sign in text
            if sign.isprintable() and ord(sign) not in _covered()
        }
    )


def font_css() -> str:
    """The @font-face rules for the cut fonts, by file URL."""
    return "\n".join(
        f'@font-face {{ font-family: "{FAMILY}"; font-weight: {weight}; '
        f'src: url("{path.resolve().as_uri()}") format("truetype"); }}'
        for weight, path in print_fonts().items()
    )
