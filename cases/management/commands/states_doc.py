"""`manage.py states_doc`: draw docs/states.md from the tables, so that the two never part."""

from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from cases import states
from opsa.core.states import Machine

DOCUMENT: Final = Path(settings.BASE_DIR) / "docs" / "states.md"
_HEAD: Final = """\
# The five facts of a case

Generated from `cases/states.py` by `manage.py states_doc`; a test compares the two. `*` marks a
move that needs a reason in words. A case has no single status: `cases/headline.py` words the five
facts together.
"""
_MACHINES: Final = (
    ("Work", "What is done at the counter.", states.WORK),
    ("Money", "What the citizen owes.", states.MONEY),
    ("Sync", "How our last question to the filing system went.", states.SYNC),
)


def _table(machine: Machine) -> str:
    rows = [f"| `{value}` | {label} |" for value, label in machine.choices.choices]
    return "\n".join(("| code | Vietnamese |", "|---|---|", *rows))


def _plausible() -> str:
    """The national codes: what may follow what. Others are kept as they came, and flagged."""
    names = {code: f"s{code}" if code else "[*]" for code in states.DOSSIER_PLAUSIBLE}
    lines = ["stateDiagram-v2"]
    lines += [f"    s{code}: {code} {states.Dossier(code).label}" for code in names if code]
    lines += [
        f"    {names[source]} --> {names[target]}"
        for source, targets in states.DOSSIER_PLAUSIBLE.items()
        for target in sorted(targets, key=int)
    ]
    return "\n".join(lines)


def document() -> str:
    """The whole document."""
    with translation.override("vi"):
        parts = [_HEAD]
        for title, words, machine in _MACHINES:
            diagram = machine.as_mermaid().rstrip()
            parts.append(
                f"## {title}\n\n{words}\n\n{_table(machine)}\n\n```mermaid\n{diagram}\n```\n"
            )
        parts.append(
            "## Dossier\n\nThe national codes 1-10, reported from outside. A jump that is not drawn"
            " here is kept\nand flagged, never refused.\n\n"
            f"```mermaid\n{_plausible()}\n```\n"
        )
    return "\n".join(parts)


class Command(BaseCommand):
    help = "Write docs/states.md from the tables of states; --check only compares."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="fail when the file is behind")

    def handle(self, *_args: Any, **options: Any) -> None:
        text = document()
        if options["check"]:
            if not DOCUMENT.exists() or DOCUMENT.read_text(encoding="utf-8") != text:
                raise CommandError("docs/states.md is behind: run `manage.py states_doc`")
            return
        DOCUMENT.write_text(text, encoding="utf-8")
        self.stdout.write(str(DOCUMENT.relative_to(settings.BASE_DIR)))
