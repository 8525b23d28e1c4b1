from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from opsa.core.journal import verify
from opsa.core.models import JournalEntry, JournalSeal


class Command(BaseCommand):
    help = (
        "Checks that no line of the journal was changed, cut or reordered. Exit code 1 if one was."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--chain", help="only this chain, e.g. case:41; leaves the seals out")

    def handle(self, *args: Any, **options: Any) -> None:
        breaks = verify(options["chain"])
        for found in breaks:
            self.stdout.write(str(found))
        if breaks:
            raise CommandError(
                _(
                    "Nhật ký không còn nguyên vẹn: %(n)d chỗ."
                    " Giữ nguyên máy chủ, báo người phụ trách."
                )
                % {"n": len(breaks)},
                returncode=1,
            )
        self.stdout.write(
            _("Nhật ký nguyên vẹn: %(lines)d dòng, %(seals)d niêm phong.")
            % {"lines": JournalEntry.objects.count(), "seals": JournalSeal.objects.count()}
        )
