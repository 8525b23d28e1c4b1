from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from opsa.core.rotation import rotate


class Command(BaseCommand):
    help = (
        "Re-encrypts what isn't under the current key. May be stopped and started again; "
        "an old key may leave the key file once this reports nothing left."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", type=int, default=500)

    def handle(self, *args: Any, **options: Any) -> None:
        changed = unreadable = 0
        for done in rotate(batch=options["batch"]):
            changed += done.changed
            unreadable += done.unreadable
            if done.changed or done.unreadable:
                self.stdout.write(
                    f"{done.place}: {done.changed} changed, {done.unreadable} unreadable"
                )
        if unreadable:
            raise CommandError(
                f"{unreadable} values can't be read; keep every old key", returncode=1
            )
        self.stdout.write(f"{changed} values re-encrypted, nothing left under an old key")
