from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from cases.intake.mandates import ensure_texts
from cases.messages import texts
from cases.watch import alarms


class Command(BaseCommand):
    help = "Loads calendar, places, offices, catalogue, consent and message texts. Safe to repeat."

    def handle(self, *_args: Any, **options: Any) -> None:
        for name in ("load_calendar", "load_places", "load_offices", "load_catalogue"):
            call_command(name, stdout=self.stdout, verbosity=options["verbosity"])
        ensure_texts()
        texts.ensure_texts()
        alarms.load_rules()
