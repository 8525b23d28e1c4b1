"""The person's menu leads only where they may go, and to their own book and account."""

import re

import pytest
from django.test import Client

from agencies.models import Role, Staff
from tests.support.cases import Counter
from tests.support.worklists import PASSWORD, sign_in

MENU = re.compile(r'<details class="menu">.*?</details>', re.DOTALL)


def links(client: Client, start: str) -> set[str]:
    page = client.get(start).content.decode()
    menu = MENU.search(page)
    assert menu, start
    return set(re.findall(r'<a href="(/[^"]*)"', menu[0]))


@pytest.mark.parametrize("role", list(Role))
def test_no_link_of_the_menu_leads_to_a_closed_door(role: Role, counter: Counter) -> None:
    office = counter.agency if role in (Role.CLERK, Role.LEAD) else None
    person = Staff.objects.create_user(
        f"ai-{role}", PASSWORD, display_name="Người thử", role=role, agency=office,
        is_staff=office is None,
    )  # fmt: skip
    client = sign_in(Client(), person)
    found = links(client, "/quay/tai-khoan/")
    assert {"/quay/so-cua-toi/", "/quay/tai-khoan/"} <= found
    closed = {url: client.get(url).status_code for url in found}
    assert {url: code for url, code in closed.items() if code not in (200, 302)} == {}
