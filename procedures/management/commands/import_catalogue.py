from pathlib import Path
from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandError, CommandParser

from procedures import catalogue_file
from procedures.services import catalogue_import
from procedures.transfer import CatalogueError


class Command(BaseCommand):
    help = "Takes a catalogue file over, all or nothing; published texts are never changed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            written = catalogue_import(catalogue_file.read(options["file"]))
        except (CatalogueError, OSError, ValueError, KeyError, yaml.YAMLError) as error:
            raise CommandError(f"nothing was changed: {error}") from error
        self.stdout.write(f"{written} texts written")
