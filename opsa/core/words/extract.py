"""Which messages the code and the templates use, and where."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.template.base import Lexer, TokenType
from django.utils.translation.template import templatize

from opsa.core.words.po import Entry, Key

#: Folders of the product that hold texts for people; tests and benchmarks hold none.
ROOMS = ("opsa", "agencies", "procedures", "cases", "delivery", "templates")

# Position of (context, singular, plural) among the arguments; None where the call has none.
_PLAIN = (None, 0, None)
CALLS: dict[str, tuple[int | None, int, int | None]] = {
    "gettext": _PLAIN,
    "gettext_lazy": _PLAIN,
    "gettext_noop": _PLAIN,
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}

#: Pages that show both languages at once, because nothing may be asked when they appear.
IN_BOTH_LANGUAGES = ("templates/errors/", "templates/agencies/offline.html")
#: Names that stay as they are in both languages.
SAME_IN_BOTH = ("Tiếng Việt",)
VIETNAMESE = re.compile("[À-ÃÈ-ÊÌÍÒ-ÕÙÚÝà-ãè-êìíò-õùúýĂăĐđĨĩŨũƠơƯưẠ-ỹ]")

_TAGS = re.compile(r"<[^>]*>?")
_TEMPLATE_CALL = re.compile(r"(?<![\w.])(n?p?gettext|_)\(")
_TEXT = re.compile(r"""\s*u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*,?""")


@dataclass(frozen=True)
class Use:
    """One message at one place; `problem` when the words cannot be taken out of the code."""

    path: str
    line: int
    msgid: str = ""
    plural: str = ""
    context: str = ""
    problem: str = ""

    @property
    def key(self) -> Key:
        """What gettext looks the message up by."""
        return (self.context, self.msgid)


def uses(root: Path, rooms: tuple[str, ...] = ROOMS) -> list[Use]:
    """Every use of a message under the rooms of `root`, in the order of files and lines."""
    found: list[Use] = []
    for room in rooms:
        for path in sorted((root / room).rglob("*")):
            name = path.relative_to(root).as_posix()
            if "/migrations/" in name or not path.is_file():
                continue
            if path.suffix == ".py":
                in_file = python_uses(path.read_text(encoding="utf-8"), name)
                found += sorted(in_file, key=lambda use: use.line)
            elif path.suffix in {".html", ".txt"}:
                source = path.read_text(encoding="utf-8")
                found += template_uses(source, name)
                if not name.startswith(IN_BOTH_LANGUAGES):
                    found += bare_texts(source, name)
    return found


def python_uses(source: str, path: str) -> Iterator[Use]:
    """The messages of a Python file, under whatever names it imports gettext."""
    try:
        tree = ast.parse(source, path)
    except SyntaxError as fault:
        yield Use(path, fault.lineno or 1, problem=f"cannot be read: {fault.msg}")
        return
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            names |= {a.asname or a.name: a.name for a in node.names if a.name in CALLS}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (call := _called(node.func, names)):
            use = _python_use(node, CALLS[call], path)
            if use:
                yield use


def _called(func: ast.expr, names: dict[str, str]) -> str | None:
    if isinstance(func, ast.Name):
        return names.get(func.id)
    if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name):
        inside = func.value.id in {"translation", "gettext_module"}
        return func.attr if inside and func.attr in CALLS else None
    return None


def _python_use(
    node: ast.Call, places: tuple[int | None, int, int | None], path: str
) -> Use | None:
    texts: list[str] = []
    for place in places:
        if place is None:
            texts.append("")
            continue
        given = node.args[place] if place < len(node.args) else None
        if isinstance(given, ast.Constant) and isinstance(given.value, str):
            texts.append(given.value)
        elif isinstance(given, ast.JoinedStr | ast.BinOp):
            return Use(
                path, node.lineno, problem="fill in values after the translation, not before"
            )
        else:
            return None  # a variable: its words are marked where they are written
    context, msgid, plural = texts
    return Use(path, node.lineno, msgid, plural, context)


def template_uses(source: str, path: str) -> Iterator[Use]:
    """The messages of a template, read the way Django reads it."""
    try:
        code = templatize(source)
    except SyntaxError as fault:
        yield Use(path, 1, problem=str(fault))
        return
    for call in _TEMPLATE_CALL.finditer(code):
        texts: list[str] = []
        at = call.end()
        while text := _TEXT.match(code, at):
            texts.append(str(ast.literal_eval(text[1])))
            at = text.end()
        name = "gettext" if call[1] == "_" else call[1]
        wanted = [place for place in CALLS[name] if place is not None]
        if len(texts) >= len(wanted):
            context, msgid, plural = (
                "" if place is None else texts[place] for place in CALLS[name]
            )
            yield Use(path, code.count("\n", 0, call.start()) + 1, msgid, plural, context)


def bare_texts(source: str, path: str) -> Iterator[Use]:
    """Vietnamese that stands in a template outside every translation, one for each line."""
    skipping = ""
    for token in Lexer(source).tokenize():
        name = token.contents.split(" ", 1)[0] if token.token_type == TokenType.BLOCK else ""
        if skipping:
            skipping = "" if name == f"end{skipping}" else skipping
        elif name in {"blocktranslate", "blocktrans", "comment"}:
            skipping = name
        elif token.token_type == TokenType.TEXT:
            for number, line in enumerate(token.contents.split("\n"), token.lineno or 1):
                rest = re.sub("|".join(map(re.escape, SAME_IN_BOTH)), "", line)
                if VIETNAMESE.search(rest):
                    words = " ".join(_TAGS.sub(" ", rest).split())
                    yield Use(path, number, problem=f"not in a translation: “{words}”")


def entries(found: list[Use]) -> dict[Key, Entry]:
    """The uses joined by message: one entry each, with the files that hold it."""
    joined: dict[Key, Entry] = {}
    for use in found:
        if use.problem:
            continue
        entry = joined.setdefault(use.key, Entry(use.msgid, use.plural, use.context))
        entry.plural = entry.plural or use.plural
        if use.path not in entry.places:
            entry.places.append(use.path)
    return joined
