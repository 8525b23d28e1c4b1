from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from opsa.core.journal import seal_day


class Command(BaseCommand):
    help = "Seals the journal up to now and prints the root. Note the root outside this machine."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--day", type=date.fromisoformat, help="the day to name it after")

    def handle(self, *args: Any, **options: Any) -> None:
        seal = seal_day(options["day"])
        self.stdout.write(
            f"{seal.day.isoformat()} last_id={seal.last_id} count={seal.count} "
            f"root={bytes(seal.root).hex()}"
        )
