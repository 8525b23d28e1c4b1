"""Every address × role × own or another office × GET and POST, against rules written by hand."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import NoReverseMatch, reverse

from agencies.models import Role
from opsa.core.limits import client as valkey
from opsa.core.models import JournalEntry
from opsa.core.once import new_key
from tests.matrix import rules
from tests.matrix.rules import EVERYBODY, RULES, Address, Rule
from tests.matrix.world import Office, arguments, carried, client_of, make_office, nobodys, person

ROLES = [None, *Role]
NAMES = [role or "anonymous" for role in ROLES]
OURS = [
    one for one in rules.addresses() if not one.route.startswith("quan-tri/") or one.name in RULES
]
SIGN_IN = "/dang-nhap/"


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Office, Office]]:
    """Two offices for all tests of this file, in a transaction that is never kept."""
    with django_db_blocker.unblock():
        with transaction.atomic():
            made = make_office(), make_office()
            for office in made:
                office.settle()
            yield made
            transaction.set_rollback(True)
        connection.close()


@pytest.fixture
def offices(world: tuple[Office, Office], db: None) -> tuple[Office, Office]:
    """The two offices as they were built: what a test does to them is taken back after it."""
    for key in valkey().scan_iter("opsa:limit:*"):
        valkey().delete(key)
    return world


@pytest.fixture
def undone() -> Callable[..., HttpResponseBase]:
    """`undone(client, method, url, htmx)` asks, and takes back everything the request did."""

    def ask(
        client: Client, method: str, url: str, *, htmx: bool = False, **sent: str
    ) -> HttpResponseBase:
        headers = {"HX-Request": "true"} if htmx else {}
        headers |= {name: sent.pop(name) for name in list(sent) if name.startswith("Upload-")}
        cookies = client.cookies.copy()
        with transaction.atomic():
            if method == "G":
                answer = client.get(url, headers=headers)
            else:
                answer = client.post(url, {"form_key": new_key(), **sent}, headers=headers)
            if answer.streaming:
                b"".join(answer)
            transaction.set_rollback(True)
        client.cookies = cookies
        return answer

    return ask


def url_of(address: Address, found: dict[str, Any]) -> str:
    if ":" in address.name:
        return reverse(address.name, kwargs=found)
    return f"/{address.route}"


def to_sign_in(answer: HttpResponseBase) -> bool:
    return answer.status_code == 302 and answer["Location"].partition("?")[0] == SIGN_IN


def inside(answer: HttpResponseBase) -> bool:
    """Came in: any answer of the view itself, also that the form is not complete."""
    return answer.status_code in {200, 204, 303, 400, 409, 422} or (
        answer.status_code == 302 and not to_sign_in(answer)
    )


def expected(rule: Rule, role: Role | None, method: str) -> tuple[str, Callable[..., bool]]:
    """The words and the check for one cell about one's own object."""
    if rule is RULES["quan-tri/login/"]:
        # The admin sends here who may not enter: a visitor to the sign-in, all others away.
        return "sign-in or 403", to_sign_in if role is None else lambda a: a.status_code == 403
    if rule.roles != EVERYBODY and role is None:
        return "redirect to sign-in", to_sign_in
    if rule.roles != EVERYBODY and role not in rule.roles:
        return (
            "403 (or 405)",
            lambda answer: (
                answer.status_code == 403
                or (method not in rule.methods and answer.status_code == 405)
            ),
        )
    if method not in rule.methods:
        return "405", lambda answer: answer.status_code == 405
    if rule.roles == EVERYBODY:
        return "comes in", inside
    return "comes in", inside


def plain(answer: HttpResponseBase) -> str:
    """The page without what differs from request to request anyway."""
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}", "", answer.content.decode())
    return re.sub(r"(csrfmiddlewaretoken|X-CSRFToken)[^>]*", "", text)


def test_every_address_has_a_rule_and_every_rule_an_address():
    names = {one.name for one in rules.addresses() if not one.route.startswith("quan-tri/")}
    missing = sorted(names - set(RULES))
    assert not missing, f"say in tests/matrix/rules.py who may open: {missing}"
    gone = sorted(set(RULES) - {one.name for one in rules.addresses()})
    assert not gone, f"tests/matrix/rules.py speaks of addresses that are gone: {gone}"


