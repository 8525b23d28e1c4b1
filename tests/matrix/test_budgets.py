"""What pages may cost: queries (the same for 1 row and 30) and bytes on the wire.

Not counted as queries of a page: SAVEPOINTs of the test's own transaction. Counted, because they
are on the wire: the two statements that put the office wall up and take it down.
"""

import gzip
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client, TestCase
from django.utils import timezone

from cases.intake import practice
from cases.models import Case, Filing
from opsa.core.limits import client as valkey
from opsa.core.outbox import Channel, Outbox
from tests.support.birth import publish
from tests.support.cases import Counter, make_counter
from tests.support.worklists import lay, make_supervisor, sign_in

WALL = 2
#: Session, person with office and counter: one query each, on every page of a signed-in person.
PERSON = 2
ROWS = pytest.mark.parametrize("rows", [1, 30])
LIGHT_STEPS = ("nguoi-nop", "to-khai", "ban-quet", "phi")
PUBLIC_KB, CLERK_COLD_KB, CLERK_WARM_KB, PART_KB = 15, 90, 8, 4


@pytest.fixture
def counter(db: None) -> Counter:
    for key in valkey().scan_iter("opsa:limit:*"):
        valkey().delete(key)
    made = make_counter()
    publish(made)
    return made


@pytest.fixture
def boss(db: None) -> Client:
    return sign_in(Client(), make_supervisor())


def fill(counter: Counter, rows: int) -> list[Case]:
    """So many cases in each of the queues that the pages show."""
    now = timezone.now()
    made = []
    for number in range(rows):
        code = f"H26.1-{counter.agency.pk:06d}-{number:04d}"
        made += [
            lay(counter, dossier="4", code=code, due_at=now + timedelta(days=3)),
            lay(counter, dossier="9", delivery="available", decided_at=now, code=f"{code}9"),
            lay(counter, work="held"),
            lay(counter),
        ]
    for filing in Filing.objects.filter(state=Filing.State.QUEUED):
        channel, _ = Channel.objects.get_or_create(code="portal:test")
        Outbox.objects.create(
            kind="filing", channel=channel.code, key=f"filing:{filing.pk}", subject=filing.pk
        )
    return made


def asked(client: Client, url: str, budget: Callable[..., Any], most: int, **headers: str) -> Any:
    with TestCase.captureOnCommitCallbacks(execute=True):
        client.get(url, headers=headers)  # what a process learns once is not a page's cost
    with budget(most + WALL):
        answer = client.get(url, headers=headers)
    assert answer.status_code == 200, url
    return answer


@ROWS
@pytest.mark.parametrize(
    ("url", "most"),
    [
        # session and person; counts by queue; the lines of all groups; the frequent procedures
        ("/quay/", PERSON + 3),
        # the same, without the chrome
        ("/quay/viec/", PERSON + 3),
        # session and person; rows with a date and without; counts for the tabs
        ("/quay/buu-cuc/", PERSON + 3),
        ("/quay/tra-ket-qua/", PERSON + 3),
        # session and person; filings with case, procedure and filer; their outbox rows
        ("/quay/cho-gui/chi-tiet/", PERSON + 2),
        # session and person; counts of the tabs; the rows with address and parcel
        ("/quay/ket-qua/cho-tra/", PERSON + 4),
        # session and person; open manifest; its count; waiting; the last ones
        ("/quay/ban-giao/", PERSON + 4),
    ],
)
def test_a_clerks_list_costs_the_same_for_one_row_and_thirty(
    clerk, counter, query_budget, url, most, rows
):
    fill(counter, rows)
    asked(clerk, url, query_budget, most)


@ROWS
def test_the_board_costs_the_same_for_one_case_and_thirty(boss, counter, query_budget, rows):
    fill(counter, rows)
    # session and person; open work; filings by channel in the period and the one before; today
    asked(boss, "/dieu-hanh/", query_budget, PERSON + 4)


