from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from agencies.loading import offices_load


class Command(BaseCommand):
    help = "Loads the working list of 32 offices; hours are assumed. Keeps what people changed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--overwrite", action="store_true", help="put the file's values back over changed ones"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        loaded = offices_load(overwrite=options["overwrite"])
        self.stdout.write(f"{loaded.offices} offices, {loaded.new_offices} of them new")
