"""Contrast, weight, wording of attributes: what can be read from the files themselves."""

import gzip
import itertools
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

ROOT = Path(settings.BASE_DIR)
CSS = ROOT / "static" / "css"


def tokens(name: str, *, dark: bool) -> dict[str, str]:
    """The colour tokens of a stylesheet in one scheme: name without dashes -> #rrggbb."""
    text = (CSS / name).read_text()
    light_part, dark_part = text.split("@media (prefers-color-scheme:dark)", 1)
    found = dict(re.findall(r"--([\w-]+):(#[0-9a-f]{3,6})\b", light_part))
    if dark:
        found |= dict(re.findall(r"--([\w-]+):(#[0-9a-f]{3,6})\b", dark_part.split("}}", 1)[0]))
    return found


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(sign * 2 for sign in digits)
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast of two colours as WCAG 2.2 defines it, 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


CLERK_TEXT = [
    *itertools.product(["ink", "ink2", "ink3", "blue", "err", "ok", "warn"], ["card", "bg"]),
    ("ink2", "sunken"), ("ink", "blue-1"), ("blue-d", "blue-1"), ("warn", "warn-1"), ("ok", "ok-1"),
    ("err", "err-1"), ("grape", "grape-1"), ("warn", "yellow-1"), ("ink", "yellow-1"),
    ("ink", "idc"), ("ink2", "idc"), ("on-fill", "err"), ("on-fill", "ok"), ("on-fill", "blue"),
    ("blue", "blue-1"), ("blue", "err-1"), ("ink2", "blue-1"),
]  # fmt: skip
PUBLIC_TEXT = [
    *itertools.product(["ink", "ink2", "blue", "err"], ["card", "bg"]),
    ("ok", "ok-1"), ("err", "err-1"), ("ink", "yellow-1"), ("on-fill", "ok"), ("on-fill", "blue"),
]  # fmt: skip


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("sheet", "pairs", "white_on"),
    [
        ("clerk.css", CLERK_TEXT, ["top", "go", "go-d"]),
        ("public.css", PUBLIC_TEXT, ["red", "go", "go-d"]),
    ],
)
def test_every_text_colour_can_be_read(
    sheet: str, pairs: list[tuple[str, str]], white_on: list[str], dark: bool
) -> None:
    have = tokens(sheet, dark=dark)
    low = {f"{a} on {b}": contrast(have[a], have[b]) for a, b in pairs}
    low |= {f"white on {b}": contrast("#ffffff", have[b]) for b in white_on}
    assert {pair: value for pair, value in low.items() if value < 4.5} == {}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("sheet", ["clerk.css", "public.css"])
def test_every_border_of_a_control_and_the_focus_ring_can_be_seen(sheet: str, dark: bool) -> None:
    have = tokens(sheet, dark=dark)
    pairs = list(itertools.product(["edge", "blue", "err", "ink", "warn"], ["card", "bg"]))
    low = {f"{a} on {b}": contrast(have[a], have[b]) for a, b in pairs}
    low["ring on halo"] = max(
        contrast(have["ink"], have["card"]), contrast(have["yellow"], have["card"])
    )
    assert {pair: value for pair, value in low.items() if value < 3} == {}


@pytest.mark.parametrize(
    ("files", "budget"),
    [
        (["static/css/clerk.css"], 12_000),
        (["static/css/public.css"], 4_000),
        (["static/js/ui.js", "static/js/save.js", "static/js/scan.js"], 12_000),
        (["static/js/keys.js", "static/js/send.js"], 5_500),
        (["static/js/serial.js", "static/js/devices.js", "static/js/sw.js"], 3_000),
        (["static_built/vendor/htmx.min.js"], 18_000),
        (["static/img/icons.svg"], 3_000),
    ],
)
def test_files_are_light_enough_for_a_poor_line(files: list[str], budget: int) -> None:
    call_command("build_static", verbosity=0)
    weight = sum(len(gzip.compress((ROOT / name).read_bytes(), 9)) for name in files)
    assert weight <= budget


def test_the_type_subset_is_small_and_has_every_vietnamese_letter() -> None:
    from fontTools.ttLib import TTFont

    call_command("build_static", verbosity=0)
    letters = "ẠẶẬẸỆỊỌỘỢỤỰỲỴỶỸạặậẹệịọộợụựỳỵỷỹĂÂĐÊÔƠƯăâđêôơư₫"
    for weight in (400, 600):
        path = ROOT / "static_built" / "fonts" / f"opsa-sans-{weight}.woff2"
        assert path.stat().st_size <= 12_000
        font = TTFont(path)
        assert {ord(letter) for letter in letters} <= set(font.getBestCmap())
        assert {"kern", "mark"} <= {
            r.FeatureTag for r in font["GPOS"].table.FeatureList.FeatureRecord
        }


