from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agencies.demo import NotTheDemo, demo_authenticator
from agencies.models import Authenticator
from agencies.second_factor import current_code


class Command(BaseCommand):
    help = "Prints the current second-factor code of a practice person. Only in the demo."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            authenticator = demo_authenticator(options["username"])
        except NotTheDemo as error:
            raise CommandError(str(error)) from None
        except Authenticator.DoesNotExist:
            raise CommandError("no practice person of that name has a second factor") from None
        self.stdout.write(current_code(authenticator))
