import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from delivery import practice_day


class Command(BaseCommand):
    help = "Makes about 120 practice cases in every state. Safe to repeat; only in the demo."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--per-office", type=int, default=int(os.environ.get("OPSA_PRACTICE_PER_OFFICE", "40"))
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        made = practice_day.fill(per_office=options["per_office"])
        self.stdout.write(f"{made} practice cases made")