def cells(
    office: Office, role: Role | None = None
) -> Iterator[tuple[Address, Rule, dict[str, Any], str]]:
    """Every address and method; every kind of object where the role comes in, else one."""
    for address in OURS:
        rule = RULES.get(address.name)
        if rule is None:
            continue  # the test above says so
        for number, found in enumerate(arguments(address, office)):
            for method in "GP":
                opens = rule.roles == EVERYBODY or role in rule.roles
                if number == 0 or (opens and method in rule.methods):
                    yield address, rule, found, method


@pytest.mark.parametrize("role", ROLES, ids=NAMES)
def test_each_role_opens_what_its_rule_says_and_nothing_breaks(role, offices, undone):
    own, _other = offices
    client = client_of(role, own)
    wrong = []
    for address, rule, found, method in cells(own, role):
        url = url_of(address, found)
        answer = undone(client, method, url, **carried(address, own, role))
        words, right = expected(rule, role, method)
        if not right(answer):
            wrong.append(f"{method} {url} ({address.name}): {answer.status_code}, not {words}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", ROLES[1:], ids=NAMES[1:])
def test_another_offices_object_is_not_there_for_an_office_and_is_for_the_city(
    role, offices, undone
):
    own, other = offices
    client = client_of(role, own)
    wrong = []
    for address, rule, found, method in cells(other, role):
        if not rule.owned or method not in rule.methods or role not in rule.roles:
            continue
        url, nowhere = url_of(address, found), url_of(address, nobodys(found))
        sent = carried(address, own, role)
        answer, nothing = (undone(client, method, to, **sent) for to in (url, nowhere))
        if address.name in rules.SAME_WAY_BACK:
            if answer.status_code != nothing.status_code or plain(answer) != plain(nothing):
                wrong.append(f"{method} {url} ({address.name}): tells that the object exists")
            continue
        if nothing.status_code != 404:
            wrong.append(f"{method} {nowhere} ({address.name}): {nothing.status_code}, not 404")
        if role in rules.CITY:
            if not inside(answer):
                wrong.append(f"{method} {url} ({address.name}): {answer.status_code}, not inside")
        elif answer.status_code != 404:
            wrong.append(f"{method} {url} ({address.name}): {answer.status_code}, not 404")
        elif plain(answer) != plain(nothing):
            wrong.append(f"{method} {url} ({address.name}): tells that the object exists")
    assert not wrong, "\n".join(wrong)


