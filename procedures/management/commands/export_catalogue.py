import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from procedures import catalogue_file
from procedures.services import catalogue_export


class Command(BaseCommand):
    help = "Writes the whole catalogue as one file (.yaml or .json), or to standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["file"] is None:
            sys.stdout.write(catalogue_file.dump(catalogue_export()))
        else:
            catalogue_file.write(options["file"], catalogue_export())
