from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from opsa.core.models import CalendarDay
from opsa.core.working_time import SEED_YEARS, forget_calendar, seed_days


class Command(BaseCommand):
    help = "Fills the calendar with the known holidays and make-up days. Rows that exist stay."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("years", nargs="*", type=int, default=list(SEED_YEARS))

    def handle(self, *args: Any, **options: Any) -> None:
        before = CalendarDay.objects.count()
        CalendarDay.objects.bulk_create(
            [
                CalendarDay(
                    date=row.date,
                    kind=row.kind,
                    name=row.name,
                    decided_by=row.decided_by,
                    source=row.source,
                )
                for row in seed_days(options["years"])
            ],
            ignore_conflicts=True,
        )
        forget_calendar()
        self.stdout.write(f"{CalendarDay.objects.count() - before} days added")