BANNED = {
    "hx-on": r"\shx-on[:\w-]*\s*=",
    "hx-vals js:": r"hx-vals\s*=\s*[\"']\s*js:",
    "hx-boost": r"\shx-boost\b",
    "style attribute": r"\sstyle\s*=",
    "handler attribute": r"\son(click|change|submit|input|load|error|focus|blur|key\w+)\s*=",
    # The one exception: citizens' pages carry public.css inline, allowed by its hash.
    "inline style": r"<style\b(?!>\{\{ css \}\}</style>)",
    "inline script": r"<script(?![^>]*\bsrc\s*=)(?![^>]*application/json)[^>]*>",
    "unescaped value": r"\|\s*safe\b|\{%\s*autoescape\s+off",
    "trigger filter": r"hx-trigger\s*=\s*[\"'][^\"']*\[",
    "maxlength": r"\smaxlength\s*=",
    # They hide the caret or drop letters of a scan (ux 4.2 rule 6).
    "number or date box": r"<input[^>]*\stype=[\"'](?:number|date|email)",
}


NOT_IN_ADMIN = {"maxlength", "number or date box"}


def text_of(path: Path) -> str:
    """The template without its comments; the number of lines stays."""
    text = path.read_text()
    for comment in (r"\{% comment %\}.*?\{% endcomment %\}", r"\{#.*?#\}", r"<!--.*?-->"):
        text = re.sub(comment, lambda found: "\n" * found[0].count("\n"), text, flags=re.DOTALL)
    return text


def templates() -> list[Path]:
    folders = [
        ROOT / "templates",
        *ROOT.glob("*/templates"),
        ROOT / "tests" / "frontend" / "templates",
    ]
    return sorted(path for folder in folders for path in folder.rglob("*.html"))


@pytest.mark.parametrize("rule", BANNED)
def test_no_template_needs_more_than_the_policy_allows(rule: str) -> None:
    pattern = re.compile(BANNED[rule], re.IGNORECASE)
    bad = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in templates()
        for number, line in enumerate(text_of(path).splitlines(), 1)
        # Scanners type into counter fields; the admin's fields may end where the column does.
        if pattern.search(line) and not (rule in NOT_IN_ADMIN and "admin" in path.parts)
    ]
    assert bad == []


def test_every_htmx_request_says_where_its_answer_goes() -> None:
    asking = r"<[a-z][^>]*\shx-(?:get|post)=[^>]*>"
    bad = [
        f"{path.relative_to(ROOT)}: {tag[:60]}"
        for path in templates()
        for tag in re.findall(asking, text_of(path))
        if "hx-target=" not in tag
    ]
    assert bad == []


def test_every_icon_that_templates_name_exists() -> None:
    sprite = set(re.findall(r'<symbol id="(\w+)"', (ROOT / "static/img/icons.svg").read_text()))
    for path in templates():
        named = re.findall(r'components/icon\.html" with name="(\w+)"', text_of(path))
        assert set(named) <= sprite, path


def test_every_word_of_a_script_is_on_its_page_and_is_said() -> None:
    scripts = {path.stem: path.read_text() for path in (ROOT / "static" / "js").glob("*.js")}
    frame = text_of(ROOT / "templates" / "components" / "ui_text.html")
    given = set(re.findall(r"\bdata-(\w+)=", frame))
    said = set(re.findall(r"\bwords\.(\w+)", " ".join(scripts.values())))
    # ui.js says these by a name that it works out.
    assert given == said | {"on", "off"}
    told = set(re.findall(r"\btold\.(\w+)", scripts["upload"]))
    for path in templates():
        if "js/upload.js" in text_of(path):
            words = re.search(r'<div id="up-text"([^>]*)>', text_of(path))
            assert words, path
            assert set(re.findall(r"\bdata-(\w+)=", words[1])) == told, path


def test_every_attribute_that_scripts_read_is_on_a_page() -> None:
    pages = " ".join(text_of(path) for path in templates())
    for script in (ROOT / "static" / "js").glob("*.js"):
        read = set(re.findall(r"\[(data-[a-z-]+)", script.read_text()))
        # Set by the scripts themselves.
        own = {"data-busy", "data-sent-at", "data-cap", "data-native", "data-hx-post", "data-row"}
        assert {name for name in read - own if name not in pages} == set(), script.name
