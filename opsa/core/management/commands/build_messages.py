"""Compile the translations."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from opsa.core.words.po import BadCatalogue, build


class Command(BaseCommand):
    """`manage.py build_messages`: the `.mo` beside each `.po`, without GNU gettext."""

    help = "Compile locale/*/LC_MESSAGES/*.po"
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        root = Path(settings.BASE_DIR)
        try:
            for target in build(root / "locale"):
                if options["verbosity"] > 0:
                    self.stdout.write(f"{target.relative_to(root)} {target.stat().st_size} bytes")
        except BadCatalogue as fault:
            raise CommandError(str(fault)) from fault