def test_a_lost_session_answers_htmx_with_a_part_that_offers_the_sign_in(offices, undone):
    own, _other = offices
    client = client_of(None, own)
    wrong = []
    for address, rule, found, method in cells(own):
        if rule.roles == EVERYBODY:
            continue
        url = url_of(address, found)
        answer = undone(client, method, url, htmx=True)
        if answer.status_code != 401 or "<html" in answer.content.decode():
            wrong.append(f"{method} {url} ({address.name}): {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_what_a_signed_in_person_sees_is_never_kept_by_a_cache(offices, undone):
    own, _other = offices
    client = client_of(Role.CLERK, own)
    kept = []
    for address, rule, found, method in cells(own, Role.CLERK):
        if method == "G" and "G" in rule.methods:
            url = url_of(address, found)
            answer = undone(client, method, url)
            if "no-store" not in answer.get("Cache-Control", ""):
                kept.append(url)
    assert not kept


def test_a_half_signed_in_supervisor_gets_no_further_than_the_second_factor(offices, undone):
    own, _other = offices
    client = Client(raise_request_exception=False)
    client.force_login(person(Role.SUPERVISOR, own))
    open_to_half = {"second_factor", "second_factor_setup", "password", "lock", "unlock"}
    wrong = []
    for address, rule, found, method in cells(own):
        if rule.roles == EVERYBODY or address.name.partition(":")[2] in open_to_half:
            continue
        if address.name == "quan-tri/password_change/":
            continue
        answer = undone(client, method, url_of(address, found))
        if answer.status_code != 302 or "/dang-nhap/" not in answer["Location"]:
            wrong.append(f"{method} {address.name}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


# --- the admin --------------------------------------------------------------------------------


def models() -> dict[str, Any]:
    return {model._meta.label_lower: model for model in admin.site._registry}


def test_every_model_of_the_admin_has_a_rule():
    assert set(models()) == set(rules.SEE), "say in tests/matrix/rules.py who sees it"


def denied(answer: HttpResponseBase) -> bool:
    return answer.status_code == 403 or (
        (answer.status_code == 302 and "login" in answer["Location"]) or to_sign_in(answer)
    )


@pytest.mark.parametrize("role", ROLES, ids=NAMES)
def test_the_admin_opens_to_each_role_what_its_rule_says(role, offices, undone):
    own, _other = offices
    client = client_of(role, own)
    wrong = []

    def check(method: str, url: str, may: bool) -> None:
        answer = undone(client, method, url)
        if answer.status_code >= 500 or (inside(answer) and not denied(answer)) is not may:
            wrong.append(f"{method} {url}: {answer.status_code}, {'open' if may else 'closed'}")

    check("G", "/quan-tri/", role in rules.ADMIN)
    for label, model in models().items():
        app, name = label.split(".")
        sees = role in rules.SEE[label]
        check("G", reverse(f"admin:{app}_{name}_changelist"), sees)
        row = model._default_manager.first()
        if row is not None:
            check("G", reverse(f"admin:{app}_{name}_change", args=[row.pk]), sees)
            check("G", reverse(f"admin:{app}_{name}_history", args=[row.pk]), sees)
        if label in rules.READ_ONLY or not sees:
            check("G", reverse(f"admin:{app}_{name}_add"), False)
            check("P", reverse(f"admin:{app}_{name}_add"), False)
            if row is not None:
                check("P", reverse(f"admin:{app}_{name}_change", args=[row.pk]), False)
                check("G", reverse(f"admin:{app}_{name}_delete", args=[row.pk]), False)
                check("P", reverse(f"admin:{app}_{name}_delete", args=[row.pk]), False)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", [Role.CLERK, Role.AUDITOR, Role.ADMIN])
def test_no_address_of_the_admin_breaks_for_anybody(role, offices, undone):
    """Every pattern, with the id of a real row where one stands in it, or of none."""
    own, _other = offices
    client = client_of(role, own)
    broken, asked = [], set()
    for address in rules.addresses():
        if not address.route.startswith("quan-tri/") or address.name in RULES:
            continue
        for pk in ("1", str(own.counter.version.pk), "x' OR 1=1"):
            filled = dict.fromkeys(address.converters, pk)
            if "content_type_id" in filled or "url" in filled or "app_label" in filled:
                filled = dict.fromkeys(filled, "7") | {"url": "x"} if "url" in filled else filled
            try:
                url = reverse(address.name, kwargs=filled) if filled else reverse(address.name)
            except NoReverseMatch:  # the converter refuses this value
                continue
            if url in asked:
                continue  # nothing to fill in, so the same address again
            asked.add(url)
            for method in "GP":
                answer = undone(client, method, url)
                if answer.status_code >= 500:
                    broken.append(f"{method} {url} ({address.name}): {answer.status_code}")
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR])
def test_nobody_writes_in_the_journal_through_the_admin(role, offices, undone):
    own, _other = offices
    client = client_of(role, own)
    entry = JournalEntry.objects.first()
    assert entry is not None
    before = JournalEntry.objects.filter(pk=entry.pk).values()[0]
    for act in ("change", "delete"):
        url = reverse(f"admin:core_journalentry_{act}", args=[entry.pk])
        assert client.post(url, {"post": "yes", "action": "case.nothing"}).status_code == 403
    assert client.get(reverse("admin:core_journalentry_add")).status_code == 403
    listing = reverse("admin:core_journalentry_changelist")
    client.post(listing, {"action": "delete_selected", "_selected_action": entry.pk, "post": "yes"})
    assert JournalEntry.objects.filter(pk=entry.pk).values()[0] == before
