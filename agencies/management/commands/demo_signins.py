from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agencies.demo import PEOPLE, PIN, NotTheDemo, create_demo_staff
from agencies.models import SECOND_FACTOR_ROLES


class Command(BaseCommand):
    help = "Prints the practice sign-ins, making those that are missing. Only in the demo."

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            staff = create_demo_staff()
        except NotTheDemo as error:
            raise CommandError(str(error)) from None
        width = max(len(person.username) for person in PEOPLE)
        ways = len("./start code ") + width
        longest = max(len(person.password) for person in PEOPLE)
        for person in PEOPLE:
            role = staff[person.username].get_role_display()
            place = f", {person.office}" if person.office else ""
            second = person.role in SECOND_FACTOR_ROLES
            how = f"./start code {person.username}" if second else f"PIN {PIN}"
            names = f"{person.username:<{width}}  {person.password:<{longest}}"
            self.stdout.write(f"{names}  {how:<{ways}}  {role}{place}")
