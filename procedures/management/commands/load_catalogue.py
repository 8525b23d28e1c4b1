from typing import Any

from django.core.management.base import BaseCommand

from procedures.services import catalogue_load


class Command(BaseCommand):
    help = "Loads the working list of 30 procedures; running it again changes nothing."

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(f"{catalogue_load()} texts written")
