"""The font of printed papers: Noto Sans in two weights, cut down to what Vietnamese needs.

The package ships one variable font of 1.5 MB. Cutting it once to two small static ones makes every
paper faster and smaller. The result is built on the machine, never kept in the repository.
"""

import hashlib
import os
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Final

import fontpkg
from django.conf import settings

FAMILY: Final = "Noto Sans"
WEIGHTS: Final = (400, 600)
# ASCII, Latin-1, Latin Extended-A/B letters of Vietnamese, combining tones, Vietnamese block,
# punctuation, đồng sign, №, arrows, minus, check marks and boxes where the font has them.
RANGES: Final = (
    (0x20, 0x7E), (0xA0, 0x17F), (0x1A0, 0x1A1), (0x1AF, 0x1B0), (0x2B0, 0x2FF), (0x300, 0x36F),
    (0x1E00, 0x1EFF), (0x2000, 0x206F), (0x20AB, 0x20AC), (0x2116, 0x2122), (0x2190, 0x21FF),
    (0x2212, 0x2215), (0x2260, 0x2265), (0x25A0, 0x25FF), (0x2610, 0x2612), (0x2713, 0x2717),
)  # fmt: skip


def font_dir() -> Path:
    """Where the cut fonts lie."""
    return Path(getattr(settings, "VAR_DIR", tempfile.gettempdir())) / "fonts"


def print_fonts() -> dict[int, Path]:
    """Weight to file, built when missing (a few seconds, once per machine and font version)."""
    recipe = repr((version("fontpkg-noto-sans"), version("fonttools"), WEIGHTS, RANGES))
    stamp = hashlib.sha256(recipe.encode()).hexdigest()[:12]
    folder = font_dir()
    paths = {weight: folder / f"NotoSans-{weight}-{stamp}.ttf" for weight in WEIGHTS}
    missing = {weight: path for weight, path in paths.items() if not path.exists()}
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        for weight, path in missing.items():
            _cut(weight, path)
    return paths


def _cut(weight: int, path: Path) -> None:
    from fontTools import subset
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    font = TTFont(fontpkg.path(FAMILY), lazy=True)
    options = subset.Options(
        layout_features=["kern", "mark", "mkmk", "ccmp", "locl", "tnum", "liga"],
        hinting=False,
        notdef_outline=True,
        name_IDs=["*"],
        name_languages=["*"],
    )
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[code for a, b in RANGES for code in range(a, b + 1)])
    cutter.subset(font)
    static = instancer.instantiateVariableFont(font, {"wght": weight, "wdth": 100})
    # Written aside and moved: another process may be building the same file.
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".ttf")
    with os.fdopen(handle, "wb") as out:
        static.save(out)
    os.replace(name, path)


def font_css() -> str:
    """The @font-face rules for the cut fonts, by file URL."""
    return "\n".join(
        f'@font-face {{ font-family: "{FAMILY}"; font-weight: {weight}; '
        f'src: url("{path.resolve().as_uri()}") format("truetype"); }}'
        for weight, path in print_fonts().items()
    )
