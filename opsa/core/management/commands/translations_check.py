"""Check the English of every text people see."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from opsa.core.words.check import faults, update


class Command(BaseCommand):
    """`manage.py translations_check [--update]`: ends with 1 when the English is not whole.

    `--update` first brings the catalogue up to the code: new messages wait with empty words,
    unused ones go. GNU gettext is not needed.
    """

    help = "Fail when a text has no English, or English that differs in its values"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--update", action="store_true", help="add new texts, drop unused")

    def handle(self, *args: Any, **options: Any) -> None:
        root = Path(settings.BASE_DIR)
        if options["update"]:
            new, gone, waiting = update(root)
            self.stdout.write(f"{new} new, {gone} taken out, {waiting} without English")
        lines = faults(root)
        for line in lines:
            self.stdout.write(line)
        if lines:
            raise CommandError(f"{len(lines)} faults in the translations")
        self.stdout.write("Every text has its English.")