@pytest.mark.parametrize(
    ("step", "most"),
    [
        # never more than six (session and person included), whatever the step shows besides
        ("to-khai", PERSON + 4),
        ("ban-quet", PERSON + 4),
        ("xem-lai", PERSON + 4),
        ("nguoi-nop", PERSON + 4),
        ("phi", PERSON + 4),
        ("dong-y", PERSON + 4),
    ],
)
def test_a_step_of_intake_asks_a_fixed_number_of_questions(
    clerk, counter, query_budget, step, most
):
    case = practice.prepared_case(counter.version, {}, staff=counter.staff, relation="parent")
    asked(clerk, f"/quay/ho-so/{case.pk}/{step}/", query_budget, most)


@ROWS
def test_citizens_pages_ask_at_most_three_questions(client, counter, query_budget, rows):
    case = fill(counter, rows)[0]
    # the case with office, version and address; its filings and reports; consent
    asked(client, f"/t/{case.token}/", query_budget, 3)
    asked(client, "/", query_budget, 0)
    for url in ("/tro-giup/", "/quyen-rieng-tu/", "/tiep-can/"):
        asked(client, url, query_budget, 0)


# --- bytes ------------------------------------------------------------------------------------


def compressed(content: bytes) -> int:
    return len(gzip.compress(content, 6, mtime=0))


def linked(page: str) -> set[str]:
    """Files that a browser loads for a page, by their place in the static folder."""
    found = re.findall(r'(?:href|src)="/static/([^"#]+)(?:#[^"]*)?"', page)
    named = {name for name in found if not name.endswith((".webmanifest",))}
    fonts = set()
    for name in named:
        if name.endswith(".css"):
            path = finders.find(name)
            assert path, name
            sheet = Path(path).read_text(encoding="utf-8")
            fonts |= {
                font.split("static/")[-1].removeprefix("../")
                for font in re.findall(r'url\("?([^")]+\.woff2)"?\)', sheet)
            }
    return named | fonts


def weight(name: str) -> int:
    path = finders.find(name)
    assert path, f"{name} is linked and not there"
    content = Path(path).read_bytes()
    return len(content) if name.endswith((".woff2", ".png")) else compressed(content)


def test_a_clerks_page_is_light_cold_warm_and_as_a_fragment(clerk, counter):
    cases = fill(counter, 30)
    draft = practice.prepared_case(counter.version, {}, staff=counter.staff, relation="parent")
    urls = [
        "/quay/", "/quay/buu-cuc/", "/quay/tim/", f"/quay/ho-so/{cases[0].pk}/xem/",
        *(f"/quay/ho-so/{draft.pk}/{slug}/" for slug in LIGHT_STEPS),
    ]  # fmt: skip
    heavy = []
    for url in urls:
        page = clerk.get(url).content
        warm = compressed(page)
        cold = warm + sum(weight(name) for name in linked(page.decode()))
        if warm > CLERK_WARM_KB * 1000 or cold > CLERK_COLD_KB * 1000:
            heavy.append(f"{url}: {warm} warm, {cold} cold")
    for url in ("/quay/viec/", "/quay/buu-cuc/", f"/quay/ho-so/{draft.pk}/nguoi-nop/phan/summary/"):
        part = compressed(clerk.get(url, headers={"HX-Request": "true"}).content)
        if part > PART_KB * 1000:
            heavy.append(f"{url}: {part} as a fragment")
    assert not heavy, "\n".join(heavy)


def test_a_citizens_page_is_two_requests_without_script_and_fifteen_kilobytes(client, counter):
    case = fill(counter, 1)[0]
    for url in ("/", f"/t/{case.token}/", "/tro-giup/", "/quyen-rieng-tu/", "/tiep-can/"):
        page = client.get(url).content
        files = linked(page.decode())
        assert len(files) <= 1, (url, files)
        assert b"<script" not in page, url
        everything = len(page) + sum(weight(name) for name in files)
        assert everything <= PUBLIC_KB * 1000, (url, everything)
