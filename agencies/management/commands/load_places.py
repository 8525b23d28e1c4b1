from typing import Any

from django.core.management.base import BaseCommand

from agencies.loading import places_load


class Command(BaseCommand):
    help = "Loads provinces, communes and old units (34, 3,321 and about 10,000). Safe to repeat."

    def handle(self, *_args: Any, **_options: Any) -> None:
        loaded = places_load()
        counts = f"{loaded.provinces} provinces, {loaded.communes} communes"
        self.stdout.write(f"{counts}, {loaded.old_units} old units")
