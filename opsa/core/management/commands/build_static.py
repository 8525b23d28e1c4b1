"""Make the static files that come out of installed packages: the type subset and htmx.

They are written into the git-ignored folder `static_built/`, which the settings list in
STATICFILES_DIRS, so that no third-party code or font stands in the repository.
"""

import io
from importlib import resources
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

# The one place that names the htmx we serve.
HTMX_FILE = "htmx-2.min.js"
HTMX_VERSION = "2.0.10"

FONT_FILE = "NotoSans[wdth,wght].ttf"
FONT_WEIGHTS = (400, 600)
FONT_FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl", "tnum"]

_MARKS = (0x300, 0x301, 0x302, 0x303, 0x306, 0x309, 0x31B, 0x323)
_LETTERS = "ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝĂĐĨŨƠƯ"
_SIGNS = "\u00a0·×°§«»–—‘’“”•…−₫←↑→↓↵"  # arrows only where the source has them


def characters() -> set[int]:
    """ASCII, every Vietnamese letter in both cases, combining marks, arrows and the sign ₫."""
    points = set(range(0x20, 0x7F)) | set(range(0x1EA0, 0x1EFA)) | set(_MARKS)
    points |= {ord(sign) for sign in _SIGNS}
    return points | {ord(letter) for letter in _LETTERS + _LETTERS.lower()}


def subset_font(source: Path, weight: int) -> bytes:
    """The variable font at one weight, cut to `characters()`, unhinted, as woff2."""
    font = TTFont(source)
    instantiateVariableFont(font, {"wght": weight, "wdth": 100}, inplace=True)
    options = Options(
        layout_features=FONT_FEATURES,
        hinting=False,
        name_IDs=[0, 1, 2],
        drop_tables=["STAT", "gasp"],
    )
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters())
    subsetter.subset(font)
    font.flavor = "woff2"
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


class Command(BaseCommand):
    """`manage.py build_static [--force]`: leaves what is already built alone unless forced."""

    help = "Build fonts and copy htmx into static_built/"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="build again what is there")

    def handle(self, *args: Any, **options: Any) -> None:
        target = Path(settings.BASE_DIR) / "static_built"
        # The folder ignores itself, whatever the repository's own list says.
        _write(target / ".gitignore", b"*\n")
        self._htmx(target / "vendor" / "htmx.min.js")
        self._fonts(target / "fonts", force=options["force"])

    def _htmx(self, target: Path) -> None:
        source = resources.files("django_htmx") / "static" / "django_htmx" / HTMX_FILE
        text = source.read_text()
        if f'version:"{HTMX_VERSION}"' not in text:
            raise CommandError(f"{HTMX_FILE} of django-htmx is not htmx {HTMX_VERSION}")
        _write(target, text.encode())

    def _fonts(self, folder: Path, *, force: bool) -> None:
        package = resources.files("fontpkg_noto_sans")
        _write(folder / "OFL.txt", (package / "LICENSE").read_bytes())
        for weight in FONT_WEIGHTS:
            target = folder / f"opsa-sans-{weight}.woff2"
            if force or not target.exists():
                with resources.as_file(package / "files" / FONT_FILE) as source:
                    _write(target, subset_font(source, weight))
                self.stdout.write(f"{target.name} {target.stat().st_size} bytes")


def _write(target: Path, content: bytes) -> None:
    """Whole or not at all: two processes may build at the same time."""
    if target.exists() and target.read_bytes() == content:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{id(content)}")
    part.write_bytes(content)
    part.replace(target)
